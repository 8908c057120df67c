"""Evaluations: a model version measured on the labeled images of a split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter

from maskloop.values import Evaluation, Split
from service.artifacts.data_folder import DataFolder
from service.artifacts.names import EVALUATED
from service.device.job_files import EvaluateJob
from service.operations.steps.step import labeled_file
from service.store import Transaction
from service.store.labels.labels import full_labels
from service.store.operations import OperationRecord

_EVALUATION = TypeAdapter(Evaluation)


@dataclass(frozen=True)
class Evaluating:
    """See `WorkKind`."""

    folder: DataFolder

    def job(self, tx: Transaction, record: OperationRecord) -> EvaluateJob:
        """The split's full labels."""
        project_id, request = record.operation.project_id, record.request
        split = Split(request["split"])
        labeled = tuple(map(labeled_file, full_labels(tx, project_id, [split])))
        checkpoint = self.folder.checkpoint(project_id, request["model_version"])
        return EvaluateJob(checkpoint, request["model_version"], split, labeled)

    def take_in(self, tx: Transaction, record: OperationRecord, outcome: Mapping[str, Any]) -> Evaluation:
        """What was measured; proposals for test images in their place.

        An evaluation that was computed by an earlier release kept no proposals.
        """
        operation, version = record.operation, record.request["model_version"]
        if (self.folder.work(operation.id) / EVALUATED).is_file():
            self.folder.publish(operation.id, EVALUATED, self.folder.evaluated(operation.project_id, version))
        return _EVALUATION.validate_python(outcome["evaluation"])
