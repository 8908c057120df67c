"""Picks say whose proposals people are shown, where several model versions help with a batch."""

from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.get_bind().exec_driver_sql("ALTER TABLE picks ADD COLUMN proposed_by VARCHAR(64) DEFAULT '' NOT NULL")
