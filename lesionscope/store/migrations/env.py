"""Alembic environment: runs revisions on the connection that `database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from lesionscope.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # The caller holds one transaction for all revisions; SQLite can roll back DDL too.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
