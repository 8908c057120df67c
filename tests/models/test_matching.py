from itertools import permutations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.losses import soft_iou
from models.matching import match_objects


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
    found = soft_iou(logits.sigmoid(), masks[order].double()).sum().item()
    assert found == pytest.approx(slow_match(logits, classes, masks), abs=1e-5)


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
