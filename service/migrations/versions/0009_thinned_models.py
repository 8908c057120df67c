"""Model versions whose files were removed."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE models ADD COLUMN thinned BOOLEAN DEFAULT FALSE NOT NULL")
