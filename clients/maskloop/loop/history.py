"""What became of a campaign, put together from what its server remembers.

Nobody wrote rounds down: a model version that was measured on the test split makes one. It had cost what the campaign
had paid for when its training was asked for; its batch is what was chosen by its scores, and what was chosen without
scores and labeled before the next training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from maskloop.costs.cost_model import CostModel
from maskloop.loop.campaign import Arm
from maskloop.loop.hard_ood_round import Lookalikes
from maskloop.loop.rounds import Measured, Purchase
from maskloop.loop.session import Bought
from maskloop.values import (
    BatchRecord,
    Campaign,
    Classifier,
    Evaluation,
    Label,
    ModelVersion,
    Operation,
    OperationKind,
    OperationState,
    PickState,
    Project,
    Split,
    SupervisionKind,
)

LONG_AGO = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class CampaignHistory:
    """A campaign as its server remembers it.

    Args:
        project, campaign: which.
        labels: the project's labels, oldest first, corrections included.
        batches: the campaign's.
        models: the project's model versions that learnt from labels alone, newest first.
        operations: the project's long work, newest first.
    """

    project: Project
    campaign: Campaign
    labels: Sequence[Label]
    batches: Sequence[BatchRecord]
    models: Sequence[ModelVersion]
    operations: Sequence[Operation]

    @property
    def paid(self) -> list[Label]:
        """First labels that the campaign paid for, oldest first."""
        return [one for one in self.labels if one.campaign_id == self.campaign.id and not one.supersedes]

    def arm(self) -> Arm:
        """The campaign in rounds."""
        measured = self._measured()
        begun = [self._begun(one.model) for one in measured]
        bought = self._bought(SupervisionKind.FULL)
        by_round: dict[int, list[Bought]] = {}
        for one in bought:
            by_round.setdefault(_round_of(one, measured, begun), []).append(one)
        purchases = [self._purchase(one.model, by_round.get(one.number, [])) for one in measured]
        initial = Purchase(tuple(by_round.get(0, [])))
        rounds = tuple(zip(measured, purchases, strict=True))
        return Arm(initial, rounds, self._lookalikes(begun), self._stopped_because())

    def _lookalikes(self, begun: Sequence[datetime]) -> dict[int, Lookalikes]:
        """The latest classifier of each round, and the looks taken until the next round's training."""
        found: dict[int, Lookalikes] = {}
        for one in reversed(self._ended(OperationKind.CLASSIFY)):
            if isinstance(one.result, Classifier) and one.created_at is not None:
                found[_number_at(one.created_at, begun)] = Lookalikes(one.result, (), Purchase())
        for bought in self._bought(SupervisionKind.OOD_CHECK):
            number = _number_at(_first_label(bought), begun)
            if number in found:
                batches = (*found[number].looked_at.batches, bought)
                found[number] = replace(found[number], looked_at=Purchase(batches))
        return found

    def _measured(self) -> list[Measured]:
        evaluations = {one.result_id: one for one in reversed(self._ended(OperationKind.EVALUATE)) if _on_test(one)}
        trainings = {one.result_id: one for one in self._ended(OperationKind.TRAIN)}
        found: list[Measured] = []
        for model in reversed(self.models):
            evaluation = evaluations.get(model.id)
            if evaluation is not None and isinstance(evaluation.result, Evaluation):
                spent = self._spent(self._begun(model))
                train_s = trainings[model.id].seconds if model.id in trainings else 0.0
                found.append(
                    Measured(
                        number=len(found) + 1,
                        model=model,
                        evaluation=evaluation.result,
                        labeled_images=model.labeled_images,
                        spent_s=round(sum(spent.values()), 3),
                        spent_s_by_kind=spent,
                        train_s=train_s,
                        evaluate_s=evaluation.seconds,
                    )
                )
        return found

    def _begun(self, model: ModelVersion) -> datetime:
        """When the version's training was asked for; when it was registered, if nobody remembers."""
        asked = (one.created_at for one in self._ended(OperationKind.TRAIN) if one.result_id == model.id)
        return next(asked, None) or model.created_at

    def _spent(self, until: datetime) -> dict[str, float]:
        spent: dict[str, float] = {}
        for label in self.paid:
            if label.created_at <= until:
                spent[label.kind.value] = round(spent.get(label.kind.value, 0.0) + label.cost_s, 3)
        return spent

    def _bought(self, kind: SupervisionKind) -> list[Bought]:
        """The batches of a kind that were labeled at least in part, in the order of their first label."""
        said = {label.image_id: label for label in self.paid if label.kind is kind}
        found = [
            Bought(record.batch, tuple((pick, said[pick.image_id]) for pick in record.in_state(PickState.LABELED)))
            for record in self.batches
            if record.batch.kind is kind
        ]
        return sorted((one for one in found if one.picks), key=lambda one: (_first_label(one), one.batch.id))

    def _purchase(self, model: ModelVersion, bought: Sequence[Bought]) -> Purchase:
        scorings = [one for one in self._ended(OperationKind.SCORE) if one.result_id == model.id]
        return Purchase(tuple(bought), score_s=sum(one.seconds for one in scorings))

    def _ended(self, kind: OperationKind) -> list[Operation]:
        return [one for one in self.operations if one.kind is kind and one.state is OperationState.SUCCEEDED]

    def _stopped_because(self) -> str:
        if self.campaign.left_images < 1:
            return f"all {self.campaign.budget.images} images of the budget are labeled"
        if self.campaign.left_s < CostModel(len(self.project.categories)).cheapest_full():
            return "the budget is spent"
        return ""


def _on_test(operation: Operation) -> bool:
    return isinstance(operation.result, Evaluation) and operation.result.split is Split.TEST


def _round_of(bought: Bought, measured: Sequence[Measured], begun: Sequence[datetime]) -> int:
    """The round whose model chose the batch; without one the last that had begun by its first label, 0 for none."""
    by_version: Mapping[str, int] = {one.model.id: one.number for one in measured}
    return by_version.get(bought.batch.model_version, _number_at(_first_label(bought), begun))


def _number_at(moment: datetime, begun: Sequence[datetime]) -> int:
    """The last round that had begun by then, 0 for none."""
    return sum(one < moment for one in begun)


def _first_label(bought: Bought) -> datetime:
    return min((label.created_at for _, label in bought.picks), default=LONG_AGO)
