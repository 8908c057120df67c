"""Rows of image classifiers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.engine import Row

from maskloop.errors import ClassifierNotFound, NoClassifier
from maskloop.values import Classifier
from service.store.database.database import Transaction
from service.store.projects import get_project
from service.store.tables import classifiers


def insert_classifier(tx: Transaction, classifier: Classifier, folder: str) -> None:
    """Register a classifier; does nothing when it is registered already (a repeated step).

    Args:
        folder: where its files are, below the server's data folder.
    """
    if _find(tx, classifier.project_id, classifier.id) is not None:
        return
    row = {
        "id": classifier.id,
        "project_id": classifier.project_id,
        "recipe": classifier.recipe,
        "seed": classifier.seed,
        "config_json": classifier.config_json,
        "labeled_images": classifier.labeled_images,
        "empty_images": classifier.empty_images,
        "candidates": classifier.candidates,
        "hard_images": classifier.hard_images,
        "clusters": classifier.clusters,
        "metrics": dict(classifier.metrics),
        "folder": folder,
        "created_at": classifier.created_at,
    }
    tx.execute(insert(classifiers), row)


def get_classifier(tx: Transaction, project_id: str, classifier_id: str = "") -> Classifier:
    """Read a classifier; "" is the latest.

    Raises:
        ProjectNotFound: there is no such project.
        NoClassifier: "" was asked for and there is none.
        ClassifierNotFound: the project has none of that id.
    """
    get_project(tx, project_id)
    row = _find(tx, project_id, classifier_id)
    if row is None and not classifier_id:
        raise NoClassifier(f"project {project_id} has no image classifier; train one first", field="classifier")
    if row is None:
        raise ClassifierNotFound(f"project {project_id} has no classifier {classifier_id!r}", field="classifier")
    return _classifier(row)


def _find(tx: Transaction, project_id: str, classifier_id: str) -> Row[Any] | None:
    query = select(classifiers).where(classifiers.c.project_id == project_id)
    if classifier_id:
        query = query.where(classifiers.c.id == classifier_id)
    return tx.execute(query.order_by(classifiers.c.number.desc()).limit(1)).one_or_none()


def _classifier(row: Row[Any]) -> Classifier:
    return Classifier(
        id=row.id,
        project_id=row.project_id,
        recipe=row.recipe,
        seed=row.seed,
        labeled_images=row.labeled_images,
        empty_images=row.empty_images,
        candidates=row.candidates,
        hard_images=row.hard_images,
        clusters=row.clusters,
        metrics=row.metrics,
        created_at=row.created_at,
        config_json=row.config_json,
    )
