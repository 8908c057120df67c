"""What every refinement shares: the ground's row, labels as class indices, and what is refused."""

import re

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from models.localization.maps import ClassMaps
from models.refinement.face import ConstantGround, Ground, PoweredGround, check_maps, class_labels


@pytest.mark.parametrize(("ground", "expected"), [(ConstantGround(0.3), [0.3, 0.3]), (PoweredGround(2.0), [0.36, 0.0])])
def test_the_ground_by_hand(ground: Ground, expected):
    maps = torch.tensor([[[0.4, 1.0]], [[0.1, 0.9]]])
    rows = ground.before(maps)
    assert rows.shape == (3, 1, 2)
    assert rows[0, 0].tolist() == pytest.approx(expected)
    assert torch.equal(rows[1:], maps)


def test_the_ground_of_several_images_is_each_ones_own():
    maps = torch.rand(3, 2, 4, 5, generator=torch.Generator().manual_seed(0))
    together = PoweredGround(4.0).before(maps)
    torch.testing.assert_close(together, torch.stack([PoweredGround(4.0).before(one) for one in maps]))


def test_a_map_a_little_above_one_leaves_no_ground():
    assert PoweredGround(0.5).beside(torch.full((1, 1, 1), 1.0001)).item() == 0


@given(st.lists(st.integers(0, 253), min_size=1, max_size=5, unique=True), st.data())
def test_labels_are_class_indices(classes, data):
    rows = data.draw(st.lists(st.sampled_from([*range(len(classes) + 1), 255]), min_size=1, max_size=9))
    expected = [row if row in (0, 255) else 1 + classes[row - 1] for row in rows]
    labels = class_labels(np.array([rows], dtype=np.uint8), classes)
    assert labels.dtype == np.int32
    assert labels.tolist() == [expected]


def maps_of(classes, size) -> ClassMaps:
    return ClassMaps(classes, torch.zeros(len(classes), 1, 1), torch.zeros(len(classes), *size))


def test_class_maps_of_a_classifier_fit():
    check_maps(np.zeros((4, 5, 3), np.uint8), maps_of((7, 2), (4, 5)))


@pytest.mark.parametrize(
    ("shape", "dtype", "maps", "message"),
    [
        ((4, 5), np.uint8, maps_of((1,), (4, 5)), "image (H, W, 3) uint8"),
        ((4, 5, 3), np.float32, maps_of((1,), (4, 5)), "image (H, W, 3) uint8"),
        ((4, 5, 3), np.uint8, maps_of((1,), (5, 4)), "4 x 5 pixels"),
        ((4, 5, 3), np.uint8, maps_of((), (4, 5)), "0 classes"),
        ((4, 5, 3), np.uint8, maps_of((254,), (4, 5)), "classes from 0 to 253"),
    ],
)
def test_what_does_not_fit_is_refused(shape, dtype, maps, message):
    with pytest.raises(InvalidArgument, match=re.escape(message)):
        check_maps(np.zeros(shape, dtype), maps)


@pytest.mark.parametrize("make", [lambda: ConstantGround(1.1), lambda: ConstantGround(-0.1), lambda: PoweredGround(0)])
def test_impossible_grounds_are_refused(make):
    with pytest.raises(InvalidArgument):
        make()
