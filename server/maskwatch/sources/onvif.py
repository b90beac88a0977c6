"""An IP camera by its address alone: its streams are found by ONVIF, then read as any RTSP camera's."""

from typing import Literal
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.errors import SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.sources.addresses import split_address
from maskwatch.sources.knock import port_is_open
from maskwatch.sources.onvif_client import OnvifAddress, OnvifCamera, OnvifStream, ask_camera, with_login
from maskwatch.sources.rtsp import RtspConfig, RtspSource


class OnvifConfig(BaseModel):
    """Settings of a camera that is found by ONVIF."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    type: Literal["onvif"] = "onvif"
    url: SecretStr
    """`onvif://user:password@host:80`; characters such as @ / ? # in the password as %40 %2F %3F %23."""
    profile: str | None = Field(default=None, max_length=100)
    """Name of the media profile to watch; the largest picture otherwise."""
    sub: bool = True
    """Whether to look for faces in a smaller stream of the camera, if it has one; not with `profile`."""
    transport: Literal["tcp", "udp"] = "tcp"
    """`tcp` passes firewalls and loses nothing; `udp` is for cameras that know no other."""
    open_timeout_s: float = Field(default=5.0, gt=0, le=60)
    """Seconds the camera may take to answer; by ONVIF it may take twice as long."""
    read_timeout_s: float = Field(default=4.0, gt=0, le=60)
    """Seconds without a picture until the camera is called stalled."""

    @field_validator("url")
    @classmethod
    def _has_a_host(cls, url: SecretStr) -> SecretStr:
        onvif_address(url.get_secret_value())
        return url


def onvif_address(url: str) -> OnvifAddress:
    """Host, port and login of an `onvif:` address.

    Raises:
        ValueError: it makes no sense; the address is not repeated.
    """
    parts = split_address(url, example="onvif://user:password@192.168.1.20")
    return OnvifAddress(
        host=parts.hostname or "",
        port=parts.port or 80,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


class OnvifSource:
    """Asks one camera for its streams, and reads it until told to stop."""

    def __init__(self, config: OnvifConfig, *, camera: str = "") -> None:
        self._config = config
        self._camera = camera
        self._address = onvif_address(config.url.get_secret_value())

    def knock(self) -> bool:
        """See `Knocking`."""
        return port_is_open(self._config.url.get_secret_value())

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        config = self._config
        camera = ask_camera(self._address, timeout_s=2 * config.open_timeout_s)
        if stop.is_set():
            return
        stream = self._chosen(camera)
        sub = camera.sub() if config.sub and config.profile is None else None
        # A small stream at an address that can't be used is one that the camera does not have.
        rtsp = self._rtsp(stream, sub) or self._rtsp(stream, None)
        if rtsp is None:
            raise SourceError(
                SourceReason.CORRUPT,
                f"The camera at {self._address.where} names a stream whose address makes no sense.",
                remedy="Name another of its media profiles in the option profile, or use its rtsp: address.",
            )
        RtspSource(rtsp, camera=self._camera).run(sink, stop)

    def _rtsp(self, stream: OnvifStream, sub: OnvifStream | None) -> RtspConfig | None:
        """How to read these streams; None if an address that the camera names is none."""
        config, address = self._config, self._address
        try:
            return RtspConfig(
                sub_url=sub.url if sub is not None else None,
                url=SecretStr(with_login(stream.url, address.user, address.password)),
                transport=config.transport,
                open_timeout_s=config.open_timeout_s,
                read_timeout_s=config.read_timeout_s,
            )
        except ValidationError:
            return None

    def _chosen(self, camera: OnvifCamera) -> OnvifStream:
        wanted = self._config.profile
        if wanted is None:
            return camera.main
        for stream in camera.streams:
            if stream.name == wanted:
                return stream
        names = ", ".join(stream.name for stream in camera.streams)
        raise SourceError(
            SourceReason.NOT_FOUND,
            f"The camera at {self._address.where} has no media profile of that name.",
            remedy=f"It has: {names}.",
        )


def _create(config: OnvifConfig, *, camera: str = "", **_: object) -> FrameSource:
    return OnvifSource(config, camera=camera)


PLUGIN: Plugin[FrameSource] = Plugin(type="onvif", config=OnvifConfig, create=_create, schemes=("onvif",))
