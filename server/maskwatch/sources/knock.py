"""Whether somebody listens at a port: far cheaper than trying to open a camera."""

import socket
from urllib.parse import urlsplit

_PATIENCE_S = 1.0
_DEFAULT_PORTS = {"rtsp": 554, "rtsps": 322, "http": 80, "https": 443, "onvif": 80}


def port_is_open(url: str) -> bool:
    """Whether the host of `url` takes a connection at its port. Blocks for a second at most, names apart."""
    parts = urlsplit(url)
    port = parts.port or _DEFAULT_PORTS[parts.scheme.lower()]
    try:
        socket.create_connection((parts.hostname or "", port), timeout=_PATIENCE_S).close()
    except (OSError, UnicodeError):
        return False
    return True
