"""Pictures and labels that nobody thinks of: both kinds of networks learn from them and outline them."""

from typing import Any

import numpy as np
import pytest

from maskloop.errors import FailedPrecondition
from maskloop.masks import Mask
from maskloop.values import ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example
from models.features.recipe import PretrainedRecipe
from models.predictor import Prediction
from tests.models.fits import CPU, fitted, silent

SMALL: dict[str, Any] = {
    "encoder": "timm:test_efficientnet",
    "weights": "random",
    "width": 16,
    "tower": 8,
    "region": 4,
    "views": 2,
    "batch": 2,
    "min_iterations": 3,
    "max_iterations": 3,
    "threshold": 0.01,
}


def example(name, height, width, *boxes, category=1):
    """A picture of noise, with objects by top, left, height and width."""
    pixels = np.random.default_rng(len(name)).integers(0, 255, (height, width, 3), dtype=np.uint8)
    labels = []
    for top, left, high, wide in boxes:
        solid = np.zeros((height, width), dtype=np.bool_)
        solid[top : top + high, left : left + wide] = True
        labels.append(ObjectLabel(category, Mask.from_array(solid)))
    return Example(name, pixels, tuple(labels))


ALONG = [(5, place * 400, 20, 12) for place in range(10)]
ODD = {
    "one pixel": [example("a", 1, 1, (0, 0, 1, 1)), example("no", 1, 1)],
    "eight pixels": [example("a", 8, 8, (2, 2, 3, 3), (0, 0, 1, 1)), example("no", 8, 8)],
    "a long picture": [example("a", 30, 4000, *ALONG)],
    "a high picture": [example("a", 4000, 30, *((left, top, wide, high) for top, left, high, wide in ALONG))],
    "a line of pixels": [example("a", 1, 3000, *((0, place * 300, 1, 9) for place in range(10)))],
    "objects that are the picture": [example(name, 60, 80, (0, 0, 60, 80)) for name in "ab"],
    "three objects in one place": [example("a", 60, 80, *[(5, 5, 30, 30)] * 3)],
    "many objects": [example("a", 100, 100, *((5 * (k // 20), 5 * (k % 20), 3, 3) for k in range(300)))],
    "objects without a pixel": [example("a", 60, 80, (5, 5, 0, 0))],
    "nothing anywhere": [example("a", 60, 80), example("no", 60, 80)],
    "the last class alone": [example("a", 60, 80, (5, 5, 30, 30), category=20)],
}


@pytest.mark.parametrize("masks", ["regions", "dense"])
@pytest.mark.parametrize("name", ODD)
def test_odd_pictures_are_learnt_from_and_outlined(name, masks):
    """Of twenty classes, most of which no label shows."""
    recipe = PretrainedRecipe(masks=masks, image_size=64 if masks == "regions" else 32, **SMALL)
    model = fitted(ODD[name], recipe, categories=tuple(range(1, 21)))
    made: list[Prediction] = []
    measured = evaluate(model, ODD[name], Split.TEST, device=CPU, progress=silent, keep=made.append)
    assert all(np.isfinite(value) for value in measured.metrics.values())
    sizes = {one.image_id: one.size for one in ODD[name]}
    assert {each.image_id for each in made} == sizes.keys()
    for each in made:
        assert np.isfinite(each.features).all()
        assert 0 <= each.proposals.score <= 1
        for item in each.proposals.objects:
            assert (item.mask.height, item.mask.width) == sizes[each.image_id]
            assert item.mask.area


@pytest.mark.parametrize("masks", ["regions", "dense"])
def test_a_training_that_diverges_says_what_may_help(masks):
    with pytest.raises(FailedPrecondition, match=r"loss is (nan|inf) at iteration \d+; a lower rate may help"):
        fitted(ODD["many objects"], PretrainedRecipe(masks=masks, image_size=64, **SMALL, rate=1e30, clip=0.0))
