"""Tables of campaigns: their budgets, and the batches, leases and skips under them."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    literal_column,
    text,
)

from service.store.tables.base import ID, PLAIN_JSON, metadata, project_id_column
from service.store.tables.columns import Seconds, UtcTime

# `labeled_categories`, `labeled_objects` and `labeled_length` are summed over the `labeled_images`: present categories,
# objects, and how many sides their outlines are long.
campaigns = Table(
    "campaigns",
    metadata,
    project_id_column(key=True),
    Column("id", ID, primary_key=True),
    Column("budget_s", Seconds),
    Column("budget_images", BigInteger),
    Column("strategy", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("spent_s", Seconds, nullable=False, server_default="0"),
    Column("reserved_s", Seconds, nullable=False, server_default="0"),
    Column("labeled_images", BigInteger, nullable=False, server_default="0"),
    Column("labeled_categories", BigInteger, nullable=False, server_default="0"),
    Column("labeled_objects", BigInteger, nullable=False, server_default="0"),
    Column("labeled_length", Float, nullable=False, server_default="0"),
    Column("reserved_images", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
)

# A campaign's spending by supervision kind; planned by the cost model, measured by people's clocks, and charged: what
# was measured where it was, else what was planned.
spending = Table(
    "spending",
    metadata,
    Column("project_id", ID, primary_key=True),
    Column("campaign_id", ID, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("planned_s", Seconds, nullable=False),
    Column("measured_s", Seconds, nullable=False),
    Column("charged_s", Seconds, nullable=False, server_default="0"),
    ForeignKeyConstraint(["project_id", "campaign_id"], ["campaigns.project_id", "campaigns.id"]),
)

# `assistance`: its fields, NULL where people draw.
# `open`: some of its picks still hold their image. `for_split`: that its images join with their labels, "" for none.
batches = Table(
    "batches",
    metadata,
    Column("id", ID, primary_key=True),
    Column("project_id", ID, nullable=False),
    Column("campaign_id", ID, nullable=False),
    Column("annotator", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("strategy", Text, nullable=False),
    Column("fallback", Text, nullable=False, server_default=""),
    Column("model_version", ID, nullable=False),
    Column("target_iou", Float),
    Column("exhausted", Boolean, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("open", Boolean, nullable=False),
    Column("for_split", String(16), nullable=False, server_default=""),
    Column("assistance", PLAIN_JSON),
    ForeignKeyConstraint(["project_id", "campaign_id"], ["campaigns.project_id", "campaigns.id"]),
)
Index(
    "ix_batches_open_annotator",
    batches.c.project_id,
    batches.c.campaign_id,
    batches.c.annotator,
    batches.c.kind,
    sqlite_where=text("open = 1"),
    postgresql_where=text("open"),
)
Index(
    "ix_batches_open_expires_at",
    batches.c.project_id,
    batches.c.expires_at,
    sqlite_where=text("open = 1"),
    postgresql_where=text("open"),
)

# One image of a batch. While its state is `open` it is the lease: no other open pick of the image can exist.
# `proposed_by`: the model version whose proposals people are shown of it, "" where the batch's assistance says so.
picks = Table(
    "picks",
    metadata,
    Column("batch_id", ID, ForeignKey("batches.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("project_id", ID, nullable=False),
    Column("image_id", ID, nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float),
    Column("cost_s", Seconds, nullable=False),
    Column("state", String(16), nullable=False),
    Column("proposed_by", ID, nullable=False, server_default=""),
    ForeignKeyConstraint(["project_id", "image_id"], ["images.project_id", "images.id"]),
)
Index(
    "uq_picks_open_image",
    picks.c.project_id,
    picks.c.image_id,
    unique=True,
    sqlite_where=text("state = 'open'"),
    postgresql_where=text("state = 'open'"),
)

# Images a campaign passes over for good.
skips = Table(
    "skips",
    metadata,
    Column("project_id", ID, primary_key=True),
    Column("campaign_id", ID, primary_key=True),
    Column("image_id", ID, primary_key=True),
    Column("annotator", String(128), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["project_id", "campaign_id"], ["campaigns.project_id", "campaigns.id"]),
    ForeignKeyConstraint(["project_id", "image_id"], ["images.project_id", "images.id"]),
    Index("ix_skips_project_id_image_id", "project_id", "image_id"),
)

IS_LEASED = picks.c.state == literal_column("'open'")
"""Written out: whether the partial index applies must not hang on a bound value."""
