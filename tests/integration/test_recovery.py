"""Cameras that fail in every way a network has for it, through the supervisor of the service: seen, named, recovered.

No figures here: `python -m tests.bench.recovery` measures (docs/benchmarks.md).
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from maskwatch.core.types import CameraState
from tests.bench.recovery import Camera, beside_the_dead, frozen, killed, on_demand
from tests.fixtures.clips import Clips
from tests.servers.rtsp import Mount, RtspServer
from tests.servers.silent import SilentServer

pytestmark = [pytest.mark.rtsp, pytest.mark.timeout(180)]


def tell(measured: object) -> None:
    """For who runs this with `-s`; nothing is held against it, for a busy machine proves nothing."""
    print(measured)  # noqa: T201


@pytest.fixture
def server(make_rtsp_server: Callable[..., RtspServer], clips: Clips) -> RtspServer:
    return make_rtsp_server(Mount(path="/cam", clips=[str(clips.small)], audio="aac"))


def test_a_killed_camera_is_seen_and_watched_again_when_its_port_opens(server: RtspServer) -> None:
    tell(killed(server, "/cam"))


def test_a_frozen_camera_is_seen_and_watched_again_when_it_wakes(server: RtspServer) -> None:
    tell(frozen(server, "/cam"))


def test_try_now_does_not_wait(server: RtspServer) -> None:
    tell(on_demand(server, "/cam"))


def test_dead_cameras_leave_nothing_behind_and_a_healthy_one_alone(server: RtspServer) -> None:
    beside = beside_the_dead(server, "/cam", dead=30, seconds=3)
    tell(beside)
    assert beside.frames_beside > 0
    assert beside.threads_left == 0
    assert beside.files_left <= 0


def expect_state(url: str, state: CameraState, reason: str, **options: object) -> None:
    """The camera comes to this state for this reason; it says since when, and when it is tried next."""
    with Camera(url, dict(options)) as camera:
        _, status = camera.wait(lambda status: status.state is state and status.reason == reason)
        assert status.message
        assert (status.next_try_utc is None) == (state is CameraState.MISCONFIGURED)
        assert status.next_try_utc is None or status.next_try_utc > status.since_utc


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing", "not_found"),
        ("/locked", "unauthorized"),
        ("/sound", "no_video"),
        ("/odd", "codec_unsupported"),
    ],
)
def test_each_fault_of_a_camera_has_its_reason(
    make_rtsp_server: Callable[..., RtspServer], clips: Clips, path: str, reason: str
) -> None:
    clip = [str(clips.small)]
    server = make_rtsp_server(
        Mount(path="/locked", clips=clip, user="u", password="p"),
        Mount(path="/sound", audio="aac"),
        Mount(path="/odd", clips=clip, encoding_name="X-ODD"),
    )
    expect_state(f"rtsp://127.0.0.1:{server.port}{path}", CameraState.OFFLINE, reason)


def test_each_fault_of_a_host_has_its_reason(
    server: RtspServer, silent_server: SilentServer, unused_tcp_port: int, tmp_path: Path
) -> None:
    expect_state(f"rtsp://127.0.0.1:{unused_tcp_port}/x", CameraState.OFFLINE, "refused")
    expect_state(f"rtsp://127.0.0.1:{silent_server.port}/x", CameraState.OFFLINE, "timeout", open_timeout_s=0.7)
    expect_state(server.url("/cam").replace("rtsp:", "rtsps:"), CameraState.OFFLINE, "tls")
    expect_state("rtsp://no-such-camera.invalid/x", CameraState.OFFLINE, "unreachable")
    expect_state(server.url("/cam"), CameraState.MISCONFIGURED, "misconfigured", no_such_option=1)
    expect_state(str(tmp_path / "no.mp4"), CameraState.OFFLINE, "not_found")


def test_a_camera_that_ends_and_one_that_stalls(server: RtspServer, clips: Clips) -> None:
    with Camera(server.url("/cam")) as camera:
        camera.wait_state(CameraState.ONLINE)
        server.hold("/cam")
        camera.wait(lambda status: (status.state, status.reason) == (CameraState.STALLED, "stalled"))
        server.resume("/cam")
        camera.wait_state(CameraState.ONLINE)
        server.kill()
        camera.wait(lambda status: (status.state, status.reason) == (CameraState.OFFLINE, "ended"))


def test_a_camera_that_comes_back_with_another_codec_and_size_goes_on(server: RtspServer, clips: Clips) -> None:
    with Camera(server.url("/cam")) as camera:
        camera.wait_state(CameraState.ONLINE)
        server.kill()
        camera.wait_state(CameraState.OFFLINE)
        server.restart([Mount(path="/cam", clips=[str(clips.h265)], codec="h265")])
        _, status = camera.wait(lambda status: status.info is not None and status.info.codec == "hevc")
        assert status.state is CameraState.ONLINE
        assert status.info is not None
        assert (status.info.width, status.info.height) == (640, 480)


def test_a_size_that_changes_while_it_is_watched_is_told(
    make_rtsp_server: Callable[..., RtspServer], clips: Clips
) -> None:
    server = make_rtsp_server(Mount(path="/cam", clips=[str(clips.small), str(clips.bare)]))
    with Camera(server.url("/cam")) as camera:
        for width in (320, 640, 320):
            camera.wait(lambda status, width=width: status.info is not None and status.info.width == width)  # type: ignore[misc]
        assert camera.supervisor.status.state is CameraState.ONLINE
