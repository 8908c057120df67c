"""Objects may be crowds, and labels may be boxes.

Neither changes a table: a crowd's object has a third part, and boxes stand in the column of objects. An earlier
program could read neither, so that the schema has a number of its own.

What a kept call had asked for is known by its fingerprint alone, which spelled fields at their default as well. They
are emptied: such a call is known again by its request id and its method.
"""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("UPDATE requests SET fingerprint = ''")
