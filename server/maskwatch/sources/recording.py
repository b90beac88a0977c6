"""A recording read as fast as it can be: every picture with its time in the file. For replays, not for watching."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from maskwatch.core.types import Image
from maskwatch.sources.av_input import InputSpec, find_video, open_input, read_packets
from maskwatch.sources.file import FileFailures


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFrame:
    """One picture: `time_s` in the recording; `to_rgb()` gives uint8 RGB, height x width x 3, converted on demand."""

    index: int
    time_s: float
    to_rgb: Callable[[], Image]


def read_recording(path: Path) -> Iterator[RecordedFrame]:
    """The pictures of a video file in the order they are shown, by the recording's own times.

    Raises:
        SourceError: there is no such file, no video in it, or nothing of it can be decoded.
    """
    failures = FileFailures(path)
    spec = InputSpec(
        address=f"file:{path.absolute()}",
        shown=f"the file {path.name}",
        transport="file",
        failures=failures,
        options={"protocol_whitelist": "file"},
    )
    with open_input(spec) as container:
        stream = find_video(container, spec.shown)
        frame_s = 1 / float(stream.average_rate or stream.guessed_rate or 25)
        index, first_s, time_s = 0, None, -frame_s
        for packet in read_packets(container, stream, failures):
            for frame in _decode(packet):
                # A picture without a time, or one that goes back, comes one picture's time after the one before.
                stamp_s = time_s + frame_s if frame.pts is None else float(frame.time)
                first_s = stamp_s if first_s is None else first_s
                time_s = stamp_s - first_s if stamp_s - first_s > time_s else time_s + frame_s
                yield RecordedFrame(index=index, time_s=time_s, to_rgb=_converter(frame))
                index += 1
        if index == 0:
            raise failures.undecodable()


def _decode(packet: "av.Packet[av.VideoStream]") -> list[av.VideoFrame]:
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []  # a damaged packet costs a picture, not the recording


def _converter(frame: av.VideoFrame) -> Callable[[], Image]:
    return lambda: np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)
