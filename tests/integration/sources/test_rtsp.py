"""The RTSP source against a real RTSP server."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from maskwatch.errors import SourceReason
from maskwatch.sources import av_input
from tests.fixtures.clips import Clips
from tests.fixtures.rtsp import PASSWORD, USER
from tests.fixtures.watching import watch
from tests.servers.rtsp import Mount, RtspServer
from tests.servers.silent import SilentServer
from tests.servers.tls import TlsFront

pytestmark = pytest.mark.rtsp

QUICK = {"open_timeout_s": 1.0, "read_timeout_s": 1.0}


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize(
    ("path", "codec", "passthrough"),
    [("/bare", "h264", True), ("/b-frames", "h264", False), ("/h265", "hevc", False), ("/mjpeg", "mjpeg", False)],
)
def test_plays_every_codec_over_every_transport(
    rtsp_server: RtspServer, path: str, codec: str, passthrough: bool, transport: str
) -> None:
    with watch(rtsp_server.url(path), {"transport": transport}) as camera:
        camera.wait_frames(12)
    info = camera.infos[0]
    assert (info.codec, info.width, info.height, info.transport) == (codec, 640, 480, transport)
    assert info.passthrough is passthrough
    assert info.b_frames is (path == "/b-frames")
    assert [frame.sequence for frame in camera.frames[:5]] == [1, 2, 3, 4, 5]
    image = camera.frames[-1].to_rgb()
    assert image.shape == (480, 640, 3)
    assert image.dtype == np.uint8
    assert bool(camera.packets) is (codec in ("h264", "hevc"))  # kept for clips, even where no browser plays them
    assert any(packet.shown_ticks is not None for packet in camera.packets) is (path == "/b-frames")


@pytest.mark.parametrize(("kind", "device"), [("cuda", "/dev/nvidia0"), ("qsv", "/dev/dri/renderD128")])
def test_hardware_decodes_where_it_is_and_is_missed_in_words_where_it_is_not(
    rtsp_server: RtspServer, kind: str, device: str
) -> None:
    with watch(rtsp_server.url("/bare"), {"hardware_decoding": kind}) as camera:
        if Path(device).exists():
            camera.wait_frames(12)
            assert camera.infos[0].passthrough
        else:
            error = camera.failure()
            assert error.reason is SourceReason.MISCONFIGURED
            assert kind in error.message
            assert "hardware_decoding" in error.remedy


def test_hardware_that_ffmpeg_does_not_know_is_named(rtsp_server: RtspServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(av_input, "hwdevices_available", lambda: ["cuda", "amf"])
    with watch(rtsp_server.url("/bare"), {"hardware_decoding": "vaapi"}) as camera:
        assert "it was built for cuda, amf" in camera.failure().message


def test_pictures_have_the_colours_that_were_sent(rtsp_server: RtspServer) -> None:
    with watch(rtsp_server.url("/bare")) as camera:
        camera.wait_frames(1)
    wall = camera.frames[0].to_rgb()[:40, -100:].mean(axis=(0, 1))
    assert wall == pytest.approx((168, 176, 170), abs=6)


def test_sound_beside_the_video_is_named_and_ignored(rtsp_server: RtspServer) -> None:
    for path, audio in (("/bare", "aac"), ("/masked", "opus"), ("/b-frames", None)):
        with watch(rtsp_server.url(path)) as camera:
            camera.wait_frames(1)
        assert camera.infos[0].audio_codec == audio


def test_packets_can_be_passed_on_and_pair_with_their_pictures(rtsp_server: RtspServer) -> None:
    with watch(rtsp_server.url("/bare")) as camera:
        camera.wait_frames(40)
    assert camera.events[0] == "opened"
    packets = camera.packets
    assert packets[0].keyframe
    assert sum(packet.keyframe for packet in packets) >= 2
    for packet in packets:
        assert packet.data.startswith((b"\x00\x00\x00\x01", b"\x00\x00\x01"))
        assert (b"\x00\x00\x01\x67" in packet.data and b"\x00\x00\x01\x68" in packet.data) is packet.keyframe
    assert [frame.media_ticks for frame in camera.frames] == [packet.ticks for packet in packets]
    # The very first timestamp is unknown to FFmpeg and comes from the clock; all others are the camera's own.
    steps = [later.ticks - earlier.ticks for earlier, later in pairwise(packets[1:])]
    assert set(steps) <= set(range(5990, 6011))
    assert np.diff([frame.captured_monotonic_s for frame in camera.frames]).min() >= 0


def test_no_ticks_where_nothing_is_passed_on(rtsp_server: RtspServer) -> None:
    with watch(rtsp_server.url("/b-frames")) as camera:
        camera.wait_frames(5)
    assert {frame.media_ticks for frame in camera.frames} == {None}


def test_goes_on_when_the_camera_changes_its_size(rtsp_server: RtspServer) -> None:
    with watch(rtsp_server.url("/two-sizes")) as camera:
        camera.wait_for(lambda watching: len(watching.infos) >= 2 and watching.events[-1] == "frame")
    sizes = [(info.width, info.height) for info in camera.infos[:2]]
    assert sorted(sizes) == [(320, 240), (640, 480)]
    assert all(info.passthrough for info in camera.infos)
    assert camera.frames[-1].to_rgb().shape[:2] == (sizes[1][1], sizes[1][0])


def test_a_password_with_every_awkward_character(rtsp_server: RtspServer) -> None:
    with watch(rtsp_server.url("/secret")) as camera:
        camera.wait_frames(2)


@pytest.mark.parametrize("login", [("", ""), (USER, "wrong"), ("nobody", PASSWORD)])
def test_wrong_or_no_password(rtsp_server: RtspServer, login: tuple[str, str]) -> None:
    with watch(rtsp_server.url("/secret", *login)) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.UNAUTHORIZED
    assert error.code == "source_unauthorized"
    assert error.retryable
    assert "rtsp://user:password@" in error.remedy


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/nothing-here", SourceReason.NOT_FOUND),
        ("/audio-only", SourceReason.NO_VIDEO),
        ("/odd-codec", SourceReason.CODEC_UNSUPPORTED),
    ],
)
def test_a_path_that_can_not_be_watched(rtsp_server: RtspServer, path: str, reason: SourceReason) -> None:
    with watch(rtsp_server.url(path)) as camera:
        error = camera.failure()
    assert error.reason is reason
    assert f"127.0.0.1:{rtsp_server.port}" in error.message
    assert error.remedy


def test_nobody_listens_there(unused_tcp_port: int) -> None:
    with watch(f"rtsp://127.0.0.1:{unused_tcp_port}/x") as camera:
        assert camera.failure().reason is SourceReason.REFUSED


def test_a_name_that_is_not_known() -> None:
    with watch("rtsp://no-such-camera.invalid/x") as camera:
        error = camera.failure()
    assert error.reason is SourceReason.UNREACHABLE
    assert "no-such-camera.invalid" in error.message


def test_a_host_that_answers_and_says_nothing(silent_server: SilentServer) -> None:
    with watch(f"rtsp://127.0.0.1:{silent_server.port}/x", QUICK) as camera:
        error = camera.failure(timeout_s=10)
    assert error.reason is SourceReason.TIMEOUT


@pytest.mark.parametrize(
    ("greeting", "hang_up", "reason"),
    [
        (b"", True, SourceReason.REFUSED),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", False, SourceReason.CORRUPT),
        (b"\x00\x01\x02\x03" * 4096, False, SourceReason.CORRUPT),
    ],
)
def test_a_host_that_does_not_speak_rtsp(greeting: bytes, hang_up: bool, reason: SourceReason) -> None:
    server = SilentServer(greeting, hang_up=hang_up)
    try:
        with watch(f"rtsp://127.0.0.1:{server.port}/x", QUICK) as camera:
            assert camera.failure(timeout_s=10).reason is reason
    finally:
        server.close()


def test_a_camera_without_tls(rtsp_server: RtspServer) -> None:
    with watch(rtsp_server.url("/bare").replace("rtsp:", "rtsps:"), QUICK) as camera:
        assert camera.failure().reason is SourceReason.TLS


@pytest.fixture
def tls_front(rtsp_server: RtspServer, tmp_path: Path) -> Iterator[TlsFront]:
    front = TlsFront(rtsp_server.port, tmp_path)
    yield front
    front.close()


def test_an_encrypted_camera_whose_certificate_nobody_knows(tls_front: TlsFront) -> None:
    with watch(f"rtsps://127.0.0.1:{tls_front.port}/bare", QUICK) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.TLS
    assert "ca_file" in error.remedy


def test_an_encrypted_camera_is_trusted_by_its_certificate_or_by_wish(tls_front: TlsFront, tmp_path: Path) -> None:
    for trust in ({"ca_file": str(tls_front.certificate)}, {"verify_tls": False}):
        with watch(f"rtsps://127.0.0.1:{tls_front.port}/bare", trust) as camera:
            camera.wait_frames(2)
    other = tmp_path / "other.pem"
    other.write_text("not a certificate")
    with watch(f"rtsps://127.0.0.1:{tls_front.port}/bare", {"ca_file": str(other)}) as camera:
        assert camera.failure().reason is SourceReason.TLS


def test_a_killed_camera_ends_and_works_again_when_it_is_back(
    make_rtsp_server: Callable[..., RtspServer], clips: Clips
) -> None:
    server = make_rtsp_server(Mount(path="/cam", clips=[str(clips.bare)], audio="aac"))
    with watch(server.url("/cam"), QUICK) as camera:
        camera.wait_frames(5)
        server.kill()
        assert camera.failure(timeout_s=10).reason is SourceReason.ENDED
    with watch(server.url("/cam"), QUICK) as camera:
        assert camera.failure().reason is SourceReason.REFUSED
    server.restart()
    with watch(server.url("/cam"), QUICK) as camera:
        camera.wait_frames(5)


def test_a_frozen_camera_is_stalled(make_rtsp_server: Callable[..., RtspServer], clips: Clips) -> None:
    server = make_rtsp_server(Mount(path="/cam", clips=[str(clips.bare)]))
    with watch(server.url("/cam"), QUICK) as camera:
        camera.wait_frames(5)
        server.freeze()
        assert camera.failure(timeout_s=10).reason is SourceReason.STALLED
    server.thaw()


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_frozen_pictures_are_stalled_though_sound_and_rtcp_go_on(
    make_rtsp_server: Callable[..., RtspServer], clips: Clips, transport: str
) -> None:
    server = make_rtsp_server(Mount(path="/cam", clips=[str(clips.bare)], audio="aac"))
    with watch(server.url("/cam"), {**QUICK, "transport": transport}) as camera:
        camera.wait_frames(5)
        server.hold("/cam")
        assert camera.failure(timeout_s=10).reason is SourceReason.STALLED


def test_stop_is_heard_while_pictures_come_and_while_none_come(
    make_rtsp_server: Callable[..., RtspServer], clips: Clips
) -> None:
    server = make_rtsp_server(Mount(path="/cam", clips=[str(clips.bare)]))
    for freeze in (False, True):
        with watch(server.url("/cam"), QUICK) as camera:
            camera.wait_frames(5)
            if freeze:
                server.freeze()
            camera.stop.set()
            camera.join(timeout_s=5)
            assert camera.error is None
    server.thaw()
