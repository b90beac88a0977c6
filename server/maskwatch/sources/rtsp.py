"""An IP camera over RTSP: H.264, H.265 or MJPEG, over TCP (one connection) or UDP, encrypted with `rtsps:`."""

import re
import ssl
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.plugins import Plugin
from maskwatch.sources.addresses import split_address
from maskwatch.sources.av_input import Hardware, InputSpec, audio_codec, find_video, open_input
from maskwatch.sources.knock import port_is_open
from maskwatch.sources.lately import Lately
from maskwatch.sources.rtsp_failures import Peer, RtspFailures
from maskwatch.sources.two_streams import TwoStreams
from maskwatch.sources.video_player import VideoPlayer, play_live

_MICROSECONDS = 1_000_000
_UDP_BUFFER_BYTES = 2_097_152


class RtspConfig(BaseModel):
    """Settings of an RTSP camera."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)

    type: Literal["rtsp"] = "rtsp"
    url: SecretStr
    """`rtsp://user:password@host:554/path`; characters such as @ / ? # in the password as %40 %2F %3F %23."""
    transport: Literal["tcp", "udp"] = "tcp"
    """`tcp` passes firewalls and loses nothing; `udp` is for cameras that know no other."""
    open_timeout_s: float = Field(default=5.0, gt=0, le=60)
    """Seconds the camera may take to answer."""
    read_timeout_s: float = Field(default=4.0, gt=0, le=60)
    """Seconds without a picture until the camera is called stalled."""
    loop_filter: bool = False
    """Whether pictures are decoded with their block edges smoothed: nicer snapshots, for an eighth more decoding. The
    live view of H.264 is not decoded here and is always smooth."""
    hardware_decoding: Hardware | None = None
    """What decodes instead of the processor, such as `cuda`, where FFmpeg and this machine have it. What it does not
    know, the processor decodes."""
    verify_tls: bool = True
    """Whether the certificate of an `rtsps:` camera must be one that this machine trusts, or `ca_file` vouches for."""
    ca_file: FilePath | None = None
    """PEM file with the authority (or the certificate itself) of an `rtsps:` camera, instead of this machine's."""
    sub_url: str | None = Field(default=None, min_length=1, max_length=1000)
    """Path (or address) of the camera's small stream, to look for faces in; the login is that of `url`."""

    @field_validator("sub_url")
    @classmethod
    def _has_no_login(cls, sub_url: str | None) -> str | None:
        if sub_url is not None and not re.fullmatch(r"(rtsps?://[^/@\s]+)?/[^@\s]*", sub_url):
            msg = "expected a path such as /stream2, without user and password: those of url are used"
            raise ValueError(msg)
        return sub_url

    @field_validator("url")
    @classmethod
    def _has_a_host(cls, url: SecretStr) -> SecretStr:
        split_address(url.get_secret_value(), example="rtsp://192.168.1.20:554/stream1")
        return url


class RtspSource:
    """Reads one RTSP camera until told to stop."""

    def __init__(self, config: RtspConfig, *, camera: str = "") -> None:
        self._config = config
        self._camera = camera
        self._peer = Peer(config.url.get_secret_value(), verify_tls=config.verify_tls, ca_file=config.ca_file)

    def knock(self) -> bool:
        """See `Knocking`."""
        return port_is_open(self._config.url.get_secret_value())

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        sub = self._sub()
        if sub is None:
            self._play(sink, stop)
        else:
            TwoStreams(self._play, lambda: RtspSource(sub), camera=self._camera).run(sink, stop)

    def _play(self, sink: SourceSink, stop: StopSignal, lately: Lately | None = None) -> None:
        spec = self._spec()
        with open_input(spec) as container:
            stream = find_video(container, spec.shown)
            player = VideoPlayer(stream, sink, spec=spec, audio_codec=audio_codec(container), lately=lately)
            play_live(container, stream, player, stop, spec=spec)

    def _sub(self) -> RtspConfig | None:
        """The settings of the small stream, with the login of the large one."""
        if self._config.sub_url is None:
            return None
        main, sub = urlsplit(self._config.url.get_secret_value()), urlsplit(self._config.sub_url)
        login, at, host = main.netloc.rpartition("@")
        url = sub._replace(scheme=sub.scheme or main.scheme, netloc=login + at + (sub.netloc or host)).geturl()
        return self._config.model_copy(update={"url": SecretStr(url), "sub_url": None})

    def _spec(self) -> InputSpec:
        config = self._config
        options = {
            "rtsp_transport": config.transport,
            # The first picture matters more than a guess at the frame rate: a second and a half earlier.
            "probesize": "32",
            "analyzeduration": "0",
            "timeout": str(int(config.open_timeout_s * _MICROSECONDS)),
            "protocol_whitelist": "rtsp,rtsps,rtp,srtp,udp,tcp,tls,crypto",
            "tls_verify": str(int(config.verify_tls)),
        }
        # FFmpeg brings no list of authorities of its own.
        authorities = config.ca_file or ssl.get_default_verify_paths().cafile
        if self._peer.encrypted and authorities is not None:
            options["ca_file"] = str(authorities)
        if config.transport == "udp":
            options["buffer_size"] = str(_UDP_BUFFER_BYTES)
        return InputSpec(
            address=config.url.get_secret_value(),
            shown=f"the camera at {self._peer.where}",
            transport=config.transport,
            failures=RtspFailures(self._peer, transport=config.transport),
            options=options,
            catches_up=True,
            loop_filter=config.loop_filter,
            hardware=config.hardware_decoding,
            open_timeout_s=config.open_timeout_s,
            # PyAV gives up after about twice the time it is given.
            read_timeout_s=config.read_timeout_s / 2,
        )


def _create(config: RtspConfig, *, camera: str = "", **_: object) -> FrameSource:
    return RtspSource(config, camera=camera)


PLUGIN: Plugin[FrameSource] = Plugin(type="rtsp", config=RtspConfig, create=_create, schemes=("rtsp", "rtsps"))
