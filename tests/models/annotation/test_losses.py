import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.annotation.losses import (
    centre_loss,
    class_loss,
    hard_iou,
    iou_branch_loss,
    iou_from_output,
    iou_target,
    mask_loss,
    objectness_loss,
    semantic_loss,
    soft_iou,
)


def slow_soft_iou(p: np.ndarray, y: np.ndarray) -> float:
    both = either = 0.0
    for row in range(p.shape[0]):
        for column in range(p.shape[1]):
            a, b = float(p[row, column]), float(y[row, column])
            both += a * b
            either += a + b - a * b
    return both / (either + 1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 6), st.integers(1, 6))
def test_soft_iou_agrees_with_loops(seed, height, width):
    rng = np.random.default_rng(seed)
    p, y = rng.random((height, width)), (rng.random((height, width)) > 0.5).astype(float)
    assert soft_iou(torch.from_numpy(p), torch.from_numpy(y)).item() == pytest.approx(slow_soft_iou(p, y), abs=1e-9)


def test_hard_iou_of_masks_by_hand():
    a = torch.tensor([[1, 1, 0], [0, 0, 0]], dtype=torch.bool)
    b = torch.tensor([[0, 1, 1], [1, 0, 0]], dtype=torch.bool)
    assert hard_iou(a, b).item() == pytest.approx(1 / 4)
    assert hard_iou(a & ~a, b & ~b).item() == 0


def test_mask_loss_is_the_mean_over_valid_steps_only():
    rng = np.random.default_rng(3)
    logits, targets = rng.normal(size=(2, 3, 4, 4)), (rng.random((2, 3, 4, 4)) > 0.6).astype(float)
    valid = np.array([[True, True, False], [True, False, False]])
    by_hand = np.mean(
        [1 - slow_soft_iou(1 / (1 + np.exp(-logits[b, t])), targets[b, t]) for b, t in [(0, 0), (0, 1), (1, 0)]]
    )
    loss = mask_loss(torch.from_numpy(logits), torch.from_numpy(targets), torch.from_numpy(valid))
    assert loss.item() == pytest.approx(by_hand, abs=1e-6)
    assert mask_loss(torch.zeros(1, 1, 4, 4), torch.zeros(1, 1, 4, 4), torch.tensor([[False]])).item() == 0


@pytest.mark.parametrize(("kind", "learnt"), [("sqrt", 0.5), ("square", 0.0625), ("identity", 0.25)])
def test_the_iou_branch_learns_a_function_of_the_iou_and_is_read_through_its_inverse(kind, learnt):
    assert iou_target(torch.tensor(0.25), kind).item() == pytest.approx(learnt)
    assert iou_from_output(torch.tensor(learnt), kind).item() == pytest.approx(0.25)


def test_the_iou_branch_loss_is_the_absolute_difference_to_the_square_root():
    output, iou = torch.tensor([[0.9, 0.2]]), torch.tensor([[0.25, 0.81]])
    both = iou_branch_loss(output, iou, torch.tensor([[True, True]]), "sqrt")
    assert both.item() == pytest.approx((0.4 + 0.7) / 2)
    assert iou_branch_loss(output, iou, torch.tensor([[True, False]]), "sqrt").item() == pytest.approx(0.4)


def test_centre_loss_agrees_with_loops():
    rng = np.random.default_rng(5)
    logits, targets = rng.normal(size=(2, 3, 4, 4)), rng.random((2, 3, 4, 4))
    targets[0, 1, 2, 3] = targets[1, 0, 0, 0] = 1
    total = 0.0
    for logit, target in zip(logits.flat, targets.flat, strict=True):
        p = 1 / (1 + math.exp(-logit))
        if target == 1:
            total -= (1 - p) ** 2 * math.log(p)
        else:
            total -= (1 - target) ** 4 * p**2 * math.log(1 - p)
    assert centre_loss(torch.from_numpy(logits), torch.from_numpy(targets)).item() == pytest.approx(total / 2, rel=1e-5)


def test_semantic_loss_agrees_with_loops():
    rng = np.random.default_rng(6)
    logits, targets = rng.normal(size=(2, 3, 2, 2)), rng.random((2, 3, 2, 2))
    p = 1 / (1 + np.exp(-logits))
    total = -(targets * np.log(p) + (1 - targets) * np.log(1 - p)).sum()
    loss = semantic_loss(torch.from_numpy(logits), torch.from_numpy(targets).float())
    assert loss.item() == pytest.approx(total / (2 * 2 * 2), rel=1e-5)


def test_the_class_loss_is_the_mean_of_minus_log_p_over_steps_that_draw_an_object():
    probabilities = torch.tensor([[[0.2, 0.5, 0.3], [0.1, 0.8, 0.1]], [[0.25, 0.25, 0.5], [1.0, 0.0, 0.0]]])
    classes = torch.tensor([[0, 1], [1, -1]])  # index 0 of the probabilities is the end of the sequence
    expected = -(math.log(0.5) + math.log(0.1) + math.log(0.5)) / 3
    assert class_loss(probabilities, classes).item() == pytest.approx(expected)
    assert class_loss(probabilities, torch.full((2, 2), -1)).item() == 0


def test_objectness_is_learnt_at_every_object_and_at_the_one_step_after_the_last():
    logits = torch.tensor([[2.0, -1.0, 5.0], [0.5, 9.0, 9.0]])  # two objects; none
    each = [math.log1p(math.exp(-2)), math.log1p(math.exp(1)), math.log1p(math.exp(5)), math.log1p(math.exp(0.5))]
    assert objectness_loss(logits, torch.tensor([2, 0])).item() == pytest.approx(0.5 * sum(each) / 4)


def test_a_sequence_that_is_full_has_no_step_after_the_last():
    logits = torch.tensor([[2.0, -1.0]])
    expected = 0.5 * (math.log1p(math.exp(-2)) + math.log1p(math.exp(1))) / 2
    assert objectness_loss(logits, torch.tensor([2])).item() == pytest.approx(expected)
