import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskwatch.store.records import AlertEvent
from maskwatch.web.outbox import ClientLimits, Greeting, Outbox, OutboxPorts
from maskwatch.web.schema.messages import Subscribe
from tests.unit.web.looks import event

NO_GRACE = ClientLimits(grace_s=0)
ALL = Subscribe()


@dataclass
class Wire:
    """A database, and a client whose socket takes what the test lets it take."""

    committed: list[AlertEvent] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(10_000))
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    full: asyncio.Event = field(default_factory=asyncio.Event)
    """Somebody waits for room."""
    caught_up: asyncio.Event = field(default_factory=asyncio.Event)
    """The database had nothing more to tell."""

    async def send(self, text: str) -> None:
        if self.room.locked():
            self.full.set()
        await self.room.acquire()
        self.sent.append(text)
        self.arrived.set()

    async def events_after(self, event_id: int, limit: int) -> Sequence[AlertEvent]:
        await asyncio.sleep(0)
        found = [event for event in self.committed if event.event_id > event_id][:limit]
        await asyncio.sleep(0)
        if not found:
            self.caught_up.set()
        return found

    async def greet(self, request: Subscribe) -> Greeting:
        await asyncio.sleep(0)
        return Greeting(text="hello", go_on_after=request.resume_from)

    def ports(self) -> OutboxPorts:
        return OutboxPorts(
            send=self.send, events_after=self.events_after, encode=lambda event: str(event.event_id), greet=self.greet
        )

    async def until(self, count: int) -> list[str]:
        """Wait until that many messages were sent."""
        while len(self.sent) < count:
            self.arrived.clear()
            await self.arrived.wait()
        return self.sent


class Running:
    """An outbox with its task."""

    def __init__(self, wire: Wire, limits: ClientLimits = NO_GRACE, last: int = 0) -> None:
        self.outbox = Outbox(last, wire.ports(), limits)
        self._task = asyncio.create_task(self.outbox.run())

    async def __aenter__(self) -> Outbox:
        return self.outbox

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def commit(wire: Wire, event_id: int) -> AlertEvent:
    made = event(event_id)
    wire.committed.append(made)
    return made


class Script:
    """Commits and publishes as a server might: late, out of order, or not at all."""

    def __init__(self, wire: Wire, outbox: Outbox) -> None:
        self._wire = wire
        self._outbox = outbox
        self._unpublished: list[AlertEvent] = []

    async def play(self, step: str) -> None:
        if step == "commit":
            self._unpublished.append(commit(self._wire, len(self._wire.committed) + 1))
        elif step == "subscribe":
            self._outbox.request(ALL)
        elif step == "yield":
            await asyncio.sleep(0)
        elif self._unpublished:
            published = self._unpublished.pop(0 if step == "publish the oldest" else -1)
            if step != "forget to publish":
                self.publish(published)

    def publish(self, published: AlertEvent) -> None:
        self._outbox.offer_event(published, lambda: str(published.event_id))


STEPS = st.lists(
    st.sampled_from(["commit", "publish the oldest", "publish the newest", "forget to publish", "subscribe", "yield"]),
    max_size=80,
)


@given(steps=STEPS, resume_from=st.none() | st.integers(0, 5), page=st.integers(1, 4))
def test_every_event_comes_once_and_in_order_whatever_happens(
    steps: list[str], resume_from: int | None, page: int
) -> None:
    async def run() -> None:
        wire = Wire()
        for event_id in range(1, 6):
            commit(wire, event_id)
        async with Running(wire, ClientLimits(grace_s=0, page=page, queued_requests=100), last=5) as outbox:
            script = Script(wire, outbox)
            outbox.request(Subscribe(resume_from=resume_from))
            for step in steps:
                await script.play(step)
            last = commit(wire, len(wire.committed) + 1)
            script.publish(last)
            expected = list(range(6 if resume_from is None else resume_from + 1, last.event_id + 1))
            hellos = 1 + steps.count("subscribe")
            await wire.until(len(expected) + hellos)
        assert wire.sent[0] == "hello"
        assert [int(text) for text in wire.sent if text != "hello"] == expected

    asyncio.run(run())


async def test_nothing_flows_before_the_first_subscription_says_where_to_go_on() -> None:
    wire = Wire()
    async with Running(wire, ClientLimits(grace_s=60)) as outbox:
        outbox.offer_event(commit(wire, 1), lambda: "1")
        outbox.offer_camera("door", "state", lambda action: action)
        outbox.request("an error")
        assert await wire.until(1) == ["an error"]
        assert not outbox.wants_faces("door")
        outbox.request(Subscribe(cameras=["door"], resume_from=0))
        assert await wire.until(4) == ["an error", "hello", "state", "1"]
        assert outbox.wants_faces("door")
        assert not outbox.wants_faces("yard")


async def test_who_never_subscribes_gets_everything() -> None:
    wire = Wire()
    async with Running(wire, ClientLimits(grace_s=0.01)) as outbox:
        outbox.offer_event(commit(wire, 1), lambda: "1")
        assert await wire.until(1) == ["1"]
        assert outbox.wants_faces("door")


async def test_only_the_newest_faces_and_camera_messages_wait() -> None:
    wire = Wire(room=asyncio.Semaphore(0))
    async with Running(wire) as outbox:
        outbox.request(ALL)
        await wire.full.wait()
        assert not outbox.offer_faces("door", "faces 1")
        assert outbox.offer_faces("door", "faces 2")
        assert not outbox.offer_faces("yard", "faces of yard")
        outbox.offer_camera("door", "added", lambda action: f"{action} 1")
        outbox.offer_camera("door", "state", lambda action: f"{action} 2")
        outbox.offer_camera("yard", "state", lambda action: action)
        outbox.offer_camera("yard", "removed", lambda action: action)
        for _ in range(5):
            wire.room.release()
        assert await wire.until(5) == ["hello", "added 2", "removed", "faces 2", "faces of yard"]


async def test_an_alert_does_not_wait_behind_faces() -> None:
    wire = Wire(room=asyncio.Semaphore(0))
    async with Running(wire) as outbox:
        outbox.request(ALL)
        outbox.request(ALL)
        for camera in range(50):
            outbox.offer_faces(str(camera), f"faces {camera}")
        outbox.offer_event(commit(wire, 1), lambda: "1")
        for _ in range(53):
            wire.room.release()
        sent = await wire.until(53)
        assert "1" in sent[:53]


async def test_too_many_alerts_for_a_slow_client_cut_it_off() -> None:
    wire = Wire(room=asyncio.Semaphore(1))
    async with Running(wire, ClientLimits(grace_s=0, queued_events=3)) as outbox:
        outbox.offer_event(commit(wire, 1), lambda: "1")
        await wire.until(1)
        await wire.caught_up.wait()
        outbox.request("this fills the socket")
        await wire.full.wait()
        for event_id in (2, 3, 4):
            outbox.offer_event(commit(wire, event_id), lambda: "x")
        assert not outbox.overflowed.done()
        outbox.offer_event(commit(wire, 5), lambda: "x")
        assert "too slow" in outbox.overflowed.result()


async def test_a_client_that_takes_too_long_over_one_message_ends_its_task() -> None:
    wire = Wire(room=asyncio.Semaphore(0))
    outbox = Outbox(0, wire.ports(), ClientLimits(grace_s=0, send_timeout_s=0.01))
    outbox.request(ALL)
    with pytest.raises(TimeoutError):
        await outbox.run()


async def test_who_asks_without_listening_is_cut_off() -> None:
    outbox = Outbox(0, Wire().ports(), ClientLimits(queued_requests=2))
    for _ in range(3):
        outbox.request(ALL)
    assert "asks faster" in outbox.overflowed.result()
