"""Batches whose images join the test split, and as what each image was brought in.

Images of the pool that have an answer of an OoD check were brought in as candidates.

What a kept SelectBatch had asked for is known by its fingerprint alone, which knew no split. It is emptied: such a call
is known again by its request id and its method.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

STATEMENTS = (
    "ALTER TABLE batches ADD COLUMN for_split VARCHAR(16) DEFAULT '' NOT NULL",
    "ALTER TABLE images ADD COLUMN imported_split VARCHAR(16) DEFAULT '' NOT NULL",
    "UPDATE images SET imported_split = split",
    "UPDATE images SET imported_split = 'ood' WHERE split = 'pool' AND EXISTS (SELECT 1 FROM labels"
    " WHERE labels.project_id = images.project_id AND labels.image_id = images.id"
    " AND labels.kind = 'ood_check' AND labels.superseded_by = '')",
    "UPDATE requests SET fingerprint = '' WHERE method = 'SelectBatch'",
)


def upgrade() -> None:
    for statement in STATEMENTS:
        op.get_bind().exec_driver_sql(statement)
