"""The targets as the web sees them: those of the settings file and those added in the dashboard, and how they do."""

import asyncio
import uuid
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Protocol

import structlog
from pydantic import ValidationError

from maskwatch.config import MaskwatchSettings
from maskwatch.config_notifiers import NotifierFilter
from maskwatch.core.notices import TEST_ACTION, Notice
from maskwatch.errors import ConfigError, ConflictError, MaskwatchError, NotFoundError, PluginError, SinkError
from maskwatch.notifiers.registry import notifier_plugins
from maskwatch.notifiers.switchboard import Switchboard, TargetSpec
from maskwatch.plugins import first_problem
from maskwatch.store.delivery_records import DeadLetter, StoredNotifier, TargetState
from maskwatch.store.records import EventAction
from maskwatch.store.store import filter_of
from maskwatch.web.masking import unmasked
from maskwatch.web.notifier_views import masked_options
from maskwatch.web.schema.notifiers import (
    Notifier,
    NotifierChange,
    NotifierCreate,
    NotifierState,
    NotifierTest,
    NotifierTestResult,
)
from maskwatch.web.test_picture import test_picture

log = structlog.get_logger(__name__)


class NotifierRows(Protocol):
    """The targets added in the dashboard, as stored."""

    async def list(self) -> Sequence[StoredNotifier]:
        """All of them."""

    async def add(self, notifier: StoredNotifier) -> None:
        """Keep a new one; `ConflictError` when taken."""

    async def update(self, notifier: StoredNotifier) -> None:
        """Replace one."""

    async def remove(self, name: str) -> None:
        """Forget one."""


class OutboxRows(Protocol):
    """What waits for targets, as stored."""

    def subscribe(self, target: str, wanted: NotifierFilter) -> None:
        """Queue what it wants from now on."""

    def unsubscribe(self, target: str) -> None:
        """Queue nothing more for it."""

    async def forget(self, target: str) -> None:
        """Drop all that is kept of it."""

    async def states(self) -> Mapping[str, TargetState]:
        """How every target is doing."""

    async def dead_letters(self, target: str, *, after: int = 0, limit: int = 50) -> Sequence[DeadLetter]:
        """Some of its dead letters."""

    async def resend(self, target: str, event_id: int | None = None) -> int:
        """Let them wait again."""

    async def drop(self, target: str, event_id: int | None = None) -> int:
        """Throw them away."""


class NotifierStore(Protocol):
    """The part of the store that keeps targets."""

    @property
    def notifiers(self) -> NotifierRows:
        """The targets added in the dashboard."""

    @property
    def outbox(self) -> OutboxRows:
        """What waits for targets."""


@dataclass(frozen=True, slots=True)
class _Entry:
    notifier: StoredNotifier
    fixed: bool
    trouble: str | None = None


class NotifierService:
    """Lists, adds, changes, tests and removes targets. On the loop; changes happen one after another."""

    def __init__(self, settings: MaskwatchSettings, store: NotifierStore, switchboard: Switchboard) -> None:
        self._settings = settings
        self._rows = store.notifiers
        self._outbox = store.outbox
        self._switchboard = switchboard
        self._entries: dict[str, _Entry] = {}
        self._changing = asyncio.Lock()
        self._leaving: set[asyncio.Task[None]] = set()
        switchboard.on_gone = self._remove_later

    async def start(self) -> None:
        """Load all targets and begin to send to them.

        Raises:
            ConfigError, PluginError: a target of the settings file makes no sense.
        """
        await asyncio.to_thread(notifier_plugins)  # imports modules: not on the loop
        self._switchboard.start()
        for fixed in self._settings.notifiers:
            notifier = StoredNotifier(
                name=fixed.name,
                type=fixed.type,
                options=fixed.options.get_secret_value(),
                filter=filter_of(fixed),
                enabled=fixed.enabled,
            )
            try:
                _check_actions(notifier.filter.actions)
                self._check(notifier)
                if notifier.enabled:
                    await self._switchboard.run(_spec(notifier))
            except (ConfigError, PluginError) as error:
                raise type(error)(f"notifiers, {fixed.name}: {error.message}", remedy=error.remedy) from None
            self._entries[fixed.name] = _Entry(notifier, fixed=True)
        for stored in await self._rows.list():
            if stored.name in self._entries:
                log.warning("the settings file names a notifier that the dashboard has too; the file's counts",
                            notifier=stored.name)  # fmt: skip
            else:
                self._entries[stored.name] = await self._begin(stored)

    # ---- what there is ----

    async def describe_all(self) -> list[Notifier]:
        """All targets: the settings file's first, then the dashboard's in the order they were added."""
        states = await self._outbox.states()
        return [_view(entry, states.get(name, TargetState())) for name, entry in self._entries.items()]

    async def get(self, name: str) -> Notifier:
        """One target.

        Raises:
            NotFoundError: there is none of that name.
        """
        entry = self._entry(name)
        return _view(entry, (await self._outbox.states()).get(name, TargetState()))

    @property
    def push_key(self) -> str:
        """What browsers subscribe with."""
        return self._switchboard.push_key

    async def dead_letters(self, name: str, *, after: int, limit: int) -> Sequence[DeadLetter]:
        """Some of a target's dead letters with event ids above `after`.

        Raises:
            NotFoundError: there is no such target.
        """
        return await self._outbox.dead_letters(self._entry(name).notifier.name, after=after, limit=limit)

    # ---- changes ----

    async def add(self, wanted: NotifierCreate) -> Notifier:
        """Keep a new target and begin to send to it.

        Raises:
            ConflictError: the name is taken.
            ConfigError, PluginError: its options make no sense.
        """
        async with self._changing:
            if wanted.name in self._entries:
                raise ConflictError(
                    f"There is already a notifier named {wanted.name!r}.", remedy="Choose another name.",
                    code="name_taken",
                )  # fmt: skip
            stored = StoredNotifier(
                name=wanted.name,
                type=wanted.type,
                options=wanted.options,
                filter=_filter(wanted.model_dump(include=set(NotifierFilter.model_fields))),
                enabled=wanted.enabled,
            )
            await self._try_out(stored)
            await self._rows.add(stored)
            await self._put(stored)
        return await self.get(wanted.name)

    async def change(self, name: str, wanted: NotifierChange) -> Notifier:
        """Change a target that was added in the dashboard; what `wanted` leaves out stays.

        Raises:
            NotFoundError: there is none of that name.
            ConflictError: the settings file sets it.
            ConfigError, PluginError: its options make no sense.
        """
        async with self._changing:
            old = self._changeable(name)
            given = wanted.model_dump(include=set(NotifierFilter.model_fields), exclude_none=True)
            stored = replace(
                old,
                enabled=old.enabled if wanted.enabled is None else wanted.enabled,
                filter=_filter({**old.filter.model_dump(), **given}),
                options=old.options if wanted.options is None else unmasked(wanted.options, old.options),
            )
            if stored.options != old.options:
                await self._try_out(stored)
            await self._rows.update(stored)
            await self._put(stored)
        return await self.get(name)

    async def remove(self, name: str) -> None:
        """Stop sending to a target and forget it, with all that waits for it.

        Raises:
            NotFoundError: there is none of that name.
            ConflictError: the settings file sets it.
        """
        async with self._changing:
            self._changeable(name)
            # First of all: should the database refuse, the target is there as before, and goes on being told.
            await self._rows.remove(name)
            self._outbox.unsubscribe(name)
            del self._entries[name]
            await self._switchboard.stop(name)
            self._switchboard.removed(name)
            await self._outbox.forget(name)

    async def test(self, name: str) -> NotifierTestResult:
        """Send a notice that says it is a test; what happened, in words.

        Raises:
            NotFoundError: there is no such target.
        """
        notifier = self._entry(name).notifier
        return await _told(self._switchboard.test(_spec(notifier), await self._test_notice(notifier)))

    async def test_unsaved(self, wanted: NotifierTest) -> NotifierTestResult:
        """The same by settings that are kept nowhere yet.

        Raises:
            NotFoundError, ConflictError: there is no target `of` that could be changed to them.
        """
        kept = self._changeable(wanted.of) if wanted.of is not None else None
        notifier = StoredNotifier(
            name=wanted.of or TEST_ACTION,
            type=wanted.type,
            # What is secret of one type, another might show.
            options=unmasked(wanted.options, kept.options) if kept and kept.type == wanted.type else wanted.options,
            filter=NotifierFilter(with_pictures=wanted.with_pictures),
        )
        return await _told(self._switchboard.test_apart(_spec(notifier), await self._test_notice(notifier)))

    async def resend(self, name: str, event_id: int | None) -> int:
        """Send dead letters again; how many.

        Raises:
            NotFoundError: there is no such target.
        """
        count = await self._outbox.resend(self._entry(name).notifier.name, event_id)
        self._switchboard.try_now(name)
        return count

    async def drop(self, name: str, event_id: int | None) -> int:
        """Throw dead letters away; how many.

        Raises:
            NotFoundError: there is no such target.
        """
        return await self._outbox.drop(self._entry(name).notifier.name, event_id)

    # ---- inside ----

    async def _put(self, stored: StoredNotifier) -> None:
        if stored.enabled:
            self._outbox.subscribe(stored.name, stored.filter)
        else:
            self._outbox.unsubscribe(stored.name)
            await self._switchboard.stop(stored.name)
        self._entries[stored.name] = await self._begin(stored)

    async def _begin(self, stored: StoredNotifier) -> _Entry:
        """Begin to send to a target of the dashboard; one that can't be built waits until it is mended."""
        if not stored.enabled:
            return _Entry(stored, fixed=False)
        try:
            await self._switchboard.run(_spec(stored))
        except (ConfigError, PluginError) as error:
            log.warning("a notifier can't be used as it is set up", notifier=stored.name, error=error.message)
            return _Entry(stored, fixed=False, trouble=str(error))
        return _Entry(stored, fixed=False)

    def _check(self, notifier: StoredNotifier) -> None:
        plugin = notifier_plugins().get(notifier.type)
        if plugin is None:
            known = ", ".join(sorted(notifier_plugins()))
            raise ConfigError(
                f"There is no kind of notifier {notifier.type!r}.", remedy=f"Choose one of: {known}.",
                code="notifier_invalid",
            )  # fmt: skip
        problem = None
        try:
            plugin.config.model_validate({**notifier.options, "type": notifier.type})
        except ValidationError as error:
            problem = first_problem(error)
        if problem is not None:
            raise ConfigError(f"The settings are not valid: {problem}.", code="notifier_invalid")

    async def _try_out(self, notifier: StoredNotifier) -> None:
        """Whether it can be built: a template that does not parse is refused before anything is kept."""
        self._check(notifier)
        made = await self._switchboard.make(_spec(notifier))
        await made.close()

    def _entry(self, name: str) -> _Entry:
        entry = self._entries.get(name)
        if entry is None:
            raise NotFoundError(f"There is no notifier named {name!r}.", remedy="GET /api/v1/notifiers lists them.")
        return entry

    def _changeable(self, name: str) -> StoredNotifier:
        entry = self._entry(name)
        if entry.fixed:
            raise ConflictError(
                f"The notifier {name!r} is set by the settings file.",
                remedy="Change it there and restart the server.",
                code="notifier_fixed",
            )
        return entry.notifier

    async def _test_notice(self, notifier: StoredNotifier) -> Notice:
        now = datetime.now(UTC)
        camera = next(iter(notifier.filter.cameras or self._settings.cameras), "camera")
        alert = {"id": TEST_ACTION, "camera": camera, "kind": "no_mask", "state": TEST_ACTION,
                 "raised_at": now.isoformat()}  # fmt: skip
        public_url = self._settings.server.public_url
        return Notice(
            key=str(uuid.uuid4()),
            event_id=0,
            action=TEST_ACTION,
            at=now,
            alert=alert,
            link=f"{public_url.rstrip('/')}/settings" if public_url else None,
            pictures=(await asyncio.to_thread(test_picture),) if notifier.filter.with_pictures else (),
        )

    def _remove_later(self, name: str) -> None:
        """A browser unsubscribed: nobody is there who could be told. Its own task must not wait for itself to end."""
        task = asyncio.get_running_loop().create_task(self._remove_gone(name), name=f"notifier-gone-{name}")
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _remove_gone(self, name: str) -> None:
        try:
            await self.remove(name)
        except MaskwatchError as error:
            log.warning("a notifier that is gone could not be removed", notifier=name, error=error.message)
        else:
            log.info("a notifier is gone and was removed", notifier=name)


async def _told(test: Awaitable[tuple[str, float]]) -> NotifierTestResult:
    try:
        said, seconds = await test
    except (SinkError, ConfigError, PluginError) as error:
        return NotifierTestResult(ok=False, message=error.message, remedy=error.remedy)
    return NotifierTestResult(ok=True, message=said, seconds=round(seconds, 3))


def _spec(notifier: StoredNotifier) -> TargetSpec:
    return TargetSpec(
        name=notifier.name,
        type=notifier.type,
        options=notifier.options,
        with_pictures=notifier.filter.with_pictures,
    )


def _filter(values: Mapping[str, Any]) -> NotifierFilter:
    return NotifierFilter.model_validate({**values, "actions": [str(action) for action in values["actions"]]})


def _check_actions(actions: Sequence[str]) -> None:
    known = [action.value for action in EventAction]
    if unknown := [action for action in actions if action not in known]:
        raise ConfigError(f"Nothing called {unknown[0]!r} happens to alerts.", remedy=f"Known: {', '.join(known)}.")


def _view(entry: _Entry, state: TargetState) -> Notifier:
    notifier, wanted = entry.notifier, entry.notifier.filter
    return Notifier(
        name=notifier.name,
        type=notifier.type,
        enabled=notifier.enabled,
        fixed=entry.fixed,
        cameras=list(wanted.cameras),
        kinds=list(wanted.kinds),
        actions=[action for action in EventAction if action.value in wanted.actions],
        min_severity=wanted.min_severity,
        with_pictures=wanted.with_pictures,
        options=masked_options(notifier),
        trouble=entry.trouble,
        state=NotifierState(
            waiting=state.waiting,
            oldest_waiting_s=round(state.oldest_waiting_s, 1),
            dead=state.dead,
            delivered=state.delivered,
            success_at=state.success_at,
            failure_at=state.failure_at,
            error=state.error,
        ),
    )
