"""The costs of each method, by hand."""

import math

import numpy as np
import pytest

from maskloop.errors import InvalidArgument
from models.refinement.crf.unaries import clipped_unary, hard_unary, object_unary, opposed_unary, softmax_unary


def test_hard_labels_by_hand():
    cost = hard_unary(np.array([[2, 0]]), 4)
    sure, other = -math.log(0.7), -math.log(0.1)
    assert cost.dtype == np.float32
    assert cost[:, 0, 0].tolist() == pytest.approx([other, other, sure, other])
    assert cost[:, 0, 1].tolist() == pytest.approx([sure, other, other, other])


def test_probabilities_are_clipped_and_not_made_to_add_up_to_one():
    cost = clipped_unary(np.array([[[0.0, 0.5, 1.2]]], dtype=np.float32))
    assert cost[0, 0].tolist() == pytest.approx([5 * math.log(10), math.log(2), 0])
    assert clipped_unary(np.zeros((1, 1, 1), np.float32), 1e-4).item() == pytest.approx(4 * math.log(10))


def test_the_ground_costs_what_the_mask_has():
    cost = opposed_unary(np.array([[0.9, 0.2]], dtype=np.float32))
    assert cost[:, 0].tolist() == [pytest.approx([0.9, 0.2]), pytest.approx([0.1, 0.8])]
    assert cost.argmin(axis=0).tolist() == [[1, 0]]


def test_a_mask_of_probabilities_costs_minus_their_logarithms():
    cost = object_unary(np.array([[1.0, 0.2]], dtype=np.float32))
    assert cost[0, 0].tolist() == pytest.approx([5 * math.log(10), -math.log(0.8)], rel=1e-5)
    assert cost[1, 0].tolist() == pytest.approx([0, -math.log(0.2)], rel=1e-5)


def test_logits_by_hand():
    logits = np.log(np.array([3.0, 1.0], dtype=np.float32)).reshape(2, 1, 1) + 100
    assert softmax_unary(logits).ravel().tolist() == pytest.approx([math.log(4 / 3), math.log(4)], rel=1e-4)
    far = np.array([0.0, -1000.0], dtype=np.float32).reshape(2, 1, 1)
    assert softmax_unary(far).ravel().tolist() == pytest.approx([0, 5 * math.log(10)])


@pytest.mark.parametrize(
    ("rows", "labels", "certainty"), [([[0]], 1, 0.7), ([[2]], 2, 0.7), ([[-1]], 2, 0.7), ([[0]], 2, 1.0)]
)
def test_impossible_labels_are_refused(rows, labels, certainty):
    with pytest.raises(InvalidArgument):
        hard_unary(np.array(rows), labels, certainty)
