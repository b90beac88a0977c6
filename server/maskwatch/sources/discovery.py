"""Finds cameras on the local network: asks by WS-Discovery who is there, and lists the ONVIF cameras that answer."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

_NAME, _HARDWARE = "onvif://www.onvif.org/name/", "onvif://www.onvif.org/hardware/"
_MOST = 200
"""Of what answers, so many at most: it is whoever is on the network that answers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundCamera:
    """A camera that answered: where it answers ONVIF, and what it calls itself."""

    host: str
    port: int
    name: str
    model: str


def find_cameras(*, search_s: float) -> Sequence[FoundCamera]:
    """The cameras that answer within `search_s` seconds. Blocks; not to be called on a loop.

    Raises:
        OSError: the port of WS-Discovery can't be had, or there is no network.
    """
    from wsdiscovery import QName  # noqa: PLC0415
    from wsdiscovery.discovery import ThreadedWSDiscovery  # noqa: PLC0415

    search = ThreadedWSDiscovery()
    search.start()
    try:
        wanted = [QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")]
        services = search.searchServices(types=wanted, timeout=search_s)
    finally:
        search.stop()
    return cameras_of(services)


def cameras_of(services: Sequence[Any]) -> Sequence[FoundCamera]:
    """What `services` (of wsdiscovery) say, each camera once; what makes no sense is left out."""
    found: dict[tuple[str, int], FoundCamera] = {}
    for service in services[:_MOST]:
        scopes = [str(scope.getValue()) for scope in service.getScopes() or ()]
        for address in service.getXAddrs():
            try:
                parts = urlsplit(address)
                host, port = parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)
            except ValueError:
                continue
            # A camera may name itself by IPv6 of its own link too, which is of no use in an address.
            if host and parts.scheme in ("http", "https") and not host.lower().startswith("fe80"):
                found.setdefault(
                    (host, port),
                    FoundCamera(host=host, port=port, name=_scope(scopes, _NAME), model=_scope(scopes, _HARDWARE)),
                )
                break
    return sorted(found.values(), key=lambda camera: (camera.host, camera.port))


def _scope(scopes: Sequence[str], prefix: str) -> str:
    return next((unquote(scope.removeprefix(prefix))[:100] for scope in scopes if scope.startswith(prefix)), "")
