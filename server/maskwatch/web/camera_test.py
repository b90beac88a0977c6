"""Trying an address before it is saved: in a thread, a few at a time, never for long."""

import asyncio
import base64
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np

from maskwatch.core.types import Image
from maskwatch.errors import BusyError, SourceReason
from maskwatch.sources.probe import probe
from maskwatch.web.camera_sources import PHONE, check_source
from maskwatch.web.schema.cameras import CameraTestResult

_AT_ONCE = 3
_TIMEOUT_S = 10.0
_PATIENCE_S = 5.0
"""How much longer than its own limit a test may take until nobody waits for it any more."""
_LONGEST_SIDE = 640
_QUALITY = 80

Probe = Callable[[str, Mapping[str, Any], float], CameraTestResult]
"""`probe(url, options, timeout_s)`; blocks."""


def probe_camera(url: str, options: Mapping[str, Any], timeout_s: float) -> CameraTestResult:
    """Open the camera, take its first picture, and close it. Blocks."""
    found = probe(url, options, timeout_s=timeout_s)
    info = found.info
    return CameraTestResult(
        ok=found.ok,
        reason=found.reason,
        message=found.message,
        remedy=found.remedy,
        codec=info.codec if info else None,
        width=info.width if info else None,
        height=info.height if info else None,
        fps=found.measured_fps or (info.fps if info else None),
        passthrough=info.passthrough if info else False,
        audio_codec=info.audio_codec if info else None,
        first_frame_s=found.first_frame_s,
        picture=_data_url(found.picture) if found.picture is not None else None,
    )


class CameraTester:
    """Runs tests. A thread that hangs keeps its place until it ends, so there are never more than a few."""

    def __init__(self, probe: Probe = probe_camera, *, at_once: int = _AT_ONCE, timeout_s: float = _TIMEOUT_S) -> None:
        self._probe = probe
        self._free = at_once
        self._timeout_s = timeout_s
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="camera-test")

    async def test(self, url: str, options: Mapping[str, Any]) -> CameraTestResult:
        """What the camera at `url` sends, or why it does not work.

        Raises:
            ConfigError: the address or an option makes no sense.
            BusyError: as many tests run as may.
        """
        if check_source(url, options) == PHONE:
            return CameraTestResult(
                ok=True, message="There is nothing to test: add the camera, then open its link on the phone."
            )
        if self._free <= 0:
            raise BusyError("As many cameras are being tested as may.", remedy="Try again in some seconds.")
        self._free -= 1
        running = asyncio.get_running_loop().run_in_executor(self._threads, self._probe, url, options, self._timeout_s)
        running.add_done_callback(self._done)
        try:
            async with asyncio.timeout(self._timeout_s + _PATIENCE_S):
                return await asyncio.shield(running)
        except TimeoutError:
            return CameraTestResult(
                ok=False,
                reason=SourceReason.TIMEOUT.value,
                message="The camera did not answer in time.",
                remedy="Check that the address is right and that the camera is on.",
            )

    def close(self) -> None:
        """Begin no more tests."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _done(self, running: "asyncio.Future[CameraTestResult]") -> None:
        self._free += 1
        if not running.cancelled():
            running.exception()  # taken note of here too, in case nobody waits any more


def _data_url(picture: Image) -> str:
    height, width = picture.shape[:2]
    scale = _LONGEST_SIDE / max(height, width)
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    # OpenCV takes pictures as BGR.
    _, jpeg = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    return f"data:image/jpeg;base64,{base64.b64encode(bytes(jpeg)).decode()}"
