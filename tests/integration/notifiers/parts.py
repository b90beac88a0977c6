"""Notices to send, and an outbox at work on a real store."""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from maskwatch.core.notices import Notice, Picture
from maskwatch.notifiers.dispatcher import Patience
from maskwatch.notifiers.switchboard import Switchboard, TargetSpec
from maskwatch.notifiers.vapid import VapidKey
from maskwatch.store import Store
from tests.integration.store.parts import new_alert

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
JPEG = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffd9")
SECRET = "hunter2-s3cret"
QUICK = Patience(timeout_s=30, first_wait_s=0.01, longest_wait_s=0.05)


def notice(number: int = 1, **values: Any) -> Notice:
    """A notice of a new alert, with its pictures."""
    fields: dict[str, Any] = {
        "key": str(uuid.uuid5(uuid.NAMESPACE_URL, str(number))),
        "event_id": number,
        "action": "raised",
        "at": NOON,
        "alert": {"id": f"{number:032x}", "camera": "lobby", "kind": "no_mask", "confidence": 0.93, "has_face": True},
        "link": f"https://masks.example/alerts/{number:032x}",
        "pictures": (Picture(name="face", jpeg=JPEG), Picture(name="frame", jpeg=JPEG + b"frame")),
    }
    return Notice(**{**fields, **values})


class CountingTelemetry:
    """What is reported of deliveries, counted; `changed` is set with each."""

    def __init__(self) -> None:
        self.outcomes: Counter[tuple[str, str]] = Counter()
        self.waiting: dict[str, tuple[int, float, int]] = {}
        self._news = asyncio.Condition()

    def delivery(self, target: str, outcome: str, count: int = 1) -> None:
        self.outcomes[target, outcome] += count

    def deliveries_waiting(self, target: str, waiting: int, oldest_s: float, dead: int) -> None:
        self.waiting[target] = (waiting, oldest_s, dead)

    def target_removed(self, target: str) -> None:
        self.waiting.pop(target, None)


class Post:
    """A switchboard on a store, with the outcomes it reports."""

    def __init__(self, store: Store, vapid: VapidKey, *, patience: Patience = QUICK) -> None:
        self.store = store
        self.telemetry = CountingTelemetry()
        self.switchboard = Switchboard(
            store.outbox,
            pictures=store.snapshots.pictures,
            link=lambda alert_id: f"https://masks.example/alerts/{alert_id}",
            telemetry=self.telemetry,
            vapid=vapid,
            patience=patience,
        )
        self.switchboard.start()

    async def run(self, name: str, kind: str, options: Mapping[str, Any], *, with_pictures: bool = False) -> None:
        """Send to a target from now on."""
        await self.switchboard.run(TargetSpec(name=name, type=kind, options=options, with_pictures=with_pictures))

    async def close(self) -> None:
        await self.switchboard.close()


async def raise_alerts(store: Store, count: int, *, first: int = 1, **values: Any) -> list[str]:
    """Record alerts as the recorder does; their ids."""
    alerts = [new_alert(number, **values) for number in range(first, first + count)]
    for alert in alerts:
        await store.alerts.raise_(alert)
    return [alert.id for alert in alerts]


async def until(condition: Callable[[], bool], *, within_s: float = 60.0) -> None:
    """Wait for what no event tells of; fails when it does not come."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - the condition is another process's or the database's
            await asyncio.sleep(0.01)


async def drained(store: Store, target: str, *, within_s: float = 60.0) -> None:
    """Wait until nothing waits for a target."""
    async with asyncio.timeout(within_s):
        while await store.outbox.next(target) is not None:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
