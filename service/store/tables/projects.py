"""Tables of projects and their images."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, Integer, String, Table, Text, UniqueConstraint

from service.store.tables.base import ID, PLAIN_JSON, metadata, project_id_column
from service.store.tables.columns import UtcTime

# `categories`: [[id, name], ...] by id, with the time of those that joined later; always read together.
# `review_prices`: by name; NULL for the usual ones.
projects = Table(
    "projects",
    metadata,
    Column("id", ID, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("categories", PLAIN_JSON, nullable=False),
    Column("active_model", ID, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcTime, nullable=False),
    Column("outline_fixed_s", Float, nullable=False, server_default="79"),
    Column("outline_length_s", Float, nullable=False, server_default="0"),
    Column("review_prices", PLAIN_JSON),
)

# `imported_split`: as which it was brought in; labels may have moved it to `split` since.
images = Table(
    "images",
    metadata,
    project_id_column(key=True),
    Column("id", ID, primary_key=True),
    Column("file_name", String(255), nullable=False),
    Column("uri", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("split", String(16), nullable=False),
    Column("imported_split", String(16), nullable=False, server_default=""),
    UniqueConstraint("project_id", "file_name"),
    Index("ix_images_project_id_split_id", "project_id", "split", "id"),
)
