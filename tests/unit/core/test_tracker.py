import random

from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.tracker import MotionTracker
from tests.unit.core.people import look


def test_a_walking_person_keeps_one_id_at_any_rate_of_looks() -> None:
    for looks_per_s in (2, 5, 10, 15):
        tracker = MotionTracker()
        ids = {
            track.id
            for index in range(6 * looks_per_s)
            for track in tracker.update(index / looks_per_s, [look(x=50 + 90 * index / looks_per_s)])
        }
        assert ids == {1}, looks_per_s


def test_two_people_who_cross_keep_their_ids() -> None:
    tracker = MotionTracker()
    for index in range(31):
        t_s = index / 5
        right, left = look(x=100 + 60 * t_s, y=100), look(x=500 - 60 * t_s, y=135)
        tracks = tracker.update(t_s, [right, left] if index % 2 else [left, right])
    by_place = sorted(tracks, key=lambda track: track.box.x1)
    assert [track.id for track in by_place] == [2, 1] or [track.id for track in by_place] == [1, 2]
    first = {track.id: track.first_seen_s for track in tracks}
    assert first == {1: 0.0, 2: 0.0}
    # The one that went right is now on the right: nobody was swapped and nobody was born anew.
    went_right = next(track for track in tracks if track.box.y1 < 110)
    assert went_right.box.x1 == 100 + 60 * 6


def test_a_short_occlusion_keeps_the_person_and_a_long_one_does_not() -> None:
    tracker = MotionTracker(memory_s=2.0)
    tracker.update(0.0, [look()])
    hidden = tracker.update(1.5, [])
    assert [track.observation for track in hidden] == [None]
    assert [track.id for track in tracker.update(1.8, [look(x=110)])] == [1]
    assert tracker.update(3.9, []) == []
    assert [track.id for track in tracker.update(4.0, [look()])] == [2]


def test_who_comes_out_behind_a_pillar_goes_on_as_who_they_were() -> None:
    tracker = MotionTracker(memory_s=3.0)
    for index in range(10):
        tracker.update(index / 5, [look(x=300 * index / 5, size=40)])
    tracker.update(2.6, [])
    # Two seconds on, thirteen face sizes further.
    assert [track.id for track in tracker.update(3.8, [look(x=300 * 3.7, size=40)])] == [1]


def test_a_track_that_was_lost_and_born_anew_can_be_joined() -> None:
    tracker = MotionTracker(memory_s=5.0)
    tracker.update(0.0, [look(x=100)])
    tracker.update(1.0, [look(x=900)])
    assert tracker.join(2, 1)
    (track,) = tracker.update(1.2, [look(x=905)])
    assert (track.id, track.first_seen_s, track.last_seen_s) == (1, 0.0, 1.2)


def test_people_who_are_in_view_together_are_never_joined() -> None:
    tracker = MotionTracker()
    tracker.update(0.0, [look(x=100), look(x=900)])
    tracker.update(0.2, [look(x=100), look(x=900)])
    assert not tracker.join(2, 1)
    assert not tracker.join(2, 2)
    assert not tracker.join(7, 1)


def test_an_unsure_detection_continues_a_person_but_starts_none() -> None:
    tracker = MotionTracker(birth_score=0.6)
    assert tracker.update(0.0, [look(score=0.5)]) == []
    tracker.update(0.2, [look(score=0.8)])
    assert [track.last_seen_s for track in tracker.update(0.4, [look(score=0.5)])] == [0.4]


def test_a_face_of_another_size_is_another_person() -> None:
    tracker = MotionTracker()
    tracker.update(0.0, [look(size=40)])
    assert [track.id for track in tracker.update(0.2, [look(size=120)])] == [1, 2]


def test_forgetting_never_reuses_an_id() -> None:
    tracker = MotionTracker()
    tracker.update(0.0, [look()])
    tracker.forget()
    assert [track.id for track in tracker.update(0.2, [look()])] == [2]


@given(
    st.lists(st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 2000), st.floats(4, 400)), max_size=8), max_size=20)
)
def test_every_face_belongs_to_at_most_one_person(looks: list[list[tuple[float, float, float]]]) -> None:
    tracker = MotionTracker()
    for index, faces in enumerate(looks):
        observations = [look(x=x, y=y, size=size) for x, y, size in faces]
        random.Random(index).shuffle(observations)
        tracks = tracker.update(index * 0.2, observations)
        assert len({track.id for track in tracks}) == len(tracks)
        seen = [id(track.observation) for track in tracks if track.observation is not None]
        assert sorted(seen) == sorted(id(observation) for observation in observations)
