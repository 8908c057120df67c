"""Alembic's entry point; `service.store.database.migrate` hands it an open connection."""

from alembic import context

from service.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
