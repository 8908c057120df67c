"""What a label says of proposals, held against those that were offered."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, replace

from maskloop.errors import InvalidLabel
from maskloop.values.labels.full import FullLabel
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.labels.review import Verdict
from maskloop.values.proposals import ObjectProposal


@dataclass(frozen=True)
class Offered:
    """What people had at hand of one image.

    Args:
        model_version: whose proposals they were.
        by_id: the proposals by their id.
        prompted: ids of those that prompts alone had asked for.
        is_whole: whether nothing else was offered; `False` where files are gone that would say.
    """

    model_version: str
    by_id: Mapping[str, ObjectProposal]
    prompted: Set[str] = frozenset()
    is_whole: bool = True

    def complete(self, content: FullLabel, whose: str) -> FullLabel:
        """The label with what is known of the proposals that it names: each as it was offered, how far the object is
        from it, and whether a prompt had asked for it. Of a proposal that nobody knows any more, what the label says
        stays.

        Args:
            content: of the label; one without a review stays as it is.
            whose: begins messages, such as `image 7f`.

        Raises:
            InvalidLabel: a proposal was never offered, or is said to be accepted and was changed.
        """
        if content.review is None:
            return content
        unknown = next((each for each in content.named_proposals if each not in self.by_id), None)
        if unknown is not None and self.is_whole:
            raise InvalidLabel(
                f"{whose}: model version {self.model_version} offered no proposal {unknown!r:.60} for it",
                field="objects.origin.proposal_id",
            )
        objects = tuple(self._begun(item, f"{whose}, object {place}") for place, item in enumerate(content.objects))
        rejected = tuple(
            replace(each, prompted=each.proposal_id in self.prompted) if each.proposal_id in self.by_id else each
            for each in content.review.rejected
        )
        named = tuple(self.by_id[each] for each in content.named_proposals if each in self.by_id)
        return FullLabel(objects, replace(content.review, rejected=rejected, proposals=named))

    def _begun(self, item: ObjectLabel, where: str) -> ObjectLabel:
        """The object with how far it is from the proposal that it names, and whether a prompt had asked for that."""
        origin = item.origin
        proposal = self.by_id.get(origin.proposal_id) if origin is not None else None
        if origin is None or proposal is None:
            return item
        if (item.mask.height, item.mask.width) != (proposal.mask.height, proposal.mask.width):
            return item  # refused with all masks of another size than their image
        iou = 1.0 if item.mask == proposal.mask else item.mask.iou(proposal.mask)
        reclassified = item.category_id != proposal.category_id
        if origin.verdict is Verdict.ACCEPTED and (reclassified or item.mask != proposal.mask):
            changed = "is of another category" if reclassified else f"has another mask (IoU {iou:.3f})"
            raise InvalidLabel(
                f"{where}: it {changed} than proposal {proposal.id}, which is said to be accepted; that is modified",
                field="objects.origin.verdict",
            )
        return replace(
            item, origin=replace(origin, iou=iou, reclassified=reclassified, prompted=proposal.id in self.prompted)
        )
