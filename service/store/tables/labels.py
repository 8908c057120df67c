"""The table of labels."""

from __future__ import annotations

from sqlalchemy import Column, Float, ForeignKeyConstraint, Index, Integer, String, Table, literal_column, text

from service.store.tables.base import ID, NUMBER, PLAIN_JSON, metadata
from service.store.tables.columns import Seconds, UtcTime

# `counts`: {category id: count}; `objects`: [[category id, COCO run-length string], ...] at the image's size, with a
# third "crowd" where it is one; of boxes [[category id, x, y, width, height], ...], of points
# [[category id, x, y], ...], of strokes [[category id, [x, y], [x, y], ...], ...], all in pixels.
# `review`: what became of a model's proposals, NULL where there were none; see `service.store.labels.review_rows`.
# `categories_present`, `objects_present` and `outline_length` (sides) are what the label says, in numbers, for costs.
labels = Table(
    "labels",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    Column("project_id", ID, nullable=False),
    Column("image_id", ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("annotator", String(128), nullable=False),
    Column("campaign_id", ID, nullable=False),
    Column("cost_s", Seconds, nullable=False),
    Column("seconds_spent", Float),
    Column("counts", PLAIN_JSON),
    Column("objects", PLAIN_JSON),
    Column("review", PLAIN_JSON),
    Column("categories_present", Integer, nullable=False),
    Column("objects_present", Integer, nullable=False),
    Column("outline_length", Float, nullable=False, server_default="0"),
    Column("supersedes", ID, nullable=False),
    Column("superseded_by", ID, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["project_id", "image_id"], ["images.project_id", "images.id"]),
    Index("ix_labels_project_id_number", "project_id", "number"),
    Index("ix_labels_project_id_image_id_kind", "project_id", "image_id", "kind"),
    sqlite_autoincrement=True,
)
# Answers which images need no label, from the index alone.
Index(
    "ix_labels_current_objects",
    labels.c.project_id,
    labels.c.kind,
    labels.c.objects_present,
    labels.c.image_id,
    sqlite_where=text("superseded_by = ''"),
    postgresql_where=text("superseded_by = ''"),
)
Index(
    "uq_labels_current",
    labels.c.project_id,
    labels.c.kind,
    labels.c.image_id,
    unique=True,
    sqlite_where=text("superseded_by = ''"),
    postgresql_where=text("superseded_by = ''"),
)

IS_CURRENT = labels.c.superseded_by == literal_column("''")
"""Written out: whether a partial index applies must not hang on a bound value."""
