"""A recording read as fast as it can be: every picture with its time in the file. For replays, not for watching."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from maskwatch.core.types import Picture
from maskwatch.sources.av_input import find_video, open_input, read_packets
from maskwatch.sources.file import file_spec
from maskwatch.sources.picture import DecodedPicture, Scaler


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFrame:
    """One picture, converted on demand: `time_s` in the recording."""

    index: int
    time_s: float
    picture: Picture


def read_recording(path: Path) -> Iterator[RecordedFrame]:
    """The pictures of a video file in the order they are shown, by the recording's own times.

    Raises:
        SourceError: there is no such file, no video in it, or nothing of it can be decoded.
    """
    spec = file_spec(path)
    scaler = Scaler()
    with open_input(spec) as container:
        stream = find_video(container, spec.shown)
        frame_s = 1 / float(stream.average_rate or stream.guessed_rate or 25)
        index, first_s, time_s = 0, None, -frame_s
        for packet in read_packets(container, stream, spec.failures):
            for frame in _decode(packet):
                # A picture without a time, or one that goes back, comes one picture's time after the one before.
                stamp_s = time_s + frame_s if frame.pts is None else float(frame.time)
                first_s = stamp_s if first_s is None else first_s
                time_s = stamp_s - first_s if stamp_s - first_s > time_s else time_s + frame_s
                yield RecordedFrame(index=index, time_s=time_s, picture=DecodedPicture(frame, scaler))
                index += 1
        if index == 0:
            raise spec.failures.undecodable()


def _decode(packet: "av.Packet[av.VideoStream]") -> list[av.VideoFrame]:
    try:
        return list(packet.decode())
    except av.FFmpegError:
        return []  # a damaged packet costs a picture, not the recording
