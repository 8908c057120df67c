from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.annotation.losses import hard_iou, soft_iou
from models.annotation.matching import best_ious, match_across_classes, match_objects


def slow_match(logits: torch.Tensor, classes: list[int], masks: torch.Tensor) -> float:
    """The largest sum of soft IoUs over all ways to give each step an object of its class."""
    probabilities, best = logits.sigmoid(), -1.0
    for order in permutations(range(len(classes))):
        if all(classes[step] == classes[place] for step, place in enumerate(order)):
            total = sum(soft_iou(probabilities[s], masks[p].float()).item() for s, p in enumerate(order))
            best = max(best, total)
    return best


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.lists(st.integers(0, 2), min_size=1, max_size=5).map(sorted))
def test_matching_within_classes_is_as_good_as_trying_every_order(seed, classes):
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(size=(len(classes), 4, 4)))
    masks = torch.from_numpy(rng.random((len(classes), 4, 4)) > 0.5)
    order = match_objects(logits[None], torch.tensor([classes]), masks[None])[0]
    assert sorted(order.tolist()) == list(range(len(classes)))
    assert [classes[place] for place in order] == classes
    matched = soft_iou(logits.sigmoid(), masks[order].double()).sum().item()
    assert matched == pytest.approx(slow_match(logits, classes, masks), abs=1e-5)


def test_a_step_never_draws_an_object_of_another_class_however_well_it_fits():
    masks = torch.zeros(1, 2, 2, 2, dtype=torch.bool)
    masks[0, 0, 0], masks[0, 1, 1] = True, True
    swapped = torch.where(masks.flip(1), 9.0, -9.0)
    assert match_objects(swapped, torch.tensor([[0, 1]]), masks).tolist() == [[0, 1]]
    assert match_objects(swapped, torch.tensor([[0, 0]]), masks).tolist() == [[1, 0]]


def test_padding_is_matched_with_padding():
    masks = torch.ones(2, 3, 2, 2, dtype=torch.bool)
    classes = torch.tensor([[0, -1, -1], [0, 0, 1]])
    order = match_objects(torch.randn(2, 3, 2, 2), classes, masks)
    assert order[0, 0] == 0
    assert order[1, 2] == 2


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 4), st.integers(0, 2))
def test_matching_across_classes_is_as_good_as_trying_every_order_of_the_first_steps(seed, objects, more):
    rng = np.random.default_rng(seed)
    logits = torch.from_numpy(rng.normal(size=(1, objects + more, 4, 4)))
    masks = torch.from_numpy(rng.random((1, 4, 4, 4)) > 0.5)
    order = match_across_classes(logits, masks, torch.arange(4)[None] < objects)[0].tolist()
    assert sorted(order[:objects]) == list(range(objects))
    assert order[objects:] == [-1] * more
    matched = [soft_iou(logits[0, step].sigmoid(), masks[0, place].double()).item() for step, place in enumerate(order)]
    assert sum(matched[:objects]) == pytest.approx(slow_match(logits[0], [0] * objects, masks[0]), abs=1e-5)


def test_of_more_objects_than_steps_those_that_fit_best_are_drawn():
    masks = torch.eye(4, dtype=torch.bool).view(1, 4, 2, 2)
    logits = torch.where(masks[:, [3, 1]], 9.0, -9.0)
    assert match_across_classes(logits, masks, torch.ones(1, 4, dtype=torch.bool)).tolist() == [[3, 1]]


def slow_best(drawn: torch.Tensor, drawn_classes: list[int], masks: torch.Tensor, classes: list[int]) -> float:
    """The largest sum of IoUs over all ways to pair drawn masks with other objects of their class, or with none."""
    if not drawn_classes:
        return 0.0
    best = slow_best(drawn[1:], drawn_classes[1:], masks, classes)
    for place, category in enumerate(classes):
        if category == drawn_classes[0] >= 0:
            rest = [-2 if other == place else own for other, own in enumerate(classes)]
            iou = hard_iou(drawn[0], masks[place]).item()
            best = max(best, iou + slow_best(drawn[1:], drawn_classes[1:], masks, rest))
    return best


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 2**32 - 1),
    st.lists(st.integers(-1, 1), max_size=4),
    st.lists(st.integers(0, 1), max_size=3),
)
def test_found_masks_are_paired_with_objects_of_their_class_as_well_as_trying_everything(seed, drawn_classes, classes):
    rng = np.random.default_rng(seed)
    drawn = torch.from_numpy(rng.random((1, len(drawn_classes), 4, 4)) > 0.5)
    masks = torch.from_numpy(rng.random((1, len(classes), 4, 4)) > 0.5)
    ious = best_ious(drawn, torch.tensor([drawn_classes]).long(), masks, torch.tensor([classes]).long())
    assert ious.shape == (1, len(drawn_classes))
    assert not ious[torch.tensor([drawn_classes]).long() < 0].any()
    assert ious.sum().item() == pytest.approx(slow_best(drawn[0], drawn_classes, masks[0], classes), abs=1e-5)
