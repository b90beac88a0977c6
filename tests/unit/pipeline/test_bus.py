import asyncio
import threading
from datetime import UTC, datetime

import numpy as np

from maskwatch.core.types import AlertAction, AlertChange, AlertKind, Frame, Look
from maskwatch.pipeline.bus import LookBus
from maskwatch.pipeline.picture import RgbPicture


def look(camera: str, sequence: int, *, change: bool = False) -> Look:
    frame = Frame(
        camera=camera,
        sequence=sequence,
        captured_monotonic_s=float(sequence),
        captured_utc=datetime.now(UTC),
        picture=RgbPicture(np.zeros((1, 1, 3), np.uint8)),
    )
    raised = AlertChange(
        action=AlertAction.RAISED, alert_id=str(sequence), camera=camera, track_id=1, kind=AlertKind.NO_MASK, at_s=0.0
    )
    return Look(frame=frame, tracks=(), changes=(raised,) if change else ())


async def test_a_slow_loop_gets_the_newest_look_of_each_camera_and_every_change() -> None:
    overwritten: list[str] = []
    got: list[tuple[str, int]] = []
    bus = LookBus(asyncio.get_running_loop(), overwritten.append)
    bus.subscribe(lambda delivered: got.append((delivered.frame.camera, delivered.frame.sequence)))

    def post() -> None:
        for sequence in range(100):
            bus.post(look("a", sequence, change=sequence % 10 == 3))
            bus.post(look("b", sequence))

    thread = threading.Thread(target=post)
    thread.start()
    thread.join()  # the loop is busy here: nothing can have been delivered yet
    assert got == []
    await asyncio.sleep(0)
    assert [sequence for camera, sequence in got if camera == "a"] == [*range(3, 100, 10), 99]
    assert [sequence for camera, sequence in got if camera == "b"] == [99]
    assert len(overwritten) == 200 - len(got)


async def test_close_delivers_what_waits_and_takes_no_more() -> None:
    got: list[int] = []
    bus = LookBus(asyncio.get_running_loop(), lambda _: None)
    bus.subscribe(lambda delivered: got.append(delivered.frame.sequence))
    bus.post(look("a", 1, change=True))
    bus.close()
    bus.post(look("a", 2, change=True))
    assert got == [1]
