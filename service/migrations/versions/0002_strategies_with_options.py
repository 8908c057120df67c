"""A strategy is one text with its options; a batch says why another strategy chose.

Columns are added and dropped in place: SQLite would make whole tables anew for a change of type, and cannot drop one
that others refer to.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

STATEMENTS = (
    "ALTER TABLE campaigns ADD COLUMN spelt TEXT DEFAULT '' NOT NULL",
    "UPDATE campaigns SET spelt = strategy ||"
    " CASE WHEN target_iou IS NULL THEN '' ELSE ':target=' || CAST(target_iou AS TEXT) END",
    "ALTER TABLE campaigns DROP COLUMN strategy",
    "ALTER TABLE campaigns DROP COLUMN target_iou",
    "ALTER TABLE campaigns RENAME COLUMN spelt TO strategy",
    "ALTER TABLE batches ADD COLUMN spelt TEXT DEFAULT '' NOT NULL",
    "UPDATE batches SET spelt = strategy",
    "ALTER TABLE batches DROP COLUMN strategy",
    "ALTER TABLE batches RENAME COLUMN spelt TO strategy",
    "ALTER TABLE batches ADD COLUMN fallback TEXT DEFAULT '' NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
