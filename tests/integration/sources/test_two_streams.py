"""A camera with a large and a small stream, of a real RTSP server: which of them is looked at, shown and kept."""

from collections.abc import Callable
from typing import Any

import pytest

from maskwatch.core.ports import RawFrame
from maskwatch.errors import ConfigError, SourceReason
from maskwatch.sources.registry import create_source
from tests.fixtures.clips import Clips
from tests.fixtures.watching import Watching, watch
from tests.servers.onvif_camera import OnvifCamera, Profile
from tests.servers.rtsp import Mount, RtspServer

pytestmark = pytest.mark.rtsp

LOGIN = ("watch man", "p@ss/w?rd")
LARGE, SMALL = (480, 640), (240, 320)


@pytest.fixture
def server(make_rtsp_server: Callable[..., RtspServer], clips: Clips) -> RtspServer:
    login: dict[str, Any] = {"user": LOGIN[0], "password": LOGIN[1]}
    return make_rtsp_server(
        Mount(path="/main", clips=[str(clips.bare)], audio="aac", **login),
        Mount(path="/sub", clips=[str(clips.small)], audio="aac", **login),
        Mount(path="/b-frames", clips=[str(clips.b_frames)], **login),
    )


def looked_at(camera: Watching) -> list[RawFrame]:
    return [frame for frame in list(camera.frames) if frame.for_looks]


def size(frame: RawFrame) -> tuple[int, ...]:
    return frame.to_rgb().shape[:2]


def wait_looks(camera: Watching, wanted: tuple[int, int], count: int = 3) -> None:
    """Wait until so many frames in a row of that size are looked at, and until that is told."""
    which = "sub" if wanted == SMALL else "main"
    camera.wait_for(lambda watching: bool(watching.infos) and watching.infos[-1].detects_on == which)
    before = len(looked_at(camera))
    camera.wait_for(lambda watching: len(looked_at(watching)) >= before + count)
    assert {size(frame) for frame in looked_at(camera)[-2:]} == {wanted}


def test_faces_are_looked_for_in_the_small_one_and_the_large_one_is_shown(server: RtspServer) -> None:
    with watch(server.url("/main"), {"sub_url": "/sub"}) as camera:
        wait_looks(camera, SMALL, 20)
        info, frames, packets = camera.infos[-1], looked_at(camera), {packet.ticks for packet in camera.packets}
        full = frames[-5].full_rgb
        assert full is not None
        large = full()
    assert (info.height, info.width) == LARGE
    assert info.passthrough
    assert info.detects_on == "sub"
    assert {frame.media_ticks for frame in frames[-5:]} <= packets
    assert large is not None
    assert large.shape == (*LARGE, 3)
    # Hardly anything of the large stream is decoded: a keyframe a second, which nobody is given.
    assert [size(frame) for frame in camera.frames[-10:]] == [SMALL] * 10


def test_the_picture_in_full_size_is_of_the_same_moment(server: RtspServer) -> None:
    """Both streams play the same clip, in which somebody sways; so what is bright and dark is at the same places."""
    with watch(server.url("/main"), {"sub_url": "/sub"}) as camera:
        wait_looks(camera, SMALL, 20)
        frame = looked_at(camera)[-3]
        assert frame.full_rgb is not None
        large, small = frame.full_rgb(), frame.to_rgb()
    assert large is not None
    halved = large.reshape(240, 2, 320, 2, 3).mean(axis=(1, 3))
    assert abs(halved - small).mean() < 12


def test_the_large_one_is_looked_at_while_the_small_one_fails(server: RtspServer) -> None:
    with watch(server.url("/main"), {"sub_url": "/sub", "read_timeout_s": 1.5}) as camera:
        wait_looks(camera, SMALL)
        server.hold("/sub")
        wait_looks(camera, LARGE)
        server.resume("/sub")
        wait_looks(camera, SMALL)


def test_a_small_one_that_is_not_there(server: RtspServer) -> None:
    with watch(server.url("/main"), {"sub_url": "/nothing"}) as camera:
        wait_looks(camera, LARGE)
        assert camera.packets


def test_a_large_one_that_must_be_encoded_anew_is_shown_but_not_looked_at(server: RtspServer) -> None:
    with watch(server.url("/b-frames"), {"sub_url": "/sub"}) as camera:
        wait_looks(camera, SMALL, 10)
        shown = [frame for frame in camera.frames[-10:] if frame.for_show]
    assert shown
    assert {size(frame) for frame in shown} == {LARGE}
    assert not any(frame.for_looks and frame.for_show for frame in camera.frames[-10:])


def test_when_the_large_one_goes_the_camera_goes(server: RtspServer) -> None:
    with watch(server.url("/main"), {"sub_url": "/sub", "read_timeout_s": 1.0}) as camera:
        wait_looks(camera, SMALL)
        server.kill()
        assert camera.failure().reason in (SourceReason.ENDED, SourceReason.STALLED)


def test_both_are_found_by_onvif(server: RtspServer) -> None:
    stream = f"rtsp://127.0.0.1:{server.port}"
    profiles = [
        Profile(name="main", url=f"{stream}/main", width=640, height=480),
        Profile(name="sub", url=f"{stream}/sub", width=320, height=240),
    ]
    login = server.url("/main").partition("://")[2].partition("@")[0]
    with OnvifCamera(profiles, login=LOGIN) as onvif:
        with watch(f"onvif://{login}@127.0.0.1:{onvif.port}") as camera:
            wait_looks(camera, SMALL)
        with watch(f"onvif://{login}@127.0.0.1:{onvif.port}", {"sub": False}) as camera:
            camera.wait_frames(2)
            assert camera.infos[-1].detects_on is None


@pytest.mark.parametrize("sub_url", ["stream2", "rtsp://user:secret@host/x", "http://host/x", ""])
def test_a_small_one_that_makes_no_sense_is_refused(sub_url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        create_source("rtsp://host/x", {"sub_url": sub_url}, camera="test")
    assert "secret" not in str(caught.value)
