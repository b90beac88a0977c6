"""`/api/v1/discovery`: cameras that answer on the local network, and the streams that one of them has."""

import asyncio
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from maskwatch.errors import BusyError, SourceError, SourceReason
from maskwatch.sources.discovery import FoundCamera, find_cameras
from maskwatch.sources.onvif_client import OnvifAddress, OnvifCamera, ask_camera
from maskwatch.web.routes import Call, Nothing, Operation
from maskwatch.web.schema.cameras import (
    CameraStream,
    CameraStreams,
    Discovered,
    DiscoveredCamera,
    Discovery,
    StreamsQuestion,
)

_APART_S = 2.0
"""Between two searches: each is a question to everything on the network."""
_ASKED_AT_ONCE = 2
_ASK_S = 12.0

Search = Callable[[float], Sequence[FoundCamera]]
"""`search(seconds)`; blocks."""
Ask = Callable[[OnvifAddress], OnvifCamera]
"""Raises `SourceError`; blocks."""


def _search(seconds: float) -> Sequence[FoundCamera]:
    return find_cameras(search_s=seconds)


def _ask(address: OnvifAddress) -> OnvifCamera:
    return ask_camera(address, timeout_s=_ASK_S)


class DiscoveryApi:
    """Finds cameras for who adds one. Whoever asks while a search runs, or just after it, gets what that one found."""

    def __init__(self, *, search: Search = _search, ask: Ask = _ask, apart_s: float = _APART_S) -> None:
        self._search = search
        self._ask = ask
        self._apart_s = apart_s
        self._running: asyncio.Task[Discovered] | None = None
        self._last, self._last_s = Discovered(cameras=[]), float("-inf")
        self._asking = 0
        self._threads = ThreadPoolExecutor(1 + _ASKED_AT_ONCE, thread_name_prefix="discovery")

    def close(self) -> None:
        """Begin nothing more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def operations(self) -> list[Operation[Any, Any]]:
        """Their declarations."""
        return [
            Operation(
                name="discover_cameras", method="POST", path="/discovery", tag="cameras",
                summary="Ask the local network which cameras there are (WS-Discovery)",
                query=Nothing, body=Discovery, answer=Discovered, handler=self.discover, errors=(502,),
                body_optional=True,
            ),
            Operation(
                name="camera_streams", method="POST", path="/discovery/streams", tag="cameras",
                summary="Ask a camera by ONVIF which streams it has",
                query=Nothing, body=StreamsQuestion, answer=CameraStreams, handler=self.streams, errors=(502,),
            ),
        ]  # fmt: skip

    async def discover(self, call: Call[Nothing, Discovery]) -> Discovered:
        """POST /discovery."""
        if self._running is None and time.monotonic() - self._last_s >= self._apart_s:
            self._running = asyncio.create_task(self._look(call.body.search_s))
            self._running.add_done_callback(self._looked)
        if self._running is not None:
            self._last = await asyncio.shield(self._running)
        return self._last

    async def _look(self, seconds: float) -> Discovered:
        try:
            found = await self._in_thread(self._search, seconds)
        except OSError:
            failure = SourceError(
                SourceReason.UNREACHABLE,
                "The local network can't be asked for cameras from here.",
                remedy="In a container, run it with the host's network; or type the camera's address.",
            )
        else:
            return Discovered(cameras=[_found(camera) for camera in found])
        raise failure

    def _looked(self, task: "asyncio.Task[Discovered]") -> None:
        self._running = None
        if not task.cancelled() and task.exception() is None:
            self._last_s = time.monotonic()

    async def streams(self, call: Call[Nothing, StreamsQuestion]) -> CameraStreams:
        """POST /discovery/streams."""
        if self._asking >= _ASKED_AT_ONCE:
            raise BusyError("As many cameras are being asked as may.", remedy="Try again in some seconds.")
        body = call.body
        address = OnvifAddress(
            host=body.host, port=body.port, user=body.user, password=body.password.get_secret_value()
        )
        self._asking += 1
        try:
            camera = await self._in_thread(self._ask, address)
        finally:
            self._asking -= 1
        sub = camera.sub()
        return CameraStreams(
            maker=camera.maker,
            model=camera.model,
            streams=[
                CameraStream(
                    name=each.name, url=each.url, codec=each.codec, width=each.width, height=each.height, fps=each.fps,
                    main=each is camera.main, sub=each is sub,
                )
                for each in camera.streams
            ],
        )  # fmt: skip

    async def _in_thread(self, work: Callable[[Any], Any], argument: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, argument)


def _found(camera: FoundCamera) -> DiscoveredCamera:
    return DiscoveredCamera(host=camera.host, port=camera.port, name=camera.name, model=camera.model)
