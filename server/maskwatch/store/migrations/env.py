"""Alembic's entry: runs the steps on the connection that `maskwatch.store.migrate` hands over."""

from alembic import context

from maskwatch.store import delivery_tables  # noqa: F401 - its tables belong to the metadata
from maskwatch.store.tables import Base

# One transaction for all steps, on SQLite too: half a migration is never left behind. The transaction is the caller's.
context.configure(
    connection=context.config.attributes["connection"], target_metadata=Base.metadata, transactional_ddl=True
)
with context.begin_transaction():
    context.run_migrations()
