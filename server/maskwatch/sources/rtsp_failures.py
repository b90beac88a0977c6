"""Why an RTSP camera does not work, in words: found from FFmpeg's kinds of error, never from their text."""

import socket
import ssl
from enum import Enum, auto
from pathlib import Path
from urllib.parse import urlsplit

import av

from maskwatch.errors import SourceError, SourceReason

_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322}
_DIAGNOSIS_TIMEOUT_S = 2.0


class Trouble(Enum):
    """What may be wrong with an RTSP camera."""

    REFUSED = auto()
    NO_ROUTE = auto()
    UNKNOWN_NAME = auto()
    NOT_TLS = auto()
    BAD_CERTIFICATE = auto()
    SILENT = auto()
    CLOSED = auto()
    NOT_RTSP = auto()
    UNCLEAR = auto()
    PASSWORD_WANTED = auto()
    PASSWORD_WRONG = auto()
    NO_SUCH_PATH = auto()
    CAMERA_ERROR = auto()
    NO_RTSP_HERE = auto()
    NO_PICTURES = auto()
    NO_PICTURES_OVER_UDP = auto()
    STALLED = auto()
    GARBLED = auto()
    ENDED = auto()
    UNDECODABLE = auto()


_HOW_TO_GIVE_IT = "Give both in the address: rtsp://user:password@host/path, with @ / ? # as %40 %2F %3F %23."
_SENTENCES: dict[Trouble, tuple[SourceReason, str, str]] = {
    Trouble.REFUSED: (
        SourceReason.REFUSED,
        "The camera at {where} refuses the connection.",
        "Check the port (554 is usual) and that RTSP is switched on in the camera.",
    ),
    Trouble.NO_ROUTE: (
        SourceReason.UNREACHABLE,
        "Nothing answers at {where}.",
        "Check the address, and the camera's power and network.",
    ),
    Trouble.UNKNOWN_NAME: (
        SourceReason.UNREACHABLE,
        "The name {host} is not known in this network.",
        "Check its spelling, or use the camera's IP address.",
    ),
    Trouble.NOT_TLS: (
        SourceReason.TLS,
        "The camera at {where} does not answer encrypted.",
        "Use rtsp: instead of rtsps:, or the camera's port for encrypted RTSP.",
    ),
    Trouble.BAD_CERTIFICATE: (
        SourceReason.TLS,
        "The certificate of the camera at {where} is not one that this machine trusts.",
        "Name its certificate in the option ca_file, or set verify_tls to false if the network is yours.",
    ),
    Trouble.SILENT: (
        SourceReason.TIMEOUT,
        "The camera at {where} takes the connection but then says nothing.",
        "Check that this is its RTSP port; restart the camera if it hangs.",
    ),
    Trouble.CLOSED: (
        SourceReason.REFUSED,
        "The camera at {where} closes the connection instead of answering.",
        "Check that this is its RTSP port; it may also have as many viewers as it allows.",
    ),
    Trouble.NOT_RTSP: (
        SourceReason.CORRUPT,
        "What answers at {where} does not speak RTSP as a camera does.",
        "Check the port: 554 and 8554 are usual for RTSP, 80 and 443 are the camera's web page.",
    ),
    Trouble.UNCLEAR: (
        SourceReason.CORRUPT,
        "The camera at {where} answers, but how it describes its stream can't be understood.",
        "Check the path of the address; try again in a moment, for the camera may still be starting.",
    ),
    Trouble.PASSWORD_WANTED: (
        SourceReason.UNAUTHORIZED,
        "The camera at {where} asks for a user and a password.",
        _HOW_TO_GIVE_IT,
    ),
    Trouble.PASSWORD_WRONG: (
        SourceReason.UNAUTHORIZED,
        "The camera at {where} does not accept this user and password.",
        _HOW_TO_GIVE_IT,
    ),
    Trouble.NO_SUCH_PATH: (
        SourceReason.NOT_FOUND,
        "The camera at {where} has no stream at this path.",
        "Look the path up in the camera's manual or settings; /stream1 and /h264 are common.",
    ),
    Trouble.CAMERA_ERROR: (
        SourceReason.REFUSED,
        "The camera at {where} answers with an error of its own.",
        "It may have as many viewers as it allows, or not know this transport: try the option transport.",
    ),
    Trouble.NO_RTSP_HERE: (
        SourceReason.INTERNAL,
        "The video library installed here can't read RTSP.",
        "Install the package `av` from its published wheel.",
    ),
    Trouble.NO_PICTURES: (
        SourceReason.TIMEOUT,
        "The camera at {where} starts its stream but sends no pictures.",
        "Restart the camera, or try another of its streams.",
    ),
    Trouble.NO_PICTURES_OVER_UDP: (
        SourceReason.TIMEOUT,
        "The camera at {where} starts its stream, but no pictures come through.",
        "A firewall may hold UDP back: set the option transport to tcp.",
    ),
    Trouble.STALLED: (
        SourceReason.STALLED,
        "The camera at {where} stopped sending pictures.",
        "Check its network and power; it may hang and need a restart.",
    ),
    Trouble.GARBLED: (
        SourceReason.CORRUPT,
        "The camera at {where} sends what can't be understood.",
        "Check whether another player shows it; restart the camera.",
    ),
    Trouble.ENDED: (
        SourceReason.ENDED,
        "The camera at {where} ended the stream.",
        "It may be restarting; it is opened again by itself.",
    ),
    Trouble.UNDECODABLE: (
        SourceReason.CORRUPT,
        "What the camera at {where} sends can't be decoded to pictures.",
        "Check whether another player shows it; switch 'smart codec' settings such as H.264+ off.",
    ),
}


class Peer:
    """Host and port of a camera, without its secrets; finds out how far a connection to it gets."""

    def __init__(self, url: str, *, verify_tls: bool = True, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        self.host = parts.hostname or ""
        self.port = parts.port or _DEFAULT_PORTS[parts.scheme.lower()]
        self.has_credentials = parts.username is not None
        self.where = f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"
        self.encrypted = parts.scheme.lower() == "rtsps"
        self._verify_tls = verify_tls
        self._ca_file = ca_file

    def trouble(self) -> Trouble | None:
        """What is wrong with this host, found by knocking once ourselves; None if it answers as a camera does.

        FFmpeg gives the same number to a name that is unknown, a cable that is out and a certificate it rejects, and
        another one to everything that answers with something else than RTSP, or not at all.
        """
        try:
            with socket.create_connection((self.host, self.port), timeout=_DIAGNOSIS_TIMEOUT_S) as connection:
                return self._trouble_encrypting(connection) if self.encrypted else _trouble_talking(connection)
        except (socket.gaierror, UnicodeError):
            return Trouble.UNKNOWN_NAME
        except ConnectionRefusedError:
            return Trouble.REFUSED
        except OSError:
            return Trouble.NO_ROUTE

    def _trouble_encrypting(self, connection: socket.socket) -> Trouble | None:
        try:
            context = ssl.create_default_context(cafile=self._ca_file)
        except ssl.SSLError:
            return Trouble.BAD_CERTIFICATE
        if not self._verify_tls:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        try:
            with context.wrap_socket(connection, server_hostname=self.host) as encrypted:
                return _trouble_talking(encrypted)
        except ssl.SSLCertVerificationError:
            return Trouble.BAD_CERTIFICATE
        except ssl.SSLError:
            return Trouble.NOT_TLS
        except TimeoutError:
            return Trouble.SILENT
        except OSError:
            return Trouble.CLOSED


def _trouble_talking(connection: socket.socket) -> Trouble | None:
    """Ask what every RTSP server must answer, whoever asks."""
    try:
        connection.sendall(b"OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        answer = connection.recv(64)
    except TimeoutError:
        return Trouble.SILENT
    except OSError:
        return Trouble.CLOSED
    if not answer:
        return Trouble.CLOSED
    return None if answer.startswith(b"RTSP/") else Trouble.NOT_RTSP


class RtspFailures:
    """See `Failures`."""

    def __init__(self, peer: Peer, *, transport: str) -> None:
        self._peer = peer
        self._transport = transport

    def opening(self, error: av.FFmpegError) -> SourceError:
        """See `Failures`."""
        return self._say(self._why_not_open(error))

    def reading(self, error: av.FFmpegError | None, *, any_packet: bool, silent: bool) -> SourceError:
        """See `Failures`."""
        if silent:
            if any_packet:
                return self._say(Trouble.STALLED)
            return self._say(Trouble.NO_PICTURES_OVER_UDP if self._transport == "udp" else Trouble.NO_PICTURES)
        return self._say(Trouble.GARBLED if isinstance(error, av.InvalidDataError) else Trouble.ENDED)

    def undecodable(self) -> SourceError:
        """See `Failures`."""
        return self._say(Trouble.UNDECODABLE)

    def _why_not_open(self, error: av.FFmpegError) -> Trouble:
        match error:
            case av.HTTPUnauthorizedError() | av.HTTPForbiddenError():
                return Trouble.PASSWORD_WRONG if self._peer.has_credentials else Trouble.PASSWORD_WANTED
            case av.HTTPNotFoundError():
                return Trouble.NO_SUCH_PATH
            case av.HTTPClientError() | av.error.HTTPServerError():
                return Trouble.CAMERA_ERROR
            case av.error.ConnectionRefusedError():
                return Trouble.REFUSED
            case av.DemuxerNotFoundError() | av.ProtocolNotFoundError():
                return Trouble.NO_RTSP_HERE
            case _:
                return self._peer.trouble() or Trouble.UNCLEAR

    def _say(self, trouble: Trouble) -> SourceError:
        reason, message, remedy = _SENTENCES[trouble]
        return SourceError(
            reason,
            message.format(where=self._peer.where, host=self._peer.host),
            remedy=remedy,
            retryable=reason is not SourceReason.INTERNAL,
        )
