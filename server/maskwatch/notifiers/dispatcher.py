"""One target's task: takes the oldest notice from the outbox, sends it, and only then the next."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import structlog

from maskwatch.core.notices import Notice, Notifier, Picture
from maskwatch.errors import SinkError, StoreError
from maskwatch.pipeline.backoff import Backoff

_log = structlog.get_logger(__name__)

_STORE_LONGEST_WAIT_S = 10.0
_LOOK_AGAIN_S = 60.0
"""How long a target rests until it is looked whether something waits that nobody told of: the answer to the commit of
an event may be lost, or another process may have written it."""
_LAST_SEND_S = 5.0
"""How long a notice that is on its way when the service stops may still take."""
_CRASHES_AT_MOST = 5
"""How often a notice is tried whose sending fails in a way nobody foresaw, before it makes way for the next."""


class Delivery(Protocol):
    """One event to be told, as the outbox gives it."""

    @property
    def target(self) -> str:
        """Whom to tell."""

    @property
    def event_id(self) -> int:
        """Which event."""

    @property
    def key(self) -> str:
        """Its idempotency key."""

    @property
    def action(self) -> str:
        """What happened to the alert."""

    @property
    def at(self) -> datetime:
        """When."""

    @property
    def alert(self) -> Mapping[str, Any]:
        """The alert as it was then."""

    @property
    def attempts(self) -> int:
        """Tries that failed."""

    @property
    def waited_s(self) -> float:
        """How long it has waited while the server ran."""


class Deliveries(Protocol):
    """The outbox; see `maskwatch.store.outbox`."""

    async def next(self, target: str) -> Delivery | None:
        """The oldest that waits."""

    async def delivered(self, target: str, event_id: int) -> None:
        """It was taken."""

    async def failed(
        self, target: str, event_id: int, error: str, *, give_up: bool, give_up_after_s: float | None = None
    ) -> int:
        """It was not; how many became dead letters."""


class DeliveryTelemetry(Protocol):
    """What dispatchers report."""

    def delivery(self, target: str, outcome: str, count: int = 1) -> None:
        """A try was `delivered` or `failed`, or so many notices are `dead`."""


Pictures = Callable[[str], Awaitable[tuple[Picture, ...]]]
"""The pictures of an alert, by its id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatcherPorts:
    """What every dispatcher needs. `link` gives the address of an alert in the dashboard, by its id."""

    deliveries: Deliveries
    pictures: Pictures
    link: Callable[[str], str | None]
    telemetry: DeliveryTelemetry
    on_gone: Callable[[str], None] = lambda _target: None
    """Called with a target that will never take anything again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a target is waited for: at one try, between tries, and altogether."""

    timeout_s: float = 300.0
    first_wait_s: float = 1.0
    longest_wait_s: float = 300.0
    give_up_after_s: float = 24 * 3600.0


class Dispatcher:
    """Sends what waits for one target. On the loop; begins with `start`."""

    def __init__(
        self,
        target: str,
        notifier: Notifier,
        ports: DispatcherPorts,
        *,
        with_pictures: bool = True,
        patience: Patience | None = None,
    ) -> None:
        self._target = target
        self._notifier = notifier
        self._deliveries = ports.deliveries
        self._pictures = ports.pictures if with_pictures else None
        self._link = ports.link
        self._telemetry = ports.telemetry
        self._on_gone = ports.on_gone
        self._patience = patience or Patience()
        self._backoff = Backoff(first_s=self._patience.first_wait_s, longest_s=self._patience.longest_wait_s)
        self._store_backoff = Backoff(first_s=0.2, longest_s=_STORE_LONGEST_WAIT_S)
        self._waiting = asyncio.Event()
        self._try_now = asyncio.Event()
        self._stopping = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin with what waits already."""
        self._task = asyncio.create_task(self._run(), name=f"notifier-{self._target}")

    def wake(self) -> None:
        """Something new waits. Costs nothing; a target that is being left alone stays so."""
        self._waiting.set()

    def try_now(self) -> None:
        """End the wait after a failure: there is reason to think that it works again."""
        self._backoff.reset()
        self._try_now.set()
        self._waiting.set()

    async def close(self) -> None:
        """Stop. What is on its way may still arrive; else it is sent again at the next start, under the same key."""
        task, self._task = self._task, None
        if task is None:
            return
        self._stopping = True
        self.try_now()
        await asyncio.wait({task}, timeout=_LAST_SEND_S)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        while not self._stopping:
            try:
                await self._step()
                self._store_backoff.reset()
            except StoreError as error:
                _log.warning("the outbox can't be read; trying again", target=self._target, error=error.message)
                await self._wait(self._store_backoff.next_s())
            # The supervisor of this target: whatever one notice does, the next one is sent.
            except Exception as error:  # noqa: BLE001
                _log.error("delivering failed unexpectedly", target=self._target, exc_info=error)
                await self._wait(self._store_backoff.next_s())

    async def _step(self) -> None:
        self._waiting.clear()
        delivery = await self._deliveries.next(self._target)
        if self._stopping:
            return
        if delivery is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_S):
                    await self._waiting.wait()
            return
        notice = await self._notice(delivery)
        try:
            async with asyncio.timeout(self._patience.timeout_s):
                await self._notifier.send(notice)
        except SinkError as error:
            await self._failed(delivery, error)
        except TimeoutError:
            await self._failed(delivery, SinkError("The target took too long.", code="sink_timeout"))
        # A fault in a notifier is the notice's failure, not the end of the target.
        except Exception as error:  # noqa: BLE001
            await self._failed(delivery, self._crashed(delivery, error))
        else:
            self._telemetry.delivery(self._target, "delivered")
            self._backoff.reset()
            # It must not be sent again because the database is away just now.
            await self._settle(lambda: self._deliveries.delivered(self._target, delivery.event_id))

    def _crashed(self, delivery: Delivery, error: Exception) -> SinkError:
        _log.error("a notifier failed unexpectedly", target=self._target, exc_info=error)
        return SinkError(
            f"Sending failed unexpectedly ({type(error).__name__}).",
            remedy="The server's log says more.",
            code="internal",
            retryable=delivery.attempts + 1 < _CRASHES_AT_MOST,
        )

    async def _notice(self, delivery: Delivery) -> Notice:
        alert_id = str(delivery.alert.get("id", ""))
        pictures: tuple[Picture, ...] = ()
        if self._pictures is not None:
            pictures = await self._pictures(alert_id)
        return Notice(
            key=delivery.key,
            event_id=delivery.event_id,
            action=delivery.action,
            at=delivery.at,
            alert=delivery.alert,
            link=self._link(alert_id),
            pictures=pictures,
        )

    async def _failed(self, delivery: Delivery, error: SinkError) -> None:
        too_old = delivery.waited_s >= self._patience.give_up_after_s
        self._telemetry.delivery(self._target, "failed")
        dead = 0

        async def note() -> None:
            nonlocal dead
            dead = await self._deliveries.failed(
                self._target,
                delivery.event_id,
                str(error),
                give_up=not error.retryable or too_old,
                give_up_after_s=self._patience.give_up_after_s if too_old else None,
            )

        await self._settle(note)
        if dead:
            self._telemetry.delivery(self._target, "dead", dead)
            _log.error("notices are given up", target=self._target, notices=dead, error=str(error))
        elif delivery.attempts == 0:
            _log.warning("a notice was not taken; trying again", target=self._target, error=str(error))
        if error.gone:
            self._on_gone(self._target)
        if error.retryable:
            await self._wait(max(self._backoff.next_s(), error.retry_after_s or 0.0))

    async def _settle(self, write: Callable[[], Awaitable[None]]) -> None:
        """Write down what came of a try, however long the database is away."""
        backoff = Backoff(first_s=0.2, longest_s=_STORE_LONGEST_WAIT_S)
        while True:
            try:
                await write()
            except StoreError as error:
                _log.warning("a delivery can't be noted; trying again", target=self._target, error=error.message)
                await asyncio.sleep(backoff.next_s())
            else:
                return

    async def _wait(self, seconds: float) -> None:
        self._try_now.clear()
        if self._stopping:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._try_now.wait()
