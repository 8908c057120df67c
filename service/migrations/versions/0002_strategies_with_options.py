"""A strategy is one text with its options; a batch says why another strategy chose."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("campaigns") as campaigns:
        campaigns.alter_column("strategy", type_=sa.Text(), existing_type=sa.String(64), existing_nullable=False)
    op.execute(
        "UPDATE campaigns SET strategy = strategy || '\\:target=' || CAST(target_iou AS TEXT)"
        " WHERE target_iou IS NOT NULL"
    )
    with op.batch_alter_table("campaigns") as campaigns:
        campaigns.drop_column("target_iou")
    with op.batch_alter_table("batches") as batches:
        batches.alter_column("strategy", type_=sa.Text(), existing_type=sa.String(64), existing_nullable=False)
        batches.add_column(sa.Column("fallback", sa.Text(), server_default="", nullable=False))
