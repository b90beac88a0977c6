"""Under which address a phone reaches this server, and whether it would give it its camera."""

from collections.abc import Callable
from urllib.parse import urlsplit

from aiohttp import web

from maskwatch.config import MaskwatchSettings, TlsMode
from maskwatch.rtc.ice import local_addresses
from maskwatch.web.origin import hostname, is_loopback_name


class PhoneAddress:
    """Knows the address for QR codes. `addresses` gives this machine's own, best first."""

    def __init__(
        self, settings: MaskwatchSettings, addresses: Callable[[], list[str]] = lambda: local_addresses(loopback=False)
    ) -> None:
        self._server = settings.server
        self._encrypted = settings.tls.mode is not TlsMode.OFF
        self._addresses = addresses

    def absolute(self, link: str, request: web.Request) -> str:
        """`link` with scheme and host: the asking browser's, but not "this machine" if others can reach it."""
        if urlsplit(link).scheme:
            return link
        host = request.host
        if is_loopback_name(hostname(host)) and not self._server.is_loopback:
            host = self._reachable(host)
        return f"{'https' if self._encrypted else request.scheme}://{host}{link}"

    def hint(self) -> str | None:
        """Why a phone can't be a camera of this server, with what to do; None when it can."""
        public = urlsplit(self._server.public_url or "")
        if public.scheme == "https":
            return None
        if self._server.is_loopback and (not public.hostname or is_loopback_name(public.hostname)):
            return (
                "Only this machine reaches the server. For phones, set a password (maskwatch users set-password) and, "
                "in the settings, server.host: 0.0.0.0 and tls.mode: self_signed."
            )
        if not self._encrypted:
            return (
                "Phones give their camera to https pages only: set tls.mode: self_signed in the settings, or "
                "server.public_url if a proxy encrypts."
            )
        return None

    def _reachable(self, host: str) -> str:
        port = urlsplit(f"//{host}").port
        own = self._server.host
        address = own if own not in ("0.0.0.0", "::", "") else self._best()  # noqa: S104 - compared, not listened on
        if address is None:
            return host
        bracketed = f"[{address}]" if ":" in address else address
        return f"{bracketed}:{port}" if port else bracketed

    def _best(self) -> str | None:
        """An address of this machine in the local network, IPv4 first: it is what people recognise."""
        addresses = [address for address in self._addresses() if not is_loopback_name(address)]
        addresses = [address for address in addresses if not address.lower().startswith("fe80")]
        return min(addresses, key=lambda address: ":" in address, default=None)
