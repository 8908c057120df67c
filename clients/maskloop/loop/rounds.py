"""A round: train and evaluate (`measure`), then score, select, label and submit (`choose`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from maskloop.labelers import Labeler
from maskloop.loop.ledger import Ledger
from maskloop.loop.session import Bought, CampaignSession
from maskloop.values import Budget, Evaluation, Label, ModelVersion, Pick, Strategy, SupervisionKind


@dataclass(frozen=True)
class Measured:
    """A model and its quality on the test split, and what had been spent on it; seconds are the machine's."""

    number: int
    model: ModelVersion
    evaluation: Evaluation
    labeled_images: int
    spent_s: float
    spent_s_by_kind: dict[str, float]
    train_s: float
    evaluate_s: float


@dataclass(frozen=True)
class Purchase:
    """What was chosen with a model and bought; `exhausted` says that no other image is open or affordable."""

    batches: tuple[Bought, ...] = ()
    exhausted: bool = False
    score_s: float = 0.0
    select_s: float = 0.0

    @property
    def labeled(self) -> tuple[tuple[Pick, Label], ...]:
        """The picks that were bought, with their labels, in the order of selection."""
        return tuple(bought for batch in self.batches for bought in batch.picks)


def measure(number: int, session: CampaignSession) -> Measured:
    """Train a model on everything labeled so far, and measure it."""
    ledger = session.ledger
    model, train_s = session.train(number)
    evaluation, evaluate_s = session.evaluate(number, model)
    spent = dict(ledger.spent_s_by_kind)
    return Measured(number, model, evaluation, len(ledger.labeled), ledger.spent_s, spent, train_s, evaluate_s)


def choose(
    measured: Measured,
    session: CampaignSession,
    labeler: Labeler,
    still: Callable[[Ledger], Budget | None],
    strategy: Strategy,
) -> Purchase:
    """Choose with the round's model what `still` asks for, and buy it."""
    score_s = session.score_pool(measured.number, measured.model) if strategy.needs_scores else 0.0
    if strategy.uses_imported_scores:
        session.import_true_scores(measured.model, labeler)
    if strategy.is_prepared:
        score_s += session.prepare_selection(measured.number, strategy)
    purchase = buy(f"round-{measured.number:02d}", session, labeler, kind=SupervisionKind.FULL, still=still)
    return replace(purchase, score_s=score_s)


def buy(
    name: str,
    session: CampaignSession,
    labeler: Labeler,
    *,
    kind: SupervisionKind,
    still: Callable[[Ledger], Budget | None],
    strategy: Strategy | None = None,
) -> Purchase:
    """Select, have labeled and submit, batch after batch, until `still` wants no more or nothing is to be had.

    Args:
        name: of the tasks; each further one has its number appended.
        annotator: the campaign.
        labeler: who labels.
        kind: counts, full or ood_check.
        still: how much to ask for next, given what was bought so far.
        strategy: for these batches alone, the campaign's when `None`.
    """
    batches: list[Bought] = []
    select_s = 0.0
    while (wish := still(session.ledger)) is not None:
        task = name if not batches else f"{name}-{len(batches) + 1}"
        batch, seconds = session.select_batch(task, kind, wish, strategy)
        select_s += seconds
        if not batch.picks:
            return Purchase(tuple(batches), exhausted=True, select_s=select_s)
        batches.append(session.fill(task, batch, labeler))
        if not batches[-1].picks and session.affords_nothing(labeler):  # the server would hand out each to be seen
            return Purchase(tuple(batches), exhausted=True, select_s=select_s)
    return Purchase(tuple(batches), select_s=select_s)
