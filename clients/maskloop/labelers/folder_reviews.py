"""What people made of proposals, told from the file that they left.

proposals.json names each mask's proposal, `"proposal": "3f9c..."`. Where a tool has kept that, it says what an object
began as. Tools drop what they do not know, so that other objects are held against the proposals by their masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.ndimage import binary_dilation, binary_erosion

from maskloop.labelers.labeler import Task
from maskloop.masks import Mask
from maskloop.matching import iou_matrix
from maskloop.values import (
    Assist,
    FullLabel,
    LabelContent,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Rejection,
    Review,
    Verdict,
)

SAME_MASK = 0.9
"""Least IoU of a proposal with its own mask after a tool has written it as a polygon and drawn it anew; all that
differs must lie within a pixel of the outline as well."""
BEGAN_AS = 0.5
"""IoU from which on an object that names no proposal began as one."""


def reviewed(task: Task, image_id: str, content: LabelContent) -> LabelContent:
    """The label with what became of the proposals shown; as it is where people were not helped."""
    if task.assistance.assist is Assist.NONE or not isinstance(content, FullLabel):
        return content
    shown = task.shown(image_id)
    begun = _begun(content.objects, shown)
    objects = tuple(_object(item, begun.get(place)) for place, item in enumerate(content.objects))
    taken = {proposal.id for proposal in begun.values()}
    rejected = tuple(Rejection(item.id) for item in shown if item.id not in taken)
    return FullLabel(objects, Review(task.shown_version(image_id), rejected))


def _begun(objects: Sequence[ObjectLabel], shown: Sequence[ObjectProposal]) -> dict[int, ObjectProposal]:
    """The proposal of each object that began as one, by the object's place: as it says, else as masks tell."""
    by_id = {item.id: item for item in shown}
    begun: dict[int, ObjectProposal] = {}
    claims = [
        (item.mask.iou(by_id[item.origin.proposal_id].mask), -place, item.origin.proposal_id)
        for place, item in enumerate(objects)
        if item.origin is not None and item.origin.proposal_id in by_id and not item.crowd
    ]
    for _, place, proposal_id in sorted(claims, reverse=True):  # a tool that copies an object copies its name
        if proposal_id in by_id:
            begun[-place] = by_id.pop(proposal_id)
    left = [place for place, item in enumerate(objects) if place not in begun and not item.crowd]
    rest = list(by_id.values())
    ious = iou_matrix([objects[place].mask for place in left], [item.mask for item in rest])
    while ious.size and ious.max() >= BEGAN_AS:
        row, column = divmod(int(ious.argmax()), len(rest))
        begun[left[row]] = rest[column]
        ious[row, :] = ious[:, column] = 0
    return begun


def _object(item: ObjectLabel, proposal: ObjectProposal | None) -> ObjectLabel:
    if item.crowd:
        return replace(item, origin=None)
    if proposal is None:
        return replace(item, origin=Origin(Verdict.MISSED))
    is_right = item.category_id == proposal.category_id
    if _is_same(item.mask, proposal.mask):
        verdict = Verdict.ACCEPTED if is_right else Verdict.MODIFIED
        origin = Origin(verdict, proposal.id, iou=1.0, reclassified=not is_right)
        return replace(item, mask=proposal.mask, origin=origin)
    iou = item.mask.iou(proposal.mask)
    return replace(item, origin=Origin(Verdict.MODIFIED, proposal.id, iou=iou, reclassified=not is_right))


def _is_same(mask: Mask, offered: Mask) -> bool:
    """Whether nobody changed the mask, but for what a tool loses on the way."""
    if mask == offered:
        return True
    if mask.iou(offered) < SAME_MASK:
        return False
    x, y, width, height = (round(value) for value in offered.box)
    around = np.s_[max(0, y - 2) : y + height + 2, max(0, x - 2) : x + width + 2]
    was, now = offered.to_array(), mask.to_array()
    if now.sum() != now[around].sum():
        return False
    was, now = was[around], now[around]
    near = binary_dilation(was, np.ones((3, 3))) & ~binary_erosion(was, np.ones((3, 3)), border_value=1)
    return not ((was ^ now) & ~near).any()
