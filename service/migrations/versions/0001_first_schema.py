"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TIME = sa.DateTime(timezone=True)
SECONDS = sa.BigInteger()
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
JSON = sa.JSON(none_as_null=True)


def upgrade() -> None:
    op.create_table(
        "projects",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("categories", JSON, nullable=False),
        sa.Column("active_model", sa.String(length=64), server_default="", nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
    )
    op.create_table(
        "requests",
        sa.Column("request_id", sa.String(length=128), nullable=False),
        sa.Column("method", sa.String(length=64), nullable=False),
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("request_id", name="pk_requests"),
    )
    op.create_table(
        "campaigns",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("budget_s", SECONDS, nullable=True),
        sa.Column("budget_images", sa.BigInteger(), nullable=True),
        sa.Column("strategy", sa.String(length=64), nullable=False),
        sa.Column("target_iou", sa.Float(), nullable=True),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("spent_s", SECONDS, server_default="0", nullable=False),
        sa.Column("reserved_s", SECONDS, server_default="0", nullable=False),
        sa.Column("labeled_images", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("labeled_categories", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("labeled_objects", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("reserved_images", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_campaigns_project_id"),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_campaigns"),
    )
    op.create_table(
        "images",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("split", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_images_project_id"),
        sa.PrimaryKeyConstraint("project_id", "id", name="pk_images"),
        sa.UniqueConstraint("project_id", "file_name", name="uq_images_project_id_file_name"),
    )
    op.create_index("ix_images_project_id_split_id", "images", ["project_id", "split", "id"])
    op.create_table(
        "models",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("recipe", sa.String(length=64), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("config_json", sa.Text(), nullable=False),
        sa.Column("labeled_images", sa.Integer(), nullable=False),
        sa.Column("snapshot", JSON, nullable=False),
        sa.Column("metrics", JSON, nullable=False),
        sa.Column("folder", sa.Text(), nullable=False),
        sa.Column("scored_images", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_models_project_id"),
        sa.PrimaryKeyConstraint("number", name="pk_models"),
        sa.UniqueConstraint("project_id", "id", name="uq_models_project_id_id"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "operations",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("progress", sa.Float(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("eta_s", sa.Float(), nullable=True),
        sa.Column("seconds", sa.Float(), nullable=False),
        sa.Column("result_id", sa.String(length=128), nullable=False),
        sa.Column("error_reason", sa.String(length=64), nullable=False),
        sa.Column("error_message", sa.Text(), nullable=False),
        sa.Column("request", JSON, nullable=False),
        sa.Column("result", JSON, nullable=True),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_operations_project_id"),
        sa.PrimaryKeyConstraint("number", name="pk_operations"),
        sa.UniqueConstraint("id", name="uq_operations_id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_operations_project_id_number", "operations", ["project_id", "number"])
    op.create_index("ix_operations_state", "operations", ["state"])
    op.create_table(
        "activations",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("model_id", sa.String(length=64), nullable=False),
        sa.Column("activated_at", TIME, nullable=False),
        sa.Column("undone_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["project_id", "model_id"], ["models.project_id", "models.id"], name="fk_activations_project_id_model_id"
        ),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_activations_project_id"),
        sa.PrimaryKeyConstraint("number", name="pk_activations"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_activations_project_id_number", "activations", ["project_id", "number"])
    op.create_table(
        "batches",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("annotator", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("strategy", sa.String(length=64), nullable=False),
        sa.Column("model_version", sa.String(length=64), nullable=False),
        sa.Column("target_iou", sa.Float(), nullable=True),
        sa.Column("exhausted", sa.Boolean(), nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "campaign_id"],
            ["campaigns.project_id", "campaigns.id"],
            name="fk_batches_project_id_campaign_id",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index(
        "ix_batches_open_annotator",
        "batches",
        ["project_id", "campaign_id", "annotator", "kind"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )
    op.create_index(
        "ix_batches_open_expires_at",
        "batches",
        ["project_id", "expires_at"],
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open"),
    )
    op.create_table(
        "labels",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("annotator", sa.String(length=128), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("cost_s", SECONDS, nullable=False),
        sa.Column("seconds_spent", sa.Float(), nullable=True),
        sa.Column("counts", JSON, nullable=True),
        sa.Column("objects", JSON, nullable=True),
        sa.Column("categories_present", sa.Integer(), nullable=False),
        sa.Column("objects_present", sa.Integer(), nullable=False),
        sa.Column("supersedes", sa.String(length=64), nullable=False),
        sa.Column("superseded_by", sa.String(length=64), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "image_id"], ["images.project_id", "images.id"], name="fk_labels_project_id_image_id"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_labels"),
        sa.UniqueConstraint("id", name="uq_labels_id"),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_labels_current_objects",
        "labels",
        ["project_id", "kind", "objects_present", "image_id"],
        sqlite_where=sa.text("superseded_by = ''"),
        postgresql_where=sa.text("superseded_by = ''"),
    )
    op.create_index("ix_labels_project_id_image_id_kind", "labels", ["project_id", "image_id", "kind"])
    op.create_index("ix_labels_project_id_number", "labels", ["project_id", "number"])
    op.create_index(
        "uq_labels_current",
        "labels",
        ["project_id", "kind", "image_id"],
        unique=True,
        sqlite_where=sa.text("superseded_by = ''"),
        postgresql_where=sa.text("superseded_by = ''"),
    )
    op.create_table(
        "skips",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("annotator", sa.String(length=128), nullable=False),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "campaign_id"],
            ["campaigns.project_id", "campaigns.id"],
            name="fk_skips_project_id_campaign_id",
        ),
        sa.ForeignKeyConstraint(
            ["project_id", "image_id"], ["images.project_id", "images.id"], name="fk_skips_project_id_image_id"
        ),
        sa.PrimaryKeyConstraint("project_id", "campaign_id", "image_id", name="pk_skips"),
    )
    op.create_index("ix_skips_project_id_image_id", "skips", ["project_id", "image_id"])
    op.create_table(
        "spending",
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("campaign_id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("planned_s", SECONDS, nullable=False),
        sa.Column("measured_s", SECONDS, nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id", "campaign_id"],
            ["campaigns.project_id", "campaigns.id"],
            name="fk_spending_project_id_campaign_id",
        ),
        sa.PrimaryKeyConstraint("project_id", "campaign_id", "kind", name="pk_spending"),
    )
    op.create_table(
        "picks",
        sa.Column("batch_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("project_id", sa.String(length=64), nullable=False),
        sa.Column("image_id", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("cost_s", SECONDS, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["batch_id"], ["batches.id"], name="fk_picks_batch_id"),
        sa.ForeignKeyConstraint(
            ["project_id", "image_id"], ["images.project_id", "images.id"], name="fk_picks_project_id_image_id"
        ),
        sa.PrimaryKeyConstraint("batch_id", "position", name="pk_picks"),
    )
    op.create_index(
        "uq_picks_open_image",
        "picks",
        ["project_id", "image_id"],
        unique=True,
        sqlite_where=sa.text("state = 'open'"),
        postgresql_where=sa.text("state = 'open'"),
    )
