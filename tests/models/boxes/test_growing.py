"""Growing beside a loop over cells, and the loss by hand."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.boxes.growing import grow_known, known_loss


def grown_by_loop(tight, loose, probabilities):
    """Cell by cell, from the rule as it is written."""
    side = len(tight)
    objects, ground = np.zeros((side, side), dtype=bool), np.zeros((side, side), dtype=bool)
    for y in range(side):
        for x in range(side):
            if tight[y, x] or (probabilities[y, x] > 0.9 and loose[y, x]):
                objects[y, x] = True
            if not loose[y, x] or (probabilities[y, x] < 0.1 and not tight[y, x]):
                ground[y, x] = True
    kept = []
    for cells in (objects, ground):
        alone = np.zeros_like(cells)
        for y in range(side):
            for x in range(side):
                near = [
                    cells[row, column]
                    for row in range(max(0, y - 1), min(side, y + 2))
                    for column in range(max(0, x - 1), min(side, x + 2))
                    if (row, column) != (y, x)
                ]
                alone[y, x] = cells[y, x] and any(near)
        kept.append(alone)
    return kept


@given(
    arrays(np.int8, (2, 7, 7), elements=st.integers(0, 2)),
    arrays(np.float32, (2, 7, 7), elements=st.sampled_from([0.02, 0.1, 0.5, 0.9, 0.97])),
)
def test_growing_is_that_of_a_loop_over_cells(kinds, probabilities):
    probabilities = probabilities.astype(np.float64).round(2)
    tight, loose = kinds == 2, kinds >= 1
    objects, ground = grow_known(torch.from_numpy(tight), torch.from_numpy(loose), torch.from_numpy(probabilities))
    for row in range(2):
        expected = grown_by_loop(tight[row], loose[row], probabilities[row])
        assert np.array_equal(objects[row].numpy(), expected[0])
        assert np.array_equal(ground[row].numpy(), expected[1])
    assert not (objects & ground).any()


def test_growing_never_crosses_what_was_given():
    tight, loose = torch.zeros(1, 6, 6, dtype=torch.bool), torch.zeros(1, 6, 6, dtype=torch.bool)
    tight[0, :2], loose[0, :4] = True, True
    objects, ground = grow_known(tight, loose, torch.ones(1, 6, 6))
    assert torch.equal(objects[0], loose[0])
    assert torch.equal(ground[0], ~loose[0])
    objects, ground = grow_known(tight, loose, torch.zeros(1, 6, 6))
    assert torch.equal(objects[0], tight[0])
    assert torch.equal(ground[0], ~tight[0])


def test_the_loss_by_hand():
    logits = torch.tensor([[[0.0, 2.0], [-1.0, 5.0]]], requires_grad=True)
    objects = torch.tensor([[[True, True], [False, False]]])
    ground = torch.tensor([[[False, False], [True, False]]])
    loss = known_loss(logits, objects, ground)
    on_objects = -(np.log(0.5) + np.log(1 / (1 + np.exp(-2)))) / 2
    assert loss.item() == pytest.approx((on_objects - np.log(1 - 1 / (1 + np.exp(1)))) / 2, rel=1e-6)
    torch.autograd.backward(loss)
    assert logits.grad[0, 1, 1] == 0  # not known
    assert (logits.grad[0, :1] < 0).all()


@pytest.mark.parametrize("missing", ["objects", "ground"])
def test_the_loss_is_0_where_either_is_missing(missing):
    logits, some, none = (
        torch.randn(1, 3, 3),
        torch.ones(1, 3, 3, dtype=torch.bool),
        torch.zeros(1, 3, 3, dtype=torch.bool),
    )
    assert known_loss(logits, *((none, some) if missing == "objects" else (some, none))) == 0
    assert known_loss(logits[:0], some[:0], some[:0]) == 0
