"""One JPEG for each frame and width, however many ask."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import cv2
import numpy as np
import pytest

from maskwatch.core.ports import RawFrame
from maskwatch.core.types import Image
from maskwatch.errors import NotFoundError
from maskwatch.live.still import Stills


class _Camera:
    def __init__(self) -> None:
        self.conversions = 0
        self.frame: RawFrame | None = None

    def latest(self, name: str) -> RawFrame | None:
        return self.frame if name == "door" else None

    def show(self, sequence: int, *, captured_s: float = 0.0) -> None:
        self.frame = RawFrame(
            sequence=sequence,
            captured_monotonic_s=captured_s,
            captured_utc=datetime.now(UTC),
            to_rgb=self._to_rgb,
            media_ticks=sequence * 9000,
        )

    def _to_rgb(self) -> Image:
        self.conversions += 1
        return np.full((90, 800, 3), (200, 30, 60), np.uint8)


async def test_many_askers_cost_one_encoding() -> None:
    camera = _Camera()
    camera.show(1)
    stills = Stills(camera.latest)
    answers = await asyncio.gather(*(stills.newest("door", width) for width in (310, 320, 300, 320)))
    assert camera.conversions == 1
    assert {still.sequence for still in answers} == {1}
    image = cv2.imdecode(np.frombuffer(answers[0].jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape == (36, 320, 3)
    assert np.abs(image[10, 10][::-1].astype(int) - (200, 30, 60)).max() < 8


async def test_a_new_frame_is_encoded_anew_and_full_size_is_not_enlarged() -> None:
    camera = _Camera()
    camera.show(1)
    stills = Stills(camera.latest)
    await stills.newest("door")
    camera.show(2, captured_s=0.1)
    still = await stills.newest("door", 5000)
    assert (still.sequence, still.media_ticks) == (2, 18_000)
    image = cv2.imdecode(np.frombuffer(still.jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    assert image.shape[1] == 800


async def test_a_damaged_picture_is_none_and_the_next_one_is_shown() -> None:
    def damaged() -> Image:
        raise ValueError("a JPEG can't be decoded")

    camera = _Camera()
    camera.show(1)
    assert camera.frame is not None
    camera.frame = replace(camera.frame, to_rgb=damaged)
    stills = Stills(camera.latest)
    with pytest.raises(NotFoundError, match="damaged"):
        await stills.newest("door")
    camera.show(2, captured_s=0.1)
    assert (await stills.newest("door")).sequence == 2


async def test_a_camera_without_a_picture_says_so() -> None:
    camera = _Camera()
    stills = Stills(camera.latest)
    with pytest.raises(NotFoundError, match="no picture"):
        await stills.newest("door")
    assert not stills._encodings
