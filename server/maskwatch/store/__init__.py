"""What is kept: cameras, alerts and their events, snapshots, users. SQLAlchemy, on SQLite or PostgreSQL."""

from maskwatch.store.store import Store

__all__ = ["Store"]
