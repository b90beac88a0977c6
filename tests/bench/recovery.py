"""How soon a camera that fails is seen to fail, and how soon it is watched again: `python -m tests.bench.recovery`.

Against the real RTSP server, through the same supervisor as in the service. Prints a Markdown table.
"""

import queue
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from maskwatch.bench.rtsp import Mount, RtspServer
from maskwatch.core.ports import EncodedPacket, RawFrame, StreamInfo
from maskwatch.core.types import CameraState
from maskwatch.pipeline.status import CameraStatus
from maskwatch.pipeline.supervisor import CameraSupervisor
from maskwatch.sources.registry import create_source
from tests.fixtures.clips import Clips
from tests.unit.pipeline.parts import CountingTelemetry

_TICK_S = 0.5
_LONG_S = 90.0


class Sink:
    """Notes what came."""

    def __init__(self) -> None:
        self.infos: list[StreamInfo] = []
        self.frames = 0
        self.packets = 0

    def opened(self, info: StreamInfo) -> None:
        self.infos.append(info)

    def frame(self, frame: RawFrame) -> None:
        self.frames += 1

    def packet(self, packet: EncodedPacket) -> None:
        self.packets += 1


@dataclass
class Camera:
    """One supervised camera and everything that it told. A context manager."""

    url: str
    options: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.sink = Sink()
        self.statuses: queue.Queue[tuple[float, CameraStatus]] = queue.Queue()
        self._over = threading.Event()
        self.supervisor = CameraSupervisor(
            "cam",
            create_source=lambda: create_source(self.url, self.options, camera="cam"),
            sink=self.sink,
            telemetry=CountingTelemetry(),
            on_status=lambda status: self.statuses.put((time.monotonic(), status)),
        )
        self._watchdog = threading.Thread(target=self._tick)

    def __enter__(self) -> Self:
        self.supervisor.start()
        self._watchdog.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.supervisor.stop()
        self._watchdog.join()
        assert self.supervisor.join(30)

    def wait(self, wanted: Callable[[CameraStatus], bool]) -> tuple[float, CameraStatus]:
        """The first status that is wanted, and when it was told (monotonic seconds)."""
        until_s = time.monotonic() + _LONG_S
        while True:
            at_s, status = self.statuses.get(timeout=max(0.0, until_s - time.monotonic()))
            if wanted(status):
                return at_s, status

    def wait_state(self, state: CameraState) -> float:
        return self.wait(lambda status: status.state is state)[0]

    def _tick(self) -> None:
        while not self._over.wait(_TICK_S):
            self.supervisor.tick(time.monotonic())


def killed(server: RtspServer, path: str) -> tuple[float, float]:
    """Seconds until a killed camera is seen, and from its port opening again, much later, to a picture."""
    with Camera(server.url(path)) as camera:
        camera.wait_state(CameraState.ONLINE)
        began_s = time.monotonic()
        server.kill()
        seen_s = camera.wait(lambda status: status.state is not CameraState.ONLINE)[0] - began_s
        # Until the waits have become long, so that it's the knocking that finds it.
        camera.wait(lambda status: status.next_try_utc is not None and _wait_s(status) > 6)
        server.restart()
        began_s = time.monotonic()
        return seen_s, camera.wait_state(CameraState.ONLINE) - began_s


def frozen(server: RtspServer, path: str) -> tuple[float, float]:
    """Seconds until a camera that fell silent is seen, and from its awakening to a picture."""
    with Camera(server.url(path)) as camera:
        camera.wait_state(CameraState.ONLINE)
        began_s = time.monotonic()
        server.freeze()
        seen_s = camera.wait_state(CameraState.STALLED) - began_s
        camera.wait(lambda status: status.next_try_utc is not None)
        server.thaw()
        began_s = time.monotonic()
        return seen_s, camera.wait_state(CameraState.ONLINE) - began_s


def on_demand(server: RtspServer, path: str) -> float:
    """Seconds from "Try now" to a picture, of a camera whose next try is far away."""
    with Camera(server.url(path)) as camera:
        camera.wait_state(CameraState.ONLINE)
        server.freeze()
        camera.wait(lambda status: status.next_try_utc is not None and _wait_s(status) > 3)
        server.thaw()
        began_s = time.monotonic()
        camera.supervisor.retry()
        return camera.wait_state(CameraState.ONLINE) - began_s


def first_picture(server: RtspServer, path: str) -> float:
    """Seconds from the start to the first picture."""
    began_s = time.monotonic()
    with Camera(server.url(path)) as camera:
        return camera.wait_state(CameraState.ONLINE) - began_s


@dataclass(frozen=True)
class Beside:
    """A healthy camera, alone and beside dead ones."""

    frames_alone: int
    frames_beside: int
    cpu_alone_s: float
    cpu_beside_s: float
    threads_left: int
    files_left: int


def beside_the_dead(server: RtspServer, path: str, *, dead: int, seconds: float) -> Beside:
    """What `dead` cameras, whose port nobody listens at, take from a healthy one and leave behind."""
    with Camera(server.url(path)) as healthy:
        healthy.wait_state(CameraState.ONLINE)
        frames_alone, cpu_alone_s = _spend(healthy, seconds)
        threads, files = threading.active_count(), _open_files()
        cameras = [Camera("rtsp://127.0.0.1:9/dead") for _ in range(dead)]
        for each in cameras:
            each.__enter__()
        for each in cameras:
            each.wait_state(CameraState.OFFLINE)
        frames_beside, cpu_beside_s = _spend(healthy, seconds)
        for each in cameras:
            each.supervisor.stop()
        for each in cameras:
            each.__exit__()
        return Beside(
            frames_alone=frames_alone,
            frames_beside=frames_beside,
            cpu_alone_s=cpu_alone_s,
            cpu_beside_s=cpu_beside_s,
            threads_left=threading.active_count() - threads,
            files_left=_open_files() - files,
        )


def _spend(camera: Camera, seconds: float) -> tuple[int, float]:
    frames, cpu_s = camera.sink.frames, time.process_time()
    threading.Event().wait(seconds)
    return camera.sink.frames - frames, time.process_time() - cpu_s


def _wait_s(status: CameraStatus) -> float:
    assert status.next_try_utc is not None
    return status.next_try_utc.timestamp() - time.time()


def _open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def main() -> None:
    """Measure all, and print the table."""
    with tempfile.TemporaryDirectory() as folder:
        clip = str(Clips(Path(folder)).bare)
        with RtspServer([Mount(path="/cam", clips=[clip], audio="aac")]) as server:
            first_picture(server, "/cam")  # imports, and whatever else happens once
            first_s = first_picture(server, "/cam")
            killed_s, back_s = killed(server, "/cam")
            silent_s, awake_s = frozen(server, "/cam")
            demand_s = on_demand(server, "/cam")
            beside = beside_the_dead(server, "/cam", dead=100, seconds=20)
    rows = [
        ("first picture after the start", f"{first_s:.2f} s"),
        ("a killed camera is seen", f"{killed_s:.2f} s"),
        ("watched again after its port opens (next try 6 s or more away)", f"{back_s:.2f} s"),
        ("a silent camera (SIGSTOP) is seen", f"{silent_s:.2f} s"),
        ("watched again after it wakes up", f"{awake_s:.2f} s"),
        ("watched again after *Try now*", f"{demand_s:.2f} s"),
        ("pictures of a healthy camera in 20 s, alone", str(beside.frames_alone)),
        ("… beside 100 dead ones", str(beside.frames_beside)),
        ("CPU seconds in 20 s, alone", f"{beside.cpu_alone_s:.2f}"),
        ("… beside 100 dead ones", f"{beside.cpu_beside_s:.2f}"),
        ("threads and open files that the 100 leave behind", f"{beside.threads_left}, {beside.files_left}"),
    ]
    print("| what | measured |\n|---|---|")  # noqa: T201
    for what, figure in rows:
        print(f"| {what} | {figure} |")  # noqa: T201


if __name__ == "__main__":
    main()
