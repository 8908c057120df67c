"""From labels with reviews to what people made of proposals: pieces, priced and added up."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

from maskloop.costs.corrections import time_saved
from maskloop.costs.cost_model import CostModel
from maskloop.report.pictures.corrections import choose_corrections
from maskloop.report.reviews.outcomes import BandShares, Reviewed, ReviewsReport, Step
from maskloop.report.reviews.reviewed_label import ReviewedLabel
from maskloop.values import Category, ObjectLabel, ObjectProposal, Origin, Rejection, SupervisionKind, Verdict

FULL = SupervisionKind.FULL


def count_reviews(
    labels: Sequence[ReviewedLabel], costs: CostModel, categories: Sequence[Category]
) -> ReviewsReport | None:
    """What people made of proposals; `None` without a label that says so.

    Args:
        labels: with reviews.
        costs: what prices them.
        categories: the vocabulary.
    """
    if not labels:
        return None
    told = [_Told.of(each, costs) for each in labels]
    pieces = [piece for each in told for piece in each.pieces]
    names = {category.id: category.name for category in sorted(categories)}
    own: dict[str, list[float]] = {}
    prompted: dict[str, list[float]] = {}
    for piece in pieces:
        name = names.get(piece.category_id)
        if name is not None and piece.is_object:
            own.setdefault(name, []).append(0.0 if piece.prompted else piece.iou)
        if name is not None and piece.prompted:
            prompted.setdefault(name, []).append(piece.iou)
    present = {piece.category_id for piece in pieces}
    return ReviewsReport(
        total=_of_labels(told),
        by_round={
            number: _of_labels([each for each in told if each.label.round == number])
            for number in sorted({each.round for each in labels})
        },
        by_class={name: _of_class(key, told) for key, name in names.items() if key in present},
        by_method=_by_method(told, names),
        own=_bands(own),
        prompted=_bands(prompted),
        corrections=choose_corrections(labels, names),
    )


def _by_method(told: Sequence[_Told], names: Mapping[int, str]) -> dict[str, dict[str, Reviewed]]:
    """What became of each method's proposals, by class."""
    found: dict[str, dict[str, Reviewed]] = {}
    for method in sorted({each.label.method for each in told} - {""}):
        own = [each for each in told if each.label.method == method]
        present = {piece.category_id for each in own for piece in each.pieces}
        found[method] = {name: _of_class(key, own) for key, name in names.items() if key in present}
    return found


@dataclass(frozen=True)
class _Piece:
    """An object, or a rejected proposal; its category is 0 where nobody knows it any more.

    `iou` is that of the proposal with the object, 0 without either. `outline_s` is what drawing it would take, 0 where
    there is nothing to draw.
    """

    category_id: int
    verdict: Verdict
    prompted: bool
    reclassified: bool
    iou: float
    outline_s: float
    steps_s: Mapping[Step, float]

    @property
    def is_object(self) -> bool:
        return self.verdict is not Verdict.REJECTED


@dataclass(frozen=True)
class _Told:
    """A label, in pieces and in planned seconds."""

    label: ReviewedLabel
    pieces: tuple[_Piece, ...]
    checks_s: float
    planned_s: float
    drawing_s: float

    @classmethod
    def of(cls, label: ReviewedLabel, costs: CostModel) -> _Told:
        content, paid_s = label.content, label.counts_paid_s
        objects = (_object(item, costs) for item in content.objects if not item.crowd)
        offered = label.review.by_id
        rejected = (_rejected(item, offered.get(item.proposal_id), costs) for item in label.review.rejected)
        return cls(
            label,
            (*objects, *rejected),
            costs.label_s(FULL, content.shown.categories, 0, 0.0),
            content.cost_s(costs, paid_s),
            content.without_review.cost_s(costs, paid_s),
        )


def _object(item: ObjectLabel, costs: CostModel) -> _Piece:
    origin = item.origin or Origin(Verdict.MISSED)
    outline_s = costs.price(FULL).item_s(item.outline_length)
    if origin.verdict is Verdict.MISSED:
        steps_s, iou = {Step.DRAWING: outline_s}, 0.0
    else:
        steps_s, iou = _begun_steps(origin, item.outline_length, costs), _known_iou(origin)
    return _Piece(item.category_id, origin.verdict, origin.prompted, origin.reclassified, iou, outline_s, steps_s)


def _known_iou(origin: Origin) -> float:
    """1 of an accepted one, and 0 of a mended one of which nobody knows how far it was off."""
    if origin.iou is not None:
        return origin.iou
    return 1.0 if origin.verdict is Verdict.ACCEPTED else 0.0


def _begun_steps(origin: Origin, outline_length: float, costs: CostModel) -> dict[Step, float]:
    """The cost model's seconds of an object that began as a proposal, by step; together they are `begun_s`."""
    prices = costs.reviews
    steps_s = {
        Step.LOOKS: prices.look_s,
        Step.BOXES: origin.prompted * prices.box_s,
        Step.CLASSES: origin.reclassified * prices.reclassify_s,
    }
    return {**steps_s, Step.MENDING: max(0.0, costs.begun_s(origin, outline_length) - sum(steps_s.values()))}


def _rejected(item: Rejection, proposal: ObjectProposal | None, costs: CostModel) -> _Piece:
    steps_s = {Step.LOOKS: costs.reviews.look_s, Step.BOXES: item.prompted * costs.reviews.box_s}
    steps_s[Step.REJECTIONS] = max(0.0, costs.rejected_s(item) - sum(steps_s.values()))
    category_id = proposal.category_id if proposal else 0
    return _Piece(category_id, Verdict.REJECTED, item.prompted, False, 0.0, 0.0, steps_s)


def _of_labels(told: Sequence[_Told]) -> Reviewed:
    timed = [(each, each.label.seconds_spent) for each in told if each.label.seconds_spent is not None]
    return _reviewed(
        len(told),
        [piece for each in told for piece in each.pieces],
        planned_s=math.fsum(each.planned_s for each in told),
        drawing_s=math.fsum(each.drawing_s for each in told),
        checks_s=math.fsum(each.checks_s for each in told),
        measured=(
            len(timed),
            math.fsum(seconds for _, seconds in timed),
            math.fsum(each.drawing_s for each, _ in timed),
        ),
    )


def _of_class(category_id: int, told: Sequence[_Told]) -> Reviewed:
    by_label = [[piece for piece in each.pieces if piece.category_id == category_id] for each in told]
    pieces = [piece for found in by_label for piece in found]
    return _reviewed(
        sum(map(bool, by_label)),
        pieces,
        planned_s=math.fsum(seconds for piece in pieces for seconds in piece.steps_s.values()),
        drawing_s=math.fsum(piece.outline_s for piece in pieces),
    )


def _reviewed(
    labels: int,
    pieces: Sequence[_Piece],
    *,
    planned_s: float,
    drawing_s: float,
    checks_s: float = 0.0,
    measured: tuple[int, float, float] = (0, 0.0, 0.0),
) -> Reviewed:
    own = Counter(piece.verdict for piece in pieces if not piece.prompted)
    asked = Counter(piece.is_object for piece in pieces if piece.prompted)
    mended = [
        piece.iou
        for piece in pieces
        if piece.verdict is Verdict.MODIFIED
        and not piece.prompted
        and piece.iou < 1  # a mask that stays was not mended
    ]
    steps_s = {Step.CHECKS: checks_s} if checks_s else {}
    for step in Step:
        if spent_s := math.fsum(piece.steps_s.get(step, 0.0) for piece in pieces):
            steps_s[step] = spent_s
    return Reviewed(
        labels=labels,
        accepted=own[Verdict.ACCEPTED],
        mended=own[Verdict.MODIFIED],
        rejected=own[Verdict.REJECTED],
        drawn=own[Verdict.MISSED],
        boxed=asked[True],
        boxes_rejected=asked[False],
        reclassified=sum(piece.reclassified for piece in pieces),
        mended_iou=fmean(mended) if mended else None,
        planned_s=_to_ms(planned_s),
        drawing_s=_to_ms(drawing_s),
        outlines_s=_to_ms(math.fsum(piece.outline_s for piece in pieces)),
        steps_s={step.value: _to_ms(steps_s[step]) for step in Step if step in steps_s},
        measured_labels=measured[0],
        measured_s=_to_ms(measured[1]),
        measured_drawing_s=_to_ms(measured[2]),
    )


def _bands(groups: Mapping[str, Sequence[float]]) -> BandShares | None:
    if not groups:
        return None
    found = time_saved(groups)
    return BandShares(sum(found.objects.values()), found.micro, found.macro, dict(found.shares))


def _to_ms(seconds: float) -> float:
    """Whole milliseconds, in which costs are charged."""
    return round(seconds, 3)
