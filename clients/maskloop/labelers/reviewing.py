"""A simulated person who reviews proposals: looks at each, accepts, mends or removes it, and adds what was missed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np

from maskloop.costs.corrections import saved_share
from maskloop.labelers.outlines import draw_box, draw_outline
from maskloop.labelers.person import Person
from maskloop.masks import Mask
from maskloop.matching import iou_matrix
from maskloop.values import (
    Box,
    CorrectionForm,
    FullLabel,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Rejection,
    Review,
    Verdict,
)

Propose = Callable[[Sequence[Box]], Sequence[ObjectProposal]]
"""The masks that the model proposes for boxes, in their order."""


@dataclass(frozen=True)
class Reviewer:
    """One person at one image.

    Args:
        person: how they work.
        image_id: of the image.
        correction: how mending is priced: a proposal that would save nothing is removed, and the object drawn.
    """

    person: Person
    image_id: str
    correction: CorrectionForm

    def review(
        self,
        there: Sequence[ObjectLabel],
        shown: Sequence[ObjectProposal],
        model_version: str,
        propose: Propose | None = None,
    ) -> FullLabel:
        """What the person makes of the proposals shown.

        Each proposal is taken for the object that it overlaps most, if no other proposal overlaps that one more. Crowds
        stay crowds, and cost nothing.

        Args:
            there: the true objects.
            shown: the proposals that the person looks at.
            model_version: whose they are.
            propose: what answers a box around a missed object; `None` where it is outlined at once.
        """
        single = [item for item in there if not item.crowd]
        begun, rejected = self._look(single, shown)
        missed = [place for place in range(len(single)) if place not in begun]
        if propose is not None and missed:
            known = {item.id for item in shown}
            again, more = self._box([single[place] for place in missed], propose, known)
            begun |= {missed[place]: item for place, item in again.items()}
            rejected += more
        objects = [
            begun.get(place) or ObjectLabel(item.category_id, self._draw(item), origin=Origin(Verdict.MISSED))
            for place, item in enumerate(single)
        ]
        crowds = (item for item in there if item.crowd)
        return FullLabel((*objects, *crowds), Review(model_version, tuple(rejected)))

    def draw(self, there: Iterable[ObjectLabel]) -> FullLabel:
        """What the person outlines without any proposal."""
        return FullLabel(tuple(item if item.crowd else replace(item, mask=self._draw(item)) for item in there))

    def _look(
        self, there: Sequence[ObjectLabel], shown: Sequence[ObjectProposal]
    ) -> tuple[dict[int, ObjectLabel], list[Rejection]]:
        """What became of proposals: objects by the place of the true one, and those that were removed."""
        begun: dict[int, ObjectLabel] = {}
        rejected: list[Rejection] = []
        objects = pair([item.mask for item in shown], [item.mask for item in there])
        for proposal, place in zip(shown, objects, strict=True):
            item = None if place is None else self._mend(there[place], proposal, prompted=False)
            if item is None or place is None:
                rejected.append(Rejection(proposal.id))
            else:
                begun[place] = item
        return begun, rejected

    def _box(
        self, missed: Sequence[ObjectLabel], propose: Propose, known: Set[str]
    ) -> tuple[dict[int, ObjectLabel], list[Rejection]]:
        """Box each missed object, and see what the model makes of it. A mask that is `known` helps nobody again."""
        boxes = [draw_box(item, self.person, self.image_id) for item in missed]
        begun: dict[int, ObjectLabel] = {}
        rejected: list[Rejection] = []
        seen = set(known)
        for place, proposal in enumerate(propose(boxes)):
            if proposal.id in seen:
                continue
            seen.add(proposal.id)
            item = self._mend(missed[place], proposal, prompted=True)
            if item is None:
                rejected.append(Rejection(proposal.id, prompted=True))
            else:
                begun[place] = item
        return begun, rejected

    def _mend(self, item: ObjectLabel, proposal: ObjectProposal, *, prompted: bool) -> ObjectLabel | None:
        """The object as it comes of a proposal; `None` where that saves nothing."""
        is_right = proposal.category_id == item.category_id
        if proposal.mask.iou(item.mask) >= self.person.accept_iou:
            verdict = Verdict.ACCEPTED if is_right else Verdict.MODIFIED
            origin = Origin(verdict, proposal.id, prompted, 1.0, not is_right)
            return ObjectLabel(item.category_id, proposal.mask, origin=origin)
        mask = self._draw(item)
        iou = proposal.mask.iou(mask)
        if not saved_share(iou, self.correction):
            return None
        return ObjectLabel(
            item.category_id, mask, origin=Origin(Verdict.MODIFIED, proposal.id, prompted, iou, not is_right)
        )

    def _draw(self, item: ObjectLabel) -> Mask:
        return draw_outline(item, self.person, self.image_id)


def pair(shown: Sequence[Mask], there: Sequence[Mask]) -> list[int | None]:
    """For each proposal the place of the object that it shows: pairs by falling IoU, each object once; `None` for one
    that shows none. Of equal IoUs the earlier proposal and the earlier object come first."""
    ious = iou_matrix(shown, there)
    places: list[int | None] = [None] * len(shown)
    taken: set[int] = set()
    for flat in np.argsort(-ious, axis=None, kind="stable"):
        row, column = divmod(int(flat), len(there))
        if ious[row, column] <= 0:
            break
        if places[row] is None and column not in taken:
            places[row] = column
            taken.add(column)
    return places
