"""An IP camera over RTSP: H.264, H.265 or MJPEG, over TCP (one connection) or UDP, encrypted with `rtsps:`."""

import ssl
from typing import Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, FilePath, SecretStr, field_validator

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.plugins import Plugin
from maskwatch.sources.av_input import InputSpec, audio_codec, find_video, open_input
from maskwatch.sources.rtsp_failures import Peer, RtspFailures
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
    verify_tls: bool = True
    """Whether the certificate of an `rtsps:` camera must be one that this machine trusts, or `ca_file` vouches for."""
    ca_file: FilePath | None = None
    """PEM file with the authority (or the certificate itself) of an `rtsps:` camera, instead of this machine's."""

    @field_validator("url")
    @classmethod
    def _has_a_host(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if "@" in parts.path + parts.query + parts.fragment and "@" not in parts.netloc:
            msg = "characters such as / ? # in the password must be written as %2F %3F %23"
            raise ValueError(msg)
        try:
            port_is_valid = parts.port is None or parts.port > 0
        except ValueError:
            port_is_valid = False
        if not parts.hostname or not port_is_valid:
            msg = "expected an address such as rtsp://192.168.1.20:554/stream1"
            raise ValueError(msg)
        return url


class RtspSource:
    """Reads one RTSP camera until told to stop."""

    def __init__(self, config: RtspConfig) -> None:
        self._config = config
        self._peer = Peer(config.url.get_secret_value(), verify_tls=config.verify_tls, ca_file=config.ca_file)

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        spec = self._spec()
        with open_input(spec) as container:
            stream = find_video(container, spec.shown)
            player = VideoPlayer(stream, sink, spec=spec, audio_codec=audio_codec(container))
            play_live(container, stream, player, stop, spec=spec)

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
            loop_filter=config.loop_filter,
            open_timeout_s=config.open_timeout_s,
            # PyAV gives up after about twice the time it is given.
            read_timeout_s=config.read_timeout_s / 2,
        )


def _create(config: RtspConfig, **_: object) -> FrameSource:
    return RtspSource(config)


PLUGIN: Plugin[FrameSource] = Plugin(type="rtsp", config=RtspConfig, create=_create, schemes=("rtsp", "rtsps"))
