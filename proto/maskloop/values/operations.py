"""Long work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from maskloop.values.classifiers import Classifier
from maskloop.values.models import Evaluation, ModelVersion, PreparedSelection


class OperationKind(StrEnum):
    """What long work does."""

    TRAIN = "train"
    SCORE = "score"
    EVALUATE = "evaluate"
    PREPARE = "prepare"
    CLASSIFY = "classify"


OperationResult = ModelVersion | Evaluation | PreparedSelection | Classifier


class OperationState(StrEnum):
    """Where long work stands."""

    PENDING = "pending"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def has_ended(self) -> bool:
        """Whether it stays so: nothing more is done."""
        return self not in (OperationState.PENDING, OperationState.RUNNING)

    @property
    def has_failed(self) -> bool:
        """Whether it ended without a result: by an error, or because somebody cancelled it."""
        return self in (OperationState.FAILED, OperationState.CANCELLED)


@dataclass(frozen=True)
class Operation:
    """Long work: its progress in [0, 1] and, once ended, its result or error.

    `seconds` is the time the device worked on it; `eta_s` is `None` when unknown. `result_id` is the id of the model
    version that was made, scored or measured, or of the classifier; `result` is that version, the evaluation, the
    prepared selection, or the classifier.
    """

    id: str
    project_id: str
    kind: OperationKind
    state: OperationState
    progress: float = 0.0
    message: str = ""
    eta_s: float | None = None
    seconds: float = 0.0
    result_id: str = ""
    result: OperationResult | None = None
    error_reason: str = ""
    error_message: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
