"""What encoders are called: one spelling for all recipes, and what was meant where a name is wrong."""

import subprocess
import sys
from typing import Any

import pytest
import timm
from torchvision.models import get_model_weights

from maskloop.errors import InvalidConfig
from models.class_maps.recipe import ClassMapsRecipe
from models.encoders.names import ENCODERS, TORCHVISION_WEIGHTS, full_name, timm_names
from models.kinds.recipes import RECIPES, recipe_from_dict, resolve
from models.unet_maps.recipe import UnetMapsRecipe

PRETRAINED = {"weights": "random"}


def test_names_are_all_of_timms_and_need_no_torch():
    assert timm_names() == set(timm.list_models())
    alone = "import sys; from models.encoders.names import timm_names; print(len(timm_names()), 'torch' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", alone], capture_output=True, text=True, check=True).stdout
    assert told.split() == [str(len(timm_names())), "False"]


def test_the_names_of_weights_are_torchvisions():
    for name, there in TORCHVISION_WEIGHTS.items():
        known = set() if name == "compact" else set(get_model_weights(name).__members__) - {"DEFAULT"}
        assert set(there) == known


OUTLINING = [name for name, recipe in RECIPES.items() if not isinstance(recipe, ClassMapsRecipe | UnetMapsRecipe)]


def encoder_of(recipe: str, **options: Any) -> Any:
    return resolve(recipe, **options).to_dict()["encoder"]


@pytest.mark.parametrize("recipe", OUTLINING)
def test_one_spelling_is_kept_whichever_was_written(recipe):
    written = [resolve(recipe, encoder=name, weights="random") for name in ("convnext_atto", "timm:convnext_atto")]
    assert [each.to_dict()["encoder"] for each in written] == ["timm:convnext_atto"] * 2
    assert written[0] == written[1]
    assert encoder_of(recipe, encoder="timm:resnet50", weights="random") == "timm:resnet50"


def test_a_name_that_two_encoders_have_is_the_recipes_own():
    own = encoder_of("recurrent", encoder="resnet50", weights="")
    bare = encoder_of("pretrained", encoder="resnet50", **PRETRAINED)
    assert (own, bare) == ("resnet50", "timm:resnet50")
    assert [full_name(name, ENCODERS) for name in ENCODERS] == list(ENCODERS)


def test_a_model_of_an_earlier_version_has_the_spelling_of_today():
    kept = {**resolve("pretrained").to_dict(), "encoder": "tf_efficientnet_lite0"}
    assert recipe_from_dict(kept) == resolve("pretrained")


@pytest.mark.parametrize(
    ("recipe", "options", "words"),
    [
        ("pretrained", {"encoder": "resnet5O"}, "none of timm's.*did you mean 'resnet50'"),
        ("pretrained", {"encoder": "timm:convnext_ato"}, "did you mean 'convnext_atto'"),
        ("pretrained", {"encoder": "compact"}, "encoder is 'compact', none of timm's; they are named timm:NAME$"),
        (
            "pretrained",
            {"encoder": "resnet50"},
            "timm:tf_efficientnet_lite0's, not resnet50's.*timm, random, or a file",
        ),
        ("pretrained", {"weights": "pakage"}, "and no file; did you mean 'package'"),
        (
            "recurrent",
            {"encoder": "resnet19"},
            "compact, resnet18, resnet34, resnet50, resnet101, timm:NAME; did you mean",
        ),
        ("recurrent", {"encoder": "resnet18"}, "'package' are none of resnet18's, random, IMAGENET1K_V1, and no file$"),
        (
            "compact",
            {"weights": "timm"},
            "'timm' are none of compact's, random, and no file; did you mean 'random'|no file$",
        ),
        ("paper", {"encoder": ""}, "encoder is ''"),
    ],
)
def test_an_encoder_or_weights_that_are_not_there_are_refused_before_anything_is_trained(recipe, options, words):
    with pytest.raises(InvalidConfig, match=words):
        resolve(recipe, **options)
