"""Cameras with a web address against a real web server: MJPEG, single pictures, HLS, TLS, and all that goes wrong."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from maskwatch.core.types import Image
from maskwatch.errors import SourceReason
from maskwatch.sources.recording import read_recording
from tests.fixtures.clips import Clips
from tests.fixtures.watching import watch
from tests.servers.http_camera import HttpCamera, cut_pieces, jpeg
from tests.servers.silent import SilentServer
from tests.servers.tls import TlsFront

QUICK = {"open_timeout_s": 1.0, "read_timeout_s": 1.0}
USER, PASSWORD = "watch man", "p@ss:w/rd?#%S3cret"


def coloured(level: int, size: tuple[int, int] = (240, 320)) -> Image:
    return np.full((*size, 3), (level, 90, 255 - level), np.uint8)


PICTURES = [jpeg(coloured(level)) for level in (20, 120, 220)]


@pytest.fixture
def camera() -> Iterator[HttpCamera]:
    with HttpCamera(PICTURES, login=(USER, PASSWORD)) as server:
        yield server


@pytest.mark.parametrize(
    "path",
    ["/mjpeg", "/away", *(f"/odd/{how}" for how in ("other-boundary", "no-boundary", "wrong-length", "huge-length"))],
)
def test_mjpeg_however_its_parts_are_written(camera: HttpCamera, path: str) -> None:
    with watch(camera.url(path)) as watching:
        watching.wait_frames(9)
    info = watching.infos[0]
    assert (info.codec, info.width, info.height, info.transport, info.passthrough) == ("mjpeg", 320, 240, "http", False)
    assert [frame.sequence for frame in watching.frames[:5]] == [1, 2, 3, 4, 5]
    levels = [int(frame.to_rgb()[100, 100, 0]) for frame in watching.frames[:6]]
    assert levels == pytest.approx([20, 120, 220] * 2, abs=3)
    assert watching.events[0] == "opened"
    assert all(
        later.captured_monotonic_s > earlier.captured_monotonic_s for earlier, later in pairwise(watching.frames)
    )


@pytest.mark.parametrize("how", ["cut-off", "text-between"])
def test_a_part_that_is_no_picture_costs_itself_only(camera: HttpCamera, how: str) -> None:
    with watch(camera.url(f"/odd/{how}")) as watching:
        watching.wait_frames(6)
    assert [int(frame.to_rgb()[100, 100, 0]) for frame in watching.frames[:3]] == pytest.approx([20, 120, 220], abs=3)


def test_a_picture_of_another_size_is_told() -> None:
    with (
        HttpCamera([jpeg(coloured(50)), jpeg(coloured(50, (120, 160)))]) as camera,
        watch(camera.url("/mjpeg")) as seen,
    ):
        seen.wait_for(lambda watching: len(watching.infos) >= 3)
        assert [(info.width, info.height) for info in seen.infos[:3]] == [(320, 240), (160, 120), (320, 240)]


@pytest.mark.parametrize("path", ["/basic", "/digest"])
def test_a_password_by_either_scheme(camera: HttpCamera, path: str) -> None:
    with watch(camera.url(path)) as watching:
        watching.wait_frames(3)
    for login in (("", ""), (USER, "wrong"), ("nobody", PASSWORD)):
        with watch(camera.url(path, *login)) as watching:
            error = watching.failure()
        assert error.reason is SourceReason.UNAUTHORIZED
        assert "http://user:password@" in error.remedy
        assert PASSWORD not in str(error)


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/no-such-path", SourceReason.NOT_FOUND),
        ("/page", SourceReason.NO_VIDEO),
        ("/busy", SourceReason.REFUSED),
        ("/garbage", SourceReason.CORRUPT),
        ("/nothing", SourceReason.TIMEOUT),
        ("/short", SourceReason.ENDED),
        ("/empty.m3u8", SourceReason.NO_VIDEO),
        ("/digest/auth/SHA-512-256", SourceReason.UNAUTHORIZED),
        ("/digest/auth-int/MD5", SourceReason.UNAUTHORIZED),
    ],
)
def test_what_can_not_be_watched_says_why(camera: HttpCamera, path: str, reason: SourceReason) -> None:
    with watch(camera.url(path), QUICK) as watching:
        error = watching.failure()
    assert error.reason is reason, error
    assert f"127.0.0.1:{camera.port}" in error.message
    assert error.remedy
    assert error.__context__ is None


def test_a_camera_that_falls_silent_is_stalled(camera: HttpCamera) -> None:
    with watch(camera.url("/mjpeg"), QUICK) as watching:
        watching.wait_frames(3)
        camera.held.set()
        assert watching.failure(timeout_s=10).reason is SourceReason.STALLED


def test_hosts_that_are_no_web_server(unused_tcp_port: int, silent_server: SilentServer) -> None:
    with watch(f"http://127.0.0.1:{unused_tcp_port}/x") as watching:
        assert watching.failure().reason is SourceReason.REFUSED
    with watch("http://no-such-camera.invalid/x") as watching:
        assert watching.failure().reason is SourceReason.UNREACHABLE
    with watch(f"http://127.0.0.1:{silent_server.port}/x", QUICK) as watching:
        assert watching.failure().reason is SourceReason.TIMEOUT
    with watch(f"https://127.0.0.1:{silent_server.port}/x", QUICK) as watching:
        assert watching.failure().reason in (SourceReason.TIMEOUT, SourceReason.UNREACHABLE)


@pytest.mark.parametrize(
    ("greeting", "hang_up", "reason"),
    [(b"", True, SourceReason.REFUSED), (b"RTSP/1.0 200 OK\r\n\r\n" * 9, False, SourceReason.CORRUPT)],
)
def test_hosts_that_do_not_speak_http(greeting: bytes, hang_up: bool, reason: SourceReason) -> None:
    server = SilentServer(greeting, hang_up=hang_up)
    try:
        with watch(f"http://127.0.0.1:{server.port}/x", QUICK) as watching:
            assert watching.failure(timeout_s=10).reason is reason
    finally:
        server.close()


def test_single_pictures_are_asked_for_again_and_again(camera: HttpCamera) -> None:
    with watch(camera.url("/snapshot.jpg"), {"snapshot_fps": 15}) as watching:
        watching.wait_frames(5)
    assert camera.requests.count("/snapshot.jpg") >= 5
    assert len({int(frame.to_rgb()[100, 100, 0]) // 50 for frame in watching.frames[:3]}) == 3


def test_an_encrypted_camera_is_trusted_by_its_certificate_or_by_wish(camera: HttpCamera, tmp_path: Path) -> None:
    front = TlsFront(camera.port, tmp_path)
    try:
        url = f"https://127.0.0.1:{front.port}/mjpeg"
        for trust in ({"ca_file": str(front.certificate)}, {"verify_tls": False}):
            with watch(url, trust) as watching:
                watching.wait_frames(2)
        with watch(url) as watching:
            error = watching.failure()
        assert error.reason is SourceReason.TLS
        assert "ca_file" in error.remedy
        with watch(camera.url("/mjpeg").replace("http:", "https:"), QUICK) as watching:
            assert watching.failure().reason is SourceReason.TLS
        junk = tmp_path / "junk.pem"
        junk.write_text("not a certificate")
        with watch(url, {"ca_file": str(junk)}) as watching:
            assert watching.failure().reason is SourceReason.TLS
    finally:
        front.close()


def test_a_connection_is_let_go_when_nobody_watches(camera: HttpCamera) -> None:
    with watch(camera.url("/mjpeg")) as watching:
        watching.wait_frames(2)
        assert camera.watching == 1
    with watch(camera.url("/mjpeg")) as watching:
        watching.wait_for(lambda _: camera.watching == 1)


# ---- HLS ----


@pytest.fixture(scope="module")
def pieces(tmp_path_factory: pytest.TempPathFactory, clips: Clips) -> Path:
    return cut_pieces(clips.bare, tmp_path_factory.mktemp("hls") / "pieces")


@pytest.fixture
def hls(pieces: Path) -> Iterator[HttpCamera]:
    with HttpCamera([], hls=pieces) as server:
        yield server


def test_hls_is_joined_near_its_end_and_played_evenly(hls: HttpCamera) -> None:
    with watch(hls.url("/live.m3u8")) as watching:
        watching.wait_frames(45)
    info = watching.infos[0]
    assert (info.codec, info.width, info.height, info.transport, info.passthrough) == ("h264", 640, 480, "hls", True)
    assert "/piece0.ts" not in hls.requests
    assert "/piece2.ts" in hls.requests
    # Pieces come a second at a time; pictures do not: they are spread over the second they were taken in.
    captured = [frame.captured_monotonic_s for frame in watching.frames[:45]]
    assert captured[-1] - captured[0] > 2
    assert watching.packets[0].keyframe
    assert watching.frames[-1].to_rgb().shape == (480, 640, 3)


def test_hls_that_skips_pieces_goes_on_at_the_live_edge(hls: HttpCamera) -> None:
    with watch(hls.url("/live.m3u8")) as watching:
        watching.wait_frames(10)
        hls.hls_offset = 20
        watching.wait_for(lambda _: any(f"/piece{number}.ts" in hls.requests for number in range(20, 40)))
        seen = len(watching.frames)
        watching.wait_frames(seen + 15)


def test_hls_that_adds_nothing_is_stalled(hls: HttpCamera, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("maskwatch.sources.http._LEAST_STALL_S", 2.0)
    with watch(hls.url("/live.m3u8"), {"read_timeout_s": 2.0}) as watching:
        watching.wait_frames(5)
        hls.held.set()
        error = watching.failure()
    assert error.reason is SourceReason.STALLED
    assert "playlist" in error.message


def test_hls_whose_pieces_are_gone_says_so(hls: HttpCamera) -> None:
    with watch(hls.url("/live.m3u8")) as watching:
        watching.wait_frames(5)
        hls.no_pieces.set()
        assert watching.failure().reason is SourceReason.NOT_FOUND


def test_a_recorded_playlist_is_played_to_its_end(hls: HttpCamera, clips: Clips) -> None:
    with watch(hls.url("/recorded.m3u8")) as watching:
        assert watching.failure().reason is SourceReason.ENDED
    assert len(watching.frames) == 30
    assert sum(1 for _ in read_recording(clips.bare)) == 60


def test_hls_whose_server_goes_is_refused_or_ended(pieces: Path) -> None:
    with HttpCamera([], hls=pieces) as server:
        watching = watch(server.url("/live.m3u8"))
        watching.wait_frames(3)
    with watching:
        assert watching.failure().reason in (SourceReason.REFUSED, SourceReason.ENDED)


def test_stopping_does_not_wait_for_what_comes_next(hls: HttpCamera, make_clip: Callable[..., Path]) -> None:
    with watch(hls.url("/live.m3u8")) as watching:
        watching.wait_frames(3)
        hls.held.set()
        watching.stop.set()
        watching.join(5)
    assert watching.error is None
