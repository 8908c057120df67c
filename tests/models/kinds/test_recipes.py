"""Recipes of every kind of network by name."""

import pytest

from maskloop.errors import InvalidConfig
from models.annotation.recipe import Recipe
from models.bbam.recipe import BbamRecipe
from models.class_maps.recipe import ClassMapsRecipe
from models.features.recipe import PretrainedRecipe
from models.kinds.recipes import RECIPES, recipe_from_dict, resolve
from models.oeem.recipe import OeemRecipe
from models.unet_maps.recipe import UnetMapsRecipe


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_comes_back_from_its_dict_as_its_own_kind(name):
    recipe = resolve(name)
    assert recipe_from_dict(recipe.to_dict()) == recipe
    own = {
        "pretrained": PretrainedRecipe,
        "class_maps": ClassMapsRecipe,
        "bbam": BbamRecipe,
        "oeem": OeemRecipe,
        "unet": UnetMapsRecipe,
    }
    assert isinstance(recipe, own.get(name, Recipe))


def test_iterations_is_short_for_exactly_so_many():
    for name in RECIPES:
        assert [resolve(name, iterations=7).iterations(labels) for labels in (1, 500)] == [7, 7]


def test_iterations_grow_with_the_labels():
    recipe = PretrainedRecipe()
    assert [recipe.iterations(labels) for labels in (5, 10, 20, 1000)] == [100, 150, 300, 600]
    assert [recipe.as_dense().iterations(labels) for labels in (5, 33, 50, 1000)] == [100, 100, 150, 600]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"masks": "foo"}, "none of auto, regions, dense"),
        ({"width": 12}, "width is 12, not a multiple of 8"),
        ({"width": 7}, "width is 7; it must be from 8 to 1024, a multiple of 8"),
        ({"image_size": 100}, "not a multiple of 32"),
        ({"region": 0}, "region"),
        ({"own_boxes": 1.5}, "own_boxes is 1.5; it must be from 0 to 1"),
        ({"min_iterations": 50, "max_iterations": 20}, "below min_iterations"),
        ({"weights": "/nowhere"}, "and no file"),
        ({"hidden": 32}, "'hidden' is unknown; there are batch, .*, width$"),
        ({"iteration": 32}, "'iteration' is unknown; did you mean 'iterations'"),
        ({"iterations": "many"}, "iterations is 'many', not a whole number"),
        ({"iterations": True}, "iterations is True, not a whole number"),
        ({"batch": 2.5}, "batch is 2.5, not a whole number"),
        ({"rate": "fast"}, "rate is 'fast', not a number"),
        ({"encoder": 50}, "encoder is 50, not text"),
        ({"rate": float("inf")}, "rate is inf; it must be from 1e-09 to 1e.30"),
        ({"rate": 10**400}, "a number of more than 100 digits; it must be"),
        ({"rate": float("nan")}, "rate is nan; it must be"),
        ({"image_size": 2**35}, "image_size is 34359738368; it must be from 32 to 2048, a multiple of 32"),
        ({"max_iterations": 2**62}, "it must be from 0 to 10000000"),
        ({"tile": -1}, "tile is -1; it must be from 0 to 8192"),
        ({"masks": "region"}, "did you mean 'regions'"),
    ],
)
def test_what_cannot_be_is_refused_by_name(options, words):
    with pytest.raises(InvalidConfig, match=words):
        resolve("pretrained", **options)


def test_a_recipe_that_is_not_there_is_told_with_what_was_meant():
    with pytest.raises(
        InvalidConfig,
        match=r"none of pretrained, paper, .*, class_maps, oeem, bbam, unet; did you mean 'pretrained'",
    ):
        resolve("pretraned")
    with pytest.raises(InvalidConfig, match="seeds is 1, not true or false"):
        resolve("compact", seeds=1)


def test_a_model_may_be_read_where_its_weights_are_not():
    kept = {**resolve("pretrained").to_dict(), "weights": "/gone.pth"}
    assert recipe_from_dict(kept).to_dict() == kept


def test_a_dense_head_sees_a_larger_square():
    sides = [PretrainedRecipe(image_size=side).as_dense().image_size for side in (192, 96, 32, 2048)]
    assert sides == [320, 160, 64, 2048]
