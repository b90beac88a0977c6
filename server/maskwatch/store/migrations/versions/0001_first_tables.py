"""Cameras, alerts and their events, snapshots, users and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "cameras",
        sa.Column("name", sa.String(63), nullable=False),
        sa.Column("sealed_url", sa.Text, nullable=False),
        sa.Column("sealed_options", sa.Text, nullable=False),
        sa.Column("sealed_publish_token", sa.Text),
        sa.Column("enabled", sa.Boolean, nullable=False),
        sa.Column("detect_fps", sa.Double, nullable=False),
        sa.Column("rules", sa.JSON, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_cameras"),
    )
    _create_alerts()
    _create_accounts()


def _create_alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("camera", sa.String(63), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("track_id", sa.BigInteger, nullable=False),
        sa.Column("raised_at", _MOMENT, nullable=False),
        sa.Column("confidence", sa.Double, nullable=False),
        sa.Column("evidence", sa.JSON, nullable=False),
        sa.Column("closed_at", _MOMENT),
        sa.Column("close_reason", sa.String(32)),
        sa.Column("acknowledged_at", _MOMENT),
        sa.Column("acknowledged_by", sa.String(100)),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
    )
    op.create_index("ix_alerts_raised_at_id", "alerts", ["raised_at", "id"])
    op.create_index("ix_alerts_camera_raised_at_id", "alerts", ["camera", "raised_at", "id"])
    op.create_index("ix_alerts_state", "alerts", ["state"])
    op.create_table(
        "snapshots",
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("kind", sa.String(8), nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("alert_id", "kind", name="pk_snapshots"),
        sa.UniqueConstraint("path", name="uq_snapshots_path"),
        sa.ForeignKeyConstraint(["alert_id"], ["alerts.id"], name="fk_snapshots_alert_id", ondelete="CASCADE"),
    )
    op.create_table(
        "alert_events",
        sa.Column("event_id", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("alert_id", sa.String(64), nullable=False),
        sa.Column("action", sa.String(16), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("alert", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("event_id", name="pk_alert_events"),
    )
    op.create_index("ix_alert_events_alert_id", "alert_events", ["alert_id"])
    counter = op.create_table(
        "event_counter",
        sa.Column("id", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("last_id", sa.BigInteger, nullable=False),
        sa.Column("pruned_through", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_counter"),
    )
    op.bulk_insert(counter, [{"id": 1, "last_id": 0, "pruned_through": 0}])


def _create_accounts() -> None:
    op.create_table(
        "users",
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("changed_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_users"),
    )
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("user", sa.String(100), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_sessions"),
        sa.ForeignKeyConstraint(["user"], ["users.name"], name="fk_sessions_user", ondelete="CASCADE"),
    )
    op.create_index("ix_sessions_user", "sessions", ["user"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])


def downgrade() -> None:
    """Undo."""
    for table in ("sessions", "users", "event_counter", "alert_events", "snapshots", "alerts", "cameras"):
        op.drop_table(table)
