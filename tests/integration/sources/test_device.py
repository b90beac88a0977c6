"""The local device: what goes wrong with one, and its run over FFmpeg's own test camera, for there is none here."""

import errno
from pathlib import Path

import av
import pytest

from maskwatch.errors import ConfigError, SourceReason
from maskwatch.sources.device import DeviceConfig, DeviceFailures, DeviceSource
from maskwatch.sources.registry import create_source
from tests.fixtures.watching import Watching, watch


def test_a_device_that_is_not_there() -> None:
    with watch("device:/dev/video97") as camera:
        error = camera.failure()
    assert error.reason is SourceReason.NOT_FOUND
    assert "/dev/video97" in error.message
    assert error.remedy


@pytest.mark.parametrize(
    ("number", "reason", "words"),
    [
        (errno.EACCES, SourceReason.UNAUTHORIZED, "group `video`"),
        (errno.EBUSY, SourceReason.REFUSED, "one program at a time"),
        (errno.ENODEV, SourceReason.NOT_FOUND, "Plug it in"),
        (errno.EINVAL, SourceReason.CORRUPT, "v4l2-ctl"),
    ],
)
def test_every_failure_says_what_to_do(number: int, reason: SourceReason, words: str) -> None:
    error = DeviceFailures("/dev/video0").opening(av.FFmpegError(number, "secret words", "/dev/video0"))
    assert error.reason is reason
    assert words in error.remedy
    assert "secret" not in str(error)


def test_what_is_no_camera_is_said_to_be_none(tmp_path: Path) -> None:
    config = DeviceConfig.model_construct(url=f"device:{tmp_path / 'video0'}")
    (tmp_path / "video0").write_text("not a device")
    with Watching(DeviceSource(config)) as camera:
        assert camera.failure().reason is SourceReason.CORRUPT


@pytest.mark.parametrize("url", ["device:/etc/passwd", "device:", "device:/dev/../etc/passwd", "device:/dev/sda"])
def test_only_video_devices_are_opened(url: str) -> None:
    with pytest.raises(ConfigError, match="device:/dev/video0"):
        create_source(url, {}, camera="test")


def test_a_device_that_works_is_played_until_stopped() -> None:
    config = DeviceConfig.model_construct(url="device:testsrc=size=320x240:rate=25", read_timeout_s=4.0)
    with Watching(DeviceSource(config, input_format="lavfi")) as camera:
        camera.wait_frames(30)
    assert camera.error is None
    info = camera.infos[0]
    assert (info.width, info.height, info.transport) == (320, 240, "device")
    assert not info.passthrough
    assert camera.frames[0].to_rgb().shape == (240, 320, 3)


def test_a_device_that_is_pulled_out_ends() -> None:
    config = DeviceConfig.model_construct(url="device:testsrc=size=320x240:duration=1", read_timeout_s=4.0)
    with Watching(DeviceSource(config, input_format="lavfi")) as camera:
        error = camera.failure()
    assert error.reason is SourceReason.ENDED
    assert error.retryable
