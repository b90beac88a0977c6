"""All targets at work: a notifier and a dispatcher each, and the news of the cameras for those that follow them."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, cast

import structlog

from maskwatch.core.notices import LiveNotifier, Notice, Notifier
from maskwatch.core.types import CameraState, Look
from maskwatch.errors import MaskwatchError, SinkError, StoreError
from maskwatch.notifiers.dispatcher import (
    Deliveries,
    DeliveryTelemetry,
    Dispatcher,
    DispatcherPorts,
    Patience,
    Pictures,
)
from maskwatch.notifiers.registry import create_notifier
from maskwatch.notifiers.vapid import VapidKey

_log = structlog.get_logger(__name__)

_MEASURE_EVERY_S = 15.0
_TEST_AT_MOST_S = 60.0


class Queue(Protocol):
    """How much waits for a target."""

    @property
    def waiting(self) -> int:
        """Notices that wait."""

    @property
    def oldest_waiting_s(self) -> float:
        """How long the oldest has waited."""

    @property
    def dead(self) -> int:
        """Notices that were given up."""


class Outbox(Deliveries, Protocol):
    """The outbox as all targets together see it."""

    async def states(self) -> Mapping[str, Queue]:
        """How every target is doing."""

    def on_waiting(self, callback: Callable[[str], None]) -> None:
        """Whom to call when something new waits."""


class SwitchboardTelemetry(DeliveryTelemetry, Protocol):
    """What is reported of all targets."""

    def deliveries_waiting(self, target: str, waiting: int, oldest_s: float, dead: int) -> None:
        """How much waits for a target, since when, and how much was given up."""

    def target_removed(self, target: str) -> None:
        """A target is no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSpec:
    """What to do for one target."""

    name: str
    type: str
    options: Mapping[str, Any]
    with_pictures: bool


@dataclass(frozen=True, slots=True)
class _Target:
    notifier: Notifier
    dispatcher: Dispatcher
    live: LiveNotifier | None


class Switchboard:
    """Starts and stops targets. All on the loop."""

    def __init__(
        self,
        outbox: Outbox,
        *,
        pictures: Pictures,
        link: Callable[[str], str | None],
        telemetry: SwitchboardTelemetry,
        vapid: VapidKey,
        patience: Patience | None = None,
    ) -> None:
        self._outbox = outbox
        self._telemetry = telemetry
        self._vapid = vapid
        self._patience = patience
        self.on_gone: Callable[[str], None] = lambda _target: None
        """Called with a target that will never take anything again."""
        self._ports = DispatcherPorts(
            deliveries=outbox,
            pictures=pictures,
            link=link,
            telemetry=telemetry,
            on_gone=self._gone,
        )
        self._targets: dict[str, _Target] = {}
        self._cameras: dict[str, str] = {}
        self._people: dict[str, Counter[str]] = {}
        self._task: asyncio.Task[None] | None = None

    @property
    def push_key(self) -> str:
        """What browsers subscribe with."""
        return self._vapid.public

    def start(self) -> None:
        """Begin to wake targets when something waits for them."""
        self._outbox.on_waiting(self.wake)
        self._task = asyncio.create_task(self._measure(), name="notifiers-measure")

    async def close(self) -> None:
        """Stop all targets."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.gather(*(self.stop(name) for name in list(self._targets)))

    async def run(self, spec: TargetSpec) -> None:
        """Send to this target from now on, instead of what ran under its name.

        Raises:
            ConfigError, PluginError: its settings are not valid, or what it needs is not installed; the old one stays.
        """
        notifier = await self.make(spec)
        await self.stop(spec.name)
        dispatcher = Dispatcher(
            spec.name, notifier, self._ports, with_pictures=spec.with_pictures, patience=self._patience
        )
        live = cast("LiveNotifier", notifier) if hasattr(notifier, "camera_state") else None
        self._targets[spec.name] = _Target(notifier, dispatcher, live)
        if live is not None:
            for camera, state in self._cameras.items():
                live.camera_state(camera, state)
                live.people(camera, self._people.get(camera, Counter()))
        dispatcher.start()

    async def make(self, spec: TargetSpec, *, trial: bool = False) -> Notifier:
        """The notifier of a target, not at work yet; one for a `trial` shall leave no trace but the notice it sends.

        Raises:
            ConfigError, PluginError: its settings are not valid, or what it needs is not installed.
        """
        return await asyncio.to_thread(
            create_notifier, spec.type, spec.options, name=spec.name, vapid=self._vapid, trial=trial
        )  # fmt: skip

    async def stop(self, name: str) -> None:
        """Send nothing more to a target; what waits stays in the outbox."""
        target = self._targets.pop(name, None)
        if target is not None:
            await target.dispatcher.close()
            await target.notifier.close()

    def removed(self, name: str) -> None:
        """The target is no more."""
        self._telemetry.target_removed(name)

    def wake(self, name: str) -> None:
        """Something new waits for a target."""
        if (target := self._targets.get(name)) is not None:
            target.dispatcher.wake()

    def try_now(self, name: str) -> None:
        """Try again at once."""
        if (target := self._targets.get(name)) is not None:
            target.dispatcher.try_now()

    async def test(self, spec: TargetSpec, notice: Notice) -> tuple[str, float]:
        """Send `notice` past the queue: what the target said, and after how many seconds.

        Raises:
            ConfigError, PluginError: its settings are not valid, or what it needs is not installed.
            SinkError: the target did not take it.
        """
        running = self._targets.get(spec.name)
        if running is None:
            return await self.test_apart(spec, notice)
        told = await _send_test(running.notifier, notice, spec.name)
        self.try_now(spec.name)
        return told

    async def test_apart(self, spec: TargetSpec, notice: Notice) -> tuple[str, float]:
        """The same by these settings, whatever runs under the name.

        Raises:
            ConfigError, PluginError: its settings are not valid, or what it needs is not installed.
            SinkError: the target did not take it.
        """
        notifier = await self.make(spec, trial=True)
        try:
            return await _send_test(notifier, notice, spec.name)
        finally:
            await notifier.close()

    # ---- what the cameras are doing ----

    def camera_state(self, camera: str, state: str) -> None:
        """A camera is there, or its state changed."""
        self._cameras[camera] = state
        self._tell(lambda live: live.camera_state(camera, state))
        if state != CameraState.ONLINE:
            self._count(camera, Counter())

    def camera_removed(self, camera: str) -> None:
        """A camera is no more."""
        self._cameras.pop(camera, None)
        self._people.pop(camera, None)
        self._tell(lambda live: live.camera_removed(camera))

    def look(self, look: Look) -> None:
        """Who is in view of a camera now."""
        # Looking takes its time: the camera may be away, or no more, by now.
        if self._cameras.get(look.frame.camera) == CameraState.ONLINE:
            seen = Counter(track.state.value for track in look.tracks if track.observation is not None)
            self._count(look.frame.camera, seen)

    def _count(self, camera: str, people: Counter[str]) -> None:
        if self._people.get(camera) != people:
            self._people[camera] = people
            self._tell(lambda live: live.people(camera, people))

    def _tell(self, what: Callable[[LiveNotifier], None]) -> None:
        for target in self._targets.values():
            if target.live is not None:
                what(target.live)

    def _gone(self, name: str) -> None:
        self.on_gone(name)

    async def _measure(self) -> None:
        while True:
            try:
                states = await self._outbox.states()
            except StoreError as error:
                _log.warning("the outbox can't be measured", error=error.message)
            else:
                for name in self._targets.keys() | states.keys():
                    queue = states.get(name)
                    waiting, oldest_s = (queue.waiting, queue.oldest_waiting_s) if queue is not None else (0, 0.0)
                    self._telemetry.deliveries_waiting(name, waiting, oldest_s, queue.dead if queue is not None else 0)
            await asyncio.sleep(_MEASURE_EVERY_S)


async def _send_test(notifier: Notifier, notice: Notice, target: str) -> tuple[str, float]:
    started_s = time.monotonic()
    try:
        async with asyncio.timeout(_TEST_AT_MOST_S):
            said = await notifier.send(notice)
    except TimeoutError:
        raise SinkError("The target took too long.", code="sink_timeout") from None
    except MaskwatchError:
        raise
    # What a plug-in did not foresee is told as a failure of the test, not of the server.
    except Exception as error:  # noqa: BLE001
        _log.error("a notifier failed unexpectedly", target=target, exc_info=error)
        raise SinkError(
            f"Sending failed unexpectedly ({type(error).__name__}).", remedy="The server's log says more."
        ) from None
    return said, time.monotonic() - started_s
