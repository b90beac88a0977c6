from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import av
import pytest

from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.sources.file import file_spec
from maskwatch.sources.video_player import VideoPlayer
from tests.fixtures.clips import FPS


class Sink:
    """Keeps the packets, and the order in which everything came."""

    def __init__(self) -> None:
        self.packets: list[EncodedPacket] = []
        self.order: list[str] = []

    def opened(self, info: StreamInfo) -> None:
        assert info.b_frames
        self.order.append("opened")

    def frame(self, _frame: RawFrame) -> None:
        self.order.append("frame")

    def packet(self, packet: EncodedPacket) -> None:
        self.packets.append(packet)
        self.order.append("packet")


@pytest.mark.parametrize("frames", [FPS, 2], ids=["a second", "no picture before the end"])
def test_no_packet_of_a_stream_with_b_frames_is_lost(make_clip: Callable[..., Path], frames: int) -> None:
    clip = make_clip("b.mp4", options={"bf": "2", "preset": "veryfast"}, seconds=frames / FPS)
    sink, given, before_first_picture = Sink(), [], 0
    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        player = VideoPlayer(stream, sink, spec=file_spec(clip))
        for packet in container.demux(stream):  # the last is empty: it drains the decoder
            player.feed(packet)
            if packet.pts is not None:
                given.append((packet.is_keyframe, int(packet.pts * packet.time_base * 90_000)))
                before_first_picture += not player.pictures
    assert before_first_picture >= 2, "else the clip shows nothing"
    assert (len(given), given[0]) == (frames, (True, 0))
    assert [(packet.keyframe, packet.shown_ticks) for packet in sink.packets] == given
    assert sink.order[0] == "opened"
    assert sink.order.count("opened") == 1
    assert all(earlier.ticks < later.ticks for earlier, later in pairwise(sink.packets))
