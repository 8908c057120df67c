"""A model version remembers the pseudo-labels it learnt from."""

from alembic import op

revision = "0004"
down_revision = "0003"

STATEMENTS = (
    "ALTER TABLE models ADD COLUMN pseudo JSON",
    "ALTER TABLE models ADD COLUMN pseudo_snapshot JSON DEFAULT '[]' NOT NULL",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
