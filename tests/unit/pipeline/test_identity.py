"""One person, one alert, where faces are known again: joined on one camera, excused on another."""

import itertools
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest

from maskwatch.config import RuleSettings
from maskwatch.core.identity import Gallery, Recognised, TrackOf
from maskwatch.core.ports import Encoding
from maskwatch.core.tracker import MotionTracker
from maskwatch.core.types import (
    AlertAction,
    AlertChange,
    AlertKind,
    Face,
    Frame,
    Image,
    MaskLabel,
    Observation,
    Picture,
    Track,
)
from maskwatch.pipeline.identity import IdentityDesk
from maskwatch.pipeline.judges import Judges
from maskwatch.pipeline.line import CameraLine
from maskwatch.pipeline.picture import RgbPicture
from maskwatch.pipeline.replay import Silent
from maskwatch.pipeline.spec import CameraSpec
from tests.unit.core.people import look

BARE, MASK = MaskLabel.NO_MASK, MaskLabel.MASK


class ByColour:
    """Knows people by the red of the middle of their face: an encoder that a test can steer."""

    same_within = 0.1

    def encode(self, image: Image, face: Face) -> Encoding | None:
        x, y = face.box.center
        return np.full(128, image[int(y), int(x), 0] / 255)


class House:
    """Cameras that share one desk, and what they raised."""

    def __init__(
        self, desk: IdentityDesk | None, memory_s: float = 6.0, without: Sequence[str] = (), **rules: float
    ) -> None:
        self._without = without
        self._ids: Iterator[int] = itertools.count(1)
        self._desk = desk
        self._rules = RuleSettings(dwell_s=1.0, memory_s=memory_s, blind_after_s=None, **rules)
        self._lines: dict[str, CameraLine] = {}
        self.people: dict[str, set[int]] = {}
        self.picture: Callable[[Image], Picture] = RgbPicture

    def see(self, camera: str, t_s: float, people: Sequence[tuple[int, Observation]] = ()) -> list[AlertChange]:
        """One look at `camera`: each person as their red and how they look."""
        line = self._lines.setdefault(camera, self._line(camera))
        image = np.zeros((720, 1280, 3), np.uint8)
        for red, observation in people:
            box = observation.face.box
            image[int(box.y1) : int(box.y2), int(box.x1) : int(box.x2), 0] = red
        frame = Frame(
            camera=camera,
            sequence=0,
            captured_monotonic_s=t_s,
            captured_utc=datetime.fromtimestamp(t_s, UTC),
            picture=self.picture(image),
        )
        found = line.advance(frame, [observation for _, observation in people])
        assert found is not None
        self.people.setdefault(camera, set()).update(track.id for track in found.tracks)
        return list(found.changes)

    def play(
        self, camera: str, from_s: float, seconds: float, people: Sequence[tuple[int, Observation]] = ()
    ) -> list[AlertChange]:
        looks = range(round(seconds * 5))
        return [change for index in looks for change in self.see(camera, from_s + index / 5, people)]

    def forget_faces(self, camera: str) -> None:
        self._lines[camera].forget_faces()

    def lose(self, camera: str, t_s: float) -> list[AlertChange]:
        return self._lines[camera].lose(t_s)

    def _line(self, camera: str) -> CameraLine:
        options = {"identity": False} if camera in self._without else {}
        spec = CameraSpec(name=camera, url="made-up", rules=self._rules, options=options)
        judges = Judges.for_camera(spec, lambda: str(next(self._ids)), {})
        return judges.line(spec, Silent(), lambda _line: None, self._desk)


def desk() -> IdentityDesk:
    return IdentityDesk(ByColour(), at_once=True)


def track(track_id: int) -> Track:
    (found,) = MotionTracker().update(0.0, [look(BARE)])
    return replace(found, id=track_id)


def raised(changes: Sequence[AlertChange]) -> int:
    return sum(change.action is AlertAction.RAISED for change in changes)


def test_who_comes_back_elsewhere_in_the_picture_is_the_same_person_with_the_same_alert() -> None:
    for identity, alerts in ((None, 2), (desk(), 1)):
        house = House(identity)
        changes = house.play("hall", 0, 3, [(200, look(BARE, x=100))])
        changes += house.play("hall", 3, 3)
        changes += house.play("hall", 6, 4, [(200, look(BARE, x=1100))])
        assert raised(changes) == alerts
        assert any(change.action is AlertAction.CLOSED for change in changes) is (identity is None)


def test_somebody_else_who_comes_elsewhere_has_an_alert_of_their_own() -> None:
    house = House(desk())
    changes = house.play("hall", 0, 3, [(200, look(BARE, x=100))])
    changes += house.play("hall", 3, 4, [(90, look(BARE, x=1100))])
    assert raised(changes) == 2


def test_people_in_view_together_are_two_even_if_they_look_alike() -> None:
    house = House(desk())
    twins = [(200, look(BARE, x=100)), (200, look(BARE, x=1000))]
    assert raised(house.play("hall", 0, 4, twins)) == 2


@pytest.mark.parametrize(("identity", "alerts"), [(False, 2), (True, 1)])
def test_a_person_told_of_on_one_camera_is_not_told_of_again_on_the_next(identity: bool, alerts: int) -> None:
    house = House(desk() if identity else None)
    changes = house.play("hall", 0, 3, [(200, look(BARE))])
    changes += house.play("door", 4, 4, [(200, look(BARE))])
    assert raised(changes) == alerts


def test_an_alert_that_was_held_back_does_not_keep_the_next_camera_silent() -> None:
    house = House(desk(), max_alerts_per_minute=1)
    changes = house.play("hall", 0, 4, [(90, look(BARE, x=100)), (200, look(BARE, x=1000))])
    kinds = [change.kind for change in changes if change.action is AlertAction.RAISED]
    assert kinds == [AlertKind.NO_MASK, AlertKind.HELD_BACK]
    assert raised(house.play("door", 5, 4, [(90, look(BARE, x=100)), (200, look(BARE, x=1000))])) == 1


def test_cameras_that_see_one_person_at_once_tell_of_them_once() -> None:
    house, changes = House(desk()), []
    for index in range(20):
        changes += house.see("hall", index / 5, [(200, look(BARE))])
        changes += house.see("door", index / 5 + 0.1, [(200, look(BARE))])
    assert raised(changes) == 1


def test_a_mask_put_on_at_the_next_camera_arms_it_again() -> None:
    house = House(desk(), rearm_s=1.0)
    house.play("hall", 0, 3, [(200, look(BARE))])
    assert raised(house.play("door", 4, 3, [(200, look(BARE))])) == 0
    house.play("door", 7, 3, [(200, look(MASK))])
    assert raised(house.play("door", 10, 4, [(200, look(BARE))])) == 1


def test_who_is_forgotten_raises_again() -> None:
    house = House(desk(), memory_s=2.0)
    house.play("hall", 0, 3, [(200, look(BARE))])
    house.play("hall", 3, 7)
    assert raised(house.play("door", 10, 3, [(200, look(BARE))])) == 1


def test_a_camera_that_is_lost_takes_its_faces_with_it() -> None:
    house = House(desk())
    house.play("hall", 0, 3, [(200, look(BARE))])
    house.lose("hall", 3.0)
    assert raised(house.play("door", 3.2, 3, [(200, look(BARE))])) == 1


@pytest.mark.parametrize("left_out", ["hall", "door"])
def test_a_camera_can_be_left_out(left_out: str) -> None:
    house = House(desk(), without=[left_out])
    changes = house.play("hall", 0, 3, [(200, look(BARE))])
    changes += house.play("door", 4, 4, [(200, look(BARE))])
    assert raised(changes) == 2


def test_a_camera_that_is_left_out_from_now_on_forgets_its_faces_at_once_and_encodes_no_more() -> None:
    house = House(desk())
    house.play("hall", 0, 3, [(200, look(BARE))])
    house.forget_faces("hall")
    house.play("hall", 3, 1, [(200, look(BARE))])
    assert raised(house.play("door", 4, 3, [(200, look(BARE))])) == 1


def test_a_face_whose_camera_is_forgotten_while_it_is_encoded_is_not_kept() -> None:
    class Interrupted(ByColour):
        def encode(self, image: Image, face: Face) -> Encoding | None:
            identity.forget("hall")
            return super().encode(image, face)

    identity = IdentityDesk(Interrupted(), at_once=True)
    house = House(identity)
    house.play("hall", 0, 3, [(200, look(BARE))])
    assert raised(house.play("door", 3.2, 3, [(200, look(BARE))])) == 1


def test_a_face_of_a_camera_that_was_removed_is_not_taken_for_one_of_its_successor() -> None:
    """Both count their tracks from 1."""

    class AddedAnew(ByColour):
        done = False

        def encode(self, image: Image, face: Face) -> Encoding | None:
            if not self.done:
                self.done = True
                identity.forget("hall")
                successor.see("hall", 0.5, [(90, look(BARE))])
            return super().encode(image, face)

    identity = IdentityDesk(AddedAnew(), at_once=True)
    successor = House(identity)
    House(identity).see("hall", 0.0, [(200, look(BARE))])
    assert raised(successor.play("hall", 0.7, 3, [(90, look(BARE))])) == 1
    assert raised(successor.play("door", 3.7, 3, [(200, look(BARE))])) == 1


def test_encodings_die_with_their_track_and_show_in_no_text() -> None:
    gallery, who = Gallery(0.5), TrackOf("hall", 1)
    gallery.add(who, np.full(128, 0.123), 0.0, memory_s=3.0)
    assert "0.123" not in repr(vars(gallery))
    gallery.step("door", 2.9, {}, {}, memory_s=3.0)
    assert who in gallery
    gallery.step("door", 3.1, {}, {}, memory_s=3.0)
    assert len(gallery) == 0


def test_the_nearest_of_those_near_enough_is_recognised() -> None:
    gallery = Gallery(0.5)
    for index, value in enumerate((0.0, 0.02, 0.9)):
        gallery.add(TrackOf("hall", index), np.full(128, value), 0.0, memory_s=3.0)
    gallery.step("hall", 0.1, {}, {}, memory_s=3.0)
    found = gallery.add(TrackOf("door", 7), np.full(128, 0.018), 0.2, memory_s=3.0)
    assert found is not None
    assert found.known == TrackOf("hall", 1)
    assert gallery.add(TrackOf("door", 8), np.full(128, 0.5), 0.2, memory_s=3.0) is None


def test_a_track_known_by_one_that_was_joined_is_known_by_whom_it_was_joined_with() -> None:
    """Between a face's encoding and the join that follows, another camera may have seen the same person."""
    gallery, known, again, elsewhere = Gallery(0.5), TrackOf("hall", 3), TrackOf("hall", 5), TrackOf("door", 1)
    gallery.add(known, np.full(128, 0.1), 0.0, memory_s=3.0)
    gallery.step("hall", 0.1, {}, {}, memory_s=3.0)
    gallery.add(again, np.full(128, 0.12), 0.2, memory_s=3.0)
    assert gallery.add(elsewhere, np.full(128, 0.125), 0.2, memory_s=3.0) == Recognised(track_id=1, known=again)
    gallery.rename(again, known)
    gallery.step("hall", 0.3, {3: track(3)}, {3: AlertKind.NO_MASK}, memory_s=3.0)
    assert gallery.told_elsewhere("hall") == []
    assert gallery.told_elsewhere("door") == [(1, AlertKind.NO_MASK)]


def test_who_comes_while_too_many_wait_is_encoded_later() -> None:
    class Slow(ByColour):
        def __init__(self) -> None:
            self.faces: queue.Queue[int] = queue.Queue()
            self.gate = threading.Semaphore(0)

        def encode(self, image: Image, face: Face) -> Encoding | None:
            encoding = super().encode(image, face)
            assert encoding is not None
            self.faces.put(round(encoding[0] * 255))
            assert self.gate.acquire(timeout=10)
            return encoding

    slow = Slow()
    identity = IdentityDesk(slow)
    house = House(identity, memory_s=60.0)
    crowd = [(red, look(BARE, x=red * 6.0)) for red in (1, 100, 199)]
    house.see("hall", 0.0, crowd)
    house.play("hall", 1.0, 5.0, crowd)  # so many looks that all tries at everybody would be used up
    met = {slow.faces.get(timeout=10)}
    for turn in range(9):
        slow.gate.release()
        met.add(slow.faces.get(timeout=10))
        house.see("hall", 7.0 + turn, crowd)
        if met == {1, 100, 199}:
            break
    for _ in range(9):
        slow.gate.release()
    identity.close()
    assert met == {1, 100, 199}


def test_a_face_that_cant_be_cut_out_costs_no_alert() -> None:
    class Damaged(RgbPicture):
        def crop(self, left: int, top: int, width: int, height: int, *, shrink: int = 1) -> Image:
            raise ValueError("bad pixels")

    house = House(desk())
    house.picture = Damaged
    assert raised(house.play("hall", 0, 3, [(200, look(BARE))])) == 1


def test_the_thread_encodes_outlives_a_bad_face_and_ends() -> None:
    encoded = threading.Semaphore(0)

    class Stumbles(ByColour):
        faces = 0

        def encode(self, image: Image, face: Face) -> Encoding | None:
            self.faces += 1
            try:
                if self.faces == 1:
                    raise ValueError
                return super().encode(image, face)
            finally:
                encoded.release()

    identity = IdentityDesk(Stumbles())
    house = House(identity)
    for index in range(2):
        house.see("hall", float(index), [(200, look(BARE))])
        assert encoded.acquire(timeout=20)
    identity.close()
    assert "identity" not in {thread.name for thread in threading.enumerate()}
    assert AlertKind.NO_MASK.is_of_person
