"""A project's measured networks, and what a campaign had paid for when each was asked for.

Nobody writes rounds down. A model version that was measured on the test split is a point of the curve of quality over
annotator time: it had cost what the campaign had paid for when its training was asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from maskloop.values import Evaluation, Label, ModelVersion, Operation, OperationKind, OperationState, Split


@dataclass(frozen=True)
class MeasuredVersion:
    """A model version with its latest evaluation on the test split.

    Args:
        model: the version.
        evaluation: what was measured of it.
        evaluate_s, train_s: the machine's seconds; `train_s` is 0 where nobody remembers the training.
        begun_at: when its training was asked for.
        spent_s_by_kind: annotator seconds that the campaign had paid for by then, by kind.
    """

    model: ModelVersion
    evaluation: Evaluation
    evaluate_s: float
    train_s: float
    begun_at: datetime
    spent_s_by_kind: Mapping[str, float]

    @property
    def spent_s(self) -> float:
        """Annotator seconds in all, in whole milliseconds."""
        return round(sum(self.spent_s_by_kind.values()), 3)


def measured_versions(
    campaign_id: str, labels: Sequence[Label], models: Sequence[ModelVersion], operations: Sequence[Operation]
) -> list[MeasuredVersion]:
    """The versions that were measured on the test split, oldest first.

    Args:
        campaign_id: which campaign paid.
        labels: the project's, corrections included.
        models: newest first.
        operations: the project's long work, newest first.
    """
    evaluations = {
        done.result_id: done for done in reversed(ended(operations, OperationKind.EVALUATE)) if _on_test(done)
    }
    trainings = {done.result_id: done for done in ended(operations, OperationKind.TRAIN)}
    measured: list[MeasuredVersion] = []
    for model in reversed(models):
        done = evaluations.get(model.id)
        if done is not None and isinstance(done.result, Evaluation):
            begun = begun_at(model, operations)
            train_s = trainings[model.id].seconds if model.id in trainings else 0.0
            spent = spent_s_by_kind(campaign_id, labels, begun)
            measured.append(MeasuredVersion(model, done.result, done.seconds, train_s, begun, spent))
    return measured


def begun_at(model: ModelVersion, operations: Sequence[Operation]) -> datetime:
    """When a version's training was asked for; when it was registered, if nobody remembers."""
    trainings = ended(operations, OperationKind.TRAIN)
    asked = (operation.created_at for operation in trainings if operation.result_id == model.id)
    return next(asked, None) or model.created_at


def spent_s_by_kind(campaign_id: str, labels: Iterable[Label], until: datetime) -> dict[str, float]:
    """Seconds that a campaign was charged up to a moment, by kind of label, in whole milliseconds."""
    spent: dict[str, float] = {}
    for label in labels:
        if label.campaign_id == campaign_id and label.created_at <= until:
            spent[label.kind.value] = round(spent.get(label.kind.value, 0.0) + label.charged_s, 3)
    return spent


def ended(operations: Iterable[Operation], kind: OperationKind) -> list[Operation]:
    """Those of a kind that succeeded, in their order."""
    of_kind = (operation for operation in operations if operation.kind is kind)
    return [operation for operation in of_kind if operation.state is OperationState.SUCCEEDED]


def _on_test(operation: Operation) -> bool:
    return isinstance(operation.result, Evaluation) and operation.result.split is Split.TEST
