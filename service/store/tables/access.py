"""Tables of tokens, and of who changed what."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, String, Table

from service.store.tables.base import ID, NUMBER, PLAIN_JSON, metadata
from service.store.tables.columns import UtcTime

# `digest`: SHA-256 of the secret, in hex; the secret itself is nowhere. `project_ids`: none for all projects.
tokens = Table(
    "tokens",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("id", ID, nullable=False, unique=True),
    Column("digest", ID, nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("role", String(16), nullable=False),
    Column("project_ids", PLAIN_JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("created_by", ID, nullable=False),
    Column("expires_at", UtcTime),
    Column("withdrawn_at", UtcTime),
    sqlite_autoincrement=True,
)

# Written together with what was changed. Rows are added, and never changed or removed.
audit = Table(
    "audit",
    metadata,
    Column("number", NUMBER, primary_key=True, autoincrement=True),
    Column("at", UtcTime, nullable=False),
    Column("token_id", ID, nullable=False),
    Column("name", String(128), nullable=False),
    Column("annotator", String(128), nullable=False),
    Column("action", String(64), nullable=False),
    Column("project_id", ID, nullable=False),
    Column("subjects", PLAIN_JSON, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Index("ix_audit_project_id_number", "project_id", "number"),
    sqlite_autoincrement=True,
)
