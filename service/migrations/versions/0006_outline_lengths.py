"""How long outlines are, and what a project plans for them.

Projects go on planning 79 s an outline. Full labels are measured once, in sides of a square of their image's area, and
the sums of campaigns are made of those they paid for.

What a kept CreateProject had asked for is known by its fingerprint alone, which knew no price. It is emptied: such a
call is known again by its request id and its method.
"""

import math

import sqlalchemy as sa
from alembic import op

from maskloop.masks import Mask

revision = "0006"
down_revision = "0005"

COLUMNS = (
    "ALTER TABLE projects ADD COLUMN outline_fixed_s FLOAT DEFAULT 79 NOT NULL",
    "ALTER TABLE projects ADD COLUMN outline_length_s FLOAT DEFAULT 0 NOT NULL",
    "ALTER TABLE campaigns ADD COLUMN labeled_length FLOAT DEFAULT 0 NOT NULL",
    "ALTER TABLE labels ADD COLUMN outline_length FLOAT DEFAULT 0 NOT NULL",
)
SUMS = (
    "UPDATE campaigns SET labeled_length = COALESCE((SELECT SUM(labels.outline_length) FROM labels"
    " WHERE labels.project_id = campaigns.project_id AND labels.campaign_id = campaigns.id"
    " AND labels.kind = 'full' AND labels.supersedes = ''), 0)",
    "UPDATE requests SET fingerprint = '' WHERE method = 'CreateProject'",
)

labels = sa.table(
    "labels",
    *map(sa.column, ("number", "project_id", "image_id", "kind", "outline_length")),
    sa.column("objects", sa.JSON(none_as_null=True)),
)
images = sa.table("images", *map(sa.column, ("project_id", "id", "height", "width")))


def upgrade() -> None:
    connection = op.get_bind()
    for statement in COLUMNS:
        connection.exec_driver_sql(statement)
    beside = (images.c.project_id == labels.c.project_id) & (images.c.id == labels.c.image_id)
    full = sa.select(labels.c.number, labels.c.objects, images.c.height, images.c.width).join(images, beside)
    for row in connection.execute(full.where(labels.c.kind == "full")).all():
        change = sa.update(labels).where(labels.c.number == row.number)
        connection.execute(change.values(outline_length=_length(row.objects, row.height, row.width)))
    for statement in SUMS:
        connection.exec_driver_sql(statement)


def _length(objects: list, height: int, width: int) -> float:
    pixels = math.fsum(Mask(height, width, rle.encode()).perimeter for _, rle in objects)
    return pixels / math.sqrt(height * width)
