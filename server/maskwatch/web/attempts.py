"""Bounds on guessing passwords: after a few wrong ones, each further try must wait twice as long. Pure."""

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(slots=True)
class _Record:
    tries: int = 0
    blocked_until_s: float = 0.0


class Attempts:
    """Counts tries by client. A try counts when it begins, so that many at once gain nothing; a right one clears."""

    def __init__(
        self, *, free: int = 5, first_wait_s: float = 2.0, longest_wait_s: float = 900.0, max_clients: int = 4096
    ) -> None:
        self._free = free
        self._first_wait_s = first_wait_s
        self._longest_wait_s = longest_wait_s
        self._max_clients = max_clients
        self._records: OrderedDict[str, _Record] = OrderedDict()

    def __len__(self) -> int:
        return len(self._records)

    def begin(self, address: str, now_s: float) -> float:
        """Note a try from `address`; 0.0, or how many seconds it must wait before one is looked at again."""
        client = network_of(address)
        record = self._records.setdefault(client, _Record())
        if now_s - record.blocked_until_s > self._longest_wait_s:
            record.tries = 0
        if now_s < record.blocked_until_s:
            return record.blocked_until_s - now_s
        self._records.move_to_end(client)
        record.tries += 1
        wait_s = self._first_wait_s * 2 ** min(record.tries - self._free, 30) if record.tries >= self._free else 0.0
        record.blocked_until_s = now_s + min(wait_s, self._longest_wait_s)
        if len(self._records) > self._max_clients:
            self._records.popitem(last=False)
        return 0.0

    def succeeded(self, address: str) -> None:
        """Forget what is held against `address`."""
        self._records.pop(network_of(address), None)


def network_of(address: str) -> str:
    """What counts as one client: an IPv4 address, or the /64 that one household of IPv6 has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
