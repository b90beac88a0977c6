"""The demo's people, masks and room."""

import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from maskwatch.demo import clip, make_demo_clip
from maskwatch.demo.masks import BLUE, WHITE, wear_mask
from maskwatch.demo.portraits import Portrait, load_portraits
from maskwatch.demo.room import draw_room
from maskwatch.errors import PluginError, StoreError


@pytest.fixture(params=[0, 1], ids=["collins", "hopper"])
def portrait(request: pytest.FixtureRequest) -> Portrait:
    return load_portraits()[request.param]


def covered(portrait: Portrait) -> np.ndarray:
    """What lies under the mask when it is in place."""
    region = np.zeros(portrait.image.shape[:2], np.uint8)
    cv2.fillPoly(region, [np.array(portrait.mask_outline, np.int32)], 1)
    return region.astype(bool)


def test_people_are_cut_out_whole_and_nothing_of_the_background_is_left(portrait: Portrait) -> None:
    assert portrait.alpha.shape == portrait.image.shape[:2]
    assert portrait.alpha[covered(portrait)].mean() > 0.97
    assert portrait.alpha[:30, :30].max() == 0
    assert portrait.alpha[:30, -30:].max() == 0
    soft = (portrait.alpha > 0.05) & (portrait.alpha < 0.95)
    assert 0.001 < soft.mean() < 0.03


@pytest.mark.parametrize("colour", [BLUE, WHITE])
def test_a_mask_covers_nose_and_chin_and_leaves_the_eyes(portrait: Portrait, colour: tuple[int, int, int]) -> None:
    masked = wear_mask(portrait, 1.0, colour).astype(int)
    changed = np.abs(masked - portrait.image).max(axis=2) > 25
    region = covered(portrait)
    assert changed[region].mean() > 0.8
    nose = round(portrait.mask_outline[portrait.nose_index][1])
    assert not changed[: nose - 25].any()
    cloth = masked[region].mean(axis=0)
    assert np.argsort(cloth).tolist() == np.argsort(colour).tolist()


def test_a_mask_on_its_way_up_hangs_lower(portrait: Portrait) -> None:
    assert wear_mask(portrait, 0.0) is portrait.image
    changes = [np.abs(wear_mask(portrait, amount).astype(int) - portrait.image).sum(axis=2) for amount in (0.5, 1.0)]
    rows = [np.average(np.arange(change.shape[0]), weights=change.sum(axis=1)) for change in changes]
    assert rows[0] > rows[1] + 5


def test_a_scaled_portrait_keeps_its_mask_in_place(portrait: Portrait) -> None:
    half = portrait.scaled(0.5)
    assert half.image.shape[0] == round(portrait.image.shape[0] / 2)
    assert half.mask_outline[0] == tuple(value / 2 for value in portrait.mask_outline[0])
    assert half.alpha.min() >= 0
    assert half.alpha.max() <= 1


def test_the_room_is_drawn_in_any_size() -> None:
    assert draw_room(640, 360).shape == (360, 640, 3)
    assert draw_room(1280, 720).std() > 20


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clip, "LOOP_S", 0.4)


@pytest.mark.usefixtures("short")
def test_the_clip_can_be_passed_on_to_browsers_and_is_made_once(tmp_path: Path) -> None:
    told: list[float] = []
    path = make_demo_clip(tmp_path / "demo", told.append)
    assert told == pytest.approx([(index + 1) / 6 for index in range(6)])
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("h264", 1280, 720)
        assert not stream.codec_context.has_b_frames
        assert sum(1 for _ in container.decode(stream)) == 6
    made = path.stat()
    assert make_demo_clip(tmp_path / "demo", told.append) == path
    assert path.stat() == made
    assert len(told) == 6
    assert list(path.parent.iterdir()) == [path]


@pytest.fixture
def tiny_disk() -> Iterator[None]:
    """No file may grow beyond 4 kB, as on a disk that is full."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("short", "tiny_disk")
def test_a_full_disk_leaves_no_half_clip(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="--data-dir"):
        make_demo_clip(tmp_path, lambda _: None)
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("short")
def test_a_folder_that_can_not_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="can't be written"):
        make_demo_clip(tmp_path / "file", lambda _: None)


def test_without_the_extra_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "skimage.data", None)
    load_portraits.cache_clear()
    with pytest.raises(PluginError, match="pip install 'maskwatch\\[demo\\]'"):
        load_portraits()
