"""A surgical mask drawn onto a portrait: cloth with folds, a seam, ear loops, lit as the face is."""

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Image
from maskwatch.demo.portraits import Points, Portrait

BLUE = (146, 190, 214)
WHITE = (228, 231, 232)
_SHIFT = 4
_FOLDS = (0.36, 0.54, 0.72)
_SLIDE = 0.45
"""How far below the face a mask starts its way up, as a share of its height."""


def wear_mask(portrait: Portrait, amount: float, colour: tuple[int, int, int] = BLUE) -> Image:
    """The portrait's picture with a mask that is on its way up (`amount` 0 to 1) or in place (1)."""
    if amount <= 0:
        return portrait.image
    outline = _smooth(portrait.mask_outline)
    down = (1 - amount) * _SLIDE * (outline[:, 1].max() - outline[:, 1].min())
    lowered = outline + np.array((0, down), np.float32)
    opacity = _filled(portrait.image.shape, lowered) * min(1.0, amount * 1.6)
    cloth = _cloth(portrait, outline, colour)
    if down:
        shift = np.array([[1, 0, 0], [0, 1, down]], np.float32)
        size = (cloth.shape[1], cloth.shape[0])
        cloth = np.asarray(cv2.warpAffine(cloth, shift, size, borderMode=cv2.BORDER_REPLICATE), np.float32)
    picture = portrait.image.astype(np.float32)
    if amount == 1:
        _draw_loops(picture, portrait, colour)
    # The soft shadow that the edge throws is what makes the cloth lie on the face rather than in the picture.
    shadow = cv2.GaussianBlur(opacity, (0, 0), 3.0)
    picture *= (1 - 0.35 * shadow)[..., None]
    picture += (cloth - picture) * opacity[..., None]
    return np.clip(picture, 0, 255).astype(np.uint8)


def _cloth(portrait: Portrait, outline: NDArray[np.float32], colour: tuple[int, int, int]) -> NDArray[np.float32]:
    """The mask's cloth, as large as the picture."""
    height, width = portrait.image.shape[:2]
    left, top = outline.min(axis=0)
    right, bottom = outline.max(axis=0)
    across = (np.arange(width, dtype=np.float32)[None, :] - (left + right) / 2) / ((right - left) / 2)
    down = (np.arange(height, dtype=np.float32)[:, None] - top) / (bottom - top)
    # Folds hang through in the middle, and the cloth turns away from the light towards the cheeks and the chin.
    along = down - 0.10 * (1 - across**2)
    light = 1.05 - 0.24 * np.abs(across) ** 2.2 - 0.16 * np.clip(down - 0.45, 0, 1)
    for fold in _FOLDS:
        distance = (along - fold) * (bottom - top)
        light -= 0.20 * np.exp(-((distance / 1.3) ** 2))
        light += 0.09 * np.exp(-(((distance - 3.2) / 2.0) ** 2))
    light += 0.12 * np.exp(-(((down - 0.07 - 0.18 * np.abs(across) ** 1.5) * (bottom - top) / 2.2) ** 2))
    face = cv2.GaussianBlur(cv2.cvtColor(portrait.image, cv2.COLOR_RGB2GRAY).astype(np.float32), (0, 0), 9)
    middle = face[int((top + bottom) / 2), int((left + right) / 2)]
    light *= 0.75 + 0.25 * np.clip(face / middle, 0.6, 1.3)
    weave = np.random.default_rng(7).normal(0, 1, (height, width)).astype(np.float32)
    light += 0.02 * cv2.GaussianBlur(weave, (0, 0), 0.8)
    return np.asarray(light[..., None] * np.array(colour, np.float32), np.float32)


def _draw_loops(picture: NDArray[np.float32], portrait: Portrait, colour: tuple[int, int, int]) -> None:
    outline, right = portrait.mask_outline, portrait.right_index
    corners = (outline[0], outline[-1], outline[right], outline[right + 1])
    width = max(1, round(portrait.image.shape[1] / 340))
    drawn = np.zeros(picture.shape[:2], np.uint8)
    for corner, ear in zip(corners, portrait.ears, strict=True):
        ends = [tuple(round(v * 2**_SHIFT) for v in point) for point in (corner, ear)]
        cv2.line(drawn, ends[0], ends[1], 255, width, cv2.LINE_AA, _SHIFT)
    tint = 0.5 * np.array(colour, np.float32) + 110
    picture += (tint - picture) * (drawn.astype(np.float32) / 320)[..., None]


def _smooth(outline: Points) -> NDArray[np.float32]:
    """A closed curve through the points (Catmull-Rom, eight steps a side)."""
    points = np.array(outline, np.float32)
    before, after, beyond = np.roll(points, 1, 0), np.roll(points, -1, 0), np.roll(points, -2, 0)
    steps = np.linspace(0, 1, 8, endpoint=False, dtype=np.float32)[None, :, None]
    p0, p1, p2, p3 = (array[:, None, :] for array in (before, points, after, beyond))
    curve = 0.5 * (
        2 * p1 + (p2 - p0) * steps + (2 * p0 - 5 * p1 + 4 * p2 - p3) * steps**2 + (3 * p1 - p0 - 3 * p2 + p3) * steps**3
    )
    return np.asarray(curve.reshape(-1, 2), np.float32)


def _filled(shape: tuple[int, ...], outline: NDArray[np.float32]) -> NDArray[np.float32]:
    inside = np.zeros(shape[:2], np.uint8)
    cv2.fillPoly(inside, [np.round(outline * 2**_SHIFT).astype(np.int32)], 255, cv2.LINE_AA, _SHIFT)
    return np.asarray(cv2.GaussianBlur(inside.astype(np.float32) / 255, (0, 0), 0.6), np.float32)
