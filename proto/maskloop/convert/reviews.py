"""What people made of proposals."""

from __future__ import annotations

from typing import Any

from maskloop.convert.proposals import proposal_from_message, proposal_to_message
from maskloop.convert.scalars import check_text, enum_from_message, enum_to_message, optional
from maskloop.errors import InvalidLabel
from maskloop.v1 import masks_pb2 as pb
from maskloop.values import MOST_NAMED, Origin, Rejection, Review, Verdict, Work


def origin_to_message(origin: Origin) -> pb.ObjectOrigin:
    """What one object began as."""
    return pb.ObjectOrigin(
        verdict=enum_to_message(origin.verdict),
        proposal_id=origin.proposal_id,
        prompted=origin.prompted,
        iou=origin.iou,
        reclassified=origin.reclassified,
        edits=origin.work.edits,
        seconds=origin.work.seconds,
    )


def origin_from_message(message: pb.ObjectOrigin) -> Origin:
    """What one object began as.

    Raises:
        InvalidArgument: it names no verdict.
        InvalidLabel: its parts contradict each other, or a number cannot be.
    """
    return Origin(
        enum_from_message(Verdict, message.verdict, "objects.origin.verdict"),
        check_text(message.proposal_id, "objects.origin.proposal_id"),
        message.prompted,
        optional(message, "iou"),
        message.reclassified,
        _work(message),
    )


def review_to_message(review: Review) -> pb.Review:
    """The proposals that a person had at hand."""
    rejected = [
        pb.RejectedProposal(
            proposal_id=each.proposal_id, prompted=each.prompted, edits=each.work.edits, seconds=each.work.seconds
        )
        for each in review.rejected
    ]
    proposals = map(proposal_to_message, review.proposals)
    return pb.Review(model_version=review.model_version, rejected=rejected, proposals=proposals)


def review_from_message(message: pb.Review) -> Review:
    """The proposals that a person had at hand.

    Raises:
        InvalidLabel: a number cannot be, or there are too many proposals.
        InvalidMask: a proposal's mask does not decode.
    """
    for what, items in (("rejected", message.rejected), ("proposals", message.proposals)):
        if len(items) > MOST_NAMED:
            raise InvalidLabel(
                f"a review of {len(items):,} proposals; at most {MOST_NAMED:,} are taken", field=f"full.review.{what}"
            )
    return Review(
        check_text(message.model_version, "full.review.model_version"),
        tuple(
            Rejection(check_text(each.proposal_id, "full.review.rejected.proposal_id"), each.prompted, _work(each))
            for each in message.rejected
        ),
        tuple(map(proposal_from_message, message.proposals)),
    )


def _work(message: Any) -> Work:
    return Work(optional(message, "edits"), optional(message, "seconds"))
