"""What every network camera's address must have."""

from urllib.parse import SplitResult, urlsplit


def split_address(url: str, *, example: str) -> SplitResult:
    """The parts of `url`, which names a host, a port that exists, and no password with characters that end it early.

    Raises:
        ValueError: it does not; the message holds `example` and nothing of the address.
    """
    parts = urlsplit(url)
    if "@" in parts.path + parts.query + parts.fragment and "@" not in parts.netloc:
        msg = "characters such as / ? # in the password must be written as %2F %3F %23"
        raise ValueError(msg)
    try:
        port_is_valid = parts.port is None or parts.port > 0
    except ValueError:
        port_is_valid = False
    if not parts.hostname or not port_is_valid:
        msg = f"expected an address such as {example}"
        raise ValueError(msg)
    return parts
