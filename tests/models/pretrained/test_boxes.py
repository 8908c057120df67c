"""Boxes teach: where objects are and of which class, and by what they leave out, also what an object looks like."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from maskloop.masks import Mask
from maskloop.matching import image_iou
from maskloop.values import Box, ObjectLabel
from models.data.samples import Example, ImageToScore, KnownBy, prepare
from models.data.windows import Window, cut
from models.encoders.feature_store import NO_STORE
from models.features.model import frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.features.tiles import fitting_tile
from models.features.views import labeled_views, tensors_of
from models.pretrained.fit import fit
from models.pretrained.losses import box_mask_loss
from models.pretrained.targets import dense_targets
from tests.models.fits import CPU, fitted
from tests.models.pretrained.discs import SIDE, disc_picture

WHOLE = torch.tensor([[0.0, 0.0, 1.0, 1.0]])


def boxed(example: Example) -> Example:
    """As if nobody had outlined anything, but all had been boxed."""
    return replace(example, objects=(), boxes=tuple(map(Box.around, example.objects)))


def views_of(example, number=4):
    recipe = PretrainedRecipe(image_size=SIDE, weights="random")
    encoder = frozen_encoder(recipe, NO_STORE, CPU, 0)
    return labeled_views(prepare(example, [1, 2], SIDE, 100), encoder, number)


def logits_of(shape):
    return torch.where(torch.as_tensor(shape)[None], 20.0, -20.0)


def test_a_boxed_object_is_an_ellipse_that_fits_into_its_box():
    empty = Example("a", np.zeros((40, 60, 3), np.uint8), (), boxes=(Box(2, 6, 10, 24, 20), Box(1, 40, 0, 20, 10)))
    prepared = prepare(empty, [1, 2], 120, 100)
    assert prepared.classes.tolist() == [0, 1]
    assert prepared.known_by.tolist() == [KnownBy.BOX] * 2
    rows, columns = prepared.masks[1].nonzero()
    assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (12, 30, 60, 90)
    assert prepared.masks[1].sum() == pytest.approx(np.pi / 4 * 48 * 60, rel=0.03)


def test_an_object_that_is_outlined_keeps_its_outline_beside_one_that_is_boxed():
    picture = disc_picture(0)
    half = replace(picture, objects=picture.objects[:1], boxes=(Box.around(picture.objects[1]),))
    prepared = prepare(half, [1, 2], SIDE, 100)
    (outlined,) = prepared.masks[prepared.known_by == KnownBy.OUTLINE]
    assert np.array_equal(outlined, picture.objects[0].mask.to_array())
    assert prepared.known_by.tolist().count(KnownBy.BOX) == 1


def test_a_window_shows_its_part_of_a_box():
    seen = cut(boxed(disc_picture(0)), Window(0, 0, SIDE, SIDE // 2))
    (box,) = seen.boxes
    assert box.corners[2] <= SIDE // 2


def test_a_box_of_less_than_a_pixel_is_still_an_object():
    tiny = Example("a", np.zeros((1000, 1000, 3), np.uint8), (), boxes=(Box(1, 500, 300, 3, 3), Box(1, 0, 0, 1, 900)))
    prepared = prepare(tiny, [1], 64, 100)
    assert prepared.known_by.tolist() == [KnownBy.BOX] * 2
    assert prepared.masks.any(axis=(1, 2)).all()


def test_of_a_box_that_a_window_cuts_to_less_than_half_nobody_knows_what_is_there():
    boxed_line = Example("a", np.zeros((40, 40, 3), np.uint8), (), boxes=(Box(1, 5, 5, 30, 10),))
    most, rest = (cut(boxed_line, Window(0, left, 40, 20)) for left in (10, 25))
    assert ([box.corners for box in most.boxes], most.crowds) == ([(0, 5, 20, 15)], ())
    assert rest.boxes == ()
    (crowd,) = rest.crowds
    assert crowd.mask.box == (0, 5, 10, 10)


def test_inside_a_box_nobody_knows_what_is_what_and_outside_it_is_ground():
    picture = disc_picture(0)
    for outlined, view in zip(views_of(picture), views_of(boxed(picture)), strict=True):
        assert np.array_equal(view.boxed, [True, True])
        assert np.array_equal(view.known, outlined.known)
        np.testing.assert_allclose(view.boxes, outlined.boxes, atol=3 / SIDE)
        targets = dense_targets([view], 2, CPU)
        assert not targets.semantic.any()
        middles = (np.arange(SIDE // 4) + 0.5) / (SIDE // 4)
        for x0, y0, x1, y1 in view.boxes:
            inside = (abs(middles - (y0 + y1) / 2) < (y1 - y0) / 2)[:, None] & (
                abs(middles - (x0 + x1) / 2) < (x1 - x0) / 2
            )
            assert not targets.told[0].numpy()[:, inside].any()
        taught = dense_targets([outlined], 2, CPU)
        assert torch.equal(taught.told, taught.known[:, None].expand_as(taught.told))
        assert not (taught.semantic[0, -1][targets.told[0, -1]] > 0.1).any()  # what is told to be ground is


@pytest.mark.parametrize(
    ("shape", "loss"),
    [
        (lambda rows, columns: (rows >= 4) & (rows < 12) & (columns >= 4) & (columns < 12), 0.0),  # the whole box
        (lambda rows, columns: (rows == columns) & (rows >= 4) & (rows < 12), 0.0),  # reaches all sides
        (lambda rows, columns: np.zeros((16, 16), bool), 2 * (1 - 1 / 9)),  # nothing: 1 - (0 + 1) / (0 + 8 + 1), twice
        (lambda rows, columns: np.ones((16, 16), bool), 2 * (1 - 17 / 25)),  # all: 1 - (16 + 1) / (16 + 8 + 1), twice
    ],
)
def test_a_mask_that_reaches_the_sides_of_its_box_and_leaves_it_nowhere_costs_nothing(shape, loss):
    box = torch.tensor([[0.25, 0.25, 0.75, 0.75]])
    measured = box_mask_loss(logits_of(shape(*np.mgrid[:16, :16])), WHOLE, box)
    assert measured.item() == pytest.approx(loss, abs=1e-6)


def test_the_loss_of_a_box_agrees_with_loops():
    rng = np.random.default_rng(0)
    logits, regions = torch.from_numpy(rng.normal(size=(3, 6, 6))), torch.from_numpy(rng.uniform(0, 0.2, (3, 4)))
    regions[:, 2:] += 0.7
    boxes = regions + torch.tensor([0.1, 0.2, -0.2, -0.1])
    total = 0.0
    for values, region, box in zip(logits.sigmoid().numpy(), regions.numpy(), boxes.numpy(), strict=True):
        for axis in (0, 1):
            both = squares = wanted = 0.0
            for place in range(6):
                largest = max(values[other, place] if axis == 0 else values[place, other] for other in range(6))
                at = region[axis] + (place + 0.5) / 6 * (region[axis + 2] - region[axis])
                inside = box[axis] <= at <= box[axis + 2]
                both, squares, wanted = both + largest * inside, squares + largest**2, wanted + inside
            total += (1 - (2 * both + 1) / (squares + wanted + 1)) / 3
    assert box_mask_loss(logits, regions, boxes).item() == pytest.approx(total)
    assert box_mask_loss(logits[:0], regions[:0], boxes[:0]).item() == 0


@pytest.mark.slow
def test_a_network_that_was_shown_boxes_alone_outlines_what_no_training_saw():
    recipe = PretrainedRecipe(image_size=96, min_iterations=80, max_iterations=80, views=4)
    model = fitted([boxed(disc_picture(seed)) for seed in range(10)], recipe, fit=fit)
    unseen = [disc_picture(seed) for seed in range(20, 26)]
    predictions = model.predict([ImageToScore.of(one) for one in unseen], device=CPU, batch_size=4)
    truths = {one.image_id: one.objects for one in unseen}
    ious = [image_iou(each.proposals.objects, truths[each.image_id]) for each in predictions]
    assert np.mean(ious) > 0.5


def test_an_image_that_was_boxed_is_evidence_for_the_head_once_it_is_outlined():
    recipe = PretrainedRecipe(image_size=96, width=16, tower=16, region=8, views=1, min_iterations=2, max_iterations=2)
    pictures = [disc_picture(seed) for seed in range(5)]
    first = fitted([*pictures[:2], *map(boxed, pictures[2:])], recipe, fit=fit)
    assert first.snapshot == tuple(picture.image_id for picture in pictures[:2])
    again = fitted(pictures, recipe, fit=fit, previous=first)
    assert again.evidence is not None
    assert set(again.evidence.image_ids) <= {picture.image_id for picture in pictures[2:]}


def test_boxes_say_how_large_windows_are_only_where_nothing_is_outlined():
    rows, columns = np.mgrid[:1200, :1200]
    line = ObjectLabel(1, Mask.from_array(abs(rows - columns) < 4))
    pixels = np.zeros((1200, 1200, 3), np.uint8)
    outlined = [Example(f"o{n}", pixels, (line,)) for n in range(2)]
    boxes = [Example(f"b{n}", pixels, (), boxes=(Box.around(line),)) for n in range(8)]
    assert fitting_tile([*outlined, *boxes], 96, 2.0) == fitting_tile(outlined, 96, 2.0) > 0
    small = [Example("s", pixels, (), boxes=(Box(1, 10, 10, 20, 20),))]
    assert fitting_tile(small, 96, 2.0) > 0


def test_a_box_is_another_label_than_the_ellipse_that_fits_into_it():
    """Their masks are the same, and what is learnt from them is not: the network cache has to know."""
    box = Box(1, 20, 20, 30, 40)
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    ellipse = ((rows - 40) / 20) ** 2 + ((columns - 35) / 15) ** 2 <= 1
    pixels = disc_picture(0).pixels
    named = Example("a", pixels, (), boxes=(box,)), Example("a", pixels, (ObjectLabel(1, Mask.from_array(ellipse)),))
    of_box, of_outline = (tensors_of([[views_of(one, 1)]]) for one in named)
    assert torch.equal(of_box["0 0 0 masks"], of_outline["0 0 0 masks"])
    assert of_box.keys() - of_outline.keys() == {"0 0 0 known by"}
