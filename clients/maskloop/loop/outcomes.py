"""What a campaign comes to, as values: purchases, measurements, rounds, and an arm of rounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.values import (
    Batch,
    Classifier,
    Evaluation,
    HardCandidate,
    HeadState,
    Label,
    ModelVersion,
    Pick,
    SupervisionKind,
)
from maskloop.values.measures import decide_by, measured


@dataclass(frozen=True)
class Bought:
    """One batch that was labeled: the picks that were bought with their labels, and what the server said of it.

    `later` images of it were left for later by people, who handed in a part.
    """

    batch: Batch
    picks: tuple[tuple[Pick, Label], ...]
    later: int = 0


@dataclass(frozen=True)
class Purchase:
    """What was selected and bought; seconds are the machine's.

    `exhausted` says that no other image is open or affordable.
    """

    batches: tuple[Bought, ...] = ()
    exhausted: bool = False
    score_s: float = 0.0
    select_s: float = 0.0

    @property
    def labeled(self) -> tuple[tuple[Pick, Label], ...]:
        """The picks that were bought, with their labels, in the order of selection."""
        return tuple(bought for batch in self.batches for bought in batch.picks)

    @property
    def charged_s(self) -> float:
        """Seconds of annotator time that its labels were charged."""
        return sum(label.charged_s for _, label in self.labeled)


@dataclass(frozen=True)
class Measured:
    """A model and its quality on the test split, and what had been spent on it; seconds are the machine's.

    `evaluation` is `None` where there is nothing to measure it on, and `not_measured` then says why.
    """

    number: int
    model: ModelVersion
    evaluation: Evaluation | None
    labeled_images: int
    spent_s: float
    spent_s_by_kind: dict[str, float]
    train_s: float
    evaluate_s: float
    not_measured: str = ""

    @property
    def boxed_images(self) -> int:
        """Images that nobody outlined and whose boxes it learnt from."""
        return self.model.boxed_images

    @property
    def marked_images(self) -> int:
        """Images that nobody boxed either, and whose points, strokes, counts or classes it learnt from."""
        return self.model.weakly_labeled_images

    def quality(self, name: str) -> float | None:
        """A measure by name; `None` where it was not measured."""
        return None if self.evaluation is None else measured(self.evaluation, name)


def told_metrics(model: ModelVersion, evaluation: Evaluation | None) -> dict[str, float]:
    """An evaluation's metrics, without those of predicted IoU where no head was fitted that predicts it."""
    if evaluation is None:
        return {}
    fitted = model.head is not HeadState.UNFITTED
    return {name: value for name, value in evaluation.metrics.items() if fitted or not name.startswith("iou_")}


@dataclass(frozen=True)
class HardOodRound:
    """What one round's classifier took for a category, and the OoD checks that people made of it."""

    classifier: Classifier
    hard: tuple[HardCandidate, ...]
    checked: Purchase


@dataclass(frozen=True)
class Round:
    """One round of a campaign.

    Args:
        measured: its model, trained on everything bought before.
        purchase: what was selected with that model; nothing in the last round.
        hard_ood: its OoD checks; `None` where the plan has no share for them.
        stopped_because: why the campaign ended with it; "" where it goes on.
        marks: what was bought of them before the outlines, by kind.
    """

    measured: Measured
    purchase: Purchase = Purchase()
    hard_ood: HardOodRound | None = None
    stopped_because: str = ""
    marks: Mapping[SupervisionKind, Purchase] = field(default_factory=dict)

    @property
    def is_bought(self) -> bool:
        """Whether anything was bought to learn from."""
        return any(each.labeled for each in (self.purchase, *self.marks.values()))


@dataclass(frozen=True)
class Arm:
    """What an arm has come to: its first batch, its rounds, and why it stopped ("" while it runs).

    `test` are the test images that people labeled first, nothing where they came with the data. `hard_ood_before` are
    OoD checks made before the first round, which a live project may have.
    """

    initial: Purchase
    rounds: tuple[Round, ...] = ()
    stopped_because: str = ""
    hard_ood_before: HardOodRound | None = None
    test: Purchase = Purchase()

    @property
    def decided_by(self) -> str:
        """The measure that its networks are compared by."""
        evaluations = (each.measured.evaluation for each in self.rounds)
        return decide_by([each for each in evaluations if each is not None])

    def quality(self, network: Measured) -> float | None:
        """Of one of its networks by `decided_by`; `None` where that was not measured."""
        return network.quality(self.decided_by)

    @property
    def best(self) -> Measured:
        """The network to keep, of one round or more: that of the highest quality, of equal ones the latest; the latest,
        too, where nothing could be measured.

        More labels make a better network as a rule, and not always. It is chosen on the test images, so that its
        quality there flatters it by a little.
        """
        return max((each.measured for each in self.rounds), key=lambda each: (self.quality(each) or 0.0, each.number))

    @property
    def is_buying(self) -> bool:
        """Whether its latest network is measured, and what that one chose is not labeled yet."""
        last = self.rounds[-1] if self.rounds else None
        return last is not None and not (last.is_bought or self.stopped_because)

    @property
    def exhausted(self) -> bool:
        """Whether the latest purchase found no other image open or affordable."""
        return (self.rounds[-1].purchase if self.rounds else self.initial).exhausted

    @property
    def purchases(self) -> tuple[Purchase, ...]:
        """The first batch and that of each round."""
        return (self.initial, *(each.purchase for each in self.rounds))

    @property
    def hard_ood(self) -> dict[int, HardOodRound]:
        """The OoD checks by the number of their round, 0 for those before the first."""
        by_round = {0: self.hard_ood_before, **{each.measured.number: each.hard_ood for each in self.rounds}}
        return {number: checks for number, checks in by_round.items() if checks is not None}
