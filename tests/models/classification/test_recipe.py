import json

import pytest

from maskloop.errors import InvalidConfig
from models.classification.recipe import CLASSIFIER_RECIPES, ClassifierRecipe, resolve_classifier
from models.classification.train import Classification
from models.training.loop import learning_rate_share


def rate_share(recipe: ClassifierRecipe, iteration: int, iterations: int) -> float:
    """Of its trainings."""
    settings = Classification.settings_of(recipe)
    return learning_rate_share(iteration, iterations, settings.warmup, settings.decay)


def test_the_paper_recipe_is_what_was_published():
    paper = resolve_classifier("paper")
    assert (paper.encoder, paper.frozen_norm, paper.image_size) == ("resnet50", True, 512)
    assert (paper.shortest, paper.longest, paper.batch, paper.epochs) == (320, 640, 16, 5)
    assert (paper.rate, paper.head_rate, paper.weight_decay, paper.momentum) == (0.1, 1.0, 1e-4, 1e-4)
    assert paper.iterations(10_582) == 5 * 662
    assert rate_share(paper, 0, 3310) == 1
    assert rate_share(paper, 1655, 3310) == pytest.approx(0.5**0.9)


def test_compact_warms_up_and_then_falls_along_a_cosine():
    compact = resolve_classifier("compact")
    assert [rate_share(compact, iteration, 110) for iteration in (0, 9, 10, 60)] == pytest.approx([0.1, 1, 1, 0.5])


@pytest.mark.parametrize("name", CLASSIFIER_RECIPES)
def test_a_recipe_survives_json(name):
    recipe = resolve_classifier(name)
    assert ClassifierRecipe.from_dict(json.loads(json.dumps(recipe.to_dict()))) == recipe


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"recipe": "tiny"}, "recipe"),
        ({"hidden": 32}, "hidden"),
        ({"encoder": "vgg99"}, "encoder"),
        ({"weights": "package"}, "weights"),
        ({"recipe": "pretrained", "encoder": "resnet50"}, "weights"),
        ({"image_size": 100}, "image_size"),
        ({"frozen_norm": True}, "frozen_norm"),
        ({"shortest": 700}, "shortest"),
        ({"held_out": 0.6}, "held_out"),
        ({"batch": 0}, "batch"),
        ({"view": "circle"}, "view"),
    ],
)
def test_an_unknown_or_impossible_option_is_refused_by_name(values, field):
    values = dict(values)
    with pytest.raises(InvalidConfig) as refused:
        resolve_classifier(values.pop("recipe", "compact"), **values)
    assert refused.value.field == field


def test_the_pretrained_recipe_is_the_packaged_encoder_and_short():
    recipe = resolve_classifier("pretrained")
    assert (recipe.encoder, recipe.weights, recipe.frozen_norm) == ("timm:tf_efficientnet_lite0", "package", True)
    assert (recipe.view, recipe.image_size) == ("square", 224)
    assert [recipe.iterations(images) for images in (8, 60, 10_000)] == [30, 40, 150]


@pytest.mark.parametrize("encoder", ["tf_efficientnet_lite0", "timm:tf_efficientnet_lite0"])
def test_timms_encoders_are_named_as_everywhere(encoder):
    assert resolve_classifier("compact", encoder=encoder).encoder == "timm:tf_efficientnet_lite0"
