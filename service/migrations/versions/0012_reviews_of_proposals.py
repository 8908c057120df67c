"""Labels say what their objects began as, batches how they are labeled, and projects what reviews are planned to take.

Labels of before were made without proposals, as far as anybody knows, and batches of before are labeled without.
"""

from alembic import op

revision = "0012"
down_revision = "0011"

COLUMNS = (
    "ALTER TABLE labels ADD COLUMN review JSON",
    "ALTER TABLE batches ADD COLUMN assistance JSON",
    "ALTER TABLE projects ADD COLUMN review_prices JSON",
)


def upgrade() -> None:
    for statement in COLUMNS:
        op.get_bind().exec_driver_sql(statement)
