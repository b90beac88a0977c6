"""The tables of delivery: who is told, what is still to be told, and how it went."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from maskwatch.store.tables import Base, PlainText


class NotifierRow(Base):
    """A target added in the dashboard. Its settings may hold a secret and are sealed."""

    __tablename__ = "notifiers"

    name: Mapped[str] = mapped_column(PlainText(63), primary_key=True)
    type: Mapped[str] = mapped_column(PlainText(32))
    enabled: Mapped[bool]
    filter: Mapped[dict[str, Any]]
    sealed_options: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]


class DeliveryRow(Base):
    """One event on its way to one target. It goes when the target took it, and with its event when that is erased.

    `enqueued_s` is a reading of the outbox's own clock, which runs only while the server does and which nobody sets:
    what is said to be a day is a day of trying, whatever the wall says.
    """

    __tablename__ = "deliveries"

    target: Mapped[str] = mapped_column(PlainText(63), primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("alert_events.event_id", ondelete="CASCADE"), primary_key=True)
    enqueued_s: Mapped[float]
    attempts: Mapped[int]
    dead_at: Mapped[datetime | None]
    """When it was given up; None while it waits."""
    error: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (
        Index("ix_deliveries_target_dead_at_event_id", "target", "dead_at", "event_id"),
        Index("ix_deliveries_event_id", "event_id"),
    )


class NotifierStateRow(Base):
    """How a target did last. `clock_s` is the outbox's clock at its last try."""

    __tablename__ = "notifier_states"

    target: Mapped[str] = mapped_column(PlainText(63), primary_key=True)
    clock_s: Mapped[float]
    delivered: Mapped[int] = mapped_column(BigInteger)
    success_at: Mapped[datetime | None]
    failure_at: Mapped[datetime | None]
    error: Mapped[str | None] = mapped_column(Text)
    """What went wrong last; None once something was delivered again."""
