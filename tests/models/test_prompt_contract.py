"""What every network promises of prompts (`Predictor.propose`), those that take none included.

The networks are those of `tests/models/test_predictor_contract.py`, and other people's.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidImage, UnsupportedPrompts
from maskloop.values import UNPROMPTED, Prompt, PromptPoint
from models.annotation.model import FittedModel
from models.annotation.recipe import RECIPES as OUTLINING_IN_TURN
from models.bbam.model import FittedBbam
from models.class_maps.model import FittedClassMaps
from models.encoders.feature_store import FeatureStore
from models.features.model import FittedOnFeatures
from models.foreign.network import ForeignNetwork
from models.oeem.model import FittedOeem
from models.predictor import Predictor, PromptedImage
from models.unet_maps.model import FittedUnetMaps
from tests.models.foreign.made import BY_PROMPTS_ALONE, foreign
from tests.models.test_predictor_contract import CATEGORIES, PREDICTORS, annotation_network, image, networks

pytestmark = pytest.mark.journey

SIZES = [(44, 40), (60, 90), (30, 50)]
BOX = Prompt(box=(3, 4, 20, 15))
POINT = Prompt(category_id=7, points=(PromptPoint(12.5, 9),))
BOTH = Prompt(box=(3, 4, 20, 15), points=(PromptPoint(12.5, 9), PromptPoint(5, 17, on_object=False)))
FAR = Prompt(category_id=3, points=(PromptPoint(2, 2), PromptPoint(37, 28), PromptPoint(20, 20, on_object=False)))
WHOLE = (BOX, POINT, BOTH, FAR, Prompt(box=(0.25, 0.25, 38.5, 28.75)))
REFUSING = [name for name, make in PREDICTORS.items() if getattr(make, "func", None) is annotation_network]
FOREIGN = {kind: partial(foreign, kind) for kind in BY_PROMPTS_ALONE}
PROMPTED: dict[str, Callable[[], Predictor]] = {
    **{name: make for name, make in PREDICTORS.items() if name not in REFUSING},
    **FOREIGN,
}


@pytest.fixture(scope="module", params=PROMPTED)
def predictor(
    request,
) -> FittedOnFeatures | ForeignNetwork | FittedClassMaps | FittedBbam | FittedOeem | FittedUnetMaps:
    made = PROMPTED[request.param]()
    assert isinstance(
        made, FittedOnFeatures | ForeignNetwork | FittedClassMaps | FittedBbam | FittedOeem | FittedUnetMaps
    )
    return made


@pytest.fixture(scope="module")
def asked() -> list[PromptedImage]:
    return [
        PromptedImage(image(f"image-{place}", *size, None), size, WHOLE[place:] if place else WHOLE)
        for place, size in enumerate(SIZES)
    ]


@pytest.fixture(scope="module")
def answers(predictor, asked):
    return predictor.propose(asked)


def test_every_prompt_gets_a_mask_of_the_images_size_in_its_order(predictor, asked, answers):
    assert [len(found) for found in answers] == [len(one.prompts) for one in asked]
    for one, found in zip(asked, answers, strict=True):
        for prompt, proposal in zip(one.prompts, found, strict=True):
            assert (proposal.mask.height, proposal.mask.width) == one.size
            assert proposal.category_id == prompt.category_id or (
                not prompt.category_id and proposal.category_id in CATEGORIES
            )
            assert 0 <= proposal.predicted_iou <= 1
            assert 0 <= proposal.confidence <= 1
    assert any(proposal.mask.area for found in answers for proposal in found)


def test_where_nothing_is_seen_nothing_is_predicted(answers):
    for proposal in (proposal for found in answers for proposal in found if not proposal.mask.area):
        assert (proposal.predicted_iou, proposal.confidence) == (0, 0)


def test_no_pixel_of_a_point_beside_the_object_is_in_a_mask(asked, answers):
    for one, found in zip(asked, answers, strict=True):
        for prompt, proposal in zip(one.prompts, found, strict=True):
            solid = proposal.mask.to_array()
            assert not any(solid[point.pixel(*one.size)] for point in prompt.beside)


def test_a_point_beside_the_object_in_its_mask_changes_the_answer(predictor, asked):
    """Whatever a network draws for a box: a click into it, and the pixel is out."""
    (one, *_) = asked
    ((drawn,),) = predictor.propose([replace(one, prompts=(BOX,))])
    rows, columns = drawn.mask.to_array().nonzero()
    assert len(rows)
    for place in (0, len(rows) // 2, -1):
        click = PromptPoint(float(columns[place]) + 0.5, float(rows[place]) + 0.5, on_object=False)
        ((cut,),) = predictor.propose([replace(one, prompts=(replace(BOX, points=(click,)),))])
        assert not cut.mask.to_array()[rows[place], columns[place]]
        assert cut.mask != drawn.mask


def test_a_prompt_gets_the_same_proposal_alone_and_among_others(predictor, asked, answers):
    """To the last bit: ids are made of masks."""
    for one, found in zip(asked, answers, strict=True):
        for prompt, among in zip(one.prompts, found, strict=True):
            ((alone,),) = predictor.propose([replace(one, prompts=(prompt,))])
            assert alone == among


def test_the_order_of_calls_and_an_image_that_comes_again_change_nothing(predictor, asked, answers):
    again = predictor.propose([*asked[::-1], asked[0]])
    assert again == [*answers[::-1], answers[0]]


def test_features_are_kept_and_then_no_picture_is_read(predictor, tmp_path):
    def gone():
        raise AssertionError("no picture is read")

    size = (60, 90)
    on_disk = isinstance(predictor, FittedOnFeatures)  # other people's keep them in memory
    keeping = predictor.keeping(FeatureStore(tmp_path / "features", 1 << 26)) if on_disk else predictor
    first = replace(image("a", *size, None), content="hash of a")
    (found,) = keeping.propose([PromptedImage(first, size, WHOLE)])
    assert bool(list((tmp_path / "features").glob("*/*"))) == on_disk
    assert keeping.propose([PromptedImage(replace(first, load=gone), size, WHOLE)]) == [found]


def test_an_image_of_another_size_than_it_is_said_to_be_of_is_refused(predictor):
    with pytest.raises(InvalidImage, match="said to be of 50 x 30 pixels is of 50 x 31"):
        predictor.propose([PromptedImage(image("a", 31, 50, None), (30, 50), (BOX,))])


@pytest.mark.parametrize(("height", "width"), [(1, 40), (40, 1), (1, 1)])
def test_pictures_a_pixel_high_or_wide_are_answered(predictor, height, width):
    prompts = (Prompt(box=(0, 0, width, height)), Prompt(points=(PromptPoint(width, height),)))
    (found,) = predictor.propose([PromptedImage(image("thin", height, width, None), (height, width), prompts)])
    assert [proposal.mask.to_array().shape for proposal in found] == [(height, width)] * 2


def test_the_networks_mode_its_weights_and_random_numbers_elsewhere_stay(predictor, asked, answers):
    state = torch.get_rng_state()
    for network in networks(predictor):
        network.train()
    modes = [module.training for network in networks(predictor) for module in network.modules()]
    before = [{name: value.clone() for name, value in each.state_dict().items()} for each in networks(predictor)]
    try:
        again = predictor.propose(asked)
        assert any(modes) == bool(modes)  # frozen parts stay in eval mode; a graph has none
        assert [module.training for network in networks(predictor) for module in network.modules()] == modes
    finally:
        for network in networks(predictor):
            network.eval()
    assert torch.equal(torch.get_rng_state(), state)
    for network, weights in zip(networks(predictor), before, strict=True):
        for name, value in network.state_dict().items():
            np.testing.assert_array_equal(value.numpy(), weights[name].numpy())
    assert again == answers


@pytest.mark.parametrize("name", REFUSING)
def test_a_network_that_takes_no_prompts_names_its_recipe_and_one_that_does(name, asked):
    predictor = PREDICTORS[name]()
    assert isinstance(predictor, FittedModel)
    assert predictor.recipe.name in UNPROMPTED
    with pytest.raises(UnsupportedPrompts, match=f"recipe `{predictor.recipe.name}` takes no prompts.*`pretrained`"):
        predictor.propose(asked)


def test_clients_know_that_a_recipe_takes_prompts(predictor):
    recipe = getattr(predictor, "recipe", None)
    assert recipe is None or recipe.name not in UNPROMPTED


def test_clients_know_which_recipes_take_no_prompts():
    assert set(OUTLINING_IN_TURN) == UNPROMPTED
