"""What the steps of a review take, from the seconds people report.

A full label that was made with proposals takes (C - c) a + d o + l k + r j + b x + w m, less what its counts had cost:
a for a class check, o for each of the d objects that were drawn, k for each of the l looks (with j for each of the r
proposals that were removed or given another category), x for each of the b boxes, and m for the outlines' worth w of
mending, as the project's plan has it. Looks, removals and changes of category go together, for they are short and come
together. The factors of the five are found as `maskloop.costs.regression` tells, none below 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from maskloop.costs.corrections import saved_share
from maskloop.costs.cost_model import SECONDS_A_CLASS_CHECK, CostModel
from maskloop.costs.regression import Array, believed, fit, nonnegative
from maskloop.values import FullLabel, Origin, ReviewFit, Verdict

AS_PLANNED = np.ones(5)
"""The factors of class checks, drawn outlines, looks, boxes and mending before any label is seen."""


@dataclass(frozen=True)
class ReviewWork:
    """What one label that was made with proposals took, by step, 0 or more each.

    Args:
        absent: categories that are not there, each a class check.
        drawn: objects that were drawn.
        drawn_length: of their outlines together, in sides.
        looks: proposals that were looked at, those for boxes as well.
        removed: of these, those that were rejected.
        reclassified: and those that were given another category.
        boxes: objects that were boxed.
        mended: outlines' worth of mending: of each mended object the share that its proposal did not save.
        mended_length: the same, each times the length of its outline in sides.
        seconds_spent: measured seconds.
        counts_paid_s: what the image's counts had cost by plan.
    """

    absent: int
    drawn: int
    drawn_length: float
    looks: int
    removed: int
    reclassified: int
    boxes: int
    mended: float
    mended_length: float
    seconds_spent: float
    counts_paid_s: float = 0.0

    @classmethod
    def of(cls, label: FullLabel, costs: CostModel, seconds_spent: float, counts_paid_s: float = 0.0) -> ReviewWork:
        """That of a label which has a review."""
        objects = [(item.origin, item.outline_length) for item in label.objects if not item.crowd]
        begun = [(origin, length) for origin, length in objects if origin is not None and origin.proposal_id]
        drawn = [length for origin, length in objects if origin is None or not origin.proposal_id]
        rejected = label.review.rejected if label.review else ()
        rest = [(_rest(origin, costs), length) for origin, length in begun]
        return cls(
            absent=costs.categories - label.shown.categories,
            drawn=len(drawn),
            drawn_length=float(sum(drawn)),
            looks=len(begun) + len(rejected),
            removed=len(rejected),
            reclassified=sum(origin.reclassified for origin, _ in begun),
            boxes=sum(origin.prompted for origin, _ in begun) + sum(each.prompted for each in rejected),
            mended=sum(share for share, _ in rest),
            mended_length=sum(share * length for share, length in rest),
            seconds_spent=seconds_spent,
            counts_paid_s=counts_paid_s,
        )


def fit_reviews(costs: CostModel, labels: Sequence[ReviewWork]) -> ReviewFit:
    """Fit to labels that were made with proposals and whose time was measured; without any, exactly what is planned."""
    seconds = np.array([_seconds(label, costs) for label in labels], dtype=np.float64).reshape(-1, len(AS_PLANNED))
    spent_s = np.array([label.seconds_spent + label.counts_paid_s for label in labels], dtype=np.float64)
    planned_s = seconds.sum(axis=1)
    has_steps = planned_s > 0
    seconds, spent_s, planned_s = seconds[has_steps], spent_s[has_steps], planned_s[has_steps]
    shares: Array = seconds / planned_s[:, None]
    is_believed = believed(shares, spent_s / planned_s, AS_PLANNED)
    posterior = nonnegative(fit(shares[is_believed], (spent_s / planned_s)[is_believed], AS_PLANNED))
    kept = [label for label, is_kept in zip(labels, has_steps, strict=True) if is_kept]
    kept = [label for label, is_kept in zip(kept, is_believed, strict=True) if is_kept]
    _, drawn, look, box, mended = np.eye(len(AS_PLANNED))
    outline_s, looks = costs.outline.fixed_s, sum(label.looks for label in kept)
    looks_s = float(seconds[is_believed][:, 2].sum())
    return ReviewFit(
        labels=len(labels),
        left_out=len(labels) - len(kept),
        planned_s=float(planned_s[is_believed].sum()),
        measured_s=float(spent_s[is_believed].sum()),
        drawn=posterior.seconds(drawn, _mean(kept, "drawn", costs) or outline_s, sum(label.drawn for label in kept)),
        look=posterior.seconds(look, looks_s / looks if looks else costs.reviews.look_s, looks),
        box=posterior.seconds(box, costs.reviews.box_s, sum(label.boxes for label in kept)),
        mended=posterior.seconds(
            mended, _mean(kept, "mended", costs) or outline_s, round(sum(label.mended for label in kept))
        ),
    )


def _rest(origin: Origin, costs: CostModel) -> float:
    """The share of an outline that a proposal left to do."""
    if origin.verdict is Verdict.ACCEPTED or origin.iou == 1:
        return 0.0
    return 1 - saved_share(origin.iou or 0.0, costs.reviews.correction)


def _seconds(label: ReviewWork, costs: CostModel) -> tuple[float, ...]:
    """Planned seconds by step, in the order of `AS_PLANNED`."""
    outline, reviews = costs.outline, costs.reviews
    looks_s = label.looks * reviews.look_s + label.removed * reviews.reject_s
    return (
        label.absent * SECONDS_A_CLASS_CHECK,
        label.drawn * outline.fixed_s + label.drawn_length * outline.length_s,
        looks_s + label.reclassified * reviews.reclassify_s,
        label.boxes * reviews.box_s,
        label.mended * outline.fixed_s + label.mended_length * outline.length_s,
    )


def _mean(labels: Sequence[ReviewWork], step: str, costs: CostModel) -> float:
    """Planned seconds of one of a step's outlines, by their mean length; 0 without any."""
    number = sum(getattr(label, step) for label in labels)
    length = sum(getattr(label, f"{step}_length") for label in labels)
    return costs.outline.fixed_s + costs.outline.length_s * length / number if number else 0.0
