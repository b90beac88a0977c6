"""Sending to a target by HTTP, and telling alike how that can fail."""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass

from maskwatch.errors import SinkError


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedies:
    """What to do about a target called `who` that did not answer in time, or could not be reached at all."""

    who: str
    late: str
    unreachable: str


class HttpClient:
    """One target's connections: no cookies, no redirects. Use it on one loop."""

    def __init__(self, remedies: Remedies, *, timeout_s: float, tls: ssl.SSLContext | None = None) -> None:
        import aiohttp  # noqa: PLC0415 - only who sends by HTTP needs it

        self._aiohttp = aiohttp
        self._remedies = remedies
        self._timeout_s = timeout_s
        self._tls = tls
        self._session: aiohttp.ClientSession | None = None

    async def send(self, method: str, url: str, data: bytes, headers: Mapping[str, str]) -> tuple[int, dict[str, str]]:
        """Send `data`; the answer's status and headers.

        Raises:
            SinkError: no answer came. It names the target, never the address.
        """
        client, remedies = self._aiohttp, self._remedies
        if self._session is None:
            self._session = client.ClientSession(cookie_jar=client.DummyCookieJar())
        try:
            async with self._session.request(
                method,
                url,
                data=data,
                headers=headers,
                allow_redirects=False,
                timeout=client.ClientTimeout(total=self._timeout_s),
                ssl=self._tls if self._tls is not None else True,
            ) as response:
                return response.status, dict(response.headers)
        except TimeoutError:
            raise SinkError(
                f"{remedies.who} did not answer within {self._timeout_s:g} s.",
                remedy=remedies.late,
                code="sink_timeout",
            ) from None
        except client.ClientConnectorCertificateError:
            raise SinkError(
                f"The certificate of {remedies.who} is not trusted.",
                remedy="Name its authority in ca_file, or set verify_tls: false.",
                code="sink_tls",
            ) from None
        except (client.ClientError, OSError) as error:
            raise SinkError(
                f"{remedies.who} can't be reached ({type(error).__name__}).",
                remedy=remedies.unreachable,
                code="sink_unreachable",
            ) from None

    async def close(self) -> None:
        """End the connections; they begin anew with the next use."""
        if self._session is not None:
            await self._session.close()
            self._session = None
