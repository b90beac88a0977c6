"""Programs that the crash tests run as processes of their own: `python scripts.py NAME DATA_DIR [URL]`."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np

from maskwatch.config import MaskwatchSettings
from maskwatch.store import Store
from maskwatch.store.recorder import AlertRecorder
from maskwatch.store.records import AlertEvent, StoredCamera

sys.path.insert(0, str(Path(__file__).resolve().parents[3]))

from tests.integration.store.parts import CountingTelemetry, raising_look


def _say(*words: object) -> None:
    print(*words, flush=True)  # noqa: T201


async def record_forever(settings: MaskwatchSettings) -> None:
    """Raise alerts without end, and say the id of each once its event was published."""
    store = await Store.open(settings)
    await store.cameras.add(StoredCamera(name="lobby", url="rtsp://u:hunter2@camera/"))
    published = asyncio.Semaphore(8)

    def on_event(event: AlertEvent) -> None:
        _say(event.event_id, event.alert.id)
        published.release()

    recorder = AlertRecorder(store, settings, CountingTelemetry(), on_event)
    image = np.zeros((360, 640, 3), dtype=np.uint8)
    while True:
        await published.acquire()
        recorder.submit(raising_look(image=image))


class _Settling(CountingTelemetry):
    """Tells when an alert was recorded or could not be, and when not even the backlog took it."""

    def __init__(self) -> None:
        super().__init__()
        self.settled, self.backlog_failed = asyncio.Event(), asyncio.Event()

    def alerts_waiting(self, count: int) -> None:
        super().alerts_waiting(count)
        if count == 0:
            self.settled.set()

    def record_failed(self, reason: str) -> None:
        super().record_failed(reason)
        self.settled.set()
        if reason == "backlog_failed":
            self.backlog_failed.set()


def _fill(file: Path) -> None:
    """Take what room is left, to the last byte."""
    with suppress(OSError), file.open("wb", buffering=0) as stream:
        while True:
            stream.write(bytes(4096))


async def record_until_full(settings: MaskwatchSettings) -> None:
    """On a disk too small: record until nothing can be written at all, then make room and see that nothing was lost."""
    store = await Store.open(settings)
    telemetry = _Settling()
    events: list[AlertEvent] = []
    recorder = AlertRecorder(store, settings, telemetry, events.append)
    ballast = settings.data_dir / "ballast"
    rng = np.random.default_rng(1)
    submitted = 0
    while not telemetry.record_failures and submitted < 2000:
        telemetry.settled.clear()
        recorder.submit(raising_look(image=rng.integers(0, 255, (360, 640, 3), dtype=np.uint8)))
        submitted += 1
        await telemetry.settled.wait()
    # A database that wants a page more than there is may leave room for the backlog: none shall be left.
    filler = settings.data_dir / "filler"
    await asyncio.to_thread(_fill, filler)
    for _ in range(3):
        recorder.submit(raising_look(image=np.zeros((36, 64, 3), dtype=np.uint8)))
        submitted += 1
    telemetry.backlog_failed.clear()
    await telemetry.backlog_failed.wait()
    for file in (ballast, filler):
        await asyncio.to_thread(file.unlink)
    await recorder.close(timeout_s=60)
    _say("failed", *telemetry.record_failures, *telemetry.snapshot_failures)
    without = sum("snapshot_error" in event.alert.evidence for event in events)
    _say("recorded", len(events), "of", submitted, "without picture", without)
    await store.close()


if __name__ == "__main__":
    database = {"url": sys.argv[3]} if len(sys.argv) > 3 else {}
    chosen = MaskwatchSettings.model_validate({"data_dir": sys.argv[2], "database": database})
    asyncio.run({"record-forever": record_forever, "record-until-full": record_until_full}[sys.argv[1]](chosen))
