"""Proposals that people corrected: which are shown, the largest corrections first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maskloop.report.reviews.reviewed_label import ReviewedLabel
from maskloop.values import ObjectLabel, ObjectProposal, Verdict

MOST_CORRECTIONS = 8
PLACES_FOR_REJECTED = 3
"""Of these, where so many were rejected: mended ones would often take all."""


@dataclass(frozen=True)
class Correction:
    """A proposal that a person mended or rejected.

    Args:
        round: whose batch its image belongs to, 0 for the first batch.
        image, file_name: of the image.
        proposal_id: of the proposal.
        verdict: mended (`MODIFIED`) or `REJECTED`.
        category: what the person says it is; of a rejected one what the network said, "" where nobody knows the name.
        proposed_as: what the network said where the person says something else, "" elsewhere.
        predicted: the IoU that the network predicted for it, in [0, 1]; `None` without a fitted head.
        true: its IoU with what it became, in [0, 1]; of a rejected one with the object that it overlaps most.
        prompted: whether the person had asked for it, by a box or points.
    """

    round: int
    image: str
    file_name: str
    proposal_id: str
    verdict: Verdict
    category: str
    proposed_as: str
    predicted: float | None
    true: float
    prompted: bool = False


def choose_corrections(labels: Sequence[ReviewedLabel], names: Mapping[int, str]) -> tuple[Correction, ...]:
    """At most `MOST_CORRECTIONS`: mended ones of the lowest IoU first, then rejected ones, the surest first.

    Proposals of which the masks are not known any more are left out.

    Args:
        labels: with reviews.
        names: of the categories, by id.
    """
    mended = sorted(
        (each for label in labels for each in _mended(label, names)), key=lambda each: (each.true, each.proposal_id)
    )
    rejected = sorted(
        ((item, proposal, label) for label in labels for item, proposal in _rejected(label)),
        key=lambda each: (-each[1].predicted_iou, each[1].id),
    )
    places = min(len(rejected), max(PLACES_FOR_REJECTED, MOST_CORRECTIONS - len(mended)))
    shown = [
        Correction(
            **_where(label, proposal),
            verdict=Verdict.REJECTED,
            category=names.get(proposal.category_id, ""),
            proposed_as="",
            true=max((proposal.mask.iou(each.mask) for each in single_objects(label)), default=0.0),
            prompted=prompted,
        )
        for prompted, proposal, label in rejected[:places]
    ]
    return (*mended[: MOST_CORRECTIONS - len(shown)], *shown)


def single_objects(label: ReviewedLabel) -> list[ObjectLabel]:
    """The objects of a label that are no crowds."""
    return [item for item in label.content.objects if not item.crowd]


def _mended(label: ReviewedLabel, names: Mapping[int, str]) -> list[Correction]:
    offered = label.review.by_id
    return [
        Correction(
            **_where(label, proposal),
            verdict=Verdict.MODIFIED,
            category=names.get(item.category_id, ""),
            proposed_as=names.get(proposal.category_id, "") if proposal.category_id != item.category_id else "",
            true=proposal.mask.iou(item.mask) if item.origin.iou is None else item.origin.iou,
            prompted=item.origin.prompted,
        )
        for item in single_objects(label)
        if item.origin is not None and item.origin.verdict is Verdict.MODIFIED
        if (proposal := offered.get(item.origin.proposal_id)) is not None
    ]


def _rejected(label: ReviewedLabel) -> list[tuple[bool, ObjectProposal]]:
    """Whether it was asked for, and the proposal."""
    offered = label.review.by_id
    named = ((each.prompted, offered.get(each.proposal_id)) for each in label.review.rejected)
    return [(prompted, proposal) for prompted, proposal in named if proposal is not None]


def _where(label: ReviewedLabel, proposal: ObjectProposal) -> dict[str, Any]:
    return {
        "round": label.round,
        "image": label.image,
        "file_name": label.file_name,
        "proposal_id": proposal.id,
        "predicted": proposal.predicted_iou if label.head_fitted else None,
    }
