"""Networks that learn from labels of every kind: what they come to, what is kept, what resumes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument, InvalidConfig, InvalidLabel, InvalidPrompt
from maskloop.masks import Mask
from maskloop.values import Counts, HeadState, ObjectLabel, Prompt, PromptPoint
from maskloop.values.heads import SEEN
from models.data.samples import Example, ImageToScore, LargeExample
from models.kinds.load import load_model
from models.kinds.networks import features_of
from models.kinds.networks import fit as fit_any
from models.kinds.recipes import recipe_from_dict, resolve
from models.predictor import PromptedImage
from models.unet_maps.fit import USUAL_THRESHOLD
from models.unet_maps.model import FittedUnetMaps
from models.unet_maps.recipe import UnetMapsRecipe
from tests.models.classification.unet.drawn import CRACK
from tests.models.unet_maps.marked import CATEGORIES, CPU, RECIPE, SHORT, boxed, empty, fitted, outlined, pointed

pytestmark = pytest.mark.journey

UNSEEN = [outlined(seed) for seed in range(50, 54)]


@pytest.fixture(scope="module")
def weak() -> FittedUnetMaps:
    """Of points, and of images that hold nothing."""
    return fitted([pointed(seed) for seed in range(6)], empty=[empty(seed) for seed in range(4)])


def items(examples: list[Example], **known: object) -> list[ImageToScore]:
    return [replace(ImageToScore.of(example, counted=False), **known) for example in examples]  # type: ignore[arg-type]


def mean_iou(model: FittedUnetMaps) -> float:
    truths = {example.image_id: example.objects[0].mask for example in UNSEEN}
    found = model.predict(items(UNSEEN), device=CPU, batch_size=4)
    return float(np.mean([max((item.mask.iou(truths[one.image_id]) for item in one.proposals.objects), default=0)
                          for one in found]))  # fmt: skip


def same(first: FittedUnetMaps, other: FittedUnetMaps) -> bool:
    states = first.network.state_dict(), other.network.state_dict()
    return states[0].keys() == states[1].keys() and all(
        torch.equal(states[0][key], states[1][key]) for key in states[0]
    )


def test_points_find_cracks_and_leave_plain_images_alone(weak):
    assert (weak.head, weak.snapshot) == (HeadState.UNFITTED, tuple(f"crack-{seed:02}" for seed in range(6)))
    assert weak.threshold == USUAL_THRESHOLD
    assert mean_iou(weak) > 0.4
    for found in weak.predict(items([empty(seed) for seed in range(8, 11)]), device=CPU, batch_size=1):
        assert (found.proposals.objects, found.proposals.score) == ((), 0.0)


def test_a_category_that_nobody_marked_has_no_network_and_is_never_seen(weak):
    assert weak.network.learnt == (CRACK,)
    (found,) = weak.predict(items(UNSEEN[:1], present=frozenset(CATEGORIES)), device=CPU, batch_size=1)
    assert {item.category_id for item in found.proposals.objects} == {CRACK}
    (counted,) = weak.predict(items(UNSEEN[:1], counts=Counts({3: 2})), device=CPU, batch_size=1)
    assert (counted.proposals.objects, counted.proposals.not_decoded) == ((), 2)
    point = PromptPoint(40, 40)
    asked = PromptedImage(items(UNSEEN[:1])[0], (96, 96), (Prompt(category_id=3, points=(point,)),))
    (((empty_mask),),) = weak.propose([asked])
    assert (empty_mask.category_id, empty_mask.mask.area, empty_mask.predicted_iou) == (3, 0, 0)
    with pytest.raises(InvalidPrompt, match="prompt 0 names category 5"):
        weak.propose([replace(asked, prompts=(Prompt(category_id=5, points=(point,)),))])


def test_what_is_known_of_an_image_is_taken_for_true(weak):
    (told,) = weak.predict(items([empty(9)], present=frozenset({CRACK})), device=CPU, batch_size=1)
    assert told.proposals.objects  # somebody says there is one
    (nothing,) = weak.predict(items(UNSEEN[:1], present=frozenset()), device=CPU, batch_size=1)
    assert (nothing.proposals.objects, nothing.proposals.score) == ((), 1.0)
    with pytest.raises(InvalidLabel, match="category 5"):
        list(weak.predict(items(UNSEEN[:1], present=frozenset({5})), device=CPU, batch_size=1))


def test_a_point_outlines_the_connected_part_that_it_is_on(weak):
    (truth,) = UNSEEN[0].objects
    rows, columns = np.nonzero(truth.mask.to_array())
    middle = PromptPoint(float(columns[len(rows) // 2]) + 0.5, float(rows[len(rows) // 2]) + 0.5)
    ((found,),) = weak.propose([PromptedImage(items(UNSEEN[:1])[0], (96, 96), (Prompt(points=(middle,)),))])
    assert found.category_id == CRACK
    assert found.mask.to_array()[rows[len(rows) // 2], columns[len(rows) // 2]]
    assert found.mask.iou(truth.mask) > 0.3


def test_the_networks_see_the_tiles_of_an_image_of_any_size(weak):
    wide = np.concatenate([UNSEEN[0].pixels, *[empty(seed).pixels for seed in range(3)]], axis=1)
    tiled = replace(weak, recipe=replace(RECIPE, tile=260))
    (found,) = tiled.predict([ImageToScore("wide", lambda: wide)], device=CPU, batch_size=1)
    assert all((item.mask.height, item.mask.width) == (96, 384) for item in found.proposals.objects)
    best = max(found.proposals.objects, key=lambda item: item.mask.area)
    assert best.mask.crop(0, 0, 96, 96).iou(UNSEEN[0].objects[0].mask) > 0.4


@pytest.mark.slow
def test_outlines_choose_the_threshold_and_fit_a_head_that_is_not_trusted():
    model = fitted([outlined(seed) for seed in range(8)])
    assert model.calibrator.is_fitted
    assert (model.head, model.metrics[SEEN]) == (HeadState.UNTRUSTED, 1.0)
    assert mean_iou(model) >= max(mean_iou(replace(model, threshold=value)) for value in (0.05, 0.95))
    assert mean_iou(model) > 0.4


def test_points_elsewhere_judge_the_head_on_outlines_that_they_have_not_taught():
    marks = [pointed(seed) for seed in range(20, 24)]
    outlines = [outlined(seed) for seed in range(8)]
    unsure = replace(SHORT, sure=0.01, least_area=1)
    whole = fitted([*marks, *outlines], unsure, empty=[empty(0)])
    assert whole.calibrator.is_fitted
    assert SEEN not in whole.metrics
    assert same(whole, fitted([*outlines, *marks], replace(SHORT, threshold=0.4), empty=[empty(0)]))  # taught by all
    assert not same(whole, fitted(marks, unsure, empty=[empty(0)]))
    alone = fitted(outlines, unsure, empty=[empty(0)])
    assert alone.metrics[SEEN] == 1.0


def test_a_threshold_that_is_set_is_not_swept():
    assert fitted([outlined(0)], replace(SHORT, threshold=0.42)).threshold == 0.42


@pytest.mark.parametrize("label", [outlined, boxed, pointed])
def test_every_kind_of_label_teaches_alone(label):
    model = fitted([label(seed) for seed in range(3)], SHORT)
    assert model.network.learnt == (CRACK,)


def test_what_people_rejected_is_learnt_to_be_ground():
    """With all other ground the same."""
    (item,) = outlined(1).objects
    solid = np.zeros((96, 96), dtype=bool)
    solid[:20, :12] = True
    wrong = ObjectLabel(CRACK, Mask.from_array(solid & ~item.mask.to_array()))
    plain, reviewed = (fitted([replace(outlined(1), rejected=said)], SHORT) for said in ((), (wrong,)))
    assert not same(plain, reviewed)


class StoppedError(Exception):
    pass


def stop_after(number: int):
    left = iter(range(number))

    def progress(*_: object) -> None:
        if next(left, None) is None:
            raise StoppedError

    return progress


def test_a_killed_training_ends_as_one_that_was_not_whatever_the_order(tmp_path: Path, monkeypatch):
    examples = [pointed(0), outlined(1), boxed(2)]
    whole = fitted(examples, SHORT)
    with pytest.raises(StoppedError):
        fitted(examples, SHORT, checkpoint_dir=tmp_path, progress=stop_after(2))
    assert list(tmp_path.glob("training/*/training.pt"))
    resumed = fitted(examples[::-1], SHORT, checkpoint_dir=tmp_path)
    assert same(whole, resumed)
    assert (resumed.threshold, resumed.metrics) == (whole.threshold, whole.metrics)
    assert not same(whole, fitted(examples, SHORT, seed=2))


def test_progress_is_told_and_never_goes_back():
    told: list[float] = []
    fitted([outlined(seed) for seed in range(2)], SHORT, progress=lambda share, _: told.append(share))
    assert told == sorted(told)
    assert len(told) > 3
    assert 0 < told[0] <= told[-1] <= 1


def test_large_images_teach_from_their_files(tmp_path: Path):
    example = pointed(0)
    large = LargeExample(example.image_id, example.size, lambda: example.pixels, (), marks=example.marks)
    assert same(fitted([large], SHORT, checkpoint_dir=tmp_path), fitted([example], SHORT))
    assert len(list((tmp_path / "pixels").glob("*.npy"))) == 1


def test_a_model_is_read_as_it_was_written(tmp_path: Path, weak):
    named = replace(weak, names=("spalling", "crack"), threshold=0.45)
    named.save(tmp_path / "model")
    read = load_model(tmp_path / "model", CPU)
    assert isinstance(read, FittedUnetMaps)
    assert same(read, weak)
    for name in ("recipe", "crop", "threshold", "categories", "names", "snapshot", "metrics", "calibrator", "head"):
        assert getattr(read, name) == getattr(named, name)
    for one, other in zip(
        named.predict(items(UNSEEN), device=CPU, batch_size=2),
        read.predict(items(UNSEEN), device=CPU, batch_size=2),
        strict=True,
    ):
        assert one.proposals == other.proposals


def test_its_recipe_is_one_among_all(weak):
    assert recipe_from_dict(RECIPE.to_dict()) == RECIPE
    short = resolve("unet", network="compact", iterations=1, crop=16)
    model = fit_any([pointed(0)], CATEGORIES, short, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    assert isinstance(model, FittedUnetMaps)
    ((image_id, features),) = features_of(weak, items(UNSEEN[:1]), device=CPU, batch_size=1, progress=lambda *_: None)
    (found,) = weak.predict(items(UNSEEN[:1]), device=CPU, batch_size=1)
    assert image_id == UNSEEN[0].image_id
    np.testing.assert_allclose(features, found.features, atol=1e-5)


@pytest.mark.parametrize("examples", [[], [empty(0)], [replace(pointed(0), marks=None, present=frozenset({CRACK}))]])
def test_without_a_place_of_an_object_there_is_nothing_to_learn(examples):
    with pytest.raises(InvalidArgument, match="nothing can be learnt"):
        fitted(examples, SHORT)


def test_crops_are_no_larger_than_half_an_image_unless_it_is_said():
    recipe = UnetMapsRecipe()
    assert recipe.crop_for([]) == recipe.of_network().crop == 96
    assert recipe.crop_for([(400, 500), (300, 200), (90, 800)]) == 96
    assert recipe.crop_for([(100, 500), (90, 60), (300, 110)]) == 48
    assert recipe.crop_for([(20, 20)]) == 16
    assert replace(recipe, crop=64).crop_for([(20, 20)]) == 64
    assert UnetMapsRecipe(network="paper").crop_for([(5000, 5000)]) == 320


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"network": "magic"}, "network"),
        ({"steps": -1}, "steps"),
        ({"steps": 2000}, "steps"),
        ({"sure": 1.5}, "sure"),
        ({"threshold": 2.0}, "threshold"),
        ({"closing": 300}, "closing"),
        ({"least_area": 1 << 40}, "least_area"),
        ({"crop": 30}, "crop"),
        ({"crop": 8}, "crop"),
        ({"tile": 256}, "tile"),
        ({"tile": 510}, "tile"),
        ({"min_iterations": 9, "max_iterations": 3}, "max_iterations"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options, named):
    with pytest.raises(InvalidConfig, match=named):
        resolve("unet", **options)
