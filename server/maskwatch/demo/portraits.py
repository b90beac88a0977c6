"""Two people of the public domain: Eileen Collins and Grace Hopper, as scikit-image and matplotlib ship them, cut out.

The pictures are known, so where the people and their features are is written down here rather than searched for.
"""

from dataclasses import dataclass, replace
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from maskwatch.core.types import Image
from maskwatch.errors import PluginError

Points = tuple[tuple[float, float], ...]

_CUT_BAND_PX = 9
_CUT_ROUNDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Portrait:
    """A person: RGB picture, opacity 0..1 of each pixel, and where a mask sits, in pixels of the picture.

    `mask_outline` runs clockwise from the mask's upper corner on the picture's left, by way of the bridge of the nose
    (`nose_index`) and its upper corner on the right (`right_index`), round the jaw and back. `ears` are where the
    loops end, left above, left below, right above, right below.
    """

    image: Image
    alpha: NDArray[np.float32]
    mask_outline: Points
    nose_index: int
    right_index: int
    ears: Points

    def scaled(self, factor: float) -> "Portrait":
        """The same person, smaller or larger."""
        method = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
        return replace(
            self,
            image=np.asarray(cv2.resize(self.image, None, fx=factor, fy=factor, interpolation=method), np.uint8),
            alpha=np.asarray(
                cv2.resize(self.alpha, None, fx=factor, fy=factor, interpolation=method).clip(0, 1), np.float32
            ),
            mask_outline=tuple((x * factor, y * factor) for x, y in self.mask_outline),
            ears=tuple((x * factor, y * factor) for x, y in self.ears),
        )


@cache
def load_portraits() -> tuple[Portrait, Portrait]:
    """Eileen Collins and Grace Hopper.

    Raises:
        PluginError: the packages that ship the pictures are not installed.
    """
    astronaut, hopper = _read_pictures()
    return (
        Portrait(
            image=astronaut,
            alpha=_cut_out(astronaut, _ASTRONAUT_OUTLINE),
            mask_outline=_ASTRONAUT_MASK,
            nose_index=3,
            right_index=6,
            ears=((174, 117), (178, 130), (275, 123), (272, 136)),
        ),
        Portrait(
            image=hopper,
            alpha=_cut_out(hopper, _HOPPER_OUTLINE),
            mask_outline=_HOPPER_MASK,
            nose_index=5,
            right_index=10,
            ears=((160, 212), (172, 258), (366, 208), (356, 256)),
        ),
    )


def _read_pictures() -> tuple[Image, Image]:
    try:
        import matplotlib.cbook  # noqa: PLC0415 - an extra
        import skimage.data  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise PluginError(
            f"The demo camera needs the package {error.name!r}, whose pictures it shows.",
            remedy="Install it: pip install 'maskwatch[demo]'",
        ) from error
    path = matplotlib.cbook.get_sample_data("grace_hopper.jpg", asfileobj=False)
    hopper = cv2.imread(str(path))
    if hopper is None:
        raise PluginError(f"The picture {path} can't be read.", remedy="Install matplotlib again.")
    astronaut = skimage.data.astronaut()  # type: ignore[no-untyped-call]
    return np.asarray(astronaut, np.uint8), np.asarray(hopper[..., ::-1], np.uint8).copy()


def _cut_out(image: Image, outline: Points) -> NDArray[np.float32]:
    """Opacity of each pixel: along the drawn outline, colours decide what belongs to the person."""
    drawn = np.zeros(image.shape[:2], np.uint8)
    cv2.fillPoly(drawn, [np.array(outline, np.int32)], 255)
    labels = np.where(drawn > 0, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)
    labels[_grown(drawn, -_CUT_BAND_PX) > 0] = cv2.GC_FGD
    labels[_grown(drawn, _CUT_BAND_PX) == 0] = cv2.GC_BGD
    background, foreground = np.zeros((1, 65)), np.zeros((1, 65))
    cv2.setRNGSeed(1)
    cv2.grabCut(image, labels, (0, 0, 1, 1), background, foreground, _CUT_ROUNDS, cv2.GC_INIT_WITH_MASK)
    person = np.isin(labels, (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.uint8) & (_grown(drawn, 2) > 0)
    square = np.ones((5, 5), np.uint8)
    tidy = cv2.morphologyEx(cv2.morphologyEx(person, cv2.MORPH_OPEN, square), cv2.MORPH_CLOSE, square)
    soft = cv2.GaussianBlur(np.asarray(tidy, np.float32), (0, 0), 1.6)
    # A little inwards, so that none of the old background shines round the edge.
    return np.asarray(((soft - 0.35) / 0.6).clip(0, 1), np.float32)


def _grown(region: NDArray[np.uint8], pixels: int) -> NDArray[np.uint8]:
    """`region` grown by so many pixels, or shrunk where negative; the picture's border is no edge."""
    size = 2 * abs(pixels) + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))
    change = cv2.dilate if pixels > 0 else cv2.erode
    return np.asarray(change(region, kernel, borderType=cv2.BORDER_REPLICATE), np.uint8)


_ASTRONAUT_OUTLINE: Points = (
    (190, 24), (215, 17), (238, 16), (262, 24), (283, 38), (296, 62), (301, 86), (297, 106), (286, 122), (278, 133),
    (268, 137), (265, 150), (258, 168), (256, 174), (272, 186), (290, 205), (301, 228), (305, 235), (322, 245),
    (338, 262), (348, 290), (356, 320), (362, 348), (378, 345), (402, 343), (430, 350), (458, 368), (480, 396),
    (493, 430), (498, 455), (508, 470), (510, 512), (10, 512), (22, 470), (20, 420), (24, 370), (34, 330), (45, 290),
    (58, 262), (82, 235), (100, 220), (118, 208), (115, 190), (121, 178), (134, 160), (160, 150), (184, 149),
    (182, 132), (172, 125), (158, 106), (154, 78), (155, 60), (165, 47), (185, 37),
)  # fmt: skip
_ASTRONAUT_MASK: Points = (
    (180, 119), (192, 114), (208, 109), (223, 104), (238, 109), (255, 118), (269, 125), (267, 146), (261, 163),
    (250, 177), (236, 186), (221, 188), (205, 182), (191, 167), (182, 146),
)  # fmt: skip
_HOPPER_OUTLINE: Points = (
    (214, 40), (232, 27), (255, 23), (280, 27), (297, 42), (320, 48), (340, 62), (353, 88), (366, 86), (371, 105),
    (372, 140), (369, 178), (375, 190), (373, 212), (365, 245), (362, 262), (356, 290), (345, 304), (333, 310),
    (345, 324), (372, 342), (405, 358), (440, 370), (468, 380), (486, 391), (496, 412), (502, 445),
    (504, 490), (503, 540), (500, 600), (12, 600), (20, 520), (28, 450), (40, 412), (58, 381), (82, 369), (120, 355),
    (160, 345), (185, 330), (200, 314),
    (195, 298), (172, 285), (160, 270), (163, 250), (157, 228), (152, 200), (156, 188), (150, 176), (146, 150),
    (152, 118), (158, 98), (172, 86), (178, 70), (192, 52),
)  # fmt: skip
_HOPPER_MASK: Points = (
    (184, 238), (204, 236), (224, 236), (242, 228), (253, 213), (265, 207), (277, 211), (288, 223), (304, 231),
    (325, 231), (349, 233), (346, 260), (338, 288), (323, 312), (300, 330), (268, 338), (238, 332), (212, 316),
    (198, 290), (188, 262),
)  # fmt: skip
