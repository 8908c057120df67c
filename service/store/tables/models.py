"""Tables of model versions, their activations, and image classifiers."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from service.store.tables.base import ID, NUMBER, PLAIN_JSON, metadata, project_id_column
from service.store.tables.columns import UtcTime

# `snapshot`: ids of the labels it learnt from; `folder`: where its files are, below the server's data folder;
# `pseudo`: which pseudo-labels it learnt from as well, if any, and `pseudo_snapshot` the ids of their images;
# `thinned`: its files were removed.
models = Table(
    "models",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False),
    project_id_column(),
    Column("recipe", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("config_json", Text, nullable=False),
    Column("labeled_images", Integer, nullable=False),
    Column("snapshot", PLAIN_JSON, nullable=False),
    Column("metrics", PLAIN_JSON, nullable=False),
    Column("folder", Text, nullable=False),
    Column("scored_images", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("pseudo", PLAIN_JSON),
    Column("pseudo_snapshot", PLAIN_JSON, nullable=False, server_default="[]"),
    Column("needs_counts", Boolean, nullable=False, server_default=false()),
    Column("thinned", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("project_id", "id"),
    sqlite_autoincrement=True,
)

# Every activation in order; rolling back marks the last one undone.
activations = Table(
    "activations",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    project_id_column(),
    Column("model_id", ID, nullable=False),
    Column("activated_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    ForeignKeyConstraint(["project_id", "model_id"], ["models.project_id", "models.id"]),
    Index("ix_activations_project_id_number", "project_id", "number"),
    sqlite_autoincrement=True,
)

# Masks that were offered to people who showed an object, by the ids that labels name them by. `rle` is of the image's
# size.
prompted_proposals = Table(
    "prompted_proposals",
    metadata,
    project_id_column(key=True),
    Column("id", ID, primary_key=True),
    Column("image_id", ID, primary_key=True),
    Column("model_version", ID, nullable=False),
    Column("category_id", Integer, nullable=False),
    Column("rle", LargeBinary, nullable=False),
    Column("predicted_iou", Float, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["project_id", "image_id"], ["images.project_id", "images.id"]),
)

# Image classifiers; the one of highest number is the project's latest. `folder` as of models.
classifiers = Table(
    "classifiers",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False),
    project_id_column(),
    Column("recipe", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("config_json", Text, nullable=False),
    Column("labeled_images", Integer, nullable=False),
    Column("empty_images", Integer, nullable=False),
    Column("candidates", BigInteger, nullable=False),
    Column("hard_images", BigInteger, nullable=False),
    Column("clusters", Integer, nullable=False),
    Column("metrics", PLAIN_JSON, nullable=False),
    Column("folder", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("project_id", "id"),
    sqlite_autoincrement=True,
)
