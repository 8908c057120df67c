"""How the column `review` of a full label keeps what became of a model's proposals.

{"version": model version, "rejected": [rejection, ...], "origins": [origin or null, ...] in the order of the objects,
"proposals": [[id, category id, run-length string, predicted IoU, confidence], ...] at the image's size}. Origins and
rejections are objects of their fields, those at their default left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from maskloop.masks import Mask
from maskloop.values import FullLabel, ObjectLabel, ObjectProposal, Origin, Rejection, Review, Verdict, Work


def review_row(content: FullLabel) -> dict[str, object] | None:
    """What the column keeps of a full label; `None` where it was made without proposals."""
    if content.review is None:
        return None
    return {
        "version": content.review.model_version,
        "rejected": [
            _told(proposal_id=each.proposal_id, prompted=each.prompted, **_work(each.work))
            for each in content.review.rejected
        ],
        "origins": [None if item.origin is None else _origin_row(item.origin) for item in content.objects],
        "proposals": [
            [item.id, item.category_id, item.mask.rle.decode(), item.predicted_iou, item.confidence]
            for item in content.review.proposals
        ],
    }


def with_review(objects: Sequence[ObjectLabel], stored: Mapping[str, Any] | None, height: int, width: int) -> FullLabel:
    """The full label of these objects, in an image of that size, with what the column keeps of its review."""
    if stored is None:
        return FullLabel(tuple(objects))
    begun = (
        replace(item, origin=None if told is None else _origin(told))
        for item, told in zip(objects, stored["origins"], strict=True)
    )
    return FullLabel(tuple(begun), review_of(stored, height, width))


def review_of(stored: Mapping[str, Any], height: int, width: int) -> Review:
    """What the column keeps of the proposals for an image of that size."""
    rejected = (
        Rejection(told["proposal_id"], told.get("prompted", False), _read_work(told)) for told in stored["rejected"]
    )
    proposals = (
        ObjectProposal(category_id, Mask(height, width, rle.encode()), iou, confidence, id_)
        for id_, category_id, rle, iou, confidence in stored["proposals"]
    )
    return Review(stored["version"], tuple(rejected), tuple(proposals))


def shown_ious(stored: Mapping[str, Any]) -> list[float]:
    """The predicted IoUs of the proposals that a person was shown, those asked for by prompts apart."""
    begun = (*filter(None, stored["origins"]), *stored["rejected"])
    prompted = {told.get("proposal_id") for told in begun if told.get("prompted")}
    return [iou for id_, _, _, iou, _ in stored["proposals"] if id_ not in prompted]


def _origin_row(origin: Origin) -> dict[str, object]:
    return _told(
        verdict=origin.verdict.value,
        proposal_id=origin.proposal_id,
        prompted=origin.prompted,
        iou=origin.iou,
        reclassified=origin.reclassified,
        **_work(origin.work),
    )


def _origin(told: Mapping[str, Any]) -> Origin:
    return Origin(
        Verdict(told["verdict"]),
        told.get("proposal_id", ""),
        told.get("prompted", False),
        told.get("iou"),
        told.get("reclassified", False),
        _read_work(told),
    )


def _work(work: Work) -> dict[str, object]:
    return {"edits": work.edits, "seconds": work.seconds}


def _read_work(told: Mapping[str, Any]) -> Work:
    return Work(told.get("edits"), told.get("seconds"))


def _told(**fields: object) -> dict[str, object]:
    """Without what is at its default."""
    return {name: value for name, value in fields.items() if value is not None and value is not False and value != ""}
