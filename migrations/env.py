"""Runs the migrations on the connection that worker.mirror.engine.upgrade() hands over.

Everything happens in that connection's one transaction: a schema changes as a whole or not at all.
"""

from __future__ import annotations

from alembic import context

from worker.mirror.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_server_default=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
