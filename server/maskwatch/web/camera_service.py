"""The cameras as the web sees them: those of the settings file and those added in the dashboard, joined with what
they are doing. A change is kept first, then applied."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, Protocol

import structlog
from pydantic import ValidationError

from maskwatch.config import MaskwatchSettings, RuleSettings, check_camera_name, merged_rules
from maskwatch.config_rules import read_time_zones
from maskwatch.core.arming import Disarm
from maskwatch.errors import ConflictError, NotFoundError
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.plugins import first_problem
from maskwatch.sources.registry import source_plugins
from maskwatch.store.records import StoredCamera
from maskwatch.web.camera_sources import PHONE, check_source, source_or_unknown
from maskwatch.web.masking import unmasked
from maskwatch.web.ports import CameraManager, CameraRows, DisarmRows
from maskwatch.web.schema.cameras import Camera, CameraChange, CameraCreate
from maskwatch.web.tokens import PublishTokens, same
from maskwatch.web.views import camera_view

log = structlog.get_logger(__name__)


class CameraStore(Protocol):
    """The part of the store that keeps cameras."""

    @property
    def cameras(self) -> CameraRows:
        """The cameras."""

    @property
    def disarms(self) -> DisarmRows:
        """Who disarmed which camera."""


class Announcer(Protocol):
    """Tells everybody that a camera changed."""

    def announce(self, camera: Camera, action: Literal["added", "changed", "removed"]) -> None:
        """Tell them."""


class PerCamera(Protocol):
    """What keeps something for each camera: the live view, the desk of the publishers."""

    def remove(self, camera: str) -> None:
        """The camera is no more."""


@dataclass(frozen=True, slots=True)
class _Entry:
    spec: CameraSpec
    source: str
    stored: StoredCamera | None
    """None for a camera of the settings file."""


class CameraService:
    """Lists, adds, changes and removes cameras. All methods on the loop; changes happen one after another."""

    def __init__(
        self,
        settings: MaskwatchSettings,
        store: CameraStore,
        manager: CameraManager,
        hub: Announcer,
        *,
        live: PerCamera,
        publishers: PerCamera,
    ) -> None:
        self._settings = settings
        self._rows = store.cameras
        self._disarm_rows = store.disarms
        self._disarms: dict[str, Disarm] = {}
        self._manager = manager
        self._hub = hub
        self._publishers = publishers
        self._when_removed: list[Callable[[str], None]] = [live.remove, publishers.remove]
        self._entries: dict[str, _Entry] = {}
        self._tokens: PublishTokens | None = None
        self._changing = asyncio.Lock()

    def when_removed(self, forget: Callable[[str], None]) -> None:
        """Call `forget` with the name of each camera that is removed from now on."""
        self._when_removed.append(forget)

    async def start(self) -> None:
        """Load all cameras and set them running.

        Raises:
            StoreError: they can't be read.
        """
        await asyncio.to_thread(source_plugins)  # imports modules: not on the loop
        await self._read_time_zones(*(camera.rules for camera in self._settings.cameras.values()))
        self._tokens = await PublishTokens.open(self._settings.data_dir)
        self._disarms = dict(await self._disarm_rows.load(datetime.now(UTC)))
        for name, camera in self._settings.cameras.items():
            spec = CameraSpec(
                name=name,
                url=camera.url.get_secret_value(),
                enabled=camera.enabled,
                detect_fps=camera.detect_fps,
                options=camera.options,
                rules=camera.rules,
                disarm=self._disarms.get(name),
            )
            self._entries[name] = _Entry(spec, source_or_unknown(spec.url), None)
        for stored in await self._rows.list():
            await self._read_time_zones(stored.rules)
            if stored.name in self._entries:
                log.warning("the settings file names a camera that the dashboard has too; the file's counts",
                            camera=stored.name)  # fmt: skip
            else:
                self._entries[stored.name] = self._entry(stored)
        for entry in self._entries.values():
            self._manager.apply(entry.spec)

    # ---- what there is ----

    def describe(self, name: str) -> Camera | None:
        """The camera as the wire shows it; None if there is none of that name."""
        entry = self._entries.get(name)
        if entry is None:
            return None
        try:
            status, figures = self._manager.status(name), self._manager.figures(name)
        except NotFoundError:
            return None  # being added or removed just now
        return camera_view(
            entry.spec,
            status,
            figures,
            source=entry.source,
            fixed=entry.stored is None,
            publish_url=self.publish_url(name),
        )

    def names(self) -> list[str]:
        """All cameras, in the order of `describe_all`."""
        return list(self._entries)

    def describe_all(self) -> list[Camera]:
        """All cameras: the settings file's first, then the dashboard's in the order they were added."""
        return [camera for name in list(self._entries) if (camera := self.describe(name)) is not None]

    def get(self, name: str) -> Camera:
        """The camera as the wire shows it.

        Raises:
            NotFoundError: there is none of that name.
        """
        camera = self.describe(name)
        if camera is None:
            raise _unknown(name)
        return camera

    def source_of(self, name: str) -> str | None:
        """Type of the camera's source; None if there is no such camera."""
        entry = self._entries.get(name)
        return entry.source if entry else None

    # ---- phones ----

    def publish_url(self, name: str) -> str | None:
        """The page that makes a phone this camera, with its token; relative unless `server.public_url` is set."""
        token = self._publish_token(name)
        if token is None:
            return None
        return f"{(self._settings.server.public_url or '').rstrip('/')}/publish/{name}?token={token}"

    def may_publish(self, name: str, token: str) -> bool:
        """Whether `token` is the one of this camera."""
        return same(token, self._publish_token(name))

    def _publish_token(self, name: str) -> str | None:
        entry = self._entries.get(name)
        if entry is None or entry.source != PHONE:
            return None
        if entry.stored is not None:
            return entry.stored.publish_token
        return self._tokens.token(name) if self._tokens else None

    # ---- changes ----

    async def add(self, wanted: CameraCreate) -> Camera:
        """Keep a new camera and set it running.

        Raises:
            ConflictError: the name is taken.
            ConfigError: its address or an option makes no sense.
        """
        async with self._changing:
            if wanted.name in self._entries:
                raise ConflictError(
                    f"There is already a camera named {wanted.name!r}.", remedy="Choose another name.",
                    code="name_taken",
                )  # fmt: skip
            stored = StoredCamera(
                name=check_camera_name(wanted.name),
                url=wanted.url.strip(),
                enabled=wanted.enabled,
                detect_fps=wanted.detect_fps,
                options=wanted.options,
                rules=self._own_rules({}, wanted.rules),
            )
            check_source(stored.url, stored.options)
            await self._read_time_zones(stored.rules)
            return self._put(await self._rows.add(stored), "added")

    async def change(self, name: str, wanted: CameraChange) -> Camera:
        """Change a camera that was added in the dashboard; what `wanted` leaves out stays.

        Raises:
            NotFoundError: there is none of that name.
            ConflictError: the settings file sets it.
            ConfigError: its address or an option makes no sense.
        """
        async with self._changing:
            old = self._changeable(name)
            url = old.url if wanted.url is None else wanted.url.strip()
            stored = replace(
                old,
                url=url,
                enabled=old.enabled if wanted.enabled is None else wanted.enabled,
                detect_fps=old.detect_fps if wanted.detect_fps is None else wanted.detect_fps,
                options=old.options if wanted.options is None else unmasked(wanted.options, old.options),
                rules=self._own_rules(old.rules, wanted.rules),
            )
            if (stored.url, stored.options) != (old.url, old.options):
                check_source(stored.url, stored.options)
            await self._read_time_zones(stored.rules)
            return self._put(await self._rows.update(stored), "changed")

    async def remove(self, name: str) -> None:
        """Stop a camera and forget it; its alerts stay.

        Raises:
            NotFoundError: there is none of that name.
            ConflictError: the settings file sets it.
        """
        async with self._changing:
            self._changeable(name)
            last = self.get(name)
            if name in self._disarms:
                await self._disarm_rows.remove([name])
            await self._rows.remove(name)
            # The database may refuse until here; from here on nothing is waited for, so that all of it happens.
            self._disarms.pop(name, None)
            self._manager.remove(name)
            del self._entries[name]
            for forget in self._when_removed:
                forget(name)
            self._hub.announce(last, "removed")

    async def set_disarm(self, names: Sequence[str], disarm: Disarm | None) -> None:
        """Switch the alerts of cameras off for a while, or on again (None); those of the settings file too."""
        async with self._changing:
            present = [name for name in names if name in self._entries]
            if disarm is None:
                await self._disarm_rows.remove(present)
            else:
                await self._disarm_rows.put(present, disarm)
            for name in present:
                if disarm is None:
                    self._disarms.pop(name, None)
                else:
                    self._disarms[name] = disarm
                entry = self._entries[name]
                self._entries[name] = entry = replace(entry, spec=replace(entry.spec, disarm=disarm))
                self._manager.apply(entry.spec)
                if (camera := self.describe(name)) is not None:
                    self._hub.announce(camera, "changed")

    def retry(self, name: str) -> Camera:
        """Open a camera now instead of waiting for its next try.

        Raises:
            NotFoundError: there is none of that name.
        """
        self._manager.retry(self.get(name).name)
        return self.get(name)

    async def _read_time_zones(self, *rules: RuleSettings | Mapping[str, Any]) -> None:
        """Have the time zones of `rules` and of the common ones at hand: the disk is not read on the loop."""
        names = {each.time_zone if isinstance(each, RuleSettings) else each.get("time_zone", "UTC") for each in rules}
        await asyncio.to_thread(read_time_zones, {self._settings.rules.time_zone, *names})

    def _put(self, stored: StoredCamera, action: Literal["added", "changed"]) -> Camera:
        entry = self._entry(stored)
        before = self.source_of(stored.name)
        self._entries[stored.name] = entry
        self._manager.apply(entry.spec)
        if before == PHONE and entry.source != PHONE:
            self._publishers.remove(stored.name)
        camera = self.get(stored.name)
        self._hub.announce(camera, action)
        return camera

    def _changeable(self, name: str) -> StoredCamera:
        entry = self._entries.get(name)
        if entry is None:
            raise _unknown(name)
        if entry.stored is None:
            raise ConflictError(
                f"The camera {name!r} is set by the settings file.",
                remedy="Change it there and restart the server.",
                code="camera_fixed",
            )
        return entry.stored

    def _entry(self, stored: StoredCamera) -> _Entry:
        try:
            rules = RuleSettings.model_validate(
                merged_rules(self._settings.rules.model_dump(mode="json"), stored.rules)
            )
        except ValidationError as error:  # kept by a version with other rules
            log.warning("a camera's own rules are not valid; the common ones count",
                        camera=stored.name, problem=first_problem(error))  # fmt: skip
            rules = self._settings.rules
        spec = CameraSpec(
            name=stored.name,
            url=stored.url,
            enabled=stored.enabled,
            detect_fps=stored.detect_fps,
            options=stored.options,
            rules=rules,
            disarm=self._disarms.get(stored.name),
        )
        return _Entry(spec, source_or_unknown(stored.url), stored)

    def _own_rules(self, kept: Mapping[str, Any], wanted: RuleSettings | None) -> dict[str, Any]:
        """The rules that differ from the common ones, once those that `wanted` names are set."""
        common = self._settings.rules.model_dump(mode="json")
        given = wanted.model_dump(mode="json", include=wanted.model_fields_set) if wanted else {}
        return {key: value for key, value in {**kept, **given}.items() if common.get(key) != value}


def _unknown(name: str) -> NotFoundError:
    return NotFoundError(f"There is no camera named {name!r}.", remedy="GET /api/v1/cameras lists them.")
