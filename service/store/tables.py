"""The tables, one schema for SQLite and PostgreSQL. `service/migrations` brings a database to it.

Rows are never changed by people: labels are superseded, picks change their state, model versions are only added.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    literal_column,
    text,
)

from service.store.columns import Seconds, UtcTime

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

_ID = String(64)
_JSON = JSON(none_as_null=True)
_NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in INTEGER columns


def _project_id(*, key: bool = False) -> Column[str]:
    return Column("project_id", _ID, ForeignKey("projects.id"), primary_key=key, nullable=False)


# `categories`: [[id, name], ...] by id; fixed, and always read together.
projects = Table(
    "projects",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("display_name", Text, nullable=False),
    Column("categories", _JSON, nullable=False),
    Column("active_model", _ID, nullable=False, server_default=""),
    Column("revision", Integer, nullable=False, server_default="1"),
    Column("created_at", UtcTime, nullable=False),
)

images = Table(
    "images",
    metadata,
    _project_id(key=True),
    Column("id", _ID, primary_key=True),
    Column("file_name", String(255), nullable=False),
    Column("uri", Text, nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("split", String(16), nullable=False),
    UniqueConstraint("project_id", "file_name"),
    Index("ix_images_project_id_split_id", "project_id", "split", "id"),
)

# `labeled_categories` and `labeled_objects` are summed over the `labeled_images`: present categories, and objects.
campaigns = Table(
    "campaigns",
    metadata,
    _project_id(key=True),
    Column("id", _ID, primary_key=True),
    Column("budget_s", Seconds),
    Column("budget_images", BigInteger),
    Column("strategy", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("spent_s", Seconds, nullable=False, server_default="0"),
    Column("reserved_s", Seconds, nullable=False, server_default="0"),
    Column("labeled_images", BigInteger, nullable=False, server_default="0"),
    Column("labeled_categories", BigInteger, nullable=False, server_default="0"),
    Column("labeled_objects", BigInteger, nullable=False, server_default="0"),
    Column("reserved_images", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
)

# A campaign's spending by supervision kind; planned by the cost model, measured by people's clocks.
spending = Table(
    "spending",
    metadata,
    Column("project_id", _ID, primary_key=True),
    Column("campaign_id", _ID, primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("planned_s", Seconds, nullable=False),
    Column("measured_s", Seconds, nullable=False),
    ForeignKeyConstraint(["project_id", "campaign_id"], ["campaigns.project_id", "campaigns.id"]),
)

# `open`: some of its picks still hold their image.
batches = Table(
    "batches",
    metadata,
    Column("id", _ID, primary_key=True),
    Column("project_id", _ID, nullable=False),
    Column("campaign_id", _ID, nullable=False),
    Column("annotator", String(128), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("strategy", Text, nullable=False),
    Column("fallback", Text, nullable=False, server_default=""),
    Column("model_version", _ID, nullable=False),
    Column("target_iou", Float),
    Column("exhausted", Boolean, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("open", Boolean, nullable=False),
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
picks = Table(
    "picks",
    metadata,
    Column("batch_id", _ID, ForeignKey("batches.id"), primary_key=True),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("project_id", _ID, nullable=False),
    Column("image_id", _ID, nullable=False),
    Column("reason", Text, nullable=False),
    Column("score", Float),
    Column("cost_s", Seconds, nullable=False),
    Column("state", String(16), nullable=False),
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
    Column("project_id", _ID, primary_key=True),
    Column("campaign_id", _ID, primary_key=True),
    Column("image_id", _ID, primary_key=True),
    Column("annotator", String(128), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("created_at", UtcTime, nullable=False),
    ForeignKeyConstraint(["project_id", "campaign_id"], ["campaigns.project_id", "campaigns.id"]),
    ForeignKeyConstraint(["project_id", "image_id"], ["images.project_id", "images.id"]),
    Index("ix_skips_project_id_image_id", "project_id", "image_id"),
)

# `counts`: {category id: count}; `objects`: [[category id, COCO run-length string], ...] at the image's size.
# `categories_present` and `objects_present` are what the label says, in numbers, for costs.
labels = Table(
    "labels",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", _ID, nullable=False, unique=True),
    Column("project_id", _ID, nullable=False),
    Column("image_id", _ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("annotator", String(128), nullable=False),
    Column("campaign_id", _ID, nullable=False),
    Column("cost_s", Seconds, nullable=False),
    Column("seconds_spent", Float),
    Column("counts", _JSON),
    Column("objects", _JSON),
    Column("categories_present", Integer, nullable=False),
    Column("objects_present", Integer, nullable=False),
    Column("supersedes", _ID, nullable=False),
    Column("superseded_by", _ID, nullable=False),
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

# Conditions of the partial indexes, written out: whether one applies must not hang on a bound value.
IS_CURRENT = labels.c.superseded_by == literal_column("''")
IS_LEASED = picks.c.state == literal_column("'open'")

# `snapshot`: ids of the labels it learnt from; `folder`: where its files are, below the server's data folder;
# `pseudo`: which pseudo-labels it learnt from as well, if any, and `pseudo_snapshot` the ids of their images.
models = Table(
    "models",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", _ID, nullable=False),
    _project_id(),
    Column("recipe", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("config_json", Text, nullable=False),
    Column("labeled_images", Integer, nullable=False),
    Column("snapshot", _JSON, nullable=False),
    Column("metrics", _JSON, nullable=False),
    Column("folder", Text, nullable=False),
    Column("scored_images", BigInteger, nullable=False, server_default="0"),
    Column("created_at", UtcTime, nullable=False),
    Column("pseudo", _JSON),
    Column("pseudo_snapshot", _JSON, nullable=False, server_default="[]"),
    Column("needs_counts", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("project_id", "id"),
    sqlite_autoincrement=True,
)

# Every activation in order; rolling back marks the last one undone.
activations = Table(
    "activations",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    _project_id(),
    Column("model_id", _ID, nullable=False),
    Column("activated_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    ForeignKeyConstraint(["project_id", "model_id"], ["models.project_id", "models.id"]),
    Index("ix_activations_project_id_number", "project_id", "number"),
    sqlite_autoincrement=True,
)

# Image classifiers; the one of highest number is the project's latest. `folder` as of models.
classifiers = Table(
    "classifiers",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", _ID, nullable=False),
    _project_id(),
    Column("recipe", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("config_json", Text, nullable=False),
    Column("labeled_images", Integer, nullable=False),
    Column("empty_images", Integer, nullable=False),
    Column("candidates", BigInteger, nullable=False),
    Column("hard_images", BigInteger, nullable=False),
    Column("clusters", Integer, nullable=False),
    Column("metrics", _JSON, nullable=False),
    Column("folder", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    UniqueConstraint("project_id", "id"),
    sqlite_autoincrement=True,
)

operations = Table(
    "operations",
    metadata,
    Column("number", _NUMBER, primary_key=True, autoincrement=True),
    Column("id", _ID, nullable=False, unique=True),
    _project_id(),
    Column("kind", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("progress", Float, nullable=False),
    Column("message", Text, nullable=False),
    Column("eta_s", Float),
    Column("seconds", Float, nullable=False),
    Column("result_id", String(128), nullable=False),
    Column("error_reason", String(64), nullable=False),
    Column("error_message", Text, nullable=False),
    Column("request", _JSON, nullable=False),
    Column("result", _JSON),
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
    Column("request_id", String(128), primary_key=True),
    Column("method", String(64), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("answer", Text, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)
