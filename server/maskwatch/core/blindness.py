"""When a camera sends pictures in which nobody could be seen: black, covered, blurred, or always the same."""

import zlib
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from maskwatch.core.standing import StandingAlert
from maskwatch.core.types import AlertChange, CloseReason, Picture

_WIDTH = 640
"""Width in pixels at which pictures are measured: what is sharp must not depend on the camera's resolution."""
_ROWS = 4
"""So many rows are taken together: it halves noise, and leaves upright edges as they are."""
_MARGIN = 0.1
"""This share of the rows at the top and at the bottom isn't: there cameras write their name and the time."""
_SHARPEST = 10
"""So many of the greatest steps between neighbouring pixels are put down to chance."""
_NOISE = 6.0
"""The greatest steps that noise makes, in medians of all steps: those of a Gaussian, for a few hundred thousand."""
_MOST_NOISE = 15.0
"""No more than this (0..255) is put down to noise: beyond it a busy picture could pass for an empty one."""

BLACK_BRIGHTNESS = 24.0
"""A picture is black if all but its brightest hundredth is darker than this (0..255)."""
COVERED_CONTRAST = 5.0
"""A picture is covered if its brightness varies by less than this (standard deviation, 0..255)."""
BLURRED_DETAIL = 4.0
"""A picture is blurred if hardly anywhere in it one pixel differs from the next by this much more than by noise."""

_SEES_S = 2.0
"""A camera that was blind must see for this long before it is believed."""

_STILL_S = 1.0
"""A camera that was frozen must meanwhile not stand still for this long."""


class Blindness(StrEnum):
    """What is wrong with the picture."""

    BLACK = "black"
    COVERED = "covered"
    BLURRED = "blurred"
    FROZEN = "frozen"


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """What a picture measures, on a small part of it.

    `brightness` is what 99 % of it stay under, `contrast` the standard deviation of its brightness, `detail` how much
    more neighbouring pixels differ where they differ most than noise would make them, all of 0..255; `digest` is the
    same for identical pictures.
    """

    brightness: float
    contrast: float
    detail: float
    digest: int


def glance(picture: Picture) -> Glance:
    """Measure `picture`: a third of a millisecond, and what its source takes to scale it."""
    width = min(_WIDTH, picture.width)
    luma = picture.luma(width, max(1, round(picture.height * width / picture.width)))
    margin = round(_MARGIN * luma.shape[0])
    inner = luma[margin : luma.shape[0] - margin]
    some = inner[::_ROWS]
    rows = inner[: inner.shape[0] // _ROWS * _ROWS].reshape(-1, _ROWS, width).sum(axis=1, dtype=np.int16)
    return Glance(
        brightness=float(_ranked(some, 0.99)),
        contrast=float(some.std()),
        detail=_detail(np.abs(np.diff(rows, axis=1))),
        digest=zlib.crc32(np.ascontiguousarray(luma).data),
    )


def _detail(steps: NDArray[np.int16]) -> float:
    """How far the greatest steps (sums of `_ROWS` rows) are above noise, 0..255."""
    if steps.size < _SHARPEST:
        return 0.0
    sharpest, middle = _ranked(steps, 1 - _SHARPEST / steps.size) / _ROWS, _ranked(steps, 0.5) / _ROWS
    return max(0.0, sharpest - min(_NOISE * middle, _MOST_NOISE))


def _ranked(values: NDArray[np.integer[Any]], share: float) -> int:
    """What `share` of `values` (none below 0) stay at or under: by counting, four times as quick as by sorting."""
    counted = np.cumsum(np.bincount(values.ravel()))
    return int(np.searchsorted(counted, share * values.size))


class BlindnessRule:
    """Raises one alert when a camera has been blind for `blind_after_s` (None: never); closes it when it sees again."""

    def __init__(self, alert: StandingAlert, *, blind_after_s: float | None) -> None:
        self._alert = alert
        self._blind_after_s = blind_after_s
        self._digest: int | None = None
        self._same_since_s = 0.0
        self._blind_since_s: float | None = None
        self._sees_since_s: float | None = None
        self._was: Blindness | None = None
        """What the open alert is about."""

    @property
    def is_watching(self) -> bool:
        """Whether pictures need to be measured at all."""
        return self._blind_after_s is not None

    def take_over(self, other: "BlindnessRule") -> None:
        """Go on with what `other` has seen: the settings were changed."""
        self._alert.take_over(other._alert)  # noqa: SLF001
        self._digest, self._same_since_s = other._digest, other._same_since_s  # noqa: SLF001
        self._blind_since_s, self._sees_since_s = other._blind_since_s, other._sees_since_s  # noqa: SLF001
        self._was = other._was  # noqa: SLF001

    def step(self, t_s: float, seen: Glance | None, *, armed: bool) -> list[AlertChange]:
        """What changes with the picture of `t_s`; `seen` is None where none was measured."""
        after_s = self._blind_after_s
        if after_s is None or seen is None:
            self._forget()
            return self._alert.close(t_s, CloseReason.SETTINGS_CHANGED)
        if seen.digest != self._digest:
            self._digest, self._same_since_s = seen.digest, t_s
        what = _what_is_wrong(seen)
        if what is None and t_s - self._same_since_s >= after_s - 1e-6:
            what, since_s = Blindness.FROZEN, self._same_since_s
        elif what is not None:
            self._blind_since_s = since_s = t_s if self._blind_since_s is None else self._blind_since_s
        else:
            return self._sees(t_s)
        self._sees_since_s = None
        if not armed or t_s - since_s < after_s - 1e-6:
            return []
        self._was = what
        return self._alert.raise_(t_s, self._measured(t_s, what, since_s, seen, after_s))

    def close_all(self, t_s: float, reason: CloseReason) -> list[AlertChange]:
        """Close it: no pictures come any more."""
        self._forget()
        return self._alert.close(t_s, reason)

    def _sees(self, t_s: float) -> list[AlertChange]:
        self._blind_since_s = None
        if not self._alert.is_open:
            return []
        if self._was is Blindness.FROZEN and t_s - self._same_since_s >= _STILL_S:
            # It moved once or twice, as a recording does at its seam, and stands still again.
            self._sees_since_s = None
            return []
        if self._sees_since_s is None:
            self._sees_since_s = t_s
        if t_s - self._sees_since_s < _SEES_S:
            return []
        self._sees_since_s = None
        return self._alert.close(t_s, CloseReason.RECOVERED)

    def _forget(self) -> None:
        self._digest = self._blind_since_s = self._sees_since_s = None

    @staticmethod
    def _measured(t_s: float, what: Blindness, since_s: float, seen: Glance, after_s: float) -> dict[str, Any]:
        return {
            "what": what.value,
            "lasted_s": round(t_s - since_s, 3),
            "brightness": round(seen.brightness, 1),
            "contrast": round(seen.contrast, 2),
            "detail": round(seen.detail, 2),
            "blind_after_s": after_s,
            "black_brightness": BLACK_BRIGHTNESS,
            "covered_contrast": COVERED_CONTRAST,
            "blurred_detail": BLURRED_DETAIL,
        }


def _what_is_wrong(seen: Glance) -> Blindness | None:
    if seen.brightness < BLACK_BRIGHTNESS:
        return Blindness.BLACK
    if seen.contrast < COVERED_CONTRAST:
        return Blindness.COVERED
    return Blindness.BLURRED if seen.detail < BLURRED_DETAIL else None
