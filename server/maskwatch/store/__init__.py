"""What is kept: cameras, alerts and their events, snapshots, users. SQLAlchemy, on SQLite or PostgreSQL."""
