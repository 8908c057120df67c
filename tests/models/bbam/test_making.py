"""Masks of boxes by each way, thresholds that outlines choose, and what the Mask R-CNN is told of every object."""

from dataclasses import replace

import numpy as np
import pytest

from maskloop.errors import InvalidConfig
from models.bbam.learn import QUANTILES, choose, masked
from models.bbam.making import Thresholds, masks_in, method_of, options_of, outline, tight_in
from models.bbam.material import KnownImage, Material
from models.bbam.recipe import BbamRecipe
from models.boxes.bbam import ObjectMaps
from models.boxes.boxed import BoxedImage, box_pixels
from models.kinds.recipes import resolve
from tests.models.bbam.boxed_pictures import PLAIN, RECIPE, examples
from tests.models.boxes.toys import CATEGORIES, linear_detector

BARE = replace(RECIPE, refine="none")
BOX = np.array([[10, 5, 50, 25]], dtype=np.float32)
SIZE = (32, 64)


def silent(*_):
    pass


def scene(name: str = "a") -> BoxedImage:
    return BoxedImage(name, np.full((*SIZE, 3), 90, dtype=np.uint8), BOX, (0,))


def ramp(name: str = "a") -> ObjectMaps:
    """Rises from left to right, a cell a pixel."""
    return ObjectMaps(name, (np.tile(np.linspace(0, 1, SIZE[1], dtype=np.float32), (SIZE[0], 1)),), (3,), SIZE)


def right_part(share: float) -> np.ndarray:
    """Of the box."""
    mask = np.zeros(SIZE, dtype=np.bool_)
    mask[5:25, round(50 - share * 40) : 50] = True
    return mask


def known(share: float, name: str = "a") -> KnownImage:
    return KnownImage(scene(name), (right_part(share),))


def test_without_a_refinement_a_mask_is_the_share_of_the_box_with_the_highest_values():
    (made,) = masks_in(scene(), ramp(), BARE, Thresholds(quantile=0.75))
    assert made.tight.sum() == pytest.approx(0.25 * 800, abs=20)
    assert not (made.tight & ~right_part(0.3)).any()
    assert made.loose.sum() == pytest.approx(0.8 * 800, abs=20)
    nothing = ObjectMaps("a", (np.zeros((4, 8), dtype=np.float32),), (0,), SIZE)
    (unknown,) = masks_in(scene(), nothing, BARE, Thresholds())
    assert not unknown.tight.any()
    assert np.array_equal(unknown.loose, box_pixels(BOX[0], SIZE))


@pytest.mark.parametrize("refine", ["none", "crf", "segments"])
def test_the_tight_mask_alone_is_that_of_both(refine):
    recipe = replace(RECIPE, refine=refine)
    (both,) = masks_in(scene(), ramp(), recipe, Thresholds(0.6, 0.7))
    assert np.array_equal(tight_in(scene(), ramp(), 0, (recipe, Thresholds(0.6, 0.7)), None), both.tight)


def test_a_rectangle_fills_the_box_and_grab_cut_stays_in_it():
    (whole,) = masks_in(scene(), None, PLAIN, Thresholds())
    assert np.array_equal(whole.tight, box_pixels(BOX[0], SIZE))
    image = scene()
    image.pixels[10:20, 20:40] = 240
    (cut,) = masks_in(image, None, replace(PLAIN, masks="grabcut"), Thresholds())
    assert np.array_equal(cut.tight, (image.pixels[..., 0] == 240))


@pytest.mark.parametrize("refine", ["none", "crf"])
def test_where_the_detector_does_not_find_an_object_its_mask_is_the_box_and_its_map_nothing(refine):
    values, mask = outline(linear_detector(bias=-30.0), scene(), replace(RECIPE, refine=refine), Thresholds(), 0)
    assert not values.any()
    assert mask.any()
    assert not (mask & ~box_pixels(BOX[0], SIZE)).any()
    if refine == "none":
        assert np.array_equal(mask, box_pixels(BOX[0], SIZE))


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
def test_outlines_choose_the_quantile_that_fits_them_best(share):
    images = [known(share, name) for name in "ab"]
    chosen, metrics = choose(images, {name: ramp(name) for name in "ab"}, BARE, silent)
    assert chosen.quantile == min(QUANTILES, key=lambda theta: abs(1 - theta - share))
    assert metrics["mask_iou"] > 0.9


def test_a_quantile_that_is_set_stays_and_without_outlines_it_is_the_usual_one():
    maps = {"a": ramp()}
    assert choose([known(0.8)], maps, replace(BARE, quantile=0.6), silent)[0] == Thresholds(0.6)
    assert choose([], maps, BARE, silent) == (Thresholds(), {})
    assert choose([known(0.8)], {}, PLAIN, silent) == (Thresholds(), {})


def test_the_crf_is_asked_how_sure_it_has_to_be_as_well():
    told = []
    choose([known(0.5)], {"a": ramp()}, RECIPE, lambda share, message: told.append((share, message)))
    assert len(told) == 7
    assert told[-1] == (1.0, "tried threshold 7 of 7 on 1 labeled images")


def test_the_mask_rcnn_is_told_outlines_masks_that_were_made_and_of_the_others_that_they_are_in_their_boxes():
    material = Material.of(examples(3, outlined=1), (), CATEGORIES, PLAIN, 0)
    outlined, made, unknown = masked(material, {"01"}, {}, (PLAIN, Thresholds()), silent)
    for mask, true in zip(outlined.masks, material.images[0].outlines, strict=True):
        assert np.array_equal(mask.tight, true)
        assert np.array_equal(mask.loose, true)
    for item, known_tight in ((made, True), (unknown, False)):
        for mask, box in zip(item.masks, item.image.boxes, strict=True):
            assert np.array_equal(mask.loose, box_pixels(box, item.image.size))
            assert mask.tight.any() == known_tight


def test_bbam_is_laid_out_for_the_size_that_the_detector_sees():
    method = method_of(BbamRecipe(shortest=256, longest=512, steps=60))
    assert (method.least_stride, method.stride_slope, method.iterations, method.rate) == (8, 24, 60, 0.05)
    assert [method_of(replace(RECIPE, steps=steps)).rate for steps in (1, 300)] == [0.2, 0.02]
    options = options_of(RECIPE, scene(), Thresholds(0.15, 0.7))
    assert (options.tight, options.loose, options.sure) == (0.15, 0.15, 0.7)
    assert options.least_blur == pytest.approx(16 * 32 / 375)


def test_recipes_are_those_of_the_two_trainings():
    recipe = BbamRecipe(iterations_per_image=6, min_iterations=120, max_iterations=400)
    assert [recipe.iterations(images) for images in (1, 30, 1000)] == [120, 180, 400]
    assert (recipe.of_detector(30).iterations, recipe.of_student(30).iterations) == (180, 120)
    assert recipe.of_detector(30).shortest == recipe.of_detector(30).smallest == recipe.shortest


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"masks": "grabcuts"}, "did you mean 'grabcut'"),
        ({"refine": "psa"}, "none of crf, segments, none"),
        ({"quantile": 1.0}, "quantile is 1.0; it must be from 0 to 0.999"),
        ({"quantile": 1.2}, "quantile is 1.2"),
        ({"threshold": 1.5}, "threshold is 1.5; it must be from 0 to 1"),
        ({"steps": 0}, "steps is 0"),
        ({"shortest": 300}, "shortest is 300, above longest, which is 256"),
        ({"min_iterations": 9, "max_iterations": 3}, "below min_iterations"),
        ({"student": "yes"}, "not true or false"),
        ({"encoder": "resnet"}, "encoder"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options, words):
    with pytest.raises(InvalidConfig, match=words):
        resolve("bbam", **options)
