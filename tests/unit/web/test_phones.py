from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request

from maskwatch.config import MaskwatchSettings
from maskwatch.web.phones import PhoneAddress

LINK = "/publish/phone?token=t"
OPEN = {"host": "0.0.0.0"}
TLS = {"mode": "self_signed"}


def address(server: dict[str, Any], tls: dict[str, Any] | None = None, own: tuple[str, ...] = ()) -> PhoneAddress:
    settings = MaskwatchSettings.model_validate({"server": server, "tls": tls or {}})
    return PhoneAddress(settings, lambda: list(own))


@pytest.mark.parametrize(
    ("server", "tls", "host", "expected"),
    [
        ({}, {}, "127.0.0.1:8640", "http://127.0.0.1:8640"),
        (OPEN, TLS, "localhost:8640", "https://192.168.1.7:8640"),
        (OPEN, TLS, "cam.lan:8640", "https://cam.lan:8640"),
        (OPEN, TLS, "localhost", "https://192.168.1.7"),
        ({"host": "10.0.0.9"}, TLS, "localhost:1", "https://10.0.0.9:1"),
    ],
)
def test_a_phone_is_given_an_address_it_can_reach(
    server: dict[str, Any], tls: dict[str, Any], host: str, expected: str
) -> None:
    request = make_mocked_request("GET", "/", headers={"Host": host})
    own = ("fe80::1", "2001:db8::7", "192.168.1.7", "127.0.0.1")
    assert address(server, tls, own).absolute(LINK, request) == f"{expected}{LINK}"


def test_a_machine_with_ipv6_only() -> None:
    request = make_mocked_request("GET", "/", headers={"Host": "[::1]:8640"})
    assert address(OPEN, TLS, ("2001:db8::7",)).absolute(LINK, request) == f"https://[2001:db8::7]:8640{LINK}"
    assert address(OPEN, TLS).absolute(LINK, request) == f"https://[::1]:8640{LINK}"


def test_a_complete_link_stays() -> None:
    request = make_mocked_request("GET", "/")
    assert address({}).absolute("https://cam.example/x", request) == "https://cam.example/x"


@pytest.mark.parametrize(
    ("server", "tls", "hint"),
    [
        ({}, {}, "server.host"),
        ({}, TLS, "server.host"),
        (OPEN, {}, "https pages only"),
        ({**OPEN, "public_url": "http://cam.example"}, {}, "https pages only"),
    ],
)
def test_it_says_why_a_phone_can_not(server: dict[str, Any], tls: dict[str, Any], hint: str) -> None:
    assert hint in (address(server, tls).hint() or "")


def test_a_phone_can() -> None:
    assert address(OPEN, TLS).hint() is None
    assert address({"public_url": "https://cam.example"}).hint() is None
