"""Labels that a network disputes, so that a person looks again.

A network that never learnt from an image predicts masks for it, each with an IoU that its head predicts: how well the
mask should fit the object that is there. Where a label says otherwise, it is disputed. Two rules, for each image:

1. *It fits badly.* An object and a prediction of its category are a pair where each is the other's best by IoU, and
   overlap by `TOUCHES` or more. Their IoU should be the predicted one. It is disputed where that is `LIKELY` or more,
   and the IoU lower by `FAR` or more; by how much is the dispute's size.
2. *Nobody drew it.* A prediction in no pair, of a predicted IoU of `SURE` or more, most of whose pixels lie on nothing
   that was drawn of its category. Its size is the predicted IoU, as it came out at 0. Where an object of another
   category fits it by more than `FOUND`, the two disagree on the category.

Crowds are never in a pair, and what lies mostly on a crowd of its category counts as drawn (Kirillov et al., *Panoptic
segmentation*, section 4.1). Where no head was fitted nothing is predicted of IoU, and nothing disputed. Only single
objects can be disputed by rule 1: one that the network missed altogether says more of the network than of the label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from maskloop.matching import FOUND, MOSTLY, iou_matrix, shares_inside
from maskloop.values import ImageProposals, Label, ObjectLabel, ObjectProposal

FAR = 0.3
"""By how much an IoU is far below the predicted one: heads that are trusted are off by .1 to .15 in the mean."""
LIKELY = 0.6
"""Predicted IoU from which on a bad fit speaks against the label; below, the network does not claim to know better."""
SURE = 0.8
"""Predicted IoU from which on the network is sure of an object."""
TOUCHES = 0.1
"""IoU from which on a prediction is of an object, well or badly."""


class Why(StrEnum):
    """What the network disputes."""

    FITS_BADLY = "fits_badly"
    NOT_DRAWN = "not_drawn"
    OTHER_CATEGORY = "other_category"


@dataclass(frozen=True)
class Dispute:
    """One object on which a label and a network disagree.

    Args:
        label: the label.
        why: what is disputed.
        prediction: what the network outlines.
        drawn: what the person outlined; `None` where nobody drew it.
        iou: of the two, in [0, 1]; 0 where nothing was drawn of that category.
        model_version: whose prediction it is.
    """

    label: Label
    why: Why
    prediction: ObjectProposal
    drawn: ObjectLabel | None
    iou: float
    model_version: str

    @property
    def size(self) -> float:
        """How far the IoU lies below the predicted one, in [0, 1]."""
        return self.prediction.predicted_iou - self.iou


def disputes_of(label: Label, proposals: ImageProposals) -> list[Dispute]:
    """What is disputed of a full label, largest first; nothing where the predictions are uncalibrated.

    Args:
        label: a full label.
        proposals: of the same image, by a network that did not learn from it.
    """
    if proposals.uncalibrated:
        return []
    found: list[Dispute] = []
    for category_id in sorted({item.category_id for item in proposals.objects}):
        offered = [item for item in proposals.objects if item.category_id == category_id]
        found += _of_category(label, offered, proposals.model_version)
    return sorted(found, key=lambda dispute: (-dispute.size, dispute.prediction.mask.box))


def _of_category(label: Label, offered: Sequence[ObjectProposal], version: str) -> list[Dispute]:
    """What is disputed by the predictions of one category, one or more."""
    ours = [item for item in label.objects if item.category_id == offered[0].category_id]
    single = [item for item in ours if not item.crowd]
    masks = [item.mask for item in offered]
    overlap = iou_matrix(masks, [item.mask for item in single])
    partner = _mutual_best(overlap.tolist())
    drawn_of_it = shares_inside(masks, [item.mask for item in ours]) if ours else np.zeros(len(masks))
    found: list[Dispute] = []
    for place, prediction in enumerate(offered):
        if place in partner:
            iou = float(overlap[place, partner[place]])
            if prediction.predicted_iou >= LIKELY and prediction.predicted_iou - iou >= FAR:
                found.append(Dispute(label, Why.FITS_BADLY, prediction, single[partner[place]], iou, version))
        elif prediction.predicted_iou >= SURE and drawn_of_it[place] <= MOSTLY:
            other = _drawn_as_another(label, prediction)
            why = Why.NOT_DRAWN if other is None else Why.OTHER_CATEGORY
            found.append(Dispute(label, why, prediction, other, 0.0, version))
    return found


def _mutual_best(overlap: Sequence[Sequence[float]]) -> dict[int, int]:
    """Pairs (row, column) that overlap by `TOUCHES` or more, each the other's best; the first of equals."""
    pairs: dict[int, int] = {}
    for row, ious in enumerate(overlap):
        column = max(range(len(ious)), key=ious.__getitem__, default=-1)
        if column >= 0 and ious[column] >= TOUCHES:
            best = max(range(len(overlap)), key=lambda each: overlap[each][column])
            if best == row:
                pairs[row] = column
    return pairs


def _drawn_as_another(label: Label, prediction: ObjectProposal) -> ObjectLabel | None:
    """The object of another category that fits a prediction best, by more than `FOUND`."""
    others = [item for item in label.objects if item.category_id != prediction.category_id and not item.crowd]
    ious = iou_matrix([prediction.mask], [item.mask for item in others])[0].tolist() if others else []
    best = max(range(len(ious)), key=ious.__getitem__, default=-1)
    return others[best] if best >= 0 and ious[best] > FOUND else None
