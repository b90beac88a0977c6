"""The ring of packets and the MP4 made of them, with real encoded video."""

from fractions import Fraction
from pathlib import Path

import av
import av.video.stream
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.core.ports import EncodedPacket, StreamInfo
from maskwatch.live.mp4 import times, write_mp4
from maskwatch.live.ring import Footage, PacketRing
from tests.fixtures.watching import watch

_INFO = StreamInfo(codec="h264", width=320, height=240, fps=10)


def _packet(index: int, *, every: int = 10, size: int = 100) -> EncodedPacket:
    return EncodedPacket(
        data=bytes(size), ticks=index * 9000, keyframe=index % every == 0, captured_monotonic_s=index / 10
    )


def _ring(count: int, *, keep_s: float = 2.0, max_bytes: int = 1_000_000, info: StreamInfo = _INFO) -> PacketRing:
    ring = PacketRing(keep_s=keep_s, max_bytes=max_bytes)
    ring.opened(info)
    for index in range(count):
        ring.packet(_packet(index))
    return ring


def test_it_keeps_the_last_seconds_from_a_keyframe_on() -> None:
    ring = _ring(100)
    footage = ring.cut(8.5, 9.4)
    assert footage is not None
    assert [packet.captured_monotonic_s for packet in footage.packets] == [8 + index / 10 for index in range(15)]
    assert footage.packets[0].keyframe
    assert ring.stored_bytes <= 40 * 100


def test_what_is_held_is_kept_longer() -> None:
    ring = _ring(30)
    ring.hold(1.0)
    for index in range(30, 100):
        ring.packet(_packet(index))
    footage = ring.cut(1.0, 5.0)
    assert footage is not None
    assert footage.packets[0].captured_monotonic_s == 1.0
    ring.release(1.0)
    ring.packet(_packet(100))
    late = ring.cut(1.0, 20.0)
    assert late is not None
    assert late.packets[0].captured_monotonic_s >= 7.0


@given(st.lists(st.tuples(st.integers(1, 3000), st.booleans()), max_size=200))
def test_it_never_takes_more_than_its_bytes(packets: list[tuple[int, bool]]) -> None:
    ring = PacketRing(keep_s=1000, max_bytes=10_000)
    ring.opened(_INFO)
    ring.hold(0.0)
    for index, (size, keyframe) in enumerate(packets):
        ring.packet(EncodedPacket(data=bytes(size), ticks=index, keyframe=keyframe, captured_monotonic_s=index))
        assert ring.stored_bytes <= 10_000
    footage = ring.cut(0, 1e9)
    assert footage is None or footage.packets[0].keyframe


@pytest.mark.parametrize("codec", ["mjpeg", "vp8"])
def test_what_goes_into_no_mp4_is_not_kept(codec: str) -> None:
    ring = _ring(20, info=StreamInfo(codec=codec, width=320, height=240))
    assert ring.cut(0, 10) is None


def test_a_stream_of_another_shape_begins_anew() -> None:
    ring = _ring(20)
    ring.opened(StreamInfo(codec="h264", width=640, height=480))
    assert ring.cut(0, 10) is None
    assert ring.stored_bytes == 0


def test_nothing_was_captured_in_that_time() -> None:
    assert _ring(20).cut(5.0, 9.0) is None
    assert PacketRing(keep_s=1, max_bytes=1).cut(0, 1) is None


def _shown(packets: list[tuple[int, float]]) -> list[tuple[int, int]]:
    return times([
        EncodedPacket(data=b"x", ticks=0, keyframe=not index, captured_monotonic_s=at_s, shown_ticks=ticks)
        for index, (ticks, at_s) in enumerate(packets)
    ])  # fmt: skip


def test_pictures_decoded_before_they_are_shown() -> None:
    found = _shown([(100, 0.0), (18_100, 0.1), (6100, 0.2), (12_100, 0.3)])
    assert [shown for shown, _ in found] == [0, 18_000, 6000, 12_000]
    decoded = [late for _, late in found]
    assert decoded == sorted(set(decoded))
    assert all(late <= shown for shown, late in found)


def test_a_clock_that_jumps_or_wraps_goes_on() -> None:
    found = _shown([(2**32 - 9000, 0.0), (0, 0.1), (9000, 0.2), (900_000_000, 0.3), (900_009_000, 0.4)])
    assert [shown for shown, _ in found] == [0, 9000, 18_000, 27_000, 36_000]


def _film(file: Path, codec: str, b_frames: int) -> None:
    """Two seconds with a keyframe each half second."""
    with av.open(str(file), "w") as out:
        stream = out.add_stream(
            codec, rate=20, options={"bf": str(b_frames), "g": "10", "x265-params": "log-level=0:open-gop=0"}
        )
        assert isinstance(stream, av.video.stream.VideoStream)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
        stream.codec_context.time_base = Fraction(1, 20)
        for index in range(40):
            image = np.full((240, 320, 3), index * 6, np.uint8)
            image[:, index * 7 : index * 7 + 30] = 255
            out.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        out.mux(stream.encode())


@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("b_frames", [0, 2])
def test_a_cameras_packets_become_a_film_that_plays(tmp_path: Path, codec: str, b_frames: int) -> None:
    encoder = {"h264": "libx264", "hevc": "libx265"}[codec]
    _film(tmp_path / "film.mp4", encoder, b_frames)
    with watch(str(tmp_path / "film.mp4"), {"loop": False}) as watching:
        watching.wait_for(lambda seen: len(seen.packets) >= 25)
    ring = PacketRing(keep_s=60, max_bytes=10_000_000)
    ring.opened(watching.infos[-1])
    for packet in watching.packets:
        ring.packet(packet)
    footage = ring.cut(0, 1e12)
    assert footage is not None
    clip = tmp_path / "clip.part"
    write_mp4(footage, clip)
    data = clip.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat"), "the index comes first"
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        frames = list(container.decode(stream))
        assert stream.codec_context.name == codec
        assert stream.codec_context.codec_tag == {"h264": "avc1", "hevc": "hvc1"}[codec], "what Safari plays"
        assert (stream.codec_context.width, stream.codec_context.height) == (320, 240)
    assert len(frames) == len(footage.packets)
    assert frames[0].key_frame
    shown = [frame.pts for frame in frames if frame.pts is not None]
    assert len(shown) == len(frames)
    assert shown == sorted(set(shown))
    # In the order of the film: each picture is brighter than the one before.
    brightness = [float(frame.to_ndarray(format="gray")[:, -8:].mean()) for frame in frames]
    assert brightness == sorted(brightness)


def test_a_file_that_can_not_be_written_says_so(tmp_path: Path) -> None:
    footage = Footage(info=_INFO, packets=[_packet(0)])
    with pytest.raises(OSError, match="No such file"):
        write_mp4(footage, tmp_path / "nowhere" / "clip.mp4")
