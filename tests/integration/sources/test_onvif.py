"""ONVIF against a small camera of our own, whose streams a real RTSP server sends; and who answers WS-Discovery."""

from collections.abc import Iterator
from datetime import timedelta

import ifaddr
import pytest

from maskwatch.errors import SourceError, SourceReason
from maskwatch.sources.discovery import find_cameras
from maskwatch.sources.onvif_client import OnvifAddress, ask_camera
from tests.fixtures.rtsp import PASSWORD, USER
from tests.fixtures.watching import watch
from tests.servers.onvif_camera import DiscoveryResponder, OnvifCamera, Profile
from tests.servers.rtsp import RtspServer
from tests.servers.silent import SilentServer

LOGIN = (USER, PASSWORD)
STREAMS = (
    Profile(name="sound", url="rtsp://127.0.0.1:554/a"),
    Profile(name="thumb", url="rtsp://127.0.0.1:554/t", width=160, height=120),
    Profile(name="small", url="rtsp://other:secret@127.0.0.1:554/s?x=1&y=2", width=640, height=360),
    Profile(name="large", url="rtsp://0.0.0.0/l", width=1920, height=1080, fps=25),
)


def ask(camera: OnvifCamera, login: tuple[str, str] = LOGIN, timeout_s: float = 30) -> object:
    return ask_camera(
        OnvifAddress(host="127.0.0.1", port=camera.port, user=login[0], password=login[1]), timeout_s=timeout_s
    )


@pytest.mark.parametrize("knows_services", [True, False])
def test_the_streams_of_a_camera_the_largest_and_a_small_one(knows_services: bool) -> None:
    with OnvifCamera(STREAMS, login=LOGIN, knows_services=knows_services) as server:
        camera = ask_camera(
            OnvifAddress(host="127.0.0.1", port=server.port, user=USER, password=PASSWORD), timeout_s=30
        )
    assert (camera.maker, camera.model) == ("Acme", "Eye 3")
    assert [stream.name for stream in camera.streams] == ["thumb", "small", "large"]
    assert (camera.main.name, camera.main.width, camera.main.codec, camera.main.fps) == ("large", 1920, "h264", 25)
    assert camera.main.url == "rtsp://127.0.0.1/l"
    sub = camera.sub()
    assert sub is not None
    assert (sub.name, sub.url) == ("small", "rtsp://127.0.0.1:554/s?x=1&y=2")


def test_a_camera_whose_clock_is_wrong_is_understood() -> None:
    with OnvifCamera(STREAMS, login=LOGIN, clock_off=timedelta(hours=-7)) as server:
        ask(server)


def test_a_wrong_password_and_a_clock_that_may_be_the_reason() -> None:
    with OnvifCamera(STREAMS, login=LOGIN) as server, pytest.raises(SourceError) as caught:
        ask(server, (USER, "wrong"))
    assert caught.value.reason is SourceReason.UNAUTHORIZED
    assert "wrong" not in str(caught.value)
    with OnvifCamera(STREAMS, login=LOGIN) as server, pytest.raises(SourceError, match="asks for a user"):
        ask(server, ("", ""))
    with (
        OnvifCamera(STREAMS, login=LOGIN, clock_off=timedelta(hours=2)) as server,
        pytest.raises(SourceError) as caught,
    ):
        ask(server, (USER, "wrong"))
    assert "clock is 120 minutes off" in caught.value.remedy


def test_a_camera_without_video(silent_server: SilentServer, unused_tcp_port: int) -> None:
    with OnvifCamera(STREAMS[:1]) as server, pytest.raises(SourceError) as caught:
        ask(server)
    assert caught.value.reason is SourceReason.NO_VIDEO
    with OnvifCamera(STREAMS) as server:
        server.answers_nonsense = True
        with pytest.raises(SourceError) as caught:
            ask(server)
    assert caught.value.reason is SourceReason.CORRUPT
    for port, reason in ((silent_server.port, SourceReason.TIMEOUT), (unused_tcp_port, SourceReason.REFUSED)):
        with pytest.raises(SourceError) as caught:
            ask_camera(OnvifAddress(host="127.0.0.1", port=port), timeout_s=1.5)
        assert caught.value.reason is reason
        assert caught.value.remedy


@pytest.mark.rtsp
def test_it_is_watched_by_its_address_alone(rtsp_server: RtspServer) -> None:
    """The login of the address goes into that of the stream, which asks for it."""
    stream = f"rtsp://127.0.0.1:{rtsp_server.port}"
    profiles = [
        Profile(name="main", url=f"{stream}/secret", width=640, height=480),
        Profile(name="sub", url=f"{stream}/b-frames", width=320, height=240),
    ]
    login = rtsp_server.url("/secret").partition("://")[2].partition("@")[0]
    with OnvifCamera(profiles, login=LOGIN) as server:
        with watch(f"onvif://{login}@127.0.0.1:{server.port}") as camera:
            camera.wait_frames(2)
        assert camera.infos[0].passthrough
        with watch(f"onvif://{login}@127.0.0.1:{server.port}", {"profile": "sub"}) as camera:
            camera.wait_frames(2)
        assert camera.infos[0].b_frames
        with watch(f"onvif://{login}@127.0.0.1:{server.port}", {"profile": "nope"}) as camera:
            error = camera.failure()
    assert error.reason is SourceReason.NOT_FOUND
    assert "main, sub" in error.remedy


@pytest.mark.rtsp
@pytest.mark.parametrize("path", ["/small@2", "/small 2", ""])
def test_a_small_stream_at_an_odd_address_is_gone_without(rtsp_server: RtspServer, path: str) -> None:
    stream = f"rtsp://127.0.0.1:{rtsp_server.port}"
    profiles = [
        Profile(name="main", url=f"{stream}/secret", width=640, height=480),
        Profile(name="sub", url=f"{stream}{path}", width=320, height=240),
    ]
    login = rtsp_server.url("/secret").partition("://")[2].partition("@")[0]
    with (
        OnvifCamera(profiles, login=LOGIN) as server,
        watch(f"onvif://{login}@127.0.0.1:{server.port}") as camera,
    ):
        camera.wait_frames(2)
    assert camera.infos[0].detects_on is None


def test_a_stream_at_an_address_that_makes_no_sense_is_said() -> None:
    with (
        OnvifCamera([Profile(name="main", url="rtsp://127.0.0.1/main@2", width=640, height=480)]) as server,
        watch(f"onvif://127.0.0.1:{server.port}") as camera,
    ):
        error = camera.failure()
    assert error.reason is SourceReason.CORRUPT
    assert "names a stream" in error.message


@pytest.fixture
def answering() -> Iterator[DiscoveryResponder]:
    own = [ip.ip for card in ifaddr.get_adapters() for ip in card.ips if isinstance(ip.ip, str)]
    scopes = "onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/Front%20door onvif://www.onvif.org/hardware/Eye-3"
    with DiscoveryResponder(
        "http://192.0.2.7:8000/onvif/device_service", scopes=scopes, own_addresses=own
    ) as responder:
        yield responder


def test_who_answers_on_the_network_is_found(answering: DiscoveryResponder) -> None:
    found = find_cameras(search_s=1.5)
    assert answering.probes
    assert [(camera.host, camera.port, camera.name, camera.model) for camera in found] == [
        ("192.0.2.7", 8000, "Front door", "Eye-3")
    ]


def test_nobody_answers() -> None:
    assert list(find_cameras(search_s=0.5)) == []
