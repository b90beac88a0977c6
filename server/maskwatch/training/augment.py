"""What cameras do to faces: they shift, blur, shrink, compress, discolour and darken them. All seeded, uint8 RGB."""

from collections.abc import Callable

import cv2
import numpy as np

from maskwatch.core.types import Image

Rng = np.random.Generator
_Change = Callable[[Image, Rng], Image]


def shrink(image: Image, side: int, rng: Rng) -> Image:
    """Scale a square to `side` pixels, the way some camera or player would."""
    if side >= image.shape[0]:
        return image
    how = (cv2.INTER_AREA, cv2.INTER_AREA, cv2.INTER_LINEAR)[rng.integers(3)]
    return np.asarray(cv2.resize(image, (side, side), interpolation=how), np.uint8)


def motion_blur(image: Image, rng: Rng) -> Image:
    """Blur along a line of up to a sixth of the picture's side, in any direction."""
    length = max(2, round(image.shape[0] * rng.uniform(0.03, 0.17)))
    kernel = np.zeros((length, length), np.float32)
    angle = rng.uniform(0, np.pi)
    half = (length - 1) / 2
    across, down = half * np.cos(angle), half * np.sin(angle)
    start, end = (round(half - across), round(half - down)), (round(half + across), round(half + down))
    cv2.line(kernel, start, end, 1.0)
    return np.asarray(cv2.filter2D(image, -1, kernel / kernel.sum()), np.uint8)


def soft_blur(image: Image, rng: Rng) -> Image:
    """Out of focus."""
    return np.asarray(cv2.GaussianBlur(image, (0, 0), image.shape[0] * rng.uniform(0.005, 0.03)), np.uint8)


def jpeg(image: Image, rng: Rng) -> Image:
    """Compress and decompress at a quality of 12 to 90."""
    return _compressed(image, int(rng.integers(12, 90)))


def heavy_jpeg(image: Image, rng: Rng) -> Image:
    """Compress and decompress at a quality of 8 to 20."""
    return _compressed(image, int(rng.integers(8, 20)))


def _compressed(image: Image, quality: int) -> Image:
    done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8) if done else image


def colour_cast(image: Image, rng: Rng) -> Image:
    """Wrong white balance: a gain of its own for each channel."""
    return _table(image, lambda x: x * 255, gains=rng.uniform(0.7, 1.25, 3))


def light(image: Image, rng: Rng) -> Image:
    """Contrast, brightness and gamma."""
    gamma, gain, offset = np.exp(rng.normal(0, 0.25)), np.exp(rng.normal(0, 0.18)), rng.normal(0, 12)
    return _table(image, lambda x: x**gamma * gain * 255 + offset)


def low_light(image: Image, rng: Rng) -> Image:
    """A dark room: little light and much noise."""
    gain, gamma = rng.uniform(0.2, 0.6), rng.uniform(0.9, 1.4)
    dark = _table(image, lambda x: x**gamma * gain * 255).astype(np.float32)
    return np.asarray(np.clip(dark + rng.normal(0, rng.uniform(1, 8), image.shape), 0, 255), np.uint8)


def noise(image: Image, rng: Rng) -> Image:
    """A sensor's noise."""
    return np.asarray(np.clip(image + rng.normal(0, rng.uniform(2, 14), image.shape), 0, 255), np.uint8)


def grey(image: Image, _rng: Rng) -> Image:
    """An infrared camera: no colour."""
    return np.repeat(image.mean(axis=2, keepdims=True).astype(np.uint8), 3, axis=2)


CHANGES: tuple[tuple[float, _Change], ...] = (
    (0.5, light),
    (0.3, colour_cast),
    (0.08, low_light),
    (0.05, grey),
    (0.15, motion_blur),
    (0.12, soft_blur),
    (0.12, noise),
    (0.4, jpeg),
)
"""What is done to a training picture, in this order, each with its chance."""


def degrade(image: Image, rng: Rng) -> Image:
    """Some of `CHANGES`, by chance."""
    for chance, change in CHANGES:
        if rng.random() < chance:
            image = change(image, rng)
    return image


def jittered_crop(image: Image, centre: tuple[float, float], side: float, rng: Rng, *, strength: float = 1.0) -> Image:
    """A square around `centre`, of about `side` pixels: shifted, scaled, turned and mirrored a little, edges repeated.

    `strength` 0 cuts exactly. The result has about the picture's own resolution.
    """
    scale = np.exp(rng.normal(0, 0.09 * strength))
    turn = np.radians(rng.normal(0, 9 * strength))
    shift = rng.normal(0, 0.045 * side * strength, 2)
    mirrored = strength > 0 and rng.random() < 0.5
    length = max(2, round(side * scale))
    cos, sin = np.cos(turn), np.sin(turn)
    x, y = centre[0] + shift[0], centre[1] + shift[1]
    mirror = -1 if mirrored else 1
    linear = np.array([[cos * mirror, -sin], [sin * mirror, cos]])
    offset = np.array([x, y]) - linear @ np.array([(length - 1) / 2, (length - 1) / 2])
    matrix = np.concatenate([linear, offset[:, None]], axis=1).astype(np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(image, matrix, (length, length), flags=flags, borderMode=cv2.BORDER_REPLICATE), np.uint8
    )


def _table(image: Image, curve: Callable[[np.ndarray], np.ndarray], gains: np.ndarray | None = None) -> Image:
    levels = curve(np.linspace(0, 1, 256))
    table = levels[:, None] * (np.ones(3) if gains is None else gains)
    return np.asarray(cv2.LUT(image, np.clip(table, 0, 255).astype(np.uint8)[None]), np.uint8)
