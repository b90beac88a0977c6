import numpy as np

from maskwatch.core.motion import HEIGHT, WIDTH, MotionGate
from maskwatch.core.types import Grey

RANDOM = np.random.default_rng(4)


def room(noise: float = 0.0, light: int = 0) -> Grey:
    """The same room each time, with a camera's noise and more or less light."""
    walls = np.add.outer(np.arange(HEIGHT), np.arange(WIDTH)) / 2 + 60.0
    return np.clip(walls + light + RANDOM.normal(0, noise, walls.shape), 0, 255).astype(np.uint8)


def with_head(picture: Grey, x: int, shade: int = 40) -> Grey:
    """A head of 8 x 10 pixels: 64 in 720p."""
    changed = picture.copy()
    changed[30:40, x : x + 8] = shade
    return changed


def test_noise_and_light_are_no_movement() -> None:
    gate = MotionGate()
    assert gate.wants(0.0, room(3), people=False)
    assert not any(gate.wants(index / 5, room(3, light=index), people=False) for index in range(1, 20))


def test_who_comes_in_is_looked_at_at_once_and_who_walks_at_every_look() -> None:
    gate = MotionGate()
    gate.wants(0.0, room(3), people=False)
    assert all(gate.wants(0.2 + index / 5, with_head(room(3), 20 + 4 * index), people=True) for index in range(10))


def test_slow_movement_adds_up() -> None:
    gate = MotionGate()
    gate.wants(0.0, with_head(room(), 40), people=True)
    wanted = [gate.wants(index / 50, with_head(room(), 40 + index // 10), people=True) for index in range(1, 50)]
    assert any(wanted)


def test_who_stands_still_is_looked_at_once_a_second_and_an_empty_scene_every_five() -> None:
    for people, looks in ((True, 10), (False, 2)):
        gate = MotionGate()
        still = with_head(room(), 40)
        times = [index / 5 for index in range(50)]
        assert sum(gate.wants(t_s, still, people=people) for t_s in times) == looks
