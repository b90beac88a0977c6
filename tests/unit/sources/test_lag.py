import av
import pytest

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.sources.av_input import InputSpec
from maskwatch.sources.lag import LagMeter
from maskwatch.sources.rtsp_failures import Peer, RtspFailures
from maskwatch.sources.video_player import VideoPlayer
from tests.fixtures.clips import Clips


def test_a_stream_in_time_is_not_late_whatever_its_clock_says() -> None:
    meter = LagMeter()
    assert [meter.lag_s(1e6 + index / 15, index / 15) for index in range(100)] == pytest.approx([0.0] * 100, abs=1e-6)


def test_a_drifting_clock_is_not_late_and_jitter_is_only_for_a_moment() -> None:
    meter = LagMeter()
    assert max(meter.lag_s(index / 15, index / 15 * 1.0005) for index in range(3000)) < 0.01
    assert meter.lag_s(3000 / 15, 3000 / 15 * 1.0005 + 0.3) == pytest.approx(0.3, abs=0.01)
    assert meter.lag_s(3001 / 15, 3001 / 15 * 1.0005) < 0.01


def test_falling_behind_is_told_and_catching_up_too() -> None:
    meter = LagMeter()
    lags = [meter.lag_s(index / 15, index / 10) for index in range(61)]
    assert lags[-1] == pytest.approx(2.0, abs=0.1)
    assert meter.lag_s(61 / 15, 61 / 15) < 0.1


@pytest.mark.parametrize("stamp_s", [None, -50.0, 500.0])
def test_a_jump_of_the_cameras_clock_is_not_late(stamp_s: float | None) -> None:
    meter = LagMeter()
    meter.lag_s(10.0, 1.0)
    assert meter.lag_s(stamp_s, 1.1) == 0


class Seen:
    """A sink that notes at which moment pictures and packets came."""

    def __init__(self) -> None:
        self.frames: list[float] = []
        self.packets: list[float] = []

    def opened(self, info: StreamInfo) -> None:
        pass

    def frame(self, frame: RawFrame) -> None:
        self.frames.append(frame.captured_monotonic_s)

    def packet(self, packet: EncodedPacket) -> None:
        self.packets.append(packet.captured_monotonic_s)


def test_a_stream_that_has_fallen_behind_goes_on_at_a_keyframe_in_time(clips: Clips) -> None:
    seen, now = Seen(), [0.0]
    peer = Peer("rtsp://127.0.0.1/cam", verify_tls=True, ca_file=None)
    spec = InputSpec(
        address="", shown="the camera", transport="tcp", failures=RtspFailures(peer, transport="tcp"), catches_up=True
    )
    with av.open(str(clips.bare)) as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        player = VideoPlayer(stream, seen, spec=spec, clock=lambda: now[0])
        held_up = range(len(packets) // 4, len(packets) // 2)
        for index, packet in enumerate(packets):
            assert packet.dts is not None
            assert packet.time_base is not None
            on_time_s = float(packet.dts * packet.time_base)
            late_s = 3.0 if index in held_up else 0.0
            now[0] = max(now[0], on_time_s + late_s)
            player.feed(packet)
    assert 0 < len(seen.frames) < len(packets)
    assert len(seen.packets) >= len(packets) - 1  # the live view has them all
