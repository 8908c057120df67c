"""What all tables have in common: one schema for SQLite and PostgreSQL, and how its constraints are named."""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Integer, MetaData, String

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

ID = String(64)
PLAIN_JSON = JSON(none_as_null=True)
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in INTEGER columns


def project_id_column(*, key: bool = False) -> Column[str]:
    """The project that a row belongs to."""
    return Column("project_id", ID, ForeignKey("projects.id"), primary_key=key, nullable=False)
