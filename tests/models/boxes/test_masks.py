"""Masks of maps: the quantile by hand, what is saturated, what is tried where nothing comes of a map."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument, InvalidConfig
from models.boxes import masks as module
from models.boxes.bbam import ObjectMaps
from models.boxes.boxed import BoxedImage, BoxMask
from models.boxes.masks import (
    MaskOptions,
    as_stored,
    blurred,
    box_mask,
    masks_of,
    quantile_value,
    saturated,
    small_options,
    spread,
    tight_mask,
)
from models.boxes.objective import enlarged
from tests.models.localization.scenes import bilinear

SHARP = MaskOptions(least_blur=1.0, blur_slope=0.0)
SIZE = (40, 48)
BOX = np.array([10, 8, 34, 32], dtype=np.float32)


def scene() -> np.ndarray:
    """A bright block of 16 x 16 pixels in the middle of the box."""
    pixels = np.full((*SIZE, 3), 30, dtype=np.uint8)
    pixels[12:28, 14:30] = 220
    return pixels


def on_block() -> np.ndarray:
    """A map of cells of 8 x 8 pixels, high on the block, a little lower on its edge."""
    soft = np.zeros((5, 6), dtype=np.float32)
    soft[1:4, 1:4] = 0.5
    soft[2, 2] = 1
    return soft


def test_the_quantile_is_a_rank_in_the_box():
    values = np.arange(100, dtype=np.float32)[::-1].copy()
    np.random.default_rng(0).shuffle(values)
    assert quantile_value(values, 0.85) == 99 - 15  # int(100 * .15) = 15 are above
    assert quantile_value(values, 0.2) == 99 - 80
    assert quantile_value(values[:1], 0.2) == values[0]
    assert quantile_value(np.array([3.0, 1.0, 2.0], dtype=np.float32), 0.5) == 2  # int(1.5) = 1


def test_saturation_by_hand():
    spread = np.array([[9, 9, 9, 9, 9], [9, 4, 3, 2, 9], [9, 1, 0, 2, 9]], dtype=np.float32) / np.float32(10)
    box = np.array([1, 1, 4, 3], dtype=np.float32)  # its values are .4 .3 .2 .1 0 .2
    third = saturated(spread, box, 0.5, "quantile")  # rank 3 of .4 .3 .2 .2 .1 0
    assert third[1, 1:4] == pytest.approx([1, 1, 1], abs=1e-6)
    assert third[2, 1:4] == pytest.approx([0.5, 0, 1], abs=1e-6)
    by_value = saturated(spread, box, 0.4, "value")
    assert by_value[1:, 1:4].ravel() == pytest.approx([1, 0.75, 0.5, 0.25, 0, 0.5], abs=1e-6)
    for made in (third, by_value):
        assert made.dtype == np.float32
        assert not made[0].any()
        assert not made[:, [0, 4]].any()


def test_the_blur_is_cut_off_one_deviation_away():
    spot = np.zeros((9, 9), dtype=np.float32)
    spot[4, 4] = 1
    weights = np.exp(-0.5 * (np.arange(-2, 3) / 2) ** 2)
    expected = np.zeros((9, 9))
    expected[2:7, 2:7] = np.outer(weights, weights) / weights.sum() ** 2
    assert blurred(spot, 2) == pytest.approx(expected, abs=1e-6)
    assert blurred(spot, 0) is spot


@pytest.mark.parametrize("reading", ["quantile", "value"])
@pytest.mark.parametrize("margin", [None, 0.25])
def test_masks_follow_the_image_within_the_box(reading, margin):
    made = box_mask(scene(), BOX, on_block(), replace(SHARP, reading=reading, margin=margin, tight=0.6, loose=0.3))
    block = scene()[..., 0] > 100
    for mask in (made.tight, made.loose):
        assert mask.shape == SIZE
        assert not mask[:, :10].any()
        assert not mask[:8].any()
    assert (made.tight & block).sum() / (made.tight | block).sum() > 0.8
    assert not (made.tight & ~made.loose).any()


def recorded(monkeypatch, answers):
    """The maps that a CRF is asked about; it answers with so many pixels of the box's first rows."""
    asked = []

    def crf(costs, image, settings):
        soft = costs[0]
        asked.append(float(soft.max()))
        likely = np.zeros_like(soft)
        rows = answers[min(len(asked), len(answers)) - 1]
        likely[8 : 8 + rows, 10:34] = 1
        return np.stack([1 - likely, likely])

    monkeypatch.setattr(module, "mean_field", crf)
    return asked


BOX_ROWS = 24


def test_an_empty_map_is_filled_evenly_until_a_fifth_of_the_box_comes_out(monkeypatch):
    asked = recorded(monkeypatch, [0, 4, 5])  # 4 of 24 rows are less than a fifth, 5 are more
    made = box_mask(scene(), BOX, np.zeros((3, 3), dtype=np.float32), SHARP)
    assert asked == pytest.approx([0.7, 0.8, 0.9])
    assert made.tight.sum() == made.loose.sum() == 5 * 24


def test_an_empty_map_of_which_nothing_comes_is_an_empty_mask(monkeypatch):
    asked = recorded(monkeypatch, [4])
    made = box_mask(scene(), BOX, np.zeros((3, 3), dtype=np.float32), SHARP)
    assert asked == pytest.approx([0.7, 0.8, 0.9, 0.95])
    assert not made.loose.any()


@pytest.mark.parametrize(("rows", "tries"), [([1, 2, 3, 9], 4), ([1], 6), ([5], 1)])
def test_a_small_box_of_which_little_came_is_filled_evenly_until_a_third_comes_out(monkeypatch, rows, tries):
    pixels = np.tile(scene(), (3, 3, 1))  # the box is less than a tenth of it
    asked = recorded(monkeypatch, rows)
    made = box_mask(pixels, BOX, np.tile(on_block(), (3, 3)), SHARP)
    assert asked[1 : min(tries, 6)] == pytest.approx([0.7, 0.8, 0.9, 0.95, 0.96][: tries - 1])
    assert made.tight.any()
    assert len(asked) == 2 * tries or rows[-1] >= 5  # both masks


def test_a_small_box_of_which_just_a_fifth_came_is_filled_evenly(monkeypatch):
    pixels, box = np.tile(scene(), (3, 3, 1)), np.array([10, 8, 34, 28], dtype=np.float32)  # 20 rows: a fifth is 4
    asked = recorded(monkeypatch, [4, 9])
    assert tight_mask(pixels, box, np.tile(on_block(), (3, 3)), SHARP).sum() == 9 * 24
    assert asked[1:] == pytest.approx([0.7])


def test_a_small_box_that_never_comes_out_keeps_the_last_try(monkeypatch):
    recorded(monkeypatch, [3, 1, 1, 1, 1, 2])
    made = box_mask(np.tile(scene(), (3, 3, 1)), BOX, np.tile(on_block(), (3, 3)), SHARP)
    assert made.tight.sum() == 2 * 24


def test_nothing_is_drawn_beside_the_box(monkeypatch):
    monkeypatch.setattr(module, "mean_field", lambda costs, image, settings: np.ones_like(costs))
    assert box_mask(scene(), BOX, on_block(), SHARP).loose.sum() == 24 * 24


def test_a_large_box_of_which_little_came_stays_as_it_is(monkeypatch):
    asked = recorded(monkeypatch, [1])
    assert box_mask(scene(), BOX, on_block(), SHARP).tight.sum() == 24
    assert len(asked) == 2


def test_every_object_has_masks_in_its_place(monkeypatch):
    recorded(monkeypatch, [0])
    image = BoxedImage("a", scene(), np.stack([BOX, BOX + 2]), (0, 1))
    maps = ObjectMaps("a", (np.zeros((2, 2), dtype=np.float32), on_block()), (0, 5), SIZE)
    assert [mask.tight.any() for mask in masks_of(image, maps, SHARP)] == [False, False]
    with pytest.raises(InvalidArgument):
        masks_of(image, replace(maps, image_id="b"), SHARP)
    with pytest.raises(InvalidArgument):
        masks_of(image, replace(maps, maps=maps.maps[:1]), SHARP)


@pytest.mark.parametrize(("shape", "size"), [((5, 6), (40, 48)), ((2, 3), (37, 50)), ((1, 1), (9, 7))])
def test_a_map_lies_on_the_image_as_the_detector_was_shown_it(shape, size):
    cells = np.random.default_rng(0).random(shape, dtype=np.float32)
    shown = enlarged(torch.from_numpy(cells), size, size).numpy()
    np.testing.assert_allclose(spread(cells, size), shown, atol=1e-6)
    half = (round(size[0] / 2), round(size[1] / 2))
    eight_bits = bilinear(np.floor(255 * cells), *half) / 255
    stored = as_stored(cells, size)
    assert stored.shape == half
    assert np.abs(stored - eight_bits).mean() < 0.02  # what a JPEG loses


def test_masks_lie_where_cells_were_when_the_detector_saw_them(monkeypatch):
    asked = []

    def crf(costs, image, settings):
        asked.append(costs[0].copy())
        return np.ones_like(costs)

    monkeypatch.setattr(module, "mean_field", crf)
    cells = np.zeros((4, 4), dtype=np.float32)
    cells[0, 0] = 1
    box = np.array([0, 0, 24, 20], dtype=np.float32)
    image = BoxedImage("a", scene(), box[None], (0,))
    masks_of(image, ObjectMaps("a", (cells,), (5,), (80, 96)), MaskOptions(least_blur=0, blur_slope=0))
    shown = enlarged(torch.from_numpy(cells), SIZE, SIZE)
    assert asked[0][10, 12] / asked[0][9, 9] == pytest.approx((shown[10, 12] / shown[9, 9]).item(), rel=0.05)


def test_the_programs_crf_takes_maps_for_probabilities_and_colours_from_blue_to_red(monkeypatch):
    asked = []

    def crf(costs, image, settings):
        asked.append((costs.copy(), image.copy()))
        return np.zeros_like(costs)

    monkeypatch.setattr(module, "mean_field", crf)
    pixels = scene()
    pixels[..., 2] = 7
    maps = [tight_mask(pixels, BOX, on_block(), options) for options in (SHARP, replace(SHARP, unary="probabilities"))]
    (costs, image), (likely, turned) = asked
    assert not any(each.any() for each in maps)
    np.testing.assert_allclose(likely[1], -np.log(np.clip(costs[0], 1e-5, 1)), atol=1e-5)  # the costs' first row is m
    np.testing.assert_allclose(likely[0], -np.log(np.clip(1 - costs[0], 1e-5, 1)), atol=1e-5)
    assert np.array_equal(image, pixels)
    assert np.array_equal(turned, pixels[..., ::-1])


def test_maps_as_they_are_stored_have_eight_bits_and_half_the_size():
    soft = on_block()
    made = as_stored(soft, (80, 96))
    assert made.shape == (40, 48)
    assert np.array_equal(made * 255, np.rint(made * 255))
    assert np.abs(made[::8, ::8][1:4, 1:4] - 0.5).max() < 0.6


def test_both_readings():
    official, paper = MaskOptions.official(), MaskOptions.paper()
    assert (official.tight, official.loose, official.reading) == (0.85, 0.2, "quantile")
    assert (official.whole_range, official.as_stored, official.unary) == (False, True, "probabilities")
    assert (paper.tight, paper.loose, paper.reading) == (0.8, 0.2, "value")


def test_small_images_have_small_deviations():
    small = small_options(MaskOptions(), 4)
    assert (small.least_blur, small.blur_slope, small.crf.bilateral_sxy) == (4, 12, 20)


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"tight": 1.0}, "tight"),
        ({"loose": 0.9}, "loose"),
        ({"reading": "rank"}, "reading"),
        ({"least_blur": -1.0}, "least_blur"),
        ({"margin": -0.5}, "margin"),
    ],
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        MaskOptions(**options)
    assert refused.value.field == field


def test_a_loose_mask_has_to_hold_the_tight_one():
    with pytest.raises(InvalidArgument):
        BoxMask(np.ones((2, 2), dtype=bool), np.zeros((2, 2), dtype=bool))


def test_without_a_crf_a_mask_is_what_is_saturated():
    """A ramp of forty columns, of which the box holds those from 10 to 33."""
    soft = np.tile(np.arange(48, dtype=np.float32) / np.float32(47), (40, 1))
    made = box_mask(scene(), BOX, soft, MaskOptions(tight=0.75, loose=0.25, crf=None))
    for mask, first in ((made.tight, 28), (made.loose, 16)):  # a quarter and three quarters of 24 columns
        expected = np.zeros(SIZE, dtype=np.bool_)
        expected[8:32, first:34] = True
        assert (mask ^ expected).sum() <= 24  # the column at the very quantile
    assert small_options(MaskOptions(crf=None), 2.0).crf is None


def test_without_a_crf_nobody_knows_where_a_map_is_nothing():
    made = box_mask(scene(), BOX, np.zeros((5, 6), dtype=np.float32), MaskOptions(crf=None))
    assert not made.tight.any()
    assert np.array_equal(np.argwhere(made.loose)[[0, -1]], [[8, 10], [31, 33]])


def test_the_tight_mask_can_be_had_alone():
    options = replace(SHARP, tight=0.6, loose=0.3)
    for soft in (on_block(), np.zeros((5, 6), dtype=np.float32)):
        assert np.array_equal(tight_mask(scene(), BOX, soft, options), box_mask(scene(), BOX, soft, options).tight)
