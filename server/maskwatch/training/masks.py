"""Drawing masks, hands and cups on bare faces, from five landmarks.

A mask is warped by its six key points (a, b, c along its upper edge; d, e, f along its lower edge) in two halves, so
that it folds at the nose. It may keep its own look, take a plain colour, the person's own skin colour or a pattern.
"""

import configparser
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Box, Image, MaskLabel
from maskwatch.errors import DataSetError
from maskwatch.training.datasets import PICTURES, read_picture

Points = NDArray[np.float32]
_KINDS = ("surgical", "surgical_green", "surgical_blue", "N95", "KN95", "cloth")
_TEMPLATE_WIDTH = 200  # pixels; faces are smaller than that
_STEEPEST = 3.0  # of a half mask, the far edge may look at most this much smaller than the near one
_TURNED = 0.3  # nose this far off the middle (in half face widths) asks for a template seen from the side


class Wear(StrEnum):
    """How a drawn mask is worn."""

    RIGHT = "right"
    NOSE_OUT = "nose_out"
    CHIN = "chin"
    OVER_EYES = "over_eyes"

    @property
    def label(self) -> MaskLabel:
        """The label of a face that wears it so."""
        return MaskLabel.MASK if self is Wear.RIGHT else MaskLabel.INCORRECT


class Look(StrEnum):
    """What a drawn mask is made of."""

    OWN = "own"
    PLAIN = "plain"
    SKIN = "skin"
    PATTERN = "pattern"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A mask cut out: `rgba` (height x width x 4) and its key points a to f (6 x 2, pixels)."""

    rgba: NDArray[np.uint8]
    points: Points


@dataclass(frozen=True, slots=True, kw_only=True)
class MaskKit:
    """All mask templates, by kind and view ("", "_left", "_right"), and the patterns to print on them."""

    templates: dict[str, Template]
    patterns: list[Image]


def load_kit(folder: Path) -> MaskKit:
    """Read `masks.cfg`, its templates and `textures/`.

    Raises:
        DataSetError: something is missing or unreadable.
    """
    config = configparser.ConfigParser()
    if not config.read(folder / "masks.cfg"):
        raise DataSetError(f"The list of mask templates {folder / 'masks.cfg'} can't be read.")
    templates = {}
    for name in (kind + view for kind in _KINDS for view in ("", "_left", "_right")):
        if not config.has_section(name):
            continue
        path = folder / "templates" / Path(config[name]["template"]).name
        if not path.is_file():
            continue
        rgba = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if rgba is None or rgba.ndim != 3 or rgba.shape[2] != 4:
            raise DataSetError(f"The mask template {path} is no picture with transparency.")
        points = [[float(part) for part in config[name][f"mask_{key}"].split(",")] for key in "abcdef"]
        templates[name] = _template(np.asarray(rgba, np.uint8), np.array(points, np.float32))
    patterns = [
        read_picture(path) for path in sorted((folder / "textures").glob("*")) if path.suffix.lower() in PICTURES
    ]
    if not templates or not patterns:
        raise DataSetError(f"The folder {folder} holds no mask templates or no textures.")
    return MaskKit(templates=templates, patterns=patterns)


def _template(bgra: NDArray[np.uint8], points: Points) -> Template:
    """Bring the cut-out to a handy size, and its key points into its pixels.

    The key points were noted on originals of another size, so look for the scale that puts them on the mask's outline.
    """
    height = round(bgra.shape[0] * _TEMPLATE_WIDTH / bgra.shape[1])
    small = cv2.resize(bgra, (_TEMPLATE_WIDTH, height), interpolation=cv2.INTER_AREA)
    solid = np.pad((small[..., 3] > 128).astype(np.uint8), 1)
    outline = cv2.morphologyEx(solid, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    away = cv2.distanceTransform(1 - outline, cv2.DIST_L2, 3)[1:-1, 1:-1]

    def misfit(scale: float) -> float:
        rounded = (points * scale).round().astype(int)
        inside = np.clip(rounded, 0, (_TEMPLATE_WIDTH - 1, height - 1))
        return float(away[inside[:, 1], inside[:, 0]].sum() + np.abs(rounded - inside).sum())

    scale = min(np.linspace(0.08, 1.0, 400), key=misfit)
    return Template(
        rgba=np.asarray(cv2.cvtColor(small, cv2.COLOR_BGRA2RGBA), np.uint8),
        points=np.asarray(points * scale, np.float32),
    )


@dataclass(frozen=True, slots=True)
class FaceFrame:
    """A face's own axes in a picture: from the middle of the eyes (t = 0) to the middle of the mouth (t = 1)."""

    eyes: Points
    down: Points
    across: Points
    middle: float
    half_width: float
    nose_off: float

    @classmethod
    def of(cls, landmarks: Points, box: Box) -> "FaceFrame":
        """Axes from five landmarks (5 x 2) and the face's box, all in pixels."""
        eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
        down = mouth - eyes
        length = max(float(np.hypot(*down)), 1.0)
        across = np.array([down[1], -down[0]], np.float32) / length
        half_width = 0.46 * box.width
        middle = float((np.array(box.center, np.float32) - eyes) @ across)
        nose_off = float((landmarks[2] - eyes) @ across)
        return cls(eyes, down.astype(np.float32), across, middle, half_width, nose_off)

    def at(self, t: float, side: float = 0.0, *, lean: float = 0.0) -> Points:
        """Point at height `t`; `side` in half widths from the face's middle, `lean` pulls it towards the nose."""
        offset = (1 - lean) * (self.middle + side * self.half_width) + lean * self.nose_off
        return np.asarray(self.eyes + t * self.down + offset * self.across, np.float32)

    @property
    def turn(self) -> float:
        """How far the nose is off the middle of the face, in half widths: negative to the left."""
        return (self.nose_off - self.middle) / max(self.half_width, 1.0)


def draw_mask(
    image: Image, landmarks: Points, box: Box, kit: MaskKit, rng: np.random.Generator, *, wear: Wear, look: Look
) -> Image:
    """A copy of `image` in which the face of `box` wears a mask."""
    frame = FaceFrame.of(landmarks, box)
    template = _choose(kit, frame.turn, rng)
    rgba = _dress(template.rgba, image, frame, kit, rng, look)
    target = _edges(frame, wear, rng)
    layer = _warp(rgba, template.points, target, image.shape[:2])
    light = np.clip(_skin(image, frame).mean() / 130, 0.45, 1.15) if look is not Look.SKIN else 1.0
    alpha = cv2.GaussianBlur(layer[..., 3:] / np.float32(255), (0, 0), 0.7)[..., None] * rng.uniform(0.9, 1.0)
    mixed = image * (1 - alpha) + np.clip(layer[..., :3] * light, 0, 255) * alpha
    return np.asarray(mixed, np.uint8)


def _choose(kit: MaskKit, turn: float, rng: np.random.Generator) -> Template:
    view = "" if abs(turn) < _TURNED else ("_left" if turn < 0 else "_right")
    names = [name for name in kit.templates if name.endswith(view) and (view or not name.endswith(("_left", "_right")))]
    return kit.templates[names[rng.integers(len(names))] if names else next(iter(kit.templates))]


def _edges(frame: FaceFrame, wear: Wear, rng: np.random.Generator) -> Points:
    """Where the six key points go, for the way the mask is worn."""
    if wear is Wear.RIGHT:
        top, bottom = rng.uniform(0.12, 0.5), rng.uniform(1.55, 1.9)
        side_top, side_bottom = rng.uniform(0.2, 0.5), rng.uniform(1.1, 1.4)
    elif wear is Wear.NOSE_OUT:
        top, bottom = rng.uniform(0.74, 0.95), rng.uniform(1.6, 2.0)
        side_top, side_bottom = rng.uniform(0.45, 0.8), rng.uniform(1.2, 1.5)
    elif wear is Wear.CHIN:
        top, bottom = rng.uniform(1.2, 1.45), rng.uniform(1.9, 2.4)
        side_top, side_bottom = rng.uniform(0.9, 1.3), rng.uniform(1.5, 1.9)
    else:
        top, bottom = rng.uniform(-0.5, -0.3), rng.uniform(0.3, 0.8)
        side_top, side_bottom = rng.uniform(-0.3, -0.1), rng.uniform(0.2, 0.5)
    upper, lower = rng.uniform(0.88, 1.06), rng.uniform(0.72, 0.95)
    jitter = rng.normal(0, 0.02 * frame.half_width, (6, 2))
    points = [
        frame.at(side_top, -upper),
        frame.at(top, lean=0.8),
        frame.at(side_top, upper),
        frame.at(side_bottom, -lower),
        frame.at(bottom, lean=0.4),
        frame.at(side_bottom, lower),
    ]
    return np.asarray(np.stack(points) + jitter, np.float32)


def _warp(rgba: NDArray[np.uint8], source: Points, target: Points, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """The template in the picture's pixels: its left and its right half, each by a perspective of four key points."""
    height, width = shape[:2]
    fold = round(float(source[1, 0] + source[4, 0]) / 2)
    layer = np.zeros((height, width, 4), np.uint8)
    for corners, columns in (((0, 1, 4, 3), slice(0, fold + 1)), ((1, 2, 5, 4), slice(fold, rgba.shape[1]))):
        half = np.zeros_like(rgba)
        half[:, columns] = rgba[:, columns]
        outline = np.array([(x, y) for x in (columns.start, columns.stop) for y in (0, rgba.shape[0])], np.float32)
        matrix = _placed(source[list(corners)], target[list(corners)], outline)
        drawn = cv2.warpPerspective(half, matrix, (width, height), flags=cv2.INTER_LINEAR)
        layer = np.where(drawn[..., 3:] > layer[..., 3:], drawn, layer)
    return layer


def _placed(source: Points, target: Points, outline: Points) -> NDArray[np.float64]:
    """The homography that takes four key points to their places, tamed where it would not stay near them.

    On a face in profile the nose lies near or beyond the cheek. The perspective through such points has its horizon
    within the mask and would paint it over the whole picture; the nearest affine map stands in for it there.
    """
    matrix = np.asarray(cv2.getPerspectiveTransform(source, target), np.float64)
    depths = np.column_stack([outline, np.ones(len(outline))]) @ matrix[2]
    if depths.min() > 0 and depths.max() < _STEEPEST * depths.min():
        return matrix
    affine, *_ = np.linalg.lstsq(np.column_stack([source, np.ones(4)]), target, rcond=None)
    return np.vstack([affine.T, (0.0, 0.0, 1.0)])


def _dress(
    rgba: NDArray[np.uint8], image: Image, frame: FaceFrame, kit: MaskKit, rng: np.random.Generator, look: Look
) -> NDArray[np.uint8]:
    """The template in its own, a plain, the skin's colour, or with a pattern; folds and shading stay."""
    if look is Look.OWN:
        return rgba
    paint: NDArray[np.float64]
    grey = rgba[..., :3].mean(axis=2, keepdims=True)
    seen = rgba[..., 3:] > 128
    shade = np.clip(grey / max(float(grey[seen].mean()), 1.0), 0.6, 1.35) if seen.any() else np.ones_like(grey)
    if look is Look.PATTERN:
        pattern = kit.patterns[rng.integers(len(kit.patterns))]
        side = int(rng.integers(60, 400))
        tile = cv2.resize(pattern, (side, side), interpolation=cv2.INTER_AREA)
        repeats = (-(-rgba.shape[0] // side), -(-rgba.shape[1] // side), 1)
        paint = np.tile(tile, repeats)[: rgba.shape[0], : rgba.shape[1]].astype(np.float64)
    elif look is Look.SKIN:
        paint = _skin(image, frame) * rng.uniform(0.85, 1.12) + rng.normal(0, 6, 3)
        shade = 1 + (shade - 1) * rng.uniform(0.2, 0.7)
    else:
        paint = _plain_colour(rng)
    return np.concatenate([np.clip(paint * shade, 0, 255).astype(np.uint8), rgba[..., 3:]], axis=2)


def _plain_colour(rng: np.random.Generator) -> NDArray[np.float64]:
    kind = rng.random()
    if kind < 0.3:  # black and dark
        return np.asarray(rng.uniform(10, 60) + rng.normal(0, 5, 3))
    if kind < 0.55:  # white and grey
        return np.asarray(rng.uniform(150, 245) + rng.normal(0, 6, 3))
    return rng.uniform(20, 235, 3)


def _skin(image: Image, frame: FaceFrame) -> NDArray[np.float64]:
    """The person's skin colour: the median over both cheeks and the bridge of the nose."""
    spots = [frame.at(0.45, -0.45), frame.at(0.45, 0.45), frame.at(0.3, lean=0.8)]
    radius = max(1, round(0.12 * frame.half_width))
    pixels = []
    for x, y in spots:
        column = int(np.clip(x, radius, image.shape[1] - radius - 1))
        row = int(np.clip(y, radius, image.shape[0] - radius - 1))
        pixels.append(image[row - radius : row + radius + 1, column - radius : column + radius + 1].reshape(-1, 3))
    return np.asarray(np.median(np.concatenate(pixels), axis=0), np.float64)


def skin_tone(image: Image, landmarks: Points, box: Box) -> float:
    """Individual typology angle of the cheeks in degrees: about 60 for very light skin, below 10 for brown and dark."""
    colour = _skin(image, FaceFrame.of(landmarks, box)).astype(np.float32)
    lightness, _, yellow = cv2.cvtColor((colour / 255).reshape(1, 1, 3), cv2.COLOR_RGB2LAB)[0, 0]
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))


def draw_hand(image: Image, landmarks: Points, box: Box, rng: np.random.Generator) -> Image:
    """A copy of `image` with a hand (a palm and fingers in the person's skin colour) before the mouth."""
    frame = FaceFrame.of(landmarks, box)
    skin = _skin(image, frame) * rng.uniform(0.8, 1.1)
    canvas = image.copy()
    width = frame.half_width * rng.uniform(0.22, 0.34)
    direction = rng.choice([-1.0, 1.0])
    angle = rng.uniform(-0.5, 1.2)
    along = direction * frame.across * np.cos(angle) + frame.down / max(np.hypot(*frame.down), 1) * np.sin(angle)
    normal = np.array([-along[1], along[0]])
    mouth = frame.at(1.0 + rng.uniform(-0.15, 0.15), lean=0.7)
    fingers = int(rng.integers(3, 6))
    reach = frame.half_width * rng.uniform(0.4, 0.9)
    palm = mouth + along * frame.half_width * rng.uniform(1.0, 1.5)
    for index in range(fingers):
        offset = (index - (fingers - 1) / 2) * width * 1.02
        tip = mouth - along * reach * (1 - 0.25 * abs(index - (fingers - 1) / 2) / fingers) + normal * offset
        root = palm + normal * offset
        for thickness, tone in ((1.0, rng.uniform(0.55, 0.75)), (0.82, rng.uniform(0.95, 1.05))):
            _stroke(canvas, tip, root, width * thickness, skin * tone)
    _stroke(canvas, palm, palm + along * frame.half_width, width * fingers * 0.9, skin)
    soft = cv2.GaussianBlur(canvas, (0, 0), max(0.5, 0.04 * frame.half_width))
    changed = (canvas != image).any(axis=2, keepdims=True)
    return np.asarray(np.where(changed, soft, image), np.uint8)


def draw_cup(image: Image, landmarks: Points, box: Box, rng: np.random.Generator) -> Image:
    """A copy of `image` with a cup held before the mouth."""
    frame = FaceFrame.of(landmarks, box)
    canvas = image.copy()
    colour = rng.uniform(20, 245, 3) if rng.random() < 0.6 else rng.uniform(190, 245) + rng.normal(0, 4, 3)
    top, low = rng.uniform(0.75, 0.98), rng.uniform(1.9, 2.8)
    upper, lower = rng.uniform(0.35, 0.65), rng.uniform(0.25, 0.5)
    side = rng.uniform(-0.25, 0.25)
    corners = [frame.at(top, side - upper), frame.at(top, side + upper)]
    corners += [frame.at(low, side + lower), frame.at(low, side - lower)]
    cv2.fillConvexPoly(canvas, np.stack(corners).round().astype(np.int32), colour.tolist(), cv2.LINE_AA)
    rim = frame.at(top, side)
    axes = (round(upper * frame.half_width), max(1, round(0.25 * upper * frame.half_width)))
    tilt = float(np.degrees(np.arctan2(frame.across[1], frame.across[0])))
    middle = (round(float(rim[0])), round(float(rim[1])))
    cv2.ellipse(canvas, middle, axes, tilt, 0, 360, (colour * 0.7).tolist(), -1, cv2.LINE_AA)
    return canvas


def _stroke(canvas: Image, start: Points, end: Points, width: float, colour: NDArray[np.float64]) -> None:
    first, last = (tuple(int(value) for value in point) for point in (start, end))
    cv2.line(canvas, first, last, np.clip(colour, 0, 255).tolist(), max(1, round(width)), cv2.LINE_AA)
