"""Media ports in a range, and the address they have outside: for containers and other places behind NAT.

aioice takes whatever port is free. This gathers the host candidates in its place, and reaches into it to do so;
`tests/unit/rtc/test_ports.py` fails if it changes.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import aioice.ice
import structlog
from aioice import Candidate
from aioice.candidate import candidate_foundation, candidate_priority

from maskwatch.errors import BusyError

_log = structlog.get_logger(__name__)
_ASK_STUN_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaPorts:
    """UDP ports to take, None for any; and the address under which they are reached from outside, if another."""

    ports: range | None = None
    public_ip: str | None = None

    @property
    def any(self) -> bool:
        """Whether there is nothing to mind."""
        return self.ports is None and self.public_ip is None


ANYWHERE = MediaPorts()


class PortGatherer:
    """Takes the place of an aioice connection's `get_component_candidates`, with `addresses` of its own to offer."""

    def __init__(self, connection: Any, addresses: Sequence[str], where: MediaPorts) -> None:
        self._connection = connection
        self._addresses = addresses
        self._where = where
        self._gather_relayed: Callable[..., Awaitable[list[Candidate]]] = connection.get_component_candidates

    async def __call__(self, component: int, addresses: list[str]) -> list[Candidate]:  # noqa: ARG002
        """The candidates: here, outside, as STUN sees them, and relayed.

        Raises:
            BusyError: all ports of the range are taken.
        """
        hosts = [found for each in self._addresses if (found := await self._open(component, each)) is not None]
        if self._addresses and not hosts and self._where.ports is not None:
            raise BusyError(
                f"The UDP ports {self._where.ports[0]}-{self._where.ports[-1]} are all taken.",
                remedy="Close a live picture elsewhere, or widen live.udp_ports.",
            )
        relayed = asyncio.ensure_future(self._gather_relayed(component=component, addresses=[]))
        reflexive = await self._ask_stun(hosts)
        outside = [self._outside(each.local_candidate) for each in hosts]
        local = [each.local_candidate for each in hosts]
        return [*local, *(each for each in outside if each is not None), *reflexive, *await relayed]

    async def _open(self, component: int, address: str) -> Any:
        """A port at `address`; None if the machine does not let it be opened."""
        for port in self._tries():
            try:
                _, protocol = await asyncio.get_running_loop().create_datagram_endpoint(
                    lambda: aioice.ice.StunProtocol(self._connection), local_addr=(address, port)
                )
            except OSError:
                continue
            host, taken, *_ = protocol.transport.get_extra_info("sockname")
            protocol.local_candidate = _candidate(component, host, taken)
            self._connection._protocols.append(protocol)  # noqa: SLF001
            return protocol
        _log.warning("no media port could be opened", address=address)
        return None

    def _tries(self) -> Sequence[int]:
        """Ports to try, each once, from a place nobody can guess."""
        ports = self._where.ports
        if ports is None:
            return (0,)
        start = secrets.randbelow(len(ports))
        return [*ports[start:], *ports[:start]]

    def _outside(self, candidate: Candidate) -> Candidate | None:
        """`candidate` as it is reached from outside."""
        public = self._where.public_ip
        if public is None or public == candidate.host:
            return None
        if ipaddress.ip_address(public).version != ipaddress.ip_address(candidate.host).version:
            return None
        return _candidate(candidate.component, public, candidate.port)

    async def _ask_stun(self, hosts: Sequence[Any]) -> list[Candidate]:
        server = self._connection.stun_server
        asked = [
            asyncio.ensure_future(aioice.ice.server_reflexive_candidate(each, server))
            for each in hosts
            if server and ipaddress.ip_address(each.local_candidate.host).version == 4
        ]
        if not asked:
            return []
        done, late = await asyncio.wait(asked, timeout=_ASK_STUN_S)
        for task in late:
            task.cancel()
        return [task.result()[0] for task in done if task.exception() is None]


def _candidate(component: int, host: str, port: int) -> Candidate:
    return Candidate(
        foundation=candidate_foundation("host", "udp", host),
        component=component,
        transport="udp",
        priority=candidate_priority(component, "host"),
        host=host,
        port=port,
        type="host",
    )
