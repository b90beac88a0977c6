"""What the web needs of the rest of the house, as small protocols: the real parts fit them, and so do light fakes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from maskwatch.core.arming import Disarm
from maskwatch.core.ports import RawFrame
from maskwatch.pipeline.spec import CameraSpec
from maskwatch.pipeline.status import CameraFigures, CameraStatus
from maskwatch.store.records import AlertEvent, AlertQuery, StoredAlert, StoredCamera, Truth
from maskwatch.store.usage import KindUsage
from maskwatch.web.schema.cameras import Camera


class CameraManager(Protocol):
    """The running cameras; see `maskwatch.pipeline.manager`."""

    def apply(self, spec: CameraSpec) -> None:
        """Add a camera or make it what `spec` says."""

    def remove(self, name: str) -> None:
        """Stop a camera and forget it; does not wait for its thread."""

    def names(self) -> Sequence[str]:
        """All cameras."""

    def status(self, name: str) -> CameraStatus:
        """What a camera is doing."""

    def figures(self, name: str) -> CameraFigures:
        """Its figures of the last seconds."""

    def retry(self, name: str) -> None:
        """Open it now."""

    def latest(self, name: str) -> RawFrame | None:
        """Its newest frame."""


class CameraRows(Protocol):
    """The cameras added in the dashboard, as stored."""

    async def list(self) -> Sequence[StoredCamera]:
        """All of them."""

    async def add(self, camera: StoredCamera) -> StoredCamera:
        """Keep a new one, and give it a publishing token if it is to have one; `ConflictError` when taken."""

    async def update(self, camera: StoredCamera) -> StoredCamera:
        """Replace one."""

    async def remove(self, name: str) -> None:
        """Forget one."""


class DisarmRows(Protocol):
    """Who disarmed which camera, as stored."""

    async def load(self, now: datetime) -> Mapping[str, Disarm]:
        """Those that are not over, by camera."""

    async def put(self, cameras: Iterable[str], disarm: Disarm) -> None:
        """Keep that cameras are disarmed."""

    async def remove(self, cameras: Iterable[str]) -> None:
        """Forget it."""


class AlertRows(Protocol):
    """The alerts and what happened to them, as stored."""

    async def list(self, query: AlertQuery) -> tuple[Sequence[StoredAlert], str | None]:
        """A page of alerts and the cursor of the next one."""

    async def get(self, alert_id: str) -> StoredAlert:
        """One alert; `NotFoundError` without it."""

    async def erase(self, alert_id: str) -> AlertEvent:
        """Erase it with its pictures."""

    async def erase_range(self, since: datetime, until: datetime, camera: str | None = None) -> Sequence[AlertEvent]:
        """Erase all that were raised in a range of time."""

    async def history(self, alert_id: str) -> Sequence[AlertEvent]:
        """Everything that happened to one, oldest first; `NotFoundError` without it."""

    async def events_after(self, event_id: int, limit: int = 1000) -> Sequence[AlertEvent]:
        """What happened after an event, oldest first."""

    async def last_event_id(self) -> int:
        """Id of the newest event, 0 before the first."""

    async def oldest_event_id(self) -> int:
        """Id of the oldest event that can still be had."""

    async def count_open(self) -> int:
        """How many alerts are not closed."""


class AlertLife(Protocol):
    """What people do to alerts."""

    async def acknowledge(self, alert_id: str, by: str | None) -> AlertEvent | None:
        """Mark it as seen; None when somebody did before."""

    async def snooze(self, alert_id: str, until: datetime, by: str | None) -> AlertEvent:
        """Let it rest until a time; `ConflictError` when it is closed."""

    async def mark(self, alert_id: str, *, wrong: bool, truth: Truth | None, by: str | None) -> AlertEvent | None:
        """Say whether it is wrong; None when that is what is said of it already."""

    async def unmark(self, alert_id: str, by: str | None) -> AlertEvent | None:
        """Take that back; None when nothing is said of it."""


class Snapshots(Protocol):
    """The pictures and clips of alerts."""

    async def path(self, alert_id: str, kind: str) -> Path | None:
        """The file of a picture or clip."""


class Usage(Protocol):
    """What pictures and clips take."""

    async def by_kind(self) -> Sequence[KindUsage]:
        """By kind of alert."""


class UserRows(Protocol):
    """Who may log in."""

    async def verify(self, name: str, password: str) -> str | None:
        """What proves that this is the user's password, until it is changed; None if it is not."""

    async def exist(self) -> bool:
        """Whether any user has a password."""

    async def names(self) -> Sequence[str]:
        """Everybody who has one, by name."""

    async def set_password(self, name: str, password: str) -> None:
        """Give somebody a password, and log them out everywhere."""

    async def remove(self, name: str, *, keep_last: bool = False) -> None:
        """Forget a user; with `keep_last` not the last one."""


class SessionRows(Protocol):
    """Who is logged in."""

    async def create(self, user: str, *, proven: str | None = None) -> str:
        """A new session's token; none if the password that was proven is no longer theirs."""

    async def user_of(self, token: str) -> str | None:
        """Whose session it is."""

    async def revoke(self, token: str) -> None:
        """End it."""


class Store(Protocol):
    """The database and the snapshot folder; see `maskwatch.store`."""

    @property
    def cameras(self) -> CameraRows:
        """The cameras."""

    @property
    def disarms(self) -> DisarmRows:
        """Who disarmed which camera."""

    @property
    def alerts(self) -> AlertRows:
        """The alerts."""

    @property
    def life(self) -> AlertLife:
        """What people do to alerts."""

    @property
    def snapshots(self) -> Snapshots:
        """The pictures and clips."""

    @property
    def usage(self) -> Usage:
        """What they take."""

    @property
    def users(self) -> UserRows:
        """The users."""

    @property
    def sessions(self) -> SessionRows:
        """The sessions."""


class WebMetrics(Protocol):
    """What the web reports; see `maskwatch.metrics`."""

    def frame_dropped(self, camera: str, stage: str, reason: str) -> None:
        """A message about a frame was overwritten by a newer one."""

    def render(self) -> bytes:
        """All metrics in Prometheus' text format."""


class CameraDirectory(Protocol):
    """Cameras as the wire shows them."""

    def describe(self, name: str) -> Camera | None:
        """One camera; None without it."""

    def describe_all(self) -> list[Camera]:
        """All cameras, in a steady order."""


Check = Callable[[], Awaitable[str | None]]
"""A readiness check: None when all is well, else what is wrong in one sentence."""
