"""What the border takes, a worker can build; what it refuses, it refuses by the option's name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidConfig
from models.annotation.network import build_network as build_recurrent
from models.boxes.mask_rcnn import build_mask_rcnn
from models.boxes.rcnn_task import build_faster_rcnn
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.network import build_classifier
from models.classification.patches.network import build_patch_classifier
from models.classification.recipe import CLASSIFIER_RECIPES, ClassifierRecipe, resolve_classifier
from models.classification.unet.network import build_unet
from models.encoders.pretrained import load_pretrained
from models.kinds.recipes import RECIPES, resolve
from models.kinds.work import TrainingData, work_of
from models.oeem.layout import Layout
from models.oeem.learn import patch_recipe, segmentation_recipe
from models.pretrained.train import build_network as build_pyramid
from models.segmentation.network import build_segmentation
from models.thin.network import DenseNetwork
from models.training.recipe_options import Range, Words, bounds_of

ENCODERS = (
    "compact", "resnet18", "resnet50", "wideresnet38/8", "timm:tf_efficientnet_lite0", "tf_efficientnet_lite0",
    "timm:mobilenetv3_small_050", "timm:vit_tiny_patch16_224", "timm:swin_tiny_patch4_window7_224", "timm:vgg11",
    "vgg99", "", "timm:", "../resnet18", "x" * 200,
)  # fmt: skip
WEIGHTS = ("random", "", "/etc/passwd", "/no/such/file", "pakage")
DATA = TrainingData(50, 200, 50 << 16)
BESIDE = {"min_iterations": "max_iterations", "weights": "frozen_norm", "longest": "shortest"}
"""Options that a refusal may name in the place of these, which it goes by as well."""
OPTIONS = [
    (name, key)
    for recipes in (RECIPES, {f"classifier {name}": recipe for name, recipe in CLASSIFIER_RECIPES.items()})
    for name, recipe in recipes.items()
    for key in bounds_of(cast(Any, type(recipe)))
    if key != "name"
]


def resolved(name: str, options: dict[str, Any]) -> Any:
    if name.startswith("classifier "):
        return resolve_classifier(name.removeprefix("classifier "), **options)
    return resolve(name, **options)


def values_of(name: str, key: str) -> st.SearchStrategy[Any]:
    if key in ("encoder", "weights"):
        return st.sampled_from(ENCODERS if key == "encoder" else WEIGHTS)
    kind = CLASSIFIER_RECIPES[name.removeprefix("classifier ")] if " " in name else RECIPES[name]
    bound, default = bounds_of(cast(Any, type(kind)))[key], getattr(kind, key)
    if isinstance(default, bool):
        return st.booleans()
    if isinstance(bound, Words):
        return st.sampled_from((*bound.words, "neither"))
    assert isinstance(bound, Range)
    if isinstance(default, float):
        return st.floats(bound.least, bound.most) | st.sampled_from((-1.0, float("nan"), bound.most * 2 + 1))
    step = bound.step or 1
    within = st.integers(-(-int(bound.least) // step), int(bound.most) // step).map(lambda count: count * step)
    return within | st.sampled_from((int(bound.least), int(bound.most), -1, 2**35, 2**62, 16_000_000))


def build(recipe: Any) -> None:
    """The networks of a recipe, of shapes alone; but a detector's encoder has to compute, to fold its norms."""
    if recipe.name == "bbam":
        small = replace(recipe, width=min(recipe.width, 128), head=min(recipe.head, 256))
        build_faster_rcnn(small.of_detector(50, weights="random"), 3, weights="", seed=0)
        build_mask_rcnn(small.of_student(50, weights="random"), 3, weights="", seed=0)
        return
    with torch.device("meta"):
        if isinstance(recipe, ClassMapsRecipe):
            recipe = recipe.of_classifier()
        if isinstance(recipe, ClassifierRecipe):
            build_classifier(recipe, 3)
        elif recipe.name == "oeem":
            layout = Layout.of(recipe, [(200, 300)], [])
            build_patch_classifier(patch_recipe(recipe, layout, recipe.iterations(50)), 3)
            build_segmentation(segmentation_recipe(recipe, 160, recipe.iterations(50)), 4)
        elif recipe.name == "unet":
            build_unet(recipe.of_network(), 1)
        elif recipe.name == "pretrained":
            encoder = load_pretrained(recipe.encoder.removeprefix("timm:"), "random")
            build_pyramid(encoder.channels, 3, recipe, 0)
            recipe.as_dense()
            DenseNetwork(encoder.all_channels, 3)
        else:
            build_recurrent(recipe, 3)


def refused(name: str, options: dict[str, Any]) -> str:
    """The field that the border refuses, "" where it takes all."""
    try:
        recipe = resolved(name, options)
    except InvalidConfig as refusal:
        return refusal.field
    work = work_of(recipe, DATA)
    assert work.iterations >= 1
    assert work.memory >= 1 << 29
    assert work.pixels >= work.iterations
    build(recipe)
    return ""


@pytest.mark.slow
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(OPTIONS), st.data())
def test_an_option_is_refused_by_its_name_or_a_worker_can_build_the_network(option, data):
    name, key = option
    options = {key: data.draw(values_of(name, key))}
    if key == "encoder":  # whose weights are its own affair
        options["weights"] = "random"
    assert refused(name, options) in ("", key, BESIDE.get(key))


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted({name for name, _ in OPTIONS})), st.data())
def test_options_together_are_refused_by_a_name_or_a_worker_can_build_the_network(name, data):
    keys = [key for owner, key in OPTIONS if owner == name]
    chosen = data.draw(st.lists(st.sampled_from(keys), min_size=2, max_size=6, unique=True))
    options = {"weights": "random"} if "weights" in keys else {}
    options |= {key: data.draw(values_of(name, key)) for key in chosen}
    assert refused(name, options) in ("", *chosen, *map(BESIDE.get, chosen))


@pytest.mark.parametrize("name", sorted({name for name, _ in OPTIONS}))
def test_every_recipe_as_it_is_can_be_built(name):
    own = resolved(name, {}).to_dict()
    weights = {"weights": "random"} if "weights" in own else {}
    assert not refused(name, weights)
