"""From an address to the kind of camera it is."""

import pytest
from pydantic import SecretStr

from maskwatch.errors import ConfigError
from maskwatch.sources.file import FileConfig
from maskwatch.sources.registry import source_type
from maskwatch.sources.rtsp import RtspConfig
from maskwatch.sources.rtsp_failures import Peer


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("rtsp://host/x", "rtsp"),
        ("RTSPS://host/x", "rtsp"),
        ("file:clip.mp4", "file"),
        ("/videos/clip.mp4", "file"),
        ("videos/clip.mp4", "file"),
        ("~/clip with spaces.mp4", "file"),
        ("device:/dev/video0", "device"),
        ("webrtc:", "webrtc"),
    ],
)
def test_the_scheme_chooses(url: str, kind: str) -> None:
    assert source_type(url) == kind


def test_an_unknown_scheme_lists_the_known_ones() -> None:
    with pytest.raises(ConfigError) as caught:
        source_type("gopher://someone:secret@host/x")
    assert "gopher:" in caught.value.message
    assert "rtsp:" in caught.value.remedy
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("clip.mp4", "clip.mp4"),
        ("file:/a/b.mp4", "/a/b.mp4"),
        ("file:b c%20.mp4", "b c%20.mp4"),
        ("file:///a/b%20c.mp4", "/a/b c.mp4"),
        ("file://localhost/a/b.mp4", "/a/b.mp4"),
    ],
)
def test_the_path_a_file_address_names(url: str, path: str) -> None:
    assert str(FileConfig(url=url).path) == path


@pytest.mark.parametrize(
    ("url", "where"),
    [
        ("rtsp://host/x", "host:554"),
        ("rtsps://user:pass@host/x", "host:322"),
        ("rtsp://user:p%40ss@10.0.0.7:8554/x?token=t", "10.0.0.7:8554"),
        ("rtsp://[fe80::1]:554/x", "[fe80::1]:554"),
    ],
)
def test_a_camera_is_named_by_host_and_port_alone(url: str, where: str) -> None:
    assert Peer(url, verify_tls=True).where == where


@pytest.mark.parametrize(
    "url",
    ["rtsp:", "rtsp://", "rtsp:///x", "rtsp://:554/x", "rtsp://host:port/x", "rtsp://host:0/x", "rtsp://u:p/w@h/x"],
)
def test_an_rtsp_address_needs_a_host_and_a_sound_port(url: str) -> None:
    with pytest.raises(ValueError, match=r"expected an address|must be written as"):
        RtspConfig(url=SecretStr(url))
