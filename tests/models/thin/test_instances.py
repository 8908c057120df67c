"""Objects are connected parts of a map; what belongs together is learnt from labels. By hand."""

import numpy as np
import pytest

from models.thin.instances import InstanceRule, learn_rule


def canvas(*pieces, side=20):
    made = np.zeros((side, side), dtype=bool)
    for rows, columns in pieces:
        made[rows, columns] = True
    return made


LEFT, RIGHT, DOT = (slice(5, 6), slice(0, 8)), (slice(5, 6), slice(10, 20)), (slice(15, 16), slice(3, 4))


def probabilities(*pieces, inside=0.8):
    return np.where(canvas(*pieces), inside, 0.1).astype(np.float32)


def test_parts_that_touch_even_at_a_corner_are_one_object():
    corner = (slice(6, 7), slice(8, 9))
    (found,) = InstanceRule(0.5, 0, 1).objects(probabilities(LEFT, corner))
    np.testing.assert_array_equal(found.on((20, 20)), canvas(LEFT, corner))
    assert found.area == found.of(np.ones((20, 20), np.float32)).sum() == 9


@pytest.mark.parametrize(("radius", "objects"), [(0, 2), (1, 1)])
def test_parts_whose_dilations_touch_are_one_object_of_their_own_pixels(radius, objects):
    found = InstanceRule(0.5, radius, 1).objects(probabilities(LEFT, RIGHT))
    assert len(found) == objects
    np.testing.assert_array_equal(np.any([part.on((20, 20)) for part in found], axis=0), canvas(LEFT, RIGHT))


def test_the_largest_comes_first_and_specks_are_left_out():
    found = InstanceRule(0.5, 0, 2).objects(probabilities(LEFT, RIGHT, DOT))
    assert [part.area for part in found] == [10, 8]


def test_nothing_above_the_threshold_is_nothing():
    assert InstanceRule(0.9, 0, 1).objects(probabilities(LEFT)) == []


def test_a_rule_is_learnt_from_what_labels_call_one_object():
    """One label of two pieces, two pixels apart: parts within a radius of one are one object."""
    together = np.stack([canvas(LEFT, RIGHT)])
    apart = np.stack([canvas(LEFT), canvas(RIGHT)])
    maps = [probabilities(LEFT, RIGHT, inside=0.45)[None]]
    one = learn_rule(maps, [together], [np.array([0])])
    assert (one.radius, one.threshold) == (1, 0.2)
    assert one.least == pytest.approx(0.7 * 18)
    assert learn_rule(maps, [apart], [np.array([0, 0])]).radius == 0


def test_the_threshold_is_the_one_that_agrees_best_with_the_labels():
    shadow = np.maximum(probabilities(LEFT, inside=0.9), probabilities(RIGHT, inside=0.55))[None]
    assert learn_rule([shadow], [np.stack([canvas(LEFT)])], [np.array([0])]).threshold == 0.6


def test_labels_without_an_object_give_a_rule():
    rule = learn_rule([probabilities()[None]], [np.zeros((0, 20, 20), bool)], [np.zeros(0, np.int64)])
    assert rule.least == 1.0
