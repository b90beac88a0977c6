from hypothesis import example, given
from hypothesis import strategies as st

from maskwatch.core.detail import closer_look, joined
from maskwatch.core.types import Box, Face


def face(x: float, y: float, side: float, score: float = 0.9) -> Face:
    return Face(box=Box(x, y, x + side, y + side), score=score)


def test_large_faces_and_small_pictures_need_no_closer_look() -> None:
    assert closer_look(1280, 720, [], input_px=320, turn=0) is None
    assert closer_look(1280, 720, [face(100, 100, 120)], input_px=320, turn=0) is None
    assert closer_look(320, 180, [face(100, 100, 10)], input_px=320, turn=0) is None


@given(
    places=st.lists(st.tuples(st.floats(0, 1240), st.floats(0, 680)), min_size=1, max_size=12),
    input_px=st.sampled_from([320, 640, 960]),
)
@example(places=[(120.0, 0.0), (120.0, 0.0), (631.0, 0.0)], input_px=320)
def test_every_small_face_gets_its_turn_inside_the_picture(places: list[tuple[float, float]], input_px: int) -> None:
    faces = [face(x, y, 20) for x, y in places]
    seen: set[int] = set()
    for turn in range(len(faces)):
        part = closer_look(1280, 720, faces, input_px=input_px, turn=turn)
        assert part is not None
        assert 0 <= part.left <= part.left + part.width <= 1280
        assert 0 <= part.top <= part.top + part.height <= 720
        for index, each in enumerate(faces):
            x, y = each.box.center
            if part.left <= x <= part.left + part.width and part.top <= y <= part.top + part.height:
                seen.add(index)
    assert seen == set(range(len(faces)))


def test_of_both_looks_each_face_is_told_once_the_better_one() -> None:
    part = closer_look(1280, 720, [face(600, 300, 20)], input_px=320, turn=0)
    assert part is not None
    both = joined(
        [face(600, 300, 20, 0.6), face(100, 100, 200, 0.95)],
        [face(601, 301, 20, 0.8), face(700, 400, 12, 0.7)],
        part,
        1280,
        720,
    )
    assert [each.score for each in both] == [0.95, 0.8, 0.7]


def test_a_face_cut_off_by_the_part_is_left_to_the_whole_picture() -> None:
    part = closer_look(1280, 720, [face(600, 300, 20)], input_px=320, turn=0)
    assert part is not None
    cut = face(part.left, 300, 40, 0.99)
    assert joined([], [cut], part, 1280, 720) == []
