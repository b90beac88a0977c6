"""Media ports in a range: what is offered is in it, a taken one is passed over, the outer address is named too."""

import socket
from collections.abc import AsyncIterator

import pytest
from aiortc import RTCPeerConnection
from aiortc.sdp import SessionDescription
from pydantic import ValidationError

from maskwatch.config import LiveSettings, ServerSettings
from maskwatch.errors import BusyError
from maskwatch.rtc.aiortc_inside import offer_addresses
from maskwatch.rtc.ice import IceSettings
from maskwatch.rtc.ports import MediaPorts


@pytest.fixture
async def connection() -> AsyncIterator[RTCPeerConnection]:
    connection = RTCPeerConnection()
    connection.addTransceiver("video")
    yield connection
    await connection.close()


@pytest.fixture
def two_ports() -> range:
    """Two ports that nobody has, one after the other."""
    for _ in range(100):
        with socket.socket(type=socket.SOCK_DGRAM) as one, socket.socket(type=socket.SOCK_DGRAM) as other:
            one.bind(("127.0.0.1", 0))
            port = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return range(port, port + 2)
    pytest.fail("no two free ports are neighbours")


async def _offered(connection: RTCPeerConnection, where: MediaPorts) -> list[tuple[str, int, str]]:
    offer_addresses(connection, ["127.0.0.1"], where)
    await connection.setLocalDescription()
    media = SessionDescription.parse(connection.localDescription.sdp).media[0]
    return [(each.ip, each.port, each.type) for each in media.ice_candidates]


async def test_a_taken_port_is_passed_over(connection: RTCPeerConnection, two_ports: range) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", two_ports[0]))
        assert await _offered(connection, MediaPorts(ports=two_ports)) == [("127.0.0.1", two_ports[1], "host")]


async def test_no_port_left_is_said(connection: RTCPeerConnection, two_ports: range) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", two_ports[0]))
        with pytest.raises(BusyError, match="all taken"):
            await _offered(connection, MediaPorts(ports=two_ports[:1]))


async def test_the_outer_address_is_offered_with_the_same_port(connection: RTCPeerConnection, two_ports: range) -> None:
    where = MediaPorts(ports=two_ports, public_ip="198.51.100.7")
    (_, port, _), outside = await _offered(connection, where)
    assert port in two_ports
    assert outside == ("198.51.100.7", port, "host")


async def test_an_outer_address_of_another_kind_is_not_mixed_in(connection: RTCPeerConnection) -> None:
    offered = await _offered(connection, MediaPorts(public_ip="2001:db8::7"))
    assert [host for host, _, _ in offered] == ["127.0.0.1"]


def test_settings_say_so() -> None:
    live = LiveSettings.model_validate({"udp_ports": "50000-50100", "public_ip": "198.51.100.7"})
    where = IceSettings.from_settings(live, ServerSettings()).where
    assert where == MediaPorts(ports=range(50_000, 50_101), public_ip="198.51.100.7")
    assert IceSettings.from_settings(LiveSettings(), ServerSettings()).where.any


@pytest.mark.parametrize("ports", ["", "50000", "50100-50000", "80-90", "50000-70000", "a-b", "50000-50100-50200"])
def test_what_is_no_range_is_refused(ports: str) -> None:
    with pytest.raises(ValidationError):
        LiveSettings(udp_ports=ports)


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ValidationError):
        LiveSettings.model_validate({"public_ip": "cameras.example.net"})
