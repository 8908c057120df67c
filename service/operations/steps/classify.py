"""Trainings of the image classifier, and its search for hard candidates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from maskloop.values import Classifier
from service.artifacts.data_folder import DataFolder
from service.artifacts.image_file import ImageFile
from service.artifacts.names import CLASSIFIER, HARD_OOD
from service.device.job_files import ClassifyJob
from service.pool.candidate_index import CandidateIndex
from service.store import Transaction
from service.store.classifiers import insert_classifier
from service.store.clock import Clock
from service.store.labels.judged_images import candidate_images, judged_images
from service.store.operations import OperationRecord
from service.store.projects import get_project


@dataclass(frozen=True)
class Classifying:
    """See `WorkKind`."""

    folder: DataFolder
    candidates: CandidateIndex
    clock: Clock

    def job(self, tx: Transaction, record: OperationRecord) -> ClassifyJob:
        """Images of which labels say what is in them, and the candidates without an answer."""
        project_id, request = record.operation.project_id, record.request
        judged = (
            ImageFile.of(judged.image, present=tuple(sorted(judged.categories)))
            for judged in judged_images(tx, project_id)
        )
        return ClassifyJob(
            recipe=request["recipe"],
            seed=request["seed"],
            categories=get_project(tx, project_id).categories,
            images=tuple(judged),
            candidates=tuple(map(ImageFile.of, candidate_images(tx, project_id))),
            clusters=request["clusters"],
        )

    def take_in(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> Classifier:
        """The classifier and what it found in their place, and registered."""
        operation, request = record.operation, record.request
        place = self.folder.classifier(operation.project_id, request["classifier"])
        classifier = Classifier(
            id=request["classifier"],
            project_id=operation.project_id,
            recipe=request["recipe"]["name"],
            seed=request["seed"],
            labeled_images=outcome["labeled_images"],
            empty_images=outcome["empty_images"],
            candidates=outcome["candidates"],
            hard_images=outcome["hard_images"],
            clusters=outcome["clusters"],
            metrics=outcome["metrics"],
            created_at=self.clock(),
            config_json=json.dumps(request["recipe"]),
        )
        for name in (CLASSIFIER, HARD_OOD):
            self.folder.publish(operation.id, name, place / name)
        insert_classifier(tx, classifier, str(place.relative_to(self.folder.root)))
        tx.after_commit(lambda: self.candidates.forget(operation.project_id))
        return classifier
