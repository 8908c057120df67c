"""Patches by hand and by the rule as it is told; joined labels as averages that are rounded."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument, InvalidLabel
from models.classification.patches.cutting import cut_patches, join_labels, present_classes
from models.data.sliding import sliding_windows, starts
from models.data.windows import Window


def told_starts(length, side, stride):
    """0, stride, ... while a patch fits; one more at length - side whenever the stride does not divide the length."""
    if length < side:
        return [0]
    found, begin = [], 0
    while begin + side <= length:
        found.append(begin)
        begin += stride
    if length % stride != 0:
        found.append(length - side)
    return found


def test_an_image_of_glas_makes_117_patches():
    pixels, labels = np.zeros((522, 775, 3), np.uint8), np.zeros((522, 775), np.uint8)
    patches = cut_patches("a", pixels, labels)
    assert len(patches) == 117
    assert patches[-1].window == Window(410, 663, 112, 112)
    assert {item.pixels.shape for item in patches} == {(112, 112, 3)}


@pytest.mark.parametrize("length", [*range(1, 400), 522, 775, 784])
def test_patches_begin_as_told(length):
    assert starts(length, 112, 56) == told_starts(length, 112, 56)


@pytest.mark.parametrize(("scale", "crops"), [(1, 1), (1.25, 4), (1.5, 4), (1.75, 9), (2, 9)])
def test_a_patch_at_five_scales_makes_27_crops(scale, crops):
    side = round(112 * scale)
    assert len(sliding_windows((side, side), 112, 56)) == crops
    assert starts(140, 112, 56) == [0, 28]


@given(length=st.integers(1, 600), side=st.integers(1, 200), stride=st.integers(1, 200))
def test_windows_cover_everything_once_begun(length, side, stride):
    if stride > side:
        with pytest.raises(InvalidArgument):
            starts(length, side, stride)
        return
    found = starts(length, side, stride)
    covered = np.zeros(length, dtype=bool)
    for begin in found:
        assert begin + side <= max(length, side)
        covered[begin : begin + side] = True
    assert covered.all()
    assert found == sorted(set(found))


def test_a_class_is_there_above_a_twentieth():
    labels = np.zeros((10, 10), np.uint8)
    labels[0, :5] = 1
    assert present_classes(labels) == (0,)  # exactly 5 %
    labels[0, 5] = 1
    assert present_classes(labels) == (0, 1)
    labels[:] = 255
    labels[0, :6] = 2
    assert present_classes(labels) == (2,)
    assert present_classes(labels, share=0.06) == ()


def test_patches_know_their_classes_and_places():
    labels = np.zeros((20, 30), np.uint8)
    labels[:, 15:] = 1
    pixels = np.arange(20 * 30 * 3, dtype=np.uint64).astype(np.uint8).reshape(20, 30, 3)
    patches = cut_patches("a", pixels, labels, side=10, stride=5)
    assert [item.present for item in patches[:5]] == [(0,), (0,), (0, 1), (1,), (1,)]
    assert all((item.pixels == item.window.of(pixels)).all() for item in patches)
    with pytest.raises(InvalidLabel):
        cut_patches("a", pixels, labels[:-1])


def test_overlapping_patches_are_averaged_and_a_tie_is_the_first_class():
    windows = [Window(0, 0, 1, 2), Window(0, 1, 1, 2), Window(0, 1, 1, 2), Window(0, 2, 1, 2)]
    said = [np.array([values], np.uint8) for values in ((1, 1), (1, 1), (0, 0), (0, 1))]
    joined = join_labels((1, 5), windows, said, 2)
    # Averages 1, 2/3, 1/3 (1, 0, 0), 1, and nothing.
    assert joined.tolist() == [[1, 1, 0, 1, 255]]
    tie = join_labels((1, 1), [Window(0, 0, 1, 1)] * 2, [np.array([[1]], np.uint8), np.array([[0]], np.uint8)], 2)
    assert tie.tolist() == [[0]]
    with pytest.raises(InvalidArgument):
        join_labels((1, 5), windows[:1], [np.zeros((2, 2), np.uint8)], 2)


@given(
    size=st.tuples(st.integers(3, 14), st.integers(3, 14)),
    cut=st.sampled_from([(6, 3), (5, 2), (4, 4)]),
    seed=st.integers(0, 10_000),
)
def test_two_classes_are_the_rounded_average(size, cut, seed):
    rng = np.random.default_rng(seed)
    windows = sliding_windows(size, *cut)
    said = [rng.integers(0, 2, (window.height, window.width)).astype(np.uint8) for window in windows]
    total, times = np.zeros(size), np.zeros(size)
    for window, labels in zip(windows, said, strict=True):
        for y, x in np.ndindex(labels.shape):
            total[window.top + y, window.left + x] += labels[y, x]
            times[window.top + y, window.left + x] += 1
    assert (join_labels(size, windows, said, 2) == np.rint(total / times)).all()


def test_of_three_classes_most_patches_say():
    said = [np.array([[value]], np.uint8) for value in (0, 2, 2)]
    assert join_labels((1, 1), [Window(0, 0, 1, 1)] * 3, said, 3).tolist() == [[2]]  # the average rounds to 1
