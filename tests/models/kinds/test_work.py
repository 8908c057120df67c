"""What a training takes, told before it begins, beside what it takes."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidConfig
from models.classification.recipe import resolve_classifier
from models.encoders.names import DENSE
from models.encoders.sizes import encoder_size
from models.kinds.recipes import RECIPES, resolve
from models.kinds.sizes import SIZES, what_to_lower
from models.kinds.work import TrainingData, work_of

ROOT = Path(__file__).parents[3]
AT_MOST = 4.0  # times the peak
SOME = TrainingData(40, 120, 40 << 16)
QUICK = {"iterations": 2, "iou_epochs": 1, "held_out": 0}
CASES = [
    ("compact", QUICK, 8, 96),
    ("compact", {**QUICK, "image_size": 256, "batch": 16}, 8, 96),
    ("compact", {**QUICK, "image_size": 128, "hidden": 256, "train_steps": 8}, 8, 96),
    ("recurrent", QUICK, 8, 96),
    ("paper", {**QUICK, "batch": 8, "image_size": 128, "encoder": "resnet50"}, 8, 96),
    ("pretrained", {"iterations": 2}, 12, 256),
    ("pretrained", {"iterations": 2, "masks": "regions", "image_size": 512, "batch": 16}, 12, 256),
    ("pretrained", {"iterations": 2, "masks": "dense", "image_size": 320}, 12, 256),
    ("pretrained", {"iterations": 2, "masks": "regions", "encoder_rate": 1e-4}, 12, 256),
    ("class_maps", {"iterations": 2}, 12, 256),
    ("oeem", {"iterations": 2, "mapped": 4}, 8, 160),
    ("bbam", {"iterations": 2, "explained": 2, "steps": 2}, 8, 160),
    ("unet", {"iterations": 2}, 8, 256),
]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak is read from Linux")
@pytest.mark.parametrize(("name", "options", "images", "side"), CASES)
def test_the_memory_is_estimated_above_its_peak_and_not_far_above(name, options, images, side):
    asked = [name, json.dumps(options), str(images), str(side)]
    command = [sys.executable, "-m", "tests.models.kinds.peak_memory", *asked]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    measured = json.loads(told.splitlines()[-1])
    assert measured["peak"] <= measured["estimate"] <= AT_MOST * measured["peak"]


@pytest.mark.parametrize("name", RECIPES)
@given(st.sampled_from(SIZES), st.integers(2, 4))
def test_what_is_to_be_lowered_raises_the_estimate(name, option, times):
    recipe = resolve(name, max_iterations=500)
    value = recipe.to_dict().get(option)
    if not value:
        return
    with suppress(InvalidConfig):  # that much may be beyond the range
        larger = work_of(resolve(name, max_iterations=500, **{option: times * value}), SOME)
        assert larger.memory >= work_of(recipe, SOME).memory


@pytest.mark.parametrize("name", RECIPES)
def test_more_labels_take_no_less(name):
    recipe, more = resolve(name), TrainingData(400, 1200, 400 << 16)
    fewer, larger = work_of(recipe, SOME), work_of(recipe, more)
    assert fewer.iterations <= larger.iterations
    assert fewer.pixels <= larger.pixels
    assert fewer.memory < larger.memory


def test_recipes_as_they_are_keep_within_a_small_machine():
    assert {name: work_of(resolve(name), SOME).memory >> 30 for name in RECIPES if name != "paper"} == {
        name: pytest.approx(3, abs=3) for name in RECIPES if name != "paper"
    }
    assert work_of(resolve("paper"), SOME).memory >> 30 > 10
    assert work_of(resolve_classifier("compact"), SOME).memory >> 30 < 3


def test_iterations_and_pixels_are_counted_by_hand():
    work = work_of(resolve("compact", iterations=10, held_out=0.0), SOME)
    assert (work.iterations, work.pixels) == (10, 10 * (8 + 2 + 4) * 64**2)
    assert work_of(resolve("compact", iterations=10), SOME).iterations == 20  # with the held-out fit
    work = work_of(resolve("pretrained", iterations=10, masks="regions"), SOME)
    assert work.pixels == 10 * (8 + 2 + 4) * 192**2


def test_all_encoders_that_are_named_without_timm_have_a_size():
    assert all(encoder_size(name) for name in DENSE)
    assert encoder_size("timm:tf_efficientnet_lite0").parameters == 2_958_848
    assert encoder_size("timm:vit_tiny_patch16_224") is None


def test_what_to_lower_names_options_that_the_recipe_has():
    assert what_to_lower(resolve("bbam").to_dict()) == "batch (4), longest (256) or width (64)"
    assert what_to_lower({}) == "recipe"
    assert what_to_lower({"batch": 3}) == "batch (3)"
