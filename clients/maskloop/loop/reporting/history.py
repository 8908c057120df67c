"""What became of a campaign, put together from what its server remembers.

A model version that was measured on the test split makes a round (`maskloop.forecasting.measured_versions`). Its batch
is what was chosen by its scores, and what was chosen without scores and labeled before the next training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from maskloop.costs.cost_model import CostModel
from maskloop.forecasting.measured_versions import begun_at, ended, measured_versions
from maskloop.loop.outcomes import Arm, Bought, HardOodRound, Measured, Purchase, Round
from maskloop.values import (
    BatchRecord,
    Campaign,
    Classifier,
    Label,
    ModelVersion,
    Operation,
    OperationKind,
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
        models: the project's model versions, newest first, without those that learnt from pseudo-labels or proposed
            beside another.
        operations: the project's long work, newest first.
        helpers: all its model versions, by id.
    """

    project: Project
    campaign: Campaign
    labels: Sequence[Label]
    batches: Sequence[BatchRecord]
    models: Sequence[ModelVersion]
    operations: Sequence[Operation]
    helpers: Mapping[str, ModelVersion] = field(default_factory=dict)

    @property
    def paid(self) -> list[Label]:
        """First labels that the campaign paid for, oldest first."""
        return [label for label in self.labels if label.campaign_id == self.campaign.id and not label.supersedes]

    @property
    def counts_paid_s(self) -> dict[str, float]:
        """What counts have cost by plan, by the id of their image."""
        paid_s: dict[str, float] = {}
        for label in self.labels:
            if label.kind is SupervisionKind.COUNTS:
                paid_s[label.image_id] = paid_s.get(label.image_id, 0.0) + label.cost_s
        return paid_s

    def arm(self) -> Arm:
        """The campaign in rounds."""
        measured = self._measured()
        begun = [begun_at(each.model, self.operations) for each in measured]
        hard_ood = self._hard_ood(begun)
        by_round: dict[int, list[Bought]] = {}
        for bought in self._bought(SupervisionKind.FULL):
            by_round.setdefault(_round_of(bought, measured, begun), []).append(bought)
        rounds = tuple(
            Round(each, self._purchase(each.model, by_round.get(each.number, [])), hard_ood.get(each.number))
            for each in measured
        )
        test = Purchase(tuple(self._bought(SupervisionKind.FULL, Split.TEST)))
        return Arm(Purchase(tuple(by_round.get(0, []))), rounds, self._stopped_because(), hard_ood.get(0), test)

    def _hard_ood(self, begun: Sequence[datetime]) -> dict[int, HardOodRound]:
        """The latest classifier of each round, and the OoD checks made until the next round's training."""
        by_round: dict[int, HardOodRound] = {}
        for operation in reversed(ended(self.operations, OperationKind.CLASSIFY)):
            if isinstance(operation.result, Classifier) and operation.created_at is not None:
                number = _number_at(operation.created_at, begun)
                by_round[number] = HardOodRound(operation.result, (), Purchase())
        for bought in self._bought(SupervisionKind.OOD_CHECK):
            number = _number_at(_first_label(bought), begun)
            if number in by_round:
                checked = Purchase((*by_round[number].checked.batches, bought))
                by_round[number] = replace(by_round[number], checked=checked)
        return by_round

    def _measured(self) -> list[Measured]:
        versions = measured_versions(self.campaign.id, self.labels, self.models, self.operations)
        return [
            Measured(
                number=number,
                model=each.model,
                evaluation=each.evaluation,
                labeled_images=each.model.labeled_images,
                spent_s=each.spent_s,
                spent_s_by_kind=dict(each.spent_s_by_kind),
                train_s=each.train_s,
                evaluate_s=each.evaluate_s,
            )
            for number, each in enumerate(versions, start=1)
        ]

    def _bought(self, kind: SupervisionKind, split: Split | None = None) -> list[Bought]:
        """Batches of a kind that were labeled at least in part, in the order of their first label.

        Args:
            split: that they were chosen for; `None` for those to learn from.
        """
        said = {label.image_id: label for label in self.paid if label.kind is kind}
        bought = [
            Bought(record.batch, tuple((pick, said[pick.image_id]) for pick in record.in_state(PickState.LABELED)))
            for record in self.batches
            if record.batch.kind is kind and record.batch.for_split is split
        ]
        return sorted((each for each in bought if each.picks), key=lambda each: (_first_label(each), each.batch.id))

    def _purchase(self, model: ModelVersion, bought: Sequence[Bought]) -> Purchase:
        scorings = [scoring for scoring in ended(self.operations, OperationKind.SCORE) if scoring.result_id == model.id]
        return Purchase(tuple(bought), score_s=sum(scoring.seconds for scoring in scorings))

    def _stopped_because(self) -> str:
        if self.campaign.left_images < 1:
            return f"all {self.campaign.budget.images} images of the budget are labeled"
        if self.campaign.left_s < CostModel.of(self.project).cheapest_full():
            return "the budget is spent"
        return ""


def _round_of(bought: Bought, measured: Sequence[Measured], begun: Sequence[datetime]) -> int:
    """The round whose model chose the batch; without one the last that had begun by its first label, 0 for none."""
    by_version: Mapping[str, int] = {each.model.id: each.number for each in measured}
    return by_version.get(bought.batch.model_version, _number_at(_first_label(bought), begun))


def _number_at(moment: datetime, begun: Sequence[datetime]) -> int:
    """The last round that had begun by then, 0 for none."""
    return sum(start < moment for start in begun)


def _first_label(bought: Bought) -> datetime:
    return min((label.created_at for _, label in bought.picks), default=LONG_AGO)
