from itertools import count

import cv2
import numpy as np
import pytest

from maskwatch.core.blindness import BLACK_BRIGHTNESS, BlindnessRule, glance
from maskwatch.core.types import AlertAction, AlertChange, AlertKind, CloseReason, Image
from maskwatch.pipeline.picture import RgbPicture
from tests.unit.core.measured import RAISED, RECOVERED, measured, standing, told

RANDOM = np.random.default_rng(5)
ROOM: Image = np.asarray(
    cv2.resize(RANDOM.integers(30, 220, (9, 16, 3)).astype(np.uint8), (640, 360), interpolation=0), np.uint8
)
"""Something with edges."""
DARK: Image = (ROOM // 12).astype(np.uint8)
BLACK: Image = RANDOM.integers(14, 20, (360, 640, 3)).astype(np.uint8)
GREY: Image = RANDOM.integers(120, 124, (360, 640, 3)).astype(np.uint8)
BLURRED: Image = np.asarray(cv2.GaussianBlur(ROOM, (0, 0), 40), np.uint8)


def noisy(image: Image, deviation: float = 2.0) -> Image:
    noise = RANDOM.normal(0, deviation, (*image.shape[:2], 1))
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def rule(blind_after_s: float | None = 10.0) -> BlindnessRule:
    return BlindnessRule(standing(AlertKind.CAMERA_BLIND), blind_after_s=blind_after_s)


def moving(image: Image) -> "Moving":
    return Moving(image)


class Moving:
    """Pictures like `image`, no two of them alike."""

    def __init__(self, image: Image) -> None:
        self._image, self._turn = image, count()

    def next(self) -> Image:
        image = self._image.copy()
        image[:8, :8] = next(self._turn) % 250
        return image


class Still(Moving):
    """The same picture again and again."""

    def next(self) -> Image:
        return self._image


def play(
    blindness: BlindnessRule, pictures: Moving, start_s: float, end_s: float, *, armed: bool = True
) -> list[AlertChange]:
    changes = []
    for look in range(round(start_s * 5), round(end_s * 5) + 1):
        changes += blindness.step(look / 5, glance(RgbPicture(pictures.next())), armed=armed)
    return changes


@pytest.mark.parametrize(
    ("what", "pictures"),
    [
        ("black", Moving(BLACK)),
        ("black", Moving(np.zeros_like(ROOM))),
        ("covered", Moving(GREY)),
        ("blurred", Moving(BLURRED)),
        ("blurred", Moving(noisy(BLURRED))),
        ("frozen", Still(ROOM)),
    ],
)
def test_raised_once_after_the_whole_time_with_what_was_measured(what: str, pictures: Moving) -> None:
    (raised,) = play(rule(), pictures, 0, 60)
    assert raised.action is AlertAction.RAISED
    assert raised.at_s == pytest.approx(10.0)
    found = measured(raised)
    assert (found["what"], found["lasted_s"], found["blind_after_s"]) == (what, 10.0, 10.0)
    assert found["black_brightness"] == BLACK_BRIGHTNESS


@pytest.mark.parametrize("size", [(160, 120), (640, 360), (1920, 1080), (3840, 2160)])
def test_a_camera_that_sees_is_not_called_blind_at_any_size(size: tuple[int, int]) -> None:
    assert play(rule(2.0), Moving(np.asarray(cv2.resize(ROOM, size), np.uint8)), 0, 10) == []


@pytest.mark.parametrize("noise", [0.0, 2.0, 10.0])
def test_a_plain_wall_with_one_small_thing_on_it_is_seen(noise: float) -> None:
    wall = np.full((480, 640, 3), 170, np.uint8)
    cv2.circle(wall, (320, 300), 30, (60, 60, 60), -1, cv2.LINE_AA)
    assert play(rule(2.0), Moving(noisy(wall, noise)), 0, 10) == []


def test_a_picture_full_of_leaves_is_seen() -> None:
    leaves = RANDOM.integers(60, 120, (360, 640, 1)).astype(np.uint8).repeat(3, axis=2)
    assert play(rule(2.0), Moving(leaves), 0, 10) == []


def test_the_time_that_a_camera_writes_over_its_picture_makes_it_see_no_more() -> None:
    clock = BLACK.copy()
    cv2.putText(clock, "2026-11-24 12:00:00 CAM 1", (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
    (raised,) = play(rule(), Moving(clock), 0, 20)
    assert measured(raised)["what"] == "black"


def test_but_a_running_clock_shows_that_the_picture_is_not_frozen() -> None:
    def at(second: int) -> Image:
        picture = ROOM.copy()
        cv2.putText(picture, f"12:00:{second:02}", (10, 20), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 2)
        return picture

    blindness = rule(2.0)
    assert [
        change
        for look in range(100)
        for change in blindness.step(look / 5, glance(RgbPicture(at(look // 5))), armed=True)
    ] == []


def test_closed_once_it_has_seen_for_a_while() -> None:
    blindness = rule()
    assert told(play(blindness, Moving(BLACK), 0, 20)) == [RAISED]
    changes = play(blindness, Moving(ROOM), 20.2, 40)
    assert told(changes) == [RECOVERED]
    assert changes[0].at_s == pytest.approx(22.2)


def test_one_new_picture_does_not_thaw_a_frozen_camera() -> None:
    blindness = rule()
    play(blindness, Still(ROOM), 0, 20)
    assert play(blindness, Still(255 - ROOM), 20.2, 60) == []
    assert told(play(blindness, Moving(ROOM), 60.2, 70)) == [RECOVERED]


def test_neither_does_the_seam_of_a_recording_that_is_played_over_and_over() -> None:
    blindness = rule(2.0)
    pictures = [RgbPicture(ROOM)] * 20 + [RgbPicture(255 - ROOM)]
    seen = [glance(pictures[look % 21]) for look in range(400)]
    changes = [change for look, each in enumerate(seen) for change in blindness.step(look / 5, each, armed=True)]
    assert told(changes) == [RAISED]


def test_nothing_is_raised_while_disarmed_and_at_once_when_armed() -> None:
    blindness = rule()
    assert play(blindness, Moving(BLACK), 0, 60, armed=False) == []
    assert told(play(blindness, Moving(BLACK), 60.2, 61)) == [RAISED]


def test_switched_off_it_closes_what_is_open_and_measures_nothing() -> None:
    blindness = rule()
    play(blindness, Moving(BLACK), 0, 20)
    off = rule(None)
    assert not off.is_watching
    off.take_over(blindness)
    assert told(off.step(21, None, armed=True)) == [(AlertAction.CLOSED, CloseReason.SETTINGS_CHANGED)]


def test_a_lost_camera_closes_it_and_its_time_starts_anew() -> None:
    blindness = rule()
    play(blindness, Moving(BLACK), 0, 20)
    assert told(blindness.close_all(21, CloseReason.CAMERA_LOST)) == [(AlertAction.CLOSED, CloseReason.CAMERA_LOST)]
    assert play(blindness, Moving(BLACK), 22, 31) == []
