"""The file source: real clips, whole, cut off, damaged and missing."""

import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from maskwatch.errors import SourceReason
from tests.fixtures.clips import FPS, SECONDS, Clips
from tests.fixtures.watching import watch

FRAMES = FPS * SECONDS


def test_once_plays_every_picture_in_real_time_and_then_ends(clips: Clips) -> None:
    with watch(str(clips.small), {"loop": False}) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.ENDED
    assert not error.retryable
    assert "loop" in error.remedy
    assert len(camera.frames) == len(camera.packets) == FRAMES
    taken_s = camera.frames[-1].captured_monotonic_s - camera.frames[0].captured_monotonic_s
    assert taken_s == pytest.approx((FRAMES - 1) / FPS, abs=0.6)
    ticks = [packet.ticks for packet in camera.packets]
    assert {later - earlier for earlier, later in pairwise(ticks)} == {90_000 // FPS}


def test_what_decoding_took_comes_with_each_picture(clips: Clips) -> None:
    with watch(str(clips.bare)) as watching:
        watching.wait_frames(20)
    took = [frame.decode_s for frame in watching.frames]
    assert all(decode_s is not None and 0 < decode_s < 1 for decode_s in took), took


def test_loops_without_a_seam(make_clip: Callable[..., Path]) -> None:
    clip = make_clip("short.mp4", seconds=0.6)
    frames = round(0.6 * FPS)
    with watch(str(clip)) as camera:
        camera.wait_frames(3 * frames)
    assert len(camera.infos) == 1
    assert [frame.sequence for frame in camera.frames[: 3 * frames]] == list(range(1, 3 * frames + 1))
    ticks = [packet.ticks for packet in camera.packets]
    assert all(0 < later - earlier < 90_000 for earlier, later in pairwise(ticks))
    moments = [frame.captured_monotonic_s for frame in camera.frames]
    assert moments[3 * frames - 1] - moments[0] == pytest.approx((3 * frames - 1) / FPS, abs=0.5)


def test_packets_of_a_file_are_passed_on_as_annex_b_with_parameter_sets(clips: Clips) -> None:
    with watch(f"file:{clips.bare}") as camera:
        camera.wait_frames(20)
    assert [packet.keyframe for packet in camera.packets[:20]] == [index % FPS == 0 for index in range(20)]
    for packet in camera.packets:
        assert packet.data.startswith(b"\x00\x00\x00\x01")
        assert (b"\x00\x00\x01\x67" in packet.data and b"\x00\x00\x01\x68" in packet.data) is packet.keyframe


@pytest.mark.parametrize("name", ["h265", "mjpeg", "b_frames"])
def test_other_codecs_are_played_but_not_passed_on(clips: Clips, name: str) -> None:
    with watch(str(getattr(clips, name))) as camera:
        camera.wait_frames(8)
    assert not camera.infos[-1].passthrough
    # What goes into an MP4 file as it is comes all the same, for clips.
    assert bool(camera.packets) == (name != "mjpeg")
    assert all(packet.data.startswith(b"\0\0\0\1") for packet in camera.packets)
    assert camera.frames[-1].to_rgb().shape == (480, 640, 3)


def test_a_raw_stream_without_timestamps_loops_too(clips: Clips, tmp_path: Path) -> None:
    raw = tmp_path / "raw.h264"
    remux(clips.small, raw)
    with watch(str(raw)) as camera:
        camera.wait_frames(FRAMES + 5)
    assert camera.infos[-1].passthrough


def test_a_sideways_recording_is_turned_upright(make_clip: Callable[..., Path], tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    remux(make_clip("upright.mp4", seconds=0.6), turned, rotation=90)
    with watch(str(turned)) as camera:
        camera.wait_frames(1)
    info = camera.infos[0]
    assert (info.width, info.height) == (480, 640)
    assert not info.passthrough
    image = camera.frames[0].to_rgb()
    assert image.shape == (640, 480, 3)
    assert image.flags.c_contiguous


def test_a_cover_picture_is_no_video(tmp_path: Path) -> None:
    sound = tmp_path / "sound.mp4"
    with av.open(str(sound), "w") as container:
        stream = container.add_stream("aac", rate=44_100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 44_100
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    with watch(str(sound)) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.NO_VIDEO
    assert "sound only" in error.message


def test_a_picture_is_a_still_camera(tmp_path: Path) -> None:
    picture = tmp_path / "still.png"
    cv2.imwrite(str(picture), np.full((120, 160, 3), 90, np.uint8))
    with watch(str(picture)) as camera:
        camera.wait_frames(3)
    assert camera.frames[0].to_rgb().shape == (120, 160, 3)


def test_a_file_that_is_cut_off_plays_what_is_there(clips: Clips, tmp_path: Path) -> None:
    whole, cut = tmp_path / "whole.mp4", tmp_path / "cut.mp4"
    remux(clips.bare, whole, options={"movflags": "faststart"})
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    with watch(str(cut), {"loop": False}) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.ENDED
    assert FPS < len(camera.frames) < FRAMES
    with watch(str(cut)) as camera:
        camera.wait_frames(FRAMES)


def without_index(clip: Path, to: Path) -> None:
    to.write_bytes(clip.read_bytes()[:-4000])


def nothing_but_the_index(clip: Path, to: Path) -> None:
    remux(clip, to, options={"movflags": "faststart"})
    whole = to.read_bytes()
    index_end = whole.index(b"mdat") + 4
    to.write_bytes(whole[:index_end] + os.urandom(len(whole) - index_end))


def noise(_clip: Path, to: Path) -> None:
    to.write_bytes(os.urandom(20_000))


def emptiness(_clip: Path, to: Path) -> None:
    to.touch()


def text(_clip: Path, to: Path) -> None:
    to.write_text("#EXTM3U\nhttp://127.0.0.1:9/secret.ts\n")


@pytest.mark.parametrize("damage", [without_index, nothing_but_the_index, noise, emptiness, text])
def test_a_file_with_nothing_to_decode_is_corrupt(
    make_clip: Callable[..., Path], tmp_path: Path, damage: Callable[[Path, Path], None]
) -> None:
    damaged = tmp_path / "damaged.mp4"
    damage(make_clip("good.mp4", seconds=1.0), damaged)
    with watch(str(damaged)) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.CORRUPT
    assert str(damaged) in error.message
    assert error.remedy
    assert not camera.frames


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with watch(str(tmp_path / "no.mp4")) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.NOT_FOUND
    assert str(tmp_path / "no.mp4") in error.message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with watch(f"file:{tmp_path}") as camera:
        error = camera.failure()
    assert error.reason is SourceReason.NOT_FOUND
    assert "folder" in error.message


@pytest.mark.parametrize("form", ["{path}", "file:{path}", "file://{quoted}", "FILE:{path}"])
def test_every_way_to_name_a_file(make_clip: Callable[..., Path], tmp_path: Path, form: str) -> None:
    folder = tmp_path / "a folder: 100%"
    folder.mkdir()
    clip = folder / "clip #1.mp4"
    clip.write_bytes(make_clip("named.mp4", seconds=0.6).read_bytes())
    with watch(form.format(path=clip, quoted=str(clip).replace("%", "%25").replace("#", "%23"))) as camera:
        camera.wait_frames(1)


def test_stop_is_heard_at_once(clips: Clips) -> None:
    with watch(str(clips.bare)) as camera:
        camera.wait_frames(2)
        camera.stop.set()
        camera.join(timeout_s=2)
    assert camera.error is None


def remux(clip: Path, to: Path, *, rotation: int = 0, options: dict[str, str] | None = None) -> None:
    """Copy a clip's packets into another container."""
    with av.open(str(clip)) as source, av.open(str(to), "w", container_options=options or {}) as target:
        stream = target.add_stream_from_template(source.streams.video[0])
        if rotation:
            stream.set_display_rotation(rotation)
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
