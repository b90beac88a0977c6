"""Alerts that are about no person, how much each alert matters, and cameras that are disarmed for a while."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply.

    The column of the person is made anew, not altered: SQLite would have to copy the table and drop the old one, and
    dropping it would drop the rows of the pictures, which hang on it.
    """
    op.add_column("alerts", sa.Column("severity", sa.String(16), nullable=False, server_default="warning"))
    op.add_column("alerts", sa.Column("person", sa.BigInteger))
    op.execute("UPDATE alerts SET person = track_id")
    op.drop_column("alerts", "track_id")
    op.alter_column("alerts", "person", new_column_name="track_id")
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "disarms",
        sa.Column("camera", sa.String(63), nullable=False),
        sa.Column("since", moment, nullable=False),
        sa.Column("until", moment, nullable=False),
        sa.Column("by", sa.String(100)),
        sa.PrimaryKeyConstraint("camera", name="pk_disarms"),
    )


def downgrade() -> None:
    """Undo. Alerts that are about no person are lost: the version before can't hold them."""
    op.drop_table("disarms")
    op.execute("DELETE FROM alerts WHERE track_id IS NULL")
    op.add_column("alerts", sa.Column("person", sa.BigInteger, nullable=False, server_default="0"))
    op.execute("UPDATE alerts SET person = track_id")
    op.drop_column("alerts", "track_id")
    op.alter_column("alerts", "person", new_column_name="track_id")
    op.drop_column("alerts", "severity")
