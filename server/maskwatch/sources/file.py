"""A video file as a camera: played in real time by its own timestamps, over and over or once."""

import errno
import time
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import av
import av.container
from pydantic import BaseModel, ConfigDict, Field

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.errors import SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.sources.av_input import (
    Failures,
    InputSpec,
    VideoPacket,
    audio_codec,
    find_video,
    open_input,
    read_packets,
)
from maskwatch.sources.video_player import VideoPlayer

_LATE_S = 0.5
"""Who is later than this (a machine that slept, a slow disk) does not hurry to catch up: the schedule moves."""
_LONGEST_GAP_S = 5.0
"""A file whose timestamps make a longer pause is not waited for."""


class FileConfig(BaseModel):
    """Settings of a video file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    type: Literal["file"] = "file"
    url: str = Field(min_length=1)
    """A path, or `file:` and a path."""
    loop: bool = True
    """Whether to begin again at the end; once only, the camera ends there."""

    @property
    def path(self) -> Path:
        """The file that `url` names."""
        if not self.url.lower().startswith("file:"):
            return Path(self.url).expanduser()
        rest = self.url[len("file:") :]
        return Path(unquote(urlsplit(self.url).path) if rest.startswith("//") else rest).expanduser()


class FileSource:
    """Plays one file until told to stop, or to its end."""

    def __init__(self, config: FileConfig) -> None:
        self._config = config
        self._path = config.path

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        spec = file_spec(self._path)
        failures = spec.failures
        with open_input(spec) as container:
            stream = find_video(container, spec.shown)
            player = VideoPlayer(stream, sink, spec=spec, audio_codec=audio_codec(container))
            pace = _Pace(stop, fps=float(stream.average_rate or stream.guessed_rate or 25))
            while True:
                before = player.pictures
                for packet in read_packets(container, stream, failures):
                    if packet.size and not pace.wait_for(packet):
                        return
                    player.feed(packet)
                if player.pictures == before:
                    raise player.undecodable()
                if not self._config.loop:
                    raise failures.reading(None, any_packet=True, silent=False)
                _rewind(container, failures)
                pace.start_over()


def file_spec(path: Path) -> InputSpec:
    """How to open a video file, and nothing else."""
    return InputSpec(
        # Absolute and with its protocol, so that no name of a file is ever taken for an address…
        address=f"file:{path.absolute()}",
        shown=f"the file {path.name}",
        transport="file",
        failures=FileFailures(path),
        # …and no playlist in it opens anything but files.
        options={"protocol_whitelist": "file"},
    )


def _rewind(container: av.container.InputContainer, failures: Failures) -> None:
    """Go back to the beginning: by time, or by bytes in a file that knows no times (a raw H.264 stream)."""
    for by_bytes in (False, True):
        try:
            container.seek(0, unsupported_byte_offset=by_bytes)
        except av.FFmpegError as error:
            failure = failures.reading(error, any_packet=True, silent=False)
        else:
            return
    raise failure


class _Pace:
    """Holds each packet back until its time has come, counted from the first."""

    def __init__(self, stop: StopSignal, *, fps: float) -> None:
        self._stop = stop
        self._frame_s = 1 / fps
        self._next_s = time.monotonic()
        self._previous: float | None = None

    def start_over(self) -> None:
        """The file begins again: its first picture comes one picture's time after its last."""
        self._previous = None

    def wait_for(self, packet: VideoPacket) -> bool:
        """Wait for the packet's time; False when told to stop."""
        stamp = packet.dts if packet.dts is not None else packet.pts
        at = None if stamp is None or packet.time_base is None else float(stamp * packet.time_base)
        step = self._frame_s if at is None or self._previous is None else at - self._previous
        self._previous = at
        self._next_s += step if 0 <= step <= _LONGEST_GAP_S else self._frame_s
        now = time.monotonic()
        if now - self._next_s > _LATE_S:
            self._next_s = now
        return not self._stop.wait(max(0.0, self._next_s - now))


class FileFailures:
    """Puts FFmpeg's errors on files into words."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def opening(self, error: av.FFmpegError) -> SourceError:
        """See `Failures`."""
        path = self._path
        if error.errno in (errno.ENOENT, errno.ENOTDIR):
            return SourceError(
                SourceReason.NOT_FOUND, f"There is no file {path}.", remedy="Check the path; it is one on the server."
            )
        if error.errno == errno.EISDIR or path.is_dir():
            return SourceError(SourceReason.NOT_FOUND, f"{path} is a folder.", remedy="Name one video file in it.")
        if error.errno in (errno.EACCES, errno.EPERM):
            return SourceError(
                SourceReason.UNAUTHORIZED,
                f"The server may not read the file {path}.",
                remedy="Give the user that the server runs as the right to read it.",
            )
        return SourceError(
            SourceReason.CORRUPT,
            f"The file {path} is no video that can be read: it is damaged, cut off or of an unknown kind.",
            remedy="Check whether a player shows it; copy it again or convert it to MP4 with H.264.",
        )

    def reading(self, error: av.FFmpegError | None, *, any_packet: bool, silent: bool) -> SourceError:  # noqa: ARG002 - files are never silent
        """See `Failures`."""
        if error is None:
            return SourceError(
                SourceReason.ENDED,
                f"The file {self._path} has been played to its end.",
                remedy="Set its option loop to true to play it over and over.",
                retryable=False,
            )
        return SourceError(
            SourceReason.CORRUPT,
            f"The file {self._path} {'can be read only in part' if any_packet else 'holds nothing that can be read'}.",
            remedy="Copy it again, or convert it to MP4 with H.264.",
        )

    def undecodable(self) -> SourceError:
        """See `Failures`."""
        return SourceError(
            SourceReason.CORRUPT,
            f"Nothing in the file {self._path} can be decoded to pictures: it is damaged.",
            remedy="Copy it again, or convert it to MP4 with H.264.",
        )


def _create(config: FileConfig, **_: object) -> FrameSource:
    return FileSource(config)


PLUGIN: Plugin[FrameSource] = Plugin(type="file", config=FileConfig, create=_create, schemes=("file",))
