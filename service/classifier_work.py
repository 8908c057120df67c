"""What the work on an image classifier does before the device has its turn, and after."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from maskloop.values import Category, Classifier, HardCandidate
from selection.hard_ood import HardOod, probabilities
from service.folders import DataFolder
from service.hard_ood_files import read_hard_ood
from service.job_files import CLASSIFIER, HARD_OOD, ClassifiedFile, ClassifyJob, ImageFile
from service.store import Transaction
from service.store.classifiers import insert_classifier
from service.store.labels import candidate_images, judged_images
from service.store.operations import OperationRecord
from service.store.projects import get_project

Take = Callable[[OperationRecord, str, Path], None]


def classify_job(tx: Transaction, project_id: str, request: Mapping[str, Any]) -> ClassifyJob:
    """What the device will see: images of which labels say what is in them, and the candidates without a verdict."""
    judged = [
        ClassifiedFile(one.image.id, one.image.file_name, one.image.sha256, tuple(sorted(one.categories)))
        for one in judged_images(tx, project_id)
    ]
    candidates = [ImageFile(image.id, image.file_name, image.sha256) for image in candidate_images(tx, project_id)]
    return ClassifyJob(
        recipe=request["recipe"],
        seed=request["seed"],
        categories=get_project(tx, project_id).categories,
        images=tuple(judged),
        candidates=tuple(candidates),
        clusters=request["clusters"],
    )


def register_classifier(
    tx: Transaction,
    record: OperationRecord,
    outcome: Mapping[str, Any],
    *,
    folder: DataFolder,
    take: Take,
    now: datetime,
) -> Classifier:
    """Keep the classifier and what it found, which `take` copies to their place."""
    project_id, request = record.operation.project_id, record.request
    place = folder.classifier(project_id, request["classifier"])
    classifier = Classifier(
        id=request["classifier"],
        project_id=project_id,
        recipe=request["recipe"]["name"],
        seed=request["seed"],
        labeled_images=outcome["labeled_images"],
        empty_images=outcome["empty_images"],
        candidates=outcome["candidates"],
        hard_images=outcome["hard_images"],
        clusters=outcome["clusters"],
        metrics=outcome["metrics"],
        created_at=now,
        config_json=json.dumps(request["recipe"]),
    )
    for name in (CLASSIFIER, HARD_OOD):
        take(record, name, place / name)
    insert_classifier(tx, classifier, str(place.relative_to(folder.root)))
    return classifier


def list_hard(folder: Path, per_cluster: int) -> Sequence[HardCandidate]:
    """Of each cluster that a classifier found, the candidates of highest probability, cluster by cluster.

    Args:
        folder: the classifier's.
        per_cluster: so many of each at most.
    """
    hard = read_hard_ood(folder / HARD_OOD)
    found = probabilities(hard.features, hard.head)
    order = np.lexsort((-found.max(axis=1, initial=0), hard.clusters))
    first = np.searchsorted(hard.clusters[order], hard.clusters[order])
    rows = order[np.arange(len(order)) - first < per_cluster]
    return [_candidate(hard, row, found[row], hard.categories) for row in rows.tolist()]


def _candidate(hard: HardOod, row: int, found: Any, categories: Sequence[Category]) -> HardCandidate:
    likeliest = int(found.argmax())
    return HardCandidate(
        hard.ids[row].decode(), categories[likeliest].id, float(found[likeliest]), int(hard.clusters[row])
    )
