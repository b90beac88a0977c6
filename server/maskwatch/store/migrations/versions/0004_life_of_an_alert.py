"""Alerts that are snoozed, escalated and marked, and who did what."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    for name, kind in (
        ("snoozed_until", _MOMENT),
        ("snoozed_by", sa.String(100)),
        ("escalate_at", _MOMENT),
        ("escalated_at", _MOMENT),
        ("marked_wrong", sa.Boolean),
        ("marked_at", _MOMENT),
        ("marked_by", sa.String(100)),
        ("truth", sa.String(16)),
    ):
        op.add_column("alerts", sa.Column(name, kind))
    op.create_index("ix_alerts_snoozed_until", "alerts", ["snoozed_until"])
    op.create_index("ix_alerts_escalate_at", "alerts", ["escalate_at"])
    op.add_column("alert_events", sa.Column("by", sa.String(100)))
