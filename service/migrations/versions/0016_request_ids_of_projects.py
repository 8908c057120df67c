"""Each project has request ids of its own.

Whose those of before are is not kept: they stay without a project, and count for whoever asks the very same again.
"""

import sqlalchemy as sa
from alembic import op

from service.store.tables.columns import UtcTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_table(
        "requests_of_projects",
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("request_id", sa.String(128), nullable=False),
        sa.Column("method", sa.String(64), nullable=False),
        sa.Column("fingerprint", sa.String(64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("project_id", "request_id", name="pk_requests_of_projects"),
    )
    columns = "request_id, method, fingerprint, answer, created_at"
    op.execute(f"INSERT INTO requests_of_projects (project_id, {columns}) SELECT '', {columns} FROM requests")
    op.drop_table("requests")
    op.rename_table("requests_of_projects", "requests")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_requests_of_projects RENAME TO pk_requests")
