import json

import pytest

from maskloop.errors import InvalidConfig
from models.annotation.recipe import RECIPES, Recipe, resolve


def test_the_paper_recipe_is_what_was_published():
    paper = resolve("paper")
    assert (paper.encoder, paper.image_size, paper.hidden, paper.batch) == ("resnet101", 256, 128, 28)
    assert (paper.epochs, paper.iou_epochs) == (150, 250)
    assert (paper.optimizer, paper.rate, paper.encoder_rate, paper.weight_decay) == ("adam", 1e-3, 1e-6, 1e-6)
    assert (paper.class_input, paper.augment, paper.iou_target) == ("one_hot", "none", "sqrt")
    assert not paper.seeds
    assert paper.iterations(100) == 150 * 4


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_survives_json(name):
    recipe = resolve(name)
    assert Recipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


def test_overrides_replace_values_and_iterations_sets_their_number_exactly():
    recipe = resolve("compact", image_size=96, iterations=7)
    assert recipe.image_size == 96
    assert {recipe.iterations(n) for n in (1, 40, 4000)} == {7}


def test_iterations_grow_with_the_labels_between_their_bounds():
    recipe = resolve("compact", epochs=10, batch=8, min_iterations=30, max_iterations=100)
    assert [recipe.iterations(n) for n in (8, 40, 41, 800)] == [30, 50, 60, 100]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"recipe": "tiny"}, "recipe"),
        ({"momentum": 0.9}, "momentum"),
        ({"encoder": "vgg61"}, "encoder"),
        ({"encoder": "timm:compact"}, "encoder"),
        ({"encoder": "resnet18", "weights": "package"}, "weights"),
        ({"encoder": "vgg16", "weights": "package"}, "weights"),
        ({"image_size": 100}, "image_size"),
        ({"image_size": "64"}, "image_size"),
        ({"batch": 0}, "batch"),
        ({"batch": True}, "batch"),
        ({"rate": -1e-3}, "rate"),
        ({"rate": float("nan")}, "rate"),
        ({"hidden": 20}, "hidden"),
        ({"seeds": 1}, "seeds"),
        ({"iterations": 0}, "iterations"),
        ({"iterations": 2.5}, "iterations"),
        ({"min_iterations": 9, "max_iterations": 3}, "max_iterations"),
    ],
)
def test_an_unknown_or_impossible_option_is_refused_by_name(values, field):
    values = dict(values)
    with pytest.raises(InvalidConfig) as refused:
        resolve(values.pop("recipe", "compact"), **values)
    assert refused.value.field == field
    assert field in refused.value.message
