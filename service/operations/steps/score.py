"""Scorings: what a model version reads in the pool."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maskloop.values import MARKS, ModelVersion
from service.artifacts.data_folder import DataFolder
from service.artifacts.image_file import ImageFile
from service.artifacts.names import SCORES
from service.device.job_files import ScoreJob
from service.pool.candidate_index import CandidateIndex
from service.store import Transaction
from service.store.labels.judged_images import judged_images, weak_images
from service.store.labels.labels import counts_to_score, images_to_score
from service.store.models import get_model, set_scored_images
from service.store.operations import OperationRecord


@dataclass(frozen=True)
class Scoring:
    """See `WorkKind`."""

    folder: DataFolder
    candidates: CandidateIndex

    def job(self, tx: Transaction, record: OperationRecord) -> ScoreJob:
        """What the version can read of the pool."""
        project_id, request = record.operation.project_id, record.request
        version = get_model(tx, project_id, request["model_version"]).version
        return ScoreJob(self.folder.checkpoint(project_id, version.id), tuple(_files_to_score(tx, version)))

    def take_in(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> ModelVersion:
        """The score table in its place; rankings of what was scored before go."""
        project_id, version = record.operation.project_id, record.request["model_version"]
        self.folder.publish(record.operation.id, SCORES, self.folder.scores(project_id, version))
        shutil.rmtree(self.folder.rankings(project_id, version), ignore_errors=True)
        set_scored_images(tx, project_id, version, outcome["scored_images"])
        tx.after_commit(lambda: self.candidates.forget(project_id))
        return get_model(tx, project_id, version).version


def _files_to_score(tx: Transaction, version: ModelVersion) -> Iterator[ImageFile]:
    """All of the pool, with the classes that labels say are there and what shows each object; or what was counted, if
    the model must be told."""
    if version.needs_counts:
        for image, counts in counts_to_score(tx, version.project_id):
            yield ImageFile.of(image, counts=counts)
    else:
        known = {judged.image.id: judged for judged in judged_images(tx, version.project_id)}
        marked = weak_images(tx, version.project_id, MARKS)
        shown = {each.image.id: each.label.content.prompts for each in marked}
        for image in images_to_score(tx, version.project_id):
            said = known.get(image.id)
            told = {"label_id": said.label_id, "present": tuple(sorted(said.categories))} if said else {}
            yield ImageFile.of(image, prompts=shown.get(image.id, ()), **told)
