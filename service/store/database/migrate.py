"""Bring a database to this program's schema, when the server starts."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from maskloop.errors import InvalidConfig
from service.store.database.engines import missing

MIGRATIONS = Path(__file__).parents[2] / "migrations"


def migrate(engine: Engine, *, may_be_new: bool = True) -> None:
    """Run the migrations that are missing; does nothing on an up-to-date database.

    Args:
        engine: on the database.
        may_be_new: whether it may be without tables.

    Raises:
        FailedPrecondition: it is without tables, though it may not be new.
        InvalidConfig: the database was made by a newer version of this program.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)
    with engine.connect() as connection:
        connection.execution_options(maskloop_writes=True)
        with connection.begin():
            current = MigrationContext.configure(connection).get_current_revision()
            if current is None and not may_be_new:
                raise missing("the database is empty")
            if current == script.get_current_head():
                return
            if current is not None and current not in {step.revision for step in script.walk_revisions()}:
                raise InvalidConfig(
                    f"the database has schema {current}, which this version does not know; it was made by a newer one",
                    field="database",
                )
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
