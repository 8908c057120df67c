"""Rows of model versions and their activations."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Row

from maskloop.errors import FailedPrecondition, ModelNotFound, ModelThinned, NoActiveModel
from maskloop.values import ModelVersion, PseudoLabels
from service.store.database.database import Transaction
from service.store.images import chunks
from service.store.pagination import Page, PageRequest
from service.store.projects import get_project, set_active_model
from service.store.tables import activations, models


@dataclass(frozen=True)
class ModelRecord:
    """A model version, the ids of the labels it learnt from, its folder below the server's data folder, and the ids of
    the images whose pseudo-labels it learnt from."""

    version: ModelVersion
    snapshot: tuple[str, ...]
    folder: str
    pseudo_snapshot: tuple[str, ...] = ()


def insert_model(tx: Transaction, record: ModelRecord) -> None:
    """Register a model version; does nothing when it is registered already (a repeated step)."""
    version = record.version
    if _find(tx, version.project_id, version.id) is not None:
        return
    row = {
        "id": version.id,
        "project_id": version.project_id,
        "recipe": version.recipe,
        "seed": version.seed,
        "config_json": version.config_json,
        "labeled_images": version.labeled_images,
        "snapshot": list(record.snapshot),
        "metrics": dict(version.metrics),
        "folder": record.folder,
        "scored_images": version.scored_images,
        "created_at": version.created_at,
        "pseudo": None if version.pseudo is None else asdict(version.pseudo),
        "pseudo_snapshot": list(record.pseudo_snapshot),
        "needs_counts": version.needs_counts,
    }
    tx.execute(insert(models), row)


def get_model(tx: Transaction, project_id: str, model_id: str = "") -> ModelRecord:
    """Read a model version; "" is the active one.

    Raises:
        ProjectNotFound: there is no such project.
        NoActiveModel: "" was asked for and no version is active.
        ModelNotFound: the project has no such version.
    """
    active = get_project(tx, project_id).active_model
    if not model_id and not active:
        raise NoActiveModel(f"project {project_id} has no active model; train one first", field="model_version")
    row = _find(tx, project_id, model_id or active)
    if row is None:
        raise ModelNotFound(f"project {project_id} has no model version {model_id!r}", field="model_version")
    return _record(row, active)


def get_whole_model(tx: Transaction, project_id: str, model_id: str = "") -> ModelRecord:
    """Read a model version whose files are there; "" is the active one.

    Raises:
        ProjectNotFound, NoActiveModel, ModelNotFound: as `get_model`.
        ModelThinned: its files were removed.
    """
    record = get_model(tx, project_id, model_id)
    if record.version.thinned:
        raise ModelThinned(
            f"the files of model version {record.version.id} were removed to save room", field="model_version"
        )
    return record


def thin_models(tx: Transaction, project_id: str, keep: int, also: Collection[str]) -> list[str]:
    """Mark versions as thinned: all but the newest `keep`, the active one, those named in `also`, and of each recipe
    the newest that learnt from labels alone, which the next training looks at.

    Returns the ids of those that were not thinned before, newest first.
    """
    latest = (record.version.id for record in latest_models(tx, project_id).values())
    kept = {get_project(tx, project_id).active_model, *latest, *also}
    query = select(models.c.id, models.c.thinned).where(models.c.project_id == project_id)
    old = tx.execute(query.order_by(models.c.number.desc())).all()[keep:]
    new = [row.id for row in old if not row.thinned and row.id not in kept]
    for ids in chunks(new):
        these = (models.c.project_id == project_id) & models.c.id.in_(ids)
        tx.execute(update(models).where(these).values(thinned=True))
    return new


def thinned_models(tx: Transaction, project_id: str) -> list[str]:
    """Ids of the versions whose files were removed."""
    query = select(models.c.id).where(models.c.project_id == project_id, models.c.thinned)
    return list(tx.execute(query.order_by(models.c.number)).scalars())


def labeled_images(tx: Transaction, project_id: str, model_id: str) -> int:
    """Number of labeled images a version learnt from.

    Raises:
        ModelNotFound: the project has no such version.
    """
    query = select(models.c.labeled_images).where(models.c.project_id == project_id, models.c.id == model_id)
    number: int | None = tx.execute(query).scalar()
    if number is None:
        raise ModelNotFound(f"project {project_id} has no model version {model_id!r}", field="model_version")
    return number


def model_metrics(tx: Transaction, project_id: str, model_id: str) -> Mapping[str, float]:
    """What the training of a version measured.

    Raises:
        ModelNotFound: the project has no such version.
    """
    query = select(models.c.metrics).where(models.c.project_id == project_id, models.c.id == model_id)
    row = tx.execute(query).one_or_none()
    if row is None:
        raise ModelNotFound(f"project {project_id} has no model version {model_id!r}", field="model_version")
    metrics: Mapping[str, float] = row.metrics
    return metrics


def rounds_of_models(tx: Transaction, project_id: str) -> list[str]:
    """Ids of the versions that learnt from labels alone and are of the active one's recipe, oldest first; none without
    one. Versions of other recipes may help beside them, and are no rounds."""
    active = get_project(tx, project_id).active_model
    own = select(models.c.recipe).where(models.c.project_id == project_id, models.c.id == active).scalar_subquery()
    query = select(models.c.id).where(
        models.c.project_id == project_id, models.c.pseudo.is_(None), models.c.recipe == own
    )
    return list(tx.execute(query.order_by(models.c.number)).scalars())


def list_models(tx: Transaction, project_id: str, page: PageRequest) -> Page[ModelRecord]:
    """A project's model versions, newest first.

    Raises:
        ProjectNotFound: there is no such project.
    """
    active = get_project(tx, project_id).active_model
    query = select(models).where(models.c.project_id == project_id)
    if page.after:
        query = query.where(models.c.number < page.after_number)
    rows = tx.execute(query.order_by(models.c.number.desc()).limit(page.size + 1)).all()
    return page.cut([_record(row, active) for row in rows], [str(row.number) for row in rows])


def latest_models(tx: Transaction, project_id: str) -> dict[str, ModelRecord]:
    """The newest version of each recipe that learnt from labels alone, by the recipe's name.

    Raises:
        ProjectNotFound: there is no such project.
    """
    active = get_project(tx, project_id).active_model
    from_labels = (models.c.project_id == project_id) & models.c.pseudo.is_(None)
    newest = select(func.max(models.c.number)).where(from_labels).group_by(models.c.recipe)
    rows = tx.execute(select(models).where(models.c.project_id == project_id, models.c.number.in_(newest)))
    return {row.recipe: _record(row, active) for row in rows}


def set_scored_images(tx: Transaction, project_id: str, model_id: str, scored_images: int) -> None:
    """Note how many pool images a version has scored."""
    this_version = (models.c.project_id == project_id) & (models.c.id == model_id)
    tx.execute(update(models).where(this_version).values(scored_images=scored_images))


def activate_model(tx: Transaction, project_id: str, model_id: str, now: datetime, etag: str = "") -> ModelRecord:
    """Make a version the active one; nothing happens when it is active already.

    Raises:
        ProjectNotFound, ModelNotFound: there is no such project or version.
        ModelThinned: its files were removed.
        EtagMismatch: `etag` is given and the project changed since.
    """
    record = get_whole_model(tx, project_id, model_id)
    if record.version.active and not etag:
        return record
    set_active_model(tx, project_id, model_id, etag)
    if not record.version.active:
        activation = {"project_id": project_id, "model_id": model_id, "activated_at": now}
        tx.execute(insert(activations), activation)
    return get_model(tx, project_id, model_id)


def roll_back_model(tx: Transaction, project_id: str, now: datetime, etag: str = "") -> ModelRecord:
    """Undo the last activation: the version that was active before is active again.

    Raises:
        ProjectNotFound: there is no such project.
        FailedPrecondition: no version was active before, or its files were removed (`ModelThinned`).
        EtagMismatch: `etag` is given and the project changed since.
    """
    last = _standing_activations(tx, project_id)
    get_project(tx, project_id)
    if len(last) < 2:
        raise FailedPrecondition(f"project {project_id} has no model version to roll back to")
    get_whole_model(tx, project_id, last[1].model_id)
    set_active_model(tx, project_id, last[1].model_id, etag)
    tx.execute(update(activations).where(activations.c.number == last[0].number).values(undone_at=now))
    return get_model(tx, project_id, last[1].model_id)


def _standing_activations(tx: Transaction, project_id: str) -> Sequence[Row[Any]]:
    """The last two activations that were not undone, newest first."""
    query = select(activations).where(activations.c.project_id == project_id, activations.c.undone_at.is_(None))
    return tx.execute(query.order_by(activations.c.number.desc()).limit(2)).all()


def _find(tx: Transaction, project_id: str, model_id: str) -> Row[Any] | None:
    query = select(models).where(models.c.project_id == project_id, models.c.id == model_id)
    return tx.execute(query).one_or_none()


def _record(row: Row[Any], active: str) -> ModelRecord:
    version = ModelVersion(
        id=row.id,
        project_id=row.project_id,
        recipe=row.recipe,
        seed=row.seed,
        labeled_images=row.labeled_images,
        metrics=row.metrics,
        created_at=row.created_at,
        config_json=row.config_json,
        active=row.id == active,
        scored_images=row.scored_images,
        pseudo=None if row.pseudo is None else PseudoLabels(**row.pseudo),
        pseudo_images=len(row.pseudo_snapshot),
        needs_counts=row.needs_counts,
        thinned=row.thinned,
    )
    return ModelRecord(version, tuple(row.snapshot), row.folder, tuple(row.pseudo_snapshot))
