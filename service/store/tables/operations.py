"""Tables of long work, and of what was answered to which request."""

from __future__ import annotations

from sqlalchemy import Column, Float, Index, String, Table, Text

from service.store.tables.base import ID, NUMBER, PLAIN_JSON, metadata, project_id_column
from service.store.tables.columns import UtcTime

operations = Table(
    "operations",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    project_id_column(),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("progress", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("eta_s", Float),
    Column("seconds", Float, nullable=False),
    Column("result_id", String(128), nullable=False),
    Column("error_reason", String(64), nullable=False),
    Column("error_message", Text, nullable=False),
    Column("request", PLAIN_JSON, nullable=False),
    Column("result", PLAIN_JSON),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_operations_project_id_number", "project_id", "number"),
    Index("ix_operations_state", "state"),
    sqlite_autoincrement=True,
)

# What was answered to which request, written together with what the request changed.
requests = Table(
    "requests",
    metadata,
    Column("project_id", ID, primary_key=True),  # "" for those of none
    Column("request_id", String(128), primary_key=True),
    Column("method", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
