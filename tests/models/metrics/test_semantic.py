"""Pixel metrics over a whole set, by hand and by plain counting."""

import numpy as np
import pytest

from models.metrics.semantic import class_f1s, class_ious, confusion, dice_of, mean_f1, mean_iou


def test_counts_are_of_the_whole_set_and_unknown_pixels_are_left_out():
    said, true = np.array([[0, 1, 1], [1, 0, 255]]), np.array([[0, 1, 0], [255, 1, 1]])
    counts = confusion(said, true, 2)
    assert counts.tolist() == [[1, 1], [2, 1]]  # unknown pixels that were said are the ground
    assert class_ious(counts).tolist() == pytest.approx([1 / 4, 1 / 4])
    both = counts + confusion(np.zeros((1, 8), int), np.zeros((1, 8), int), 2)
    assert mean_iou(both) == pytest.approx((9 / 12 + 1 / 4) / 2)


def test_dice_is_that_of_the_mean_as_published():
    assert 100 * dice_of(0.7756) == pytest.approx(87.36, abs=0.005)
    assert 100 * dice_of(0.8684) == pytest.approx(92.96, abs=0.005)
    assert dice_of(0.0) == 0


def test_f1_is_the_mean_of_the_classes():
    rng = np.random.default_rng(0)
    said, true = rng.integers(0, 3, (20, 20)), rng.integers(0, 3, (20, 20))
    values = []
    for label in range(3):
        hits = int(((said == label) & (true == label)).sum())
        precision, recall = hits / (said == label).sum(), hits / (true == label).sum()
        values.append(2 * precision * recall / (precision + recall))
    counts = confusion(said, true, 3)
    assert class_f1s(counts).tolist() == pytest.approx(values)
    assert mean_f1(counts) == pytest.approx(np.mean(values))
    assert class_f1s(counts).tolist() == pytest.approx([dice_of(iou) for iou in class_ious(counts)])


def test_classes_that_are_nowhere_do_not_count():
    counts = np.array([[3, 1, 0], [0, 4, 0], [0, 0, 0]])
    assert mean_f1(counts) == pytest.approx((6 / 7 + 8 / 9) / 2)
    assert np.isnan(class_f1s(counts)[2])
    assert mean_f1(np.zeros((2, 2), int)) == 0
