"""Labels may be points or strokes.

No table changes: both stand in the column of objects. An earlier program could not read them, so that the schema has a
number of its own.
"""

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    """Nothing."""
