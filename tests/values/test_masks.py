"""The one mask type: exact in and out, compared as sets of pixels, and never broken runs into pycocotools."""

from __future__ import annotations

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools import mask as coco_mask
from skimage.measure import perimeter_crofton

from maskloop import mask_codec
from maskloop.errors import InvalidMask
from maskloop.masks import MAX_PIXELS, Mask

SIDES = st.integers(1, 24)
ARRAYS = st.tuples(SIDES, SIDES).flatmap(lambda shape: arrays(bool, shape))
PAIRS = st.tuples(SIDES, SIDES).flatmap(lambda shape: st.tuples(arrays(bool, shape), arrays(bool, shape)))


@given(ARRAYS)
@example(np.zeros((1, 1), bool))
@example(np.ones((3, 5), bool))
@example(np.eye(7, dtype=bool))
def test_arrays_come_back_exactly(array: np.ndarray) -> None:
    mask = Mask.from_array(array)
    assert (mask.to_array() == array).all()
    assert mask.to_array().dtype == np.bool_
    assert (mask.height, mask.width, mask.area) == (*array.shape, array.sum())


@pytest.mark.parametrize("set_to", [1, 1.0, 255])
def test_arrays_of_numbers_are_masks_where_they_hold_two(set_to: float) -> None:
    ring = np.ones((5, 7))
    ring[2, 3] = 0
    assert Mask.from_array(ring * set_to) == Mask.from_array(ring != 0)


@pytest.mark.parametrize("values", [[0.0, 0.7, 1.0], [0, 1, 2], [0, -1, 1], [0, 1, 255], [0, np.nan, 1]])
def test_probabilities_and_indices_are_no_mask(values: list[float]) -> None:
    with pytest.raises(InvalidMask, match="bool, or 0 and 1"):
        Mask.from_array(np.array([values]))


POINTS = st.lists(st.tuples(st.integers(0, 80), st.integers(0, 60)), min_size=3, max_size=3)


@given(POINTS)
def test_a_polygon_covers_the_pixels_whose_centres_it_holds(points: list[tuple[int, int]]) -> None:
    y, x = np.mgrid[:60, :80] + 0.5
    sides = [
        (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
        for (x1, y1), (x2, y2) in zip(points, points[1:] + points[:1], strict=True)
    ]
    inside = np.all(np.array(sides) > 0, axis=0) | np.all(np.array(sides) < 0, axis=0)
    assume(inside.sum() > 100)
    mask = Mask.from_polygons([points], height=60, width=80)
    around = sum(math.dist(point, following) for point, following in zip(points, points[1:] + points[:1], strict=True))
    assert (mask.to_array() ^ inside).sum() <= around  # COCO rounds its edges outwards, by less than a pixel
    flat = [float(value) for point in points for value in point]
    assert mask == Mask.from_polygons([flat], 60, 80) == Mask.from_polygons([np.array(points)], 60, 80)


def test_polygons_are_united_and_cut_at_the_border() -> None:
    left, out = [(0, 0), (2, 0), (2, 4), (0, 4)], [(6, 1), (12, 1), (12, 3), (6, 3)]
    expected = np.zeros((4, 8), bool)
    expected[:, :2] = expected[1:3, 6:] = True
    assert (Mask.from_polygons([left, out], height=4, width=8).to_array() == expected).all()


@pytest.mark.parametrize(
    ("polygons", "words"),
    [
        ([], "from 0 polygons"),
        ([[(0, 0), (4, 4)]], r"polygon 0 is of shape \(2, 2\)"),
        ([(0, 0), (4, 0), (4, 4)], r"polygon 0 is of shape \(1, 2\)"),  # a polygon in place of a list of them
        ([[(0, 0), (4, 0), (4, 4)], [0, 1, 2, 3, 4]], r"polygon 1 is of shape \(5,\)"),
        ([[(0, 0, 0), (4, 0, 0), (4, 4, 0)]], r"polygon 0 is of shape \(3, 3\)"),
        ([[(0, 0), (4, 0), (4, float("nan"))]], "polygon 0 has a point far outside the 8 x 4 image"),
        ([[(0, 0), (1e9, 0), (4, 4)]], "polygon 0 has a point far outside the 8 x 4 image"),
        ([[(0, 0), ("four", 0), (4, 4)]], "polygon 0 is no list of"),
        ([[(0, 0), (4,), (4, 4)]], "polygon 0 is no list of"),
        ([[(10, 1), (12, 1), (12, 3)]], "cover no pixel of the 8 x 4 image"),
    ],
)
def test_what_is_no_polygon_is_named(polygons: list, words: str) -> None:
    with pytest.raises(InvalidMask, match=words):
        Mask.from_polygons(polygons, height=4, width=8)


def test_a_ring_keeps_its_hole() -> None:
    ring = np.ones((5, 5), bool)
    ring[2, 2] = False
    assert not Mask.from_array(ring).to_array()[2, 2]
    assert Mask.from_array(ring).area == 24


def test_runs_go_down_the_columns() -> None:
    """Columns of 2: F T | T F -> runs 1, 2, 1."""
    assert Mask.from_array(np.array([[False, True], [True, False]])).rle == b"121"


@given(ARRAYS)
def test_the_box_is_tight(array: np.ndarray) -> None:
    rows, columns = np.flatnonzero(array.any(axis=1)), np.flatnonzero(array.any(axis=0))
    expected = (0, 0, 0, 0)
    if rows.size:
        expected = (columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
    assert Mask.from_array(array).box == expected


@given(ARRAYS)
def test_the_perimeter_is_that_of_scikit_image(array: np.ndarray) -> None:
    framed = np.pad(array, 1)  # it looks only a pixel far beyond the border
    assert Mask.from_array(array).perimeter == pytest.approx(perimeter_crofton(framed, directions=4), abs=1e-9)


def test_a_disc_and_a_slanting_line_are_as_long_as_they_are() -> None:
    y, x = np.mgrid[:200, :300]
    disc = (y - 100) ** 2 + (x - 150) ** 2 < 80**2
    assert Mask.from_array(disc).perimeter == pytest.approx(2 * np.pi * 80, rel=0.01)
    ring = disc & ((y - 100) ** 2 + (x - 150) ** 2 >= 40**2)
    assert Mask.from_array(ring).perimeter == pytest.approx(2 * np.pi * (80 + 40), rel=0.01)
    line = (abs(y - x) < 3) & (x < 150)
    assert Mask.from_array(line).perimeter == pytest.approx(2 * 150 * np.sqrt(2), rel=0.06)


@given(PAIRS)
def test_iou_is_intersection_over_union(pair: tuple[np.ndarray, np.ndarray]) -> None:
    left, right = pair
    union = (left | right).sum()
    expected = (left & right).sum() / union if union else 0.0
    iou = Mask.from_array(left).iou(Mask.from_array(right))
    assert iou == pytest.approx(expected, abs=1e-12)
    assert iou == Mask.from_array(right).iou(Mask.from_array(left))


def test_iou_by_hand() -> None:
    left, right = np.zeros((4, 4), bool), np.zeros((4, 4), bool)
    left[:2], right[1:3] = True, True
    assert Mask.from_array(left).iou(Mask.from_array(right)) == pytest.approx(4 / 12)


def test_two_empty_masks_have_iou_zero() -> None:
    assert Mask.empty(3, 4).iou(Mask.empty(3, 4)) == 0.0


def test_masks_of_different_sizes_are_not_compared() -> None:
    with pytest.raises(InvalidMask, match="3 x 4 and 4 x 3 cannot be compared"):
        Mask.empty(3, 4).iou(Mask.empty(4, 3))


def test_an_empty_mask_has_no_pixel() -> None:
    assert Mask.empty(3, 4).area == 0
    assert Mask.empty(3, 4).to_array().shape == (3, 4)


@pytest.mark.parametrize("shape", [(3,), (2, 3, 1)])
def test_arrays_of_other_ranks_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(InvalidMask, match="two axes"):
        Mask.from_array(np.zeros(shape, bool))


def number(value: int, characters: int) -> bytes:
    """`value` as COCO writes it, in more characters than it needs if told so."""
    groups = [(value >> (5 * place)) & 0x1F for place in range(characters)]
    return bytes(48 + group + (0x20 if place < characters - 1 else 0) for place, group in enumerate(groups))


@pytest.mark.parametrize(
    ("height", "width", "rle"),
    [
        (2, 2, b""),  # no runs
        (2, 2, b"3"),  # too few pixels
        (2, 2, b"5"),  # too many
        (2, 2, b"T"),  # "more" without more
        (2, 2, b"4 "),  # a character outside the alphabet
        (2, 2, b"4\x00"),
        (2, 2, b"4\xff"),
        (2, 2, b"O5"),  # a first run of -1
        (2, 2, b"1113N"),  # the fifth run is 1 - 2
        (0, 4, b"0"),
        (4, -1, b"0"),
        (2**14, 2**14 + 1, number(2**14 * (2**14 + 1), 6)),  # past MAX_PIXELS
    ],
)
def test_broken_runs_are_refused(height: int, width: int, rle: bytes) -> None:
    with pytest.raises(InvalidMask):
        Mask(height, width, rle)


def test_the_largest_mask_needs_six_characters_a_run() -> None:
    assert Mask(2**14, 2**14, number(MAX_PIXELS, 6)).area == 0


@pytest.mark.parametrize("difference", [-30, -6, 5])
def test_a_number_of_seven_characters_is_refused(difference: int) -> None:
    """pycocotools shifts such a number past 32 bits and reads another one, so its runs would pass the check and
    overrun the picture."""
    runs = number(40, 2) + number(30, 2) + number(20, 2)
    whole = 40 + 30 + 20 + 30 + difference
    assert Mask(whole, 1, runs + number(difference, 6)).area == 60 + difference
    with pytest.raises(InvalidMask):
        Mask(whole, 1, runs + number(difference, 7))


ALPHABET = st.binary(min_size=1, max_size=12).map(lambda data: bytes(48 + byte % 64 for byte in data))


@settings(max_examples=200)
@given(SIDES, SIDES, st.one_of(ALPHABET, st.binary(max_size=12)))
def test_any_bytes_are_refused_or_decode_consistently(height: int, width: int, rle: bytes) -> None:
    try:
        mask = Mask(height, width, rle)
    except InvalidMask:
        return
    array = mask.to_array()
    assert array.shape == (height, width)
    assert array.sum() == mask.area


@given(st.lists(st.integers(0, MAX_PIXELS // 40), min_size=1, max_size=40), st.integers(1, 8))
def test_runs_are_those_that_pycocotools_wrote(counts: list[int], piece: int) -> None:
    """Whatever their lengths, and wherever a piece of the string ends."""
    assume(sum(counts) > 0)
    size = [sum(counts), 1]
    rle = coco_mask.frPyObjects({"size": size, "counts": counts}, *size)["counts"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask_codec, "PIECE", max(piece, mask_codec.LONGEST))
        assert mask_codec.runs(rle).tolist() == counts
        assert mask_codec.covered(rle) == sum(counts)


@given(ARRAYS, st.integers(6, 12))
def test_pieces_of_any_size_tell_the_same_mask(array: np.ndarray, piece: int) -> None:
    rle = Mask.from_array(array).rle
    whole = mask_codec.runs(rle).tolist()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(mask_codec, "PIECE", piece)
        assert mask_codec.runs(rle).tolist() == whole


@given(ARRAYS)
def test_no_mask_takes_more_bytes_than_its_size_may(array: np.ndarray) -> None:
    mask = Mask.from_array(array)
    assert len(mask.rle) <= mask.most_bytes <= 2 * array.size + 6


@pytest.mark.parametrize(("height", "width"), [(2, 2), (4000, 4000)])
def test_more_bytes_than_the_image_could_need_are_refused_before_they_are_decoded(height: int, width: int) -> None:
    most = Mask.empty(height, width).most_bytes
    rle = number(height * width, 5)
    padded = rle + b"0" * (most - len(rle))  # runs of no pixel
    assert Mask(height, width, padded).area == 0
    with pytest.raises(InvalidMask, match=f"{most + 1:,} bytes.*takes {most:,} at the most") as refused:
        Mask(height, width, padded + b"0")
    assert refused.value.field == "rle"
    with pytest.raises(InvalidMask, match="bytes"):
        Mask(height, width, b"\xff" * (most + 1))


def test_a_mask_of_any_number_of_runs_is_checked_in_little_memory() -> None:
    """Four million runs once took 300 MiB."""
    side, runs = 2048, 2048 * 2048
    rle = b"111" + b"0" * (runs - 3)
    tracemalloc.start()
    try:
        mask = Mask(side, side, rle)
        assert tracemalloc.get_traced_memory()[1] < 4 * len(rle)
    finally:
        tracemalloc.stop()
    assert mask.area == runs // 2


@settings(max_examples=200)
@given(ARRAYS, st.data())
def test_damaged_runs_are_refused_or_decode_consistently(array: np.ndarray, data: st.DataObject) -> None:
    rle = bytearray(Mask.from_array(array).rle)
    place = data.draw(st.integers(0, len(rle) - 1))
    rle[place] = data.draw(st.integers(48, 111))
    try:
        mask = Mask(array.shape[0], array.shape[1], bytes(rle))
    except InvalidMask:
        return
    assert mask.to_array().sum() == mask.area


@st.composite
def windows(draw: st.DrawFn) -> tuple[np.ndarray, int, int, int, int]:
    """An array with a window (x, y, width, height) inside it."""
    array = draw(ARRAYS)
    height, width = array.shape
    x, y = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    return array, x, y, draw(st.integers(1, width - x)), draw(st.integers(1, height - y))


@given(windows())
@example((np.zeros((4, 4), bool), 1, 1, 2, 2))
@example((np.ones((4, 4), bool), 1, 1, 2, 2))
@example((np.ones((3, 5), bool), 0, 0, 5, 3))
def test_a_crop_is_the_slice_of_the_array(cut: tuple[np.ndarray, int, int, int, int]) -> None:
    array, x, y, width, height = cut
    assert Mask.from_array(array).crop(x, y, width, height) == Mask.from_array(array[y : y + height, x : x + width])


@pytest.mark.parametrize("window", [(-1, 0, 2, 2), (0, -1, 2, 2), (4, 0, 2, 1), (0, 2, 1, 2), (0, 0, 0, 1)])
def test_a_window_that_sticks_out_is_refused(window: tuple[int, int, int, int]) -> None:
    with pytest.raises(InvalidMask, match="is not inside a mask of 5 x 3"):
        Mask.from_array(np.ones((3, 5), bool)).crop(*window)


@pytest.mark.parametrize("radius", [5, 20, 60])
def test_half_the_thickness_of_a_disc_is_its_radius_and_of_a_line_its_width(radius):
    y, x = np.ogrid[:200, :300]
    disc = Mask.from_array((y - 100) ** 2 + (x - 150) ** 2 <= radius**2)
    assert disc.half_thickness == pytest.approx(radius, rel=0.1)
    line = np.zeros((200, 300), dtype=bool)
    line[50 : 50 + radius // 2] = True
    assert Mask.from_array(line).half_thickness == pytest.approx(radius // 2, rel=0.1)
    assert Mask.empty(20, 30).half_thickness == 0
