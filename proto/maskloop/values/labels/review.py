"""What a person made of a model's proposals.

A label that was made with proposals at hand says of each object what it began as, and which proposals came to nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from maskloop.errors import InvalidLabel
from maskloop.values.proposals import ObjectProposal

MOST_EDITS, MOST_SECONDS = 1_000_000, 1e7
MOST_NAMED = 2000
"""Proposals that one label may name: more than any network offers for an image, and people look at."""
ID_FORM = re.compile(r"[0-9a-f]{16}(-\d{1,6})?")


class Verdict(StrEnum):
    """What became of a proposal; of an object that was proposed by none, `MISSED`."""

    ACCEPTED = "accepted"  # its mask is the object's
    MODIFIED = "modified"  # a person mended it
    REJECTED = "rejected"  # no object came of it
    MISSED = "missed"  # a person drew what nothing had been proposed for


@dataclass(frozen=True)
class Work:
    """Work that was measured on one proposal or object, `None` where it was not.

    Args:
        edits: strokes, clicks and moved corners, 0 to a million.
        seconds: of annotator time, 0 to ten million.

    Raises:
        InvalidLabel: a number that cannot be.
    """

    edits: int | None = None
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.seconds is not None and not 0 <= self.seconds <= MOST_SECONDS:
            raise InvalidLabel(f"{self.seconds} seconds were spent on an object", field="objects.origin.seconds")
        if self.edits is not None and not 0 <= self.edits <= MOST_EDITS:
            raise InvalidLabel(f"{self.edits} edits of an object", field="objects.origin.edits")


UNMEASURED = Work()


@dataclass(frozen=True)
class Origin:
    """What one object of a reviewed label began as.

    Args:
        verdict: `ACCEPTED`, `MODIFIED` or `MISSED`.
        proposal_id: of the proposal; "" where it was drawn.
        prompted: whether the person had asked for the proposal, by a box or points around what was missed.
        iou: of the proposal's mask and the object's, in [0, 1]; `None` where nobody knows. The server works it out.
        reclassified: whether the proposal was of another category. The server works it out.
        work: as it was measured.

    Raises:
        InvalidLabel: the parts contradict each other.
    """

    verdict: Verdict
    proposal_id: str = ""
    prompted: bool = False
    iou: float | None = None
    reclassified: bool = False
    work: Work = UNMEASURED

    def __post_init__(self) -> None:
        if self.verdict is Verdict.REJECTED:
            raise InvalidLabel("an object comes of no rejected proposal", field="objects.origin.verdict")
        if (self.verdict is Verdict.MISSED) == bool(self.proposal_id):
            needs = "names no proposal" if self.proposal_id else "names its proposal"
            raise InvalidLabel(f"an object that was {self.verdict} {needs}", field="objects.origin.proposal_id")
        if self.prompted and not self.proposal_id:
            raise InvalidLabel("a prompt names the proposal that came of it", field="objects.origin.prompted")
        if self.iou is not None and not 0 <= self.iou <= 1:
            raise InvalidLabel(f"an IoU of {self.iou}", field="objects.origin.iou")
        if self.verdict is not Verdict.MODIFIED and (
            self.iou not in (None, self._iou_if_unchanged) or self.reclassified
        ):
            raise InvalidLabel(
                f"an object that was {self.verdict} differs from no proposal in mask or category",
                field="objects.origin.iou",
            )

    @property
    def _iou_if_unchanged(self) -> float | None:
        return 1.0 if self.verdict is Verdict.ACCEPTED else None


@dataclass(frozen=True)
class Rejection:
    """A proposal of which no object came, whether it had been asked for by a prompt, and the measured work."""

    proposal_id: str
    prompted: bool = False
    work: Work = UNMEASURED


@dataclass(frozen=True)
class Review:
    """The proposals that a person had at hand.

    Args:
        model_version: whose they are.
        rejected: those of which no object came.
        proposals: those that the label names, as they were offered. The server adds them.
    """

    model_version: str
    rejected: tuple[Rejection, ...] = ()
    proposals: tuple[ObjectProposal, ...] = ()

    @property
    def by_id(self) -> Mapping[str, ObjectProposal]:
        """The proposals by their id."""
        return {item.id: item for item in self.proposals}


def check_named(proposal_ids: Sequence[str], where: str) -> None:
    """Raises InvalidLabel where too many proposals are named, one twice, or one by what is no id; messages begin with
    `where`."""
    if len(proposal_ids) > MOST_NAMED:
        raise InvalidLabel(
            f"{where}: it names {len(proposal_ids)} proposals; {MOST_NAMED} are the most",
            field="objects.origin.proposal_id",
        )
    seen: set[str] = set()
    for proposal_id in proposal_ids:
        if not ID_FORM.fullmatch(proposal_id):
            raise InvalidLabel(f"{where}: {proposal_id!r:.60} is no proposal's id", field="objects.origin.proposal_id")
        if proposal_id in seen:
            raise InvalidLabel(f"{where}: proposal {proposal_id} is named twice", field="objects.origin.proposal_id")
        seen.add(proposal_id)
