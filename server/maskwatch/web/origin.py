"""Who is asking from where: guards against DNS rebinding and against requests forged by other sites. Pure."""

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def hostname(netloc: str) -> str:
    """The host of `host:port` in lower case, without brackets and final dot; empty if it makes no sense."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback_name(host: str) -> bool:
    """Whether `host` can only be this very machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_is_ours(host_header: str, trusted: Collection[str]) -> bool:
    """Whether a request names this machine itself or a trusted host.

    A page of another site whose name was made to point here (DNS rebinding) still sends its own name.
    """
    host = hostname(host_header)
    return is_loopback_name(host) or (host != "" and host in trusted)


def is_same_site(origin: str | None, fetch_site: str | None, host_header: str, trusted: Collection[str]) -> bool:
    """Whether a request may have been made by a page of this server, or by no page at all.

    Browsers send `Origin` with whatever changes something and with websockets, programs do not. `trusted` holds host
    names under which a proxy serves this server.
    """
    if origin is None:
        return fetch_site in (None, "same-origin", "none")
    scheme, _, netloc = origin.partition("://")
    if scheme not in ("http", "https"):
        return False
    return netloc.lower() == host_header.lower() or hostname(netloc) in trusted
