"""The tables. `migrations/` builds them; a test holds both in step."""

from datetime import MINYEAR, UTC, datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, ForeignKey, Index, MetaData, String, Text, TypeDecorator
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment in UTC on every database: SQLite itself keeps no time zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; SQLite gets UTC without its offset, so that text order is time order."""
        if value is None:
            return None
        if value.tzinfo is None:
            msg = "a stored time must know its time zone"
            raise ValueError(msg)
        try:
            in_utc = value.astimezone(UTC)
        except OverflowError:  # at the edge of time, where a time zone leads beyond it
            in_utc = datetime.min.replace(tzinfo=UTC) if value.year == MINYEAR else datetime.max.replace(tzinfo=UTC)
        return in_utc.replace(tzinfo=None) if dialect.name == "sqlite" else in_utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Aware UTC again."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def without_nul(text: str) -> str:
    """`text` with the replacement character in the place of NUL."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


class PlainText(TypeDecorator[str]):
    """Text without NUL, which PostgreSQL refuses: a request may hold anything, and then names nothing."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """Without NUL."""
        return without_nul(value) if value is not None else None


class Base(DeclarativeBase):
    """Base of all tables; constraints have the same names on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime(), dict[str, Any]: JSON()}  # noqa: RUF012


class CameraRow(Base):
    """A camera added in the dashboard. What may hold a secret is sealed; see `maskwatch.secrets.SecretBox`."""

    __tablename__ = "cameras"

    name: Mapped[str] = mapped_column(PlainText(63), primary_key=True)
    sealed_url: Mapped[str] = mapped_column(Text)
    sealed_options: Mapped[str] = mapped_column(Text)
    sealed_publish_token: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool]
    detect_fps: Mapped[float]
    rules: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]


class AlertRow(Base):
    """An alert. The camera's name is no foreign key: alerts outlive their cameras."""

    __tablename__ = "alerts"

    id: Mapped[str] = mapped_column(PlainText(64), primary_key=True)
    camera: Mapped[str] = mapped_column(PlainText(63))
    kind: Mapped[str] = mapped_column(PlainText(16))
    state: Mapped[str] = mapped_column(PlainText(16))
    track_id: Mapped[int | None] = mapped_column(BigInteger)
    severity: Mapped[str] = mapped_column(PlainText(16))
    raised_at: Mapped[datetime]
    confidence: Mapped[float]
    evidence: Mapped[dict[str, Any]]
    closed_at: Mapped[datetime | None]
    close_reason: Mapped[str | None] = mapped_column(PlainText(32))
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(PlainText(100))
    snoozed_until: Mapped[datetime | None] = mapped_column(index=True)
    snoozed_by: Mapped[str | None] = mapped_column(PlainText(100))
    escalate_at: Mapped[datetime | None] = mapped_column(index=True)
    escalated_at: Mapped[datetime | None]
    marked_wrong: Mapped[bool | None]
    marked_at: Mapped[datetime | None]
    marked_by: Mapped[str | None] = mapped_column(PlainText(100))
    truth: Mapped[str | None] = mapped_column(PlainText(16))

    __table_args__ = (
        Index("ix_alerts_raised_at_id", "raised_at", "id"),
        Index("ix_alerts_camera_raised_at_id", "camera", "raised_at", "id"),
        Index("ix_alerts_state", "state"),
    )


class DisarmRow(Base):
    """Somebody switched the alerts of a camera off for a while. The camera may be one of the settings file."""

    __tablename__ = "disarms"

    camera: Mapped[str] = mapped_column(PlainText(63), primary_key=True)
    since: Mapped[datetime]
    until: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(PlainText(100))


class SnapshotRow(Base):
    """A picture or the clip of an alert: `path` is relative to the snapshot folder, `bytes` its size on disk."""

    __tablename__ = "snapshots"

    alert_id: Mapped[str] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"), primary_key=True)
    kind: Mapped[str] = mapped_column(PlainText(8), primary_key=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)


class EventRow(Base):
    """One change of one alert, with the alert as it was then. No foreign key: `erased` outlives the alert."""

    __tablename__ = "alert_events"

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    alert_id: Mapped[str] = mapped_column(PlainText(64), index=True)
    action: Mapped[str] = mapped_column(PlainText(16))
    at: Mapped[datetime]
    by: Mapped[str | None] = mapped_column(PlainText(100))
    alert: Mapped[dict[str, Any]]


class EventCounterRow(Base):
    """The one row that hands out event ids.

    Whoever writes an event locks it first and holds it until the commit, so ids grow in the order of commits on any
    database, and none is used twice. Every event after `pruned_through` can still be had.
    """

    __tablename__ = "event_counter"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_id: Mapped[int] = mapped_column(BigInteger)
    pruned_through: Mapped[int] = mapped_column(BigInteger)


class UserRow(Base):
    """Who may use the dashboard."""

    __tablename__ = "users"

    name: Mapped[str] = mapped_column(PlainText(100), primary_key=True)
    password_hash: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime]


class SessionRow(Base):
    """A login. Only a hash of its token is kept: a dump of the database opens no door."""

    __tablename__ = "sessions"

    token_hash: Mapped[str] = mapped_column(PlainText(64), primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("users.name", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
