"""Skeletons beside those of scikit-image, which scans the whole image in every pass."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from scipy import ndimage
from skimage.morphology import thin

from models.metrics.skeleton import skeleton

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=14))
EIGHT = np.ones((3, 3))


@given(mask=masks)
def test_only_looking_where_something_changed_comes_to_the_same(mask):
    before = mask.copy()
    np.testing.assert_array_equal(skeleton(mask), thin(mask))
    np.testing.assert_array_equal(mask, before)
    np.testing.assert_array_equal(skeleton(np.asfortranarray(mask)), thin(mask))


@pytest.mark.parametrize("seed", range(4))
def test_of_large_blobs_too(seed):
    noise = ndimage.gaussian_filter(np.random.default_rng(seed).normal(size=(150, 200)), 5)
    np.testing.assert_array_equal(skeleton(noise > 0), thin(noise > 0))


@given(mask=masks)
def test_every_part_leaves_one_part(mask):
    line = skeleton(mask)
    assert not (line & ~mask).any()
    labels, parts = ndimage.label(mask, EIGHT)
    assert ndimage.label(line, EIGHT)[1] == parts
    assert set(labels[line]) == set(range(1, parts + 1))


@given(mask=masks, margins=st.tuples(*[st.integers(0, 3)] * 4))
def test_it_does_not_mind_where_the_image_ends(mask, margins):
    top, bottom, left, right = margins
    around = ((top, bottom), (left, right))
    np.testing.assert_array_equal(skeleton(np.pad(mask, around)), np.pad(skeleton(mask), around))


@pytest.mark.parametrize("thick", [1, 2, 3, 4])
@pytest.mark.parametrize("mirrored", [False, True])
def test_diagonal_lines_of_any_width_keep_their_length(thick, mirrored):
    rows, columns = np.mgrid[:40, :40]
    band = (columns >= rows) & (columns < rows + thick) & (rows < 36)
    assert skeleton(band[:, ::-1] if mirrored else band).sum() == pytest.approx(36, abs=thick)
