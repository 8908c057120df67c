"""What a simulated person makes of proposals: hand-made cases, and what holds of any."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.costs.cost_model import CostModel
from maskloop.labelers import Person
from maskloop.labelers.reviewing import Reviewer, pair
from maskloop.masks import Mask
from maskloop.values import (
    CorrectionForm,
    FullLabel,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Rejection,
    Review,
    Verdict,
    with_ids,
)

SIDE = 40


def rectangle(left: int, top: int, width: int = 10, height: int = 10) -> Mask:
    pixels = np.zeros((SIDE, SIDE), dtype=bool)
    pixels[top : top + height, left : left + width] = True
    return Mask.from_array(pixels)


def offer(*masks: Mask, category_id: int = 1) -> tuple[ObjectProposal, ...]:
    return with_ids("m1", "image", (ObjectProposal(category_id, mask, 0.8, 0.8) for mask in masks))


def reviewer(accept_iou: float = 0.9, outline_iou: float = 1.0) -> Reviewer:
    return Reviewer(Person(outline_iou, accept_iou), "image", CorrectionForm.BANDS)


def test_each_proposal_gets_what_it_deserves():
    there = [ObjectLabel(1, rectangle(left, 0)) for left in (0, 12, 24)]
    good, fair, poor, nothing = offer(
        rectangle(0, 0, 10, 9),  # IoU .9
        rectangle(12, 0, 10, 6),  # .6
        rectangle(24, 0, 10, 4),  # .4
        rectangle(0, 30),
    )
    label = reviewer().review(there, [good, fair, poor, nothing], "m1")
    assert label == FullLabel(
        (
            ObjectLabel(1, good.mask, origin=Origin(Verdict.ACCEPTED, good.id, iou=1.0)),
            ObjectLabel(1, there[1].mask, origin=Origin(Verdict.MODIFIED, fair.id, iou=0.6)),
            ObjectLabel(1, there[2].mask, origin=Origin(Verdict.MISSED)),
        ),
        Review("m1", (Rejection(poor.id), Rejection(nothing.id))),
    )
    # look; look and half an outline; an outline; twice a look and a removal
    assert label.cost_s(CostModel(1)) == 1.5 + (1.5 + 79 / 2) + 79 + 2 * 3.5


def test_a_good_mask_of_the_wrong_class_costs_a_key():
    (there,), (offered,) = [ObjectLabel(1, rectangle(0, 0))], offer(rectangle(0, 0), category_id=2)
    label = reviewer().review([there], [offered], "m1")
    assert label.objects == (
        ObjectLabel(1, offered.mask, origin=Origin(Verdict.MODIFIED, offered.id, iou=1.0, reclassified=True)),
    )
    assert label.cost_s(CostModel(1)) == 1.5 + 2


def test_what_was_missed_is_boxed_and_what_comes_of_it_is_accepted_mended_or_removed():
    there = [ObjectLabel(1, rectangle(left, 0)) for left in (0, 12, 24)]
    asked = []

    def propose(boxes):
        asked.extend(boxes)
        return offer(rectangle(0, 0), rectangle(12, 0, 10, 8), rectangle(24, 0, 3, 3))

    label = reviewer().review(there, [], "m1", propose)
    answered = propose([])
    assert [box.category_id for box in asked] == [1, 1, 1]
    assert [item.origin.verdict for item in label.objects] == [Verdict.ACCEPTED, Verdict.MODIFIED, Verdict.MISSED]
    assert label.review == Review("m1", (Rejection(answered[2].id, prompted=True),))
    # a box and a look each; a quarter of an outline; a removal and a whole outline
    assert label.cost_s(CostModel(1)) == 3 * 8.5 + 79 / 4 + 2 + 79


def test_of_two_proposals_for_one_object_the_better_one_stays():
    there = [ObjectLabel(1, rectangle(0, 0))]
    worse, better = offer(rectangle(0, 0, 10, 8), rectangle(0, 0, 10, 9))
    label = reviewer().review(there, [worse, better], "m1")
    assert [item.origin.proposal_id for item in label.objects] == [better.id]
    assert label.review.rejected == (Rejection(worse.id),)


def test_crowds_stay_as_they_are_and_cost_nothing():
    crowd = ObjectLabel(1, rectangle(0, 0, 30, 30), crowd=True)
    label = reviewer(outline_iou=0.8).review([crowd], [], "m1")
    assert label.objects == (crowd,)
    assert label.cost_s(CostModel(2)) == CostModel(2).full(0, 0)


def test_without_proposals_a_person_draws():
    there = [ObjectLabel(1, rectangle(5, 5, 20, 20)), ObjectLabel(1, rectangle(0, 30), crowd=True)]
    label = reviewer(outline_iou=0.9).draw(there)
    assert label.review is None
    assert label.objects[0].mask.iou(there[0].mask) == pytest.approx(0.9, abs=0.02)
    assert label.objects[1] == there[1]


corners = st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(2, 10), st.integers(2, 10))
shapes = st.lists(corners, max_size=5).map(lambda all_: [rectangle(*each) for each in all_])


@settings(deadline=None, max_examples=60)
@given(shapes, shapes, st.sampled_from([0.5, 0.75, 0.9, 1.0]), st.booleans())
def test_whatever_is_proposed_every_object_is_labeled_and_every_proposal_told_of_once(there, shown, accept, boxed):
    objects = [ObjectLabel(1, mask) for mask in there]
    offered = offer(*shown)
    propose = (lambda boxes: offer(*(rectangle(1, 1) for _ in boxes))) if boxed else None
    label = reviewer(accept_iou=accept).review(objects, offered, "m1", propose)
    assert len(label.objects) == len(objects)
    named = [name for name in label.named_proposals if name in {item.id for item in offered}]
    assert sorted(named) == sorted(item.id for item in offered)
    assert len(set(label.named_proposals)) == len(label.named_proposals)
    for item, truth in zip(label.objects, objects, strict=True):
        assert item.category_id == truth.category_id
        assert item.mask.iou(truth.mask) >= (accept if item.origin.verdict is Verdict.ACCEPTED else 1)


@settings(deadline=None, max_examples=60)
@given(shapes, shapes)
def test_pairs_are_those_of_a_slow_search(shown, there):
    left, right = set(range(len(shown))), set(range(len(there)))
    slow: list[int | None] = [None] * len(shown)
    while True:
        best = max(((shown[i].iou(there[j]), -i, -j) for i in left for j in right), default=(0.0, 0, 0))
        if best[0] <= 0:
            break
        slow[-best[1]] = -best[2]
        left.discard(-best[1])
        right.discard(-best[2])
    assert pair(shown, there) == slow


def test_a_stricter_person_pays_more():
    there = [ObjectLabel(1, rectangle(0, 0, 20, 20))]
    costs = [
        reviewer(accept_iou=accept).review(there, offer(rectangle(0, 0, 20, 18)), "m1").cost_s(CostModel(1))
        for accept in (0.85, 0.95)
    ]
    assert all(less < more for less, more in pairwise(costs))
