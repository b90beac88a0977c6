"""A camera plugged into this machine (Video4Linux): a webcam, a capture stick."""

import errno
import re
from typing import Literal

import av
from pydantic import BaseModel, ConfigDict, Field, field_validator

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.errors import SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.sources.av_input import InputSpec, find_video, open_input
from maskwatch.sources.video_player import VideoPlayer, play_live

_SCHEME = "device:"
_DEVICE = re.compile(r"/dev/(video\d+|v4l/(by-id|by-path)/[\w:.+-]+)")


class DeviceConfig(BaseModel):
    """Settings of a local camera."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    type: Literal["device"] = "device"
    url: str
    """`device:/dev/video0`, or the steadier `device:/dev/v4l/by-id/…`."""
    size: str | None = Field(default=None, pattern=r"^\d{2,5}x\d{2,5}$")
    """Size to ask the camera for, such as 1280x720; its own default otherwise."""
    fps: float | None = Field(default=None, gt=0, le=240)
    """Frames a second to ask for."""
    pixels: Literal["mjpeg", "h264", "yuyv422"] | None = None
    """What to have it send; over USB 2, large pictures come fluently only as `mjpeg` or `h264`."""
    read_timeout_s: float = Field(default=4.0, gt=0, le=60)
    """Seconds without a picture until the camera is called stalled."""

    @field_validator("url")
    @classmethod
    def _is_a_video_device(cls, url: str) -> str:
        if not _DEVICE.fullmatch(url[len(_SCHEME) :]):
            msg = "expected a video device such as device:/dev/video0"
            raise ValueError(msg)
        return url

    @property
    def path(self) -> str:
        """The device's file."""
        return self.url[len(_SCHEME) :]


class DeviceSource:
    """Reads one local camera until told to stop. `input_format` is FFmpeg's name of the driver."""

    def __init__(self, config: DeviceConfig, *, input_format: str = "v4l2") -> None:
        self._config = config
        self._input_format = input_format

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        config = self._config
        wishes = {"video_size": config.size, "framerate": config.fps, "input_format": config.pixels}
        spec = InputSpec(
            address=config.path,
            shown=f"the device {config.path}",
            transport="device",
            failures=DeviceFailures(config.path),
            format=self._input_format,
            options={name: str(wish) for name, wish in wishes.items() if wish is not None},
            open_timeout_s=config.read_timeout_s,
            read_timeout_s=config.read_timeout_s / 2,
        )
        with open_input(spec) as container:
            stream = find_video(container, spec.shown)
            player = VideoPlayer(stream, sink, spec=spec)
            play_live(container, stream, player, stop, spec=spec)


class DeviceFailures:
    """Puts FFmpeg's errors on local cameras into words."""

    def __init__(self, path: str) -> None:
        self._path = path

    def opening(self, error: av.FFmpegError) -> SourceError:
        """See `Failures`."""
        path = self._path
        number = error.errno
        if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
            return SourceError(
                SourceReason.NOT_FOUND,
                f"There is no camera at {path}.",
                remedy="Plug it in; `ls /dev/video*` shows those that are there. In a container, pass the device on.",
            )
        if number in (errno.EACCES, errno.EPERM):
            return SourceError(
                SourceReason.UNAUTHORIZED,
                f"The server may not open {path}.",
                remedy="Add the user that the server runs as to the group `video`, then restart it.",
            )
        if number == errno.EBUSY:
            return SourceError(
                SourceReason.REFUSED,
                f"Another program is using {path}.",
                remedy="Close it; a local camera serves one program at a time.",
            )
        return SourceError(
            SourceReason.CORRUPT,
            f"{path} can't be opened as a camera, or can't send what was asked for.",
            remedy="`v4l2-ctl --list-formats-ext` shows what it can; leave size, fps and pixels out for its defaults.",
        )

    def reading(self, _error: av.FFmpegError | None, *, any_packet: bool, silent: bool) -> SourceError:
        """See `Failures`."""
        if silent:
            said = "stopped sending pictures" if any_packet else "sends no pictures"
            reason = SourceReason.STALLED if any_packet else SourceReason.TIMEOUT
            return SourceError(reason, f"The camera at {self._path} {said}.", remedy="Plug it in again.")
        return SourceError(
            SourceReason.ENDED,
            f"The camera at {self._path} is gone.",
            remedy="Plug it in again; it is opened again by itself.",
        )

    def undecodable(self) -> SourceError:
        """See `Failures`."""
        return SourceError(
            SourceReason.CORRUPT,
            f"What the camera at {self._path} sends can't be decoded to pictures.",
            remedy="Try another of its formats with the option pixels, such as mjpeg.",
        )


def _create(config: DeviceConfig, **_: object) -> FrameSource:
    return DeviceSource(config)


PLUGIN: Plugin[FrameSource] = Plugin(type="device", config=DeviceConfig, create=_create, schemes=("device",))
