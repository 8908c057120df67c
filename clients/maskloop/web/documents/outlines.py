"""Outlined objects, and what became of proposals, as JSON.

What the server works out by itself is not written, and read from nobody: how far an object is from its proposal, and
the proposals that a review names.
"""

from __future__ import annotations

from typing import Any

from maskloop.errors import InvalidMask
from maskloop.masks import Mask
from maskloop.values import FullLabel, ObjectLabel, Origin, Rejection, Review, Verdict, Work
from maskloop.web.documents.reading import Part

Document = dict[str, Any]
LONGEST_RLE = 32 * 1024 * 1024


def mask_document(mask: Mask) -> Document:
    """A mask at its image's size."""
    return {"height": mask.height, "width": mask.width, "rle": mask.rle.decode("ascii")}


def read_mask(part: Part) -> Mask:
    """A mask.

    Raises:
        InvalidMask: its runs are broken, or do not add up to its size.
    """
    height, width, rle = part.fields("height", "width", "rle")
    text = rle.text(LONGEST_RLE)
    with part.named():
        if not text.isascii():
            raise InvalidMask("the mask's run-length string is broken")
        return Mask(height.integer(1), width.integer(1), text.encode("ascii"))


def full_document(content: FullLabel) -> Document:
    """A full label."""
    return {
        "objects": [
            {
                "category": item.category_id,
                "mask": mask_document(item.mask),
                "crowd": item.crowd,
                "origin": item.origin and _origin(item.origin),
            }
            for item in content.objects
        ],
        "review": content.review and _review(content.review),
    }


def read_full(part: Part) -> FullLabel:
    """A full label.

    Raises:
        InvalidLabel, InvalidMask: it contradicts itself, or a mask is broken; names the place.
    """
    objects, review = part.fields("objects", "review")
    return FullLabel(tuple(map(_read_object, objects.items())), review.maybe(_read_review))


def _read_object(part: Part) -> ObjectLabel:
    category, mask, crowd, origin = part.fields("category", "mask", "crowd", "origin")
    return ObjectLabel(category.integer(1), read_mask(mask), crowd.flag(), origin.maybe(_read_origin))


def _origin(origin: Origin) -> Document:
    return {"verdict": origin.verdict.value, "proposal": origin.proposal_id, **_work(origin.work)}


def _read_origin(part: Part) -> Origin:
    verdict, proposal, edits, seconds = part.fields("verdict", "proposal", "edits", "seconds")
    with part.named():
        return Origin(verdict.one_of(Verdict), proposal.text(), work=_read_work(edits, seconds))


def _review(review: Review) -> Document:
    rejected = [{"proposal": each.proposal_id, **_work(each.work)} for each in review.rejected]
    return {"model_version": review.model_version, "rejected": rejected}


def _read_review(part: Part) -> Review:
    version, rejected = part.fields("model_version", "rejected")
    return Review(version.text(), tuple(map(_read_rejection, rejected.items())))


def _read_rejection(part: Part) -> Rejection:
    proposal, edits, seconds = part.fields("proposal", "edits", "seconds")
    with part.named():
        return Rejection(proposal.text(), work=_read_work(edits, seconds))


def _work(work: Work) -> Document:
    return {"edits": work.edits, "seconds": work.seconds}


def _read_work(edits: Part, seconds: Part) -> Work:
    return Work(edits.maybe(Part.integer), seconds.maybe(Part.number))
