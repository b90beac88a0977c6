"""How browsers find the server's media ports: the addresses it offers and the STUN and TURN servers it names."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import aioice.ice
from aiortc import RTCIceServer

from maskwatch.config import LiveSettings, ServerSettings
from maskwatch.errors import ConfigError
from maskwatch.rtc.ports import ANYWHERE, MediaPorts

_LOOPBACK = "127.0.0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class IceSettings:
    """What every connection of this server is made with.

    `servers` is empty unless the settings name some: aiortc would otherwise ask a public STUN server and wait for it.
    `host_addresses` gives the addresses to offer; it is asked anew for each connection, as a laptop moves about.
    """

    servers: tuple[RTCIceServer, ...] = ()
    host_addresses: Callable[[], Sequence[str]] = field(default=lambda: local_addresses(loopback=False))
    where: MediaPorts = ANYWHERE

    @classmethod
    def from_settings(cls, live: LiveSettings, server: ServerSettings) -> "IceSettings":
        """The connections' share of the settings.

        Raises:
            ConfigError: an ICE server is not one.
        """
        where = MediaPorts(ports=live.port_range, public_ip=str(live.public_ip) if live.public_ip else None)
        servers = tuple(_ice_server(entry) for entry in live.ice_servers)
        if live.ice_addresses:
            addresses = tuple(live.ice_addresses)
            return cls(servers=servers, where=where, host_addresses=lambda: addresses)
        return cls(servers=servers, where=where, host_addresses=lambda: local_addresses(loopback=server.is_loopback))

    @property
    def has_relay(self) -> bool:
        """Whether a TURN server is named."""
        return any(url.startswith("turn") for server in self.servers for url in _urls(server))

    def links(self) -> tuple[str, ...]:
        """The STUN and TURN servers as values of `Link` headers (RFC 9725, section 4.6)."""
        return tuple(_link(server, url) for server in self.servers for url in _urls(server))


def local_addresses(*, loopback: bool) -> list[str]:
    """This machine's addresses. The loopback address is among them if wanted, or if there is no other.

    A server that listens on loopback offers both: Chromium and Safari take the loopback address, Firefox never pairs
    it and needs another. Either way the port answers only to the holder of the session's ICE password.
    """
    addresses: list[str] = aioice.ice.get_host_addresses(use_ipv4=True, use_ipv6=True)
    if (loopback or not addresses) and _LOOPBACK not in addresses:
        addresses.append(_LOOPBACK)
    return addresses


def _ice_server(entry: dict[str, Any]) -> RTCIceServer:
    urls = entry.get("urls")
    wanted = [urls] if isinstance(urls, str) else urls
    unknown = entry.keys() - {"urls", "username", "credential"}
    if unknown or not isinstance(wanted, list | tuple) or not all(_is_ice_url(url) for url in wanted):
        raise ConfigError(
            "live.ice_servers: an entry is not a STUN or TURN server.",
            remedy="Give `urls` ('stun:host:port' or 'turn:host:port') and, for TURN, `username` and `credential`.",
        )
    return RTCIceServer(urls=list(wanted), username=entry.get("username"), credential=entry.get("credential"))


def _is_ice_url(url: object) -> bool:
    scheme, _, rest = url.partition(":") if isinstance(url, str) else ("", "", "")
    return scheme in {"stun", "stuns", "turn", "turns"} and bool(rest) and not any(c in rest for c in '<>"\r\n ')


def _urls(server: RTCIceServer) -> list[str]:
    return [server.urls] if isinstance(server.urls, str) else list(server.urls)


def _link(server: RTCIceServer, url: str) -> str:
    value = f'<{url}>; rel="ice-server"'
    if server.username is not None and server.credential is not None and url.startswith("turn"):
        value += f'; username="{server.username}"; credential="{server.credential}"; credential-type="password"'
    return value
