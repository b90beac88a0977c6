"""A camera's password shows up nowhere: not in an error, its repr or its context, not in a log, not on the screen."""

import logging
import traceback
from collections.abc import Callable, Iterator

import av.logging
import pytest
import structlog

from maskwatch.errors import ConfigError, MaskwatchError
from maskwatch.sources.probe import probe
from maskwatch.sources.registry import create_source
from maskwatch.sources.rtsp import RtspSource
from tests.fixtures.clips import Clips
from tests.fixtures.watching import Watching, watch
from tests.servers.rtsp import Mount, RtspServer
from tests.servers.silent import SilentServer

pytestmark = pytest.mark.rtsp

SECRET = "Tr0ub4dor"
USER = "hush-user"


@pytest.fixture
def chatter(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], str]]:
    """Everything that is logged or printed, FFmpeg's own words included."""
    caplog.set_level(logging.DEBUG)
    av.logging.set_level(av.logging.VERBOSE)
    with structlog.testing.capture_logs() as logged:
        yield lambda: "\n".join([*capfd.readouterr(), caplog.text, repr(logged)])
    av.logging.set_level(None)


def everything_about(error: BaseException | None) -> str:
    """All that a log, a debugger or a careless handler could show of an error."""
    parts = []
    while error is not None:
        parts += [str(error), repr(error), repr(error.args), repr(vars(error))]
        parts += traceback.format_exception(error)
        error = error.__cause__ or error.__context__
    return "\n".join(parts)


def assert_hushed(*texts: str) -> None:
    for text in texts:
        assert SECRET not in text
        assert USER not in text


def failing_addresses(rtsp: RtspServer, silent: SilentServer, free_port: int) -> dict[str, str]:
    login = f"{USER}:{SECRET}@"
    return {
        "unauthorized": rtsp.url("/locked", USER, SECRET),
        "not_found": f"rtsp://{login}127.0.0.1:{rtsp.port}/{'nothing'}",
        "no_video": f"rtsp://{login}127.0.0.1:{rtsp.port}/sound",
        "codec_unsupported": f"rtsp://{login}127.0.0.1:{rtsp.port}/odd",
        "refused": f"rtsp://{login}127.0.0.1:{free_port}/x",
        "unreachable": f"rtsp://{login}no-such-camera.invalid/x",
        "timeout": f"rtsp://{login}127.0.0.1:{silent.port}/x",
        "tls": f"rtsps://{login}127.0.0.1:{rtsp.port}/x",
    }


@pytest.fixture
def rtsp(make_rtsp_server: Callable[..., RtspServer], clips: Clips) -> RtspServer:
    clip = [str(clips.small)]
    return make_rtsp_server(
        Mount(path="/open", clips=clip),
        Mount(path="/locked", clips=clip, user="other", password="other"),
        Mount(path="/sound", audio="aac"),
        Mount(path="/odd", clips=clip, encoding_name="X-ODD"),
    )


def test_no_failure_shows_it(
    rtsp: RtspServer, silent_server: SilentServer, unused_tcp_port: int, chatter: Callable[[], str]
) -> None:
    seen = set()
    for reason, url in failing_addresses(rtsp, silent_server, unused_tcp_port).items():
        with watch(url, {"open_timeout_s": 0.7}) as camera:
            error = camera.failure()
        assert error.reason == reason
        assert_hushed(everything_about(error))
        result = probe(url, {"open_timeout_s": 0.7})
        assert result.reason == reason
        assert_hushed(repr(result))
        seen.add(reason)
    assert len(seen) == 8
    assert_hushed(chatter())


def test_no_camera_that_is_lost_shows_it(rtsp: RtspServer, chatter: Callable[[], str]) -> None:
    url = f"rtsp://{USER}:{SECRET}@127.0.0.1:{rtsp.port}/open"
    with watch(url, {"read_timeout_s": 0.8}) as camera:
        camera.wait_frames(3)
        rtsp.hold("/open")
        stalled = camera.failure(timeout_s=10)
    rtsp.resume("/open")
    with watch(url) as camera:
        camera.wait_frames(3)
        rtsp.kill()
        ended = camera.failure(timeout_s=10)
    assert (stalled.reason, ended.reason) == ("stalled", "ended")
    assert_hushed(everything_about(stalled), everything_about(ended), repr(camera.infos), chatter())


def test_no_setting_that_is_refused_shows_it() -> None:
    for url, options in (
        (f"rtsp://{USER}:{SECRET}@", {}),
        (f"rtsp://{USER}:{SECRET}/x@host/path", {}),
        (f"rtsp://{USER}:{SECRET}@host:99999/path", {}),
        (f"rtsp://{USER}:{SECRET}@host/path", {"transport": SECRET}),
        (f"rtsp://{USER}:{SECRET}@host/path", {"unknown": SECRET}),
        (f"nonsense://{USER}:{SECRET}@host/path", {}),
    ):
        with pytest.raises(ConfigError) as caught:
            create_source(url, options, camera="test")
        assert_hushed("\n".join((str(caught.value), repr(caught.value), everything_about(caught.value.__context__))))
        assert_hushed(repr(probe(url, options)))


def test_neither_source_nor_settings_show_it() -> None:
    source = create_source(f"rtsp://{USER}:{SECRET}@host/path", {}, camera="test")
    assert isinstance(source, RtspSource)
    assert_hushed(repr(source), repr(vars(source)), repr(source._spec()))


def test_watching_needs_an_error_of_ours() -> None:
    """The helper of these tests must not swallow an error that is not one of ours."""

    class Broken:
        def run(self, sink: object, stop: object) -> None:
            raise OSError(SECRET)

    with Watching(Broken()) as camera:
        camera.join()
    assert not isinstance(camera.error, MaskwatchError)
