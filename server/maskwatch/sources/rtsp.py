"""An IP camera over RTSP: H.264, H.265 or MJPEG, over TCP (one connection) or UDP, encrypted with `rtsps:`."""

import socket
import ssl
from enum import Enum, auto
from typing import Literal
from urllib.parse import urlsplit

import av
from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

from maskwatch.core.ports import FrameSource, SourceSink, StopSignal
from maskwatch.errors import SourceError, SourceReason
from maskwatch.plugins import Plugin
from maskwatch.sources.av_input import InputSpec, VideoPlayer, find_video, open_input, read_packets

_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
_DIAGNOSIS_TIMEOUT_S = 2.0
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
    verify_tls: bool = True
    """Whether the certificate of an `rtsps:` camera must be one that this machine trusts."""

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
        self._peer = _Peer(config)

    def run(self, sink: SourceSink, stop: StopSignal) -> None:
        """See `FrameSource.run`."""
        spec = self._spec()
        with open_input(spec) as container:
            stream = find_video(container, spec.shown)
            audio = next((track.codec_context.name for track in container.streams.audio), None)
            player = VideoPlayer(stream, sink, spec=spec, audio_codec=audio)
            for packet in read_packets(container, stream, spec.failures):
                if stop.is_set():
                    return
                player.feed(packet)
        if not stop.is_set():
            raise spec.failures.reading(None, any_packet=player.pictures > 0)

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
        if config.transport == "udp":
            options["buffer_size"] = str(_UDP_BUFFER_BYTES)
        return InputSpec(
            address=config.url.get_secret_value(),
            shown=f"the camera at {self._peer.where}",
            transport=config.transport,
            failures=RtspFailures(self._peer, config),
            options=options,
            open_timeout_s=config.open_timeout_s,
            # PyAV gives up after about twice the time it is given.
            read_timeout_s=config.read_timeout_s / 2,
        )


class _Reach(Enum):
    """How far a connection gets."""

    CONNECTED = auto()
    REFUSED = auto()
    NO_ROUTE = auto()
    UNKNOWN_NAME = auto()
    NOT_TLS = auto()
    BAD_CERTIFICATE = auto()


class _Peer:
    """Host and port of a camera, without its secrets; finds out how far a connection to it gets."""

    def __init__(self, config: RtspConfig) -> None:
        parts = urlsplit(config.url.get_secret_value())
        self.encrypted = parts.scheme.lower() == "rtsps"
        self.host = parts.hostname or ""
        self.port = parts.port or _DEFAULT_PORTS["rtsps" if self.encrypted else "rtsp"]
        self.has_credentials = parts.username is not None
        shown_host = f"[{self.host}]" if ":" in self.host else self.host
        self.where = f"{shown_host}:{self.port}"
        self._verify_tls = config.verify_tls

    def reach(self) -> _Reach:
        """Connect once, because FFmpeg tells a name that is unknown and a cable that is out by the same number."""
        try:
            connection = socket.create_connection((self.host, self.port), timeout=_DIAGNOSIS_TIMEOUT_S)
        except (socket.gaierror, UnicodeError):
            return _Reach.UNKNOWN_NAME
        except ConnectionRefusedError:
            return _Reach.REFUSED
        except OSError:
            return _Reach.NO_ROUTE
        with connection:
            return self._shake_hands(connection) if self.encrypted else _Reach.CONNECTED

    def _shake_hands(self, connection: socket.socket) -> _Reach:
        context = ssl.create_default_context()
        if not self._verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            with context.wrap_socket(connection, server_hostname=self.host):
                return _Reach.CONNECTED
        except ssl.SSLCertVerificationError:
            return _Reach.BAD_CERTIFICATE
        except ssl.SSLError:
            return _Reach.NOT_TLS
        except OSError:
            return _Reach.CONNECTED


class RtspFailures:
    """Puts FFmpeg's errors on RTSP cameras into words, without ever looking at their text."""

    def __init__(self, peer: _Peer, config: RtspConfig) -> None:
        self._peer = peer
        self._transport = config.transport

    def opening(self, error: av.FFmpegError) -> SourceError:
        """See `Failures`."""
        if isinstance(error, av.HTTPClientError | av.error.HTTPServerError):
            return self._answered(error)
        if isinstance(error, av.error.ConnectionRefusedError):
            return self._unreached(_Reach.REFUSED)
        reach = self._peer.reach()
        if reach is not _Reach.CONNECTED:
            return self._unreached(reach)
        where = self._peer.where
        if isinstance(error, av.ExitError | av.error.TimeoutError):
            return SourceError(
                SourceReason.TIMEOUT,
                f"The camera at {where} takes the connection but then says nothing.",
                remedy="Check that this is its RTSP port; restart the camera if it hangs.",
            )
        if isinstance(error, av.DemuxerNotFoundError | av.ProtocolNotFoundError | av.OptionNotFoundError):
            return SourceError(
                SourceReason.INTERNAL,
                "The installed video library can't read RTSP.",
                remedy="Install the package `av` from its published wheel.",
                retryable=False,
            )
        if isinstance(error, av.EOFError | ConnectionError):
            return SourceError(
                SourceReason.REFUSED,
                f"The camera at {where} closes the connection instead of answering.",
                remedy="Check that this is its RTSP port; it may also have as many viewers as it allows.",
            )
        return SourceError(
            SourceReason.CORRUPT,
            f"What answers at {where} does not speak RTSP as a camera does.",
            remedy="Check the port: 554 and 8554 are usual for RTSP, 80 and 443 are the camera's web page.",
        )

    def reading(self, error: av.FFmpegError | None, *, any_packet: bool) -> SourceError:
        """See `Failures`."""
        where = self._peer.where
        silent = isinstance(error, av.ExitError | av.error.TimeoutError)
        if silent and not any_packet:
            udp = "Over UDP a firewall may hold them back: set the option transport to tcp."
            return SourceError(
                SourceReason.TIMEOUT,
                f"The camera at {where} starts its stream but sends no pictures.",
                remedy=udp if self._transport == "udp" else "Restart the camera, or try its other stream.",
            )
        if silent:
            return SourceError(
                SourceReason.STALLED,
                f"The camera at {where} stopped sending pictures.",
                remedy="Check its network and power; it may hang and need a restart.",
            )
        if isinstance(error, av.InvalidDataError):
            return SourceError(
                SourceReason.CORRUPT,
                f"The camera at {where} sends what can't be understood.",
                remedy="Check whether another player shows it; restart the camera.",
            )
        return SourceError(
            SourceReason.ENDED,
            f"The camera at {where} ended the stream.",
            remedy="It may be restarting; it is opened again by itself.",
        )

    def _answered(self, error: av.FFmpegError) -> SourceError:
        where = self._peer.where
        if isinstance(error, av.HTTPUnauthorizedError | av.HTTPForbiddenError):
            said = "does not accept this user and password" if self._peer.has_credentials else "asks for a password"
            return SourceError(
                SourceReason.UNAUTHORIZED,
                f"The camera at {where} {said}.",
                remedy="Give both in the address: rtsp://user:password@host/path, with @ / ? # as %40 %2F %3F %23.",
            )
        if isinstance(error, av.HTTPNotFoundError):
            return SourceError(
                SourceReason.NOT_FOUND,
                f"The camera at {where} has no stream at this path.",
                remedy="Look the path up in the camera's manual or settings; /stream1 and /h264 are common.",
            )
        return SourceError(
            SourceReason.REFUSED,
            f"The camera at {where} answers with an error of its own.",
            remedy="It may have as many viewers as it allows, or not know the transport: try the option transport.",
        )

    def _unreached(self, reach: _Reach) -> SourceError:
        peer = self._peer
        reason, message, remedy = {
            _Reach.REFUSED: (
                SourceReason.REFUSED,
                f"The camera at {peer.where} refuses the connection.",
                "Check the port (554 is usual) and that RTSP is switched on in the camera.",
            ),
            _Reach.UNKNOWN_NAME: (
                SourceReason.UNREACHABLE,
                f"The name {peer.host} is not known in this network.",
                "Check its spelling, or use the camera's IP address.",
            ),
            _Reach.NOT_TLS: (
                SourceReason.TLS,
                f"The camera at {peer.where} does not answer encrypted.",
                "Use rtsp: instead of rtsps:, or the camera's port for encrypted RTSP.",
            ),
            _Reach.BAD_CERTIFICATE: (
                SourceReason.TLS,
                f"The certificate of the camera at {peer.where} is not one that this machine trusts.",
                "Install its authority on this machine, or set the option verify_tls to false if the network is yours.",
            ),
        }.get(
            reach,
            (
                SourceReason.UNREACHABLE,
                f"Nothing answers at {peer.where}.",
                "Check the address, and the camera's power and network.",
            ),
        )
        return SourceError(reason, message, remedy=remedy)


def _create(config: RtspConfig, **_: object) -> FrameSource:
    return RtspSource(config)


PLUGIN: Plugin[FrameSource] = Plugin(type="rtsp", config=RtspConfig, create=_create, schemes=("rtsp", "rtsps"))
