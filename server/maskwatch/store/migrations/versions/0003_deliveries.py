"""Notifiers, and the deliveries on their way to them."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "notifiers",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("type", sa.String(32), nullable=False),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("filter", sa.JSON, nullable=False),
        sa.Column("sealed_options", sa.Text, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_notifiers"),
    )
    op.create_table(
        "deliveries",
        sa.Column("target", sa.String(63), nullable=False),
        sa.Column("event_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("enqueued_s", sa.Double, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("dead_at", _MOMENT),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("target", "event_id", name="pk_deliveries"),
        sa.ForeignKeyConstraint(
            ["event_id"], ["alert_events.event_id"], name="fk_deliveries_event_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_deliveries_target_dead_at_event_id", "deliveries", ["target", "dead_at", "event_id"])
    op.create_index("ix_deliveries_event_id", "deliveries", ["event_id"])
    op.create_table(
        "notifier_states",
        sa.Column("target", sa.String(63), nullable=False),
        sa.Column("clock_s", sa.Double, nullable=False),
        sa.Column("delivered", sa.BigInteger, nullable=False),
        sa.Column("success_at", _MOMENT),
        sa.Column("failure_at", _MOMENT),
        sa.Column("error", sa.Text),
        sa.PrimaryKeyConstraint("target", name="pk_notifier_states"),
    )


def downgrade() -> None:
    """Undo."""
    for table in ("notifier_states", "deliveries", "notifiers"):
        op.drop_table(table)
