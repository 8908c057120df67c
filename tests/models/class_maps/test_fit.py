"""A network that learns from class labels: what it is told, what it makes of it, and how it is kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument, InvalidConfig, InvalidLabel, InvalidPrompt
from maskloop.masks import Mask
from maskloop.values import Counts, HeadState, ObjectLabel, Prompt
from maskloop.values.heads import SEEN
from models.class_maps.fit import USUAL_THRESHOLD, fit
from models.class_maps.model import FittedClassMaps
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore
from models.kinds.load import load_model
from models.kinds.networks import fit as fit_any
from models.kinds.recipes import recipe_from_dict, resolve
from models.predictor import PromptedImage

pytestmark = pytest.mark.journey

CPU = torch.device("cpu")
CATEGORIES = (4, 9)
COLOURS = {4: (230, 40, 30), 9: (30, 60, 220)}
SIDE = 64
RECIPE = ClassMapsRecipe(classifier="compact", min_iterations=50, max_iterations=50, closing=0, side=96)

SHORT = replace(RECIPE, min_iterations=2, max_iterations=2, side=64)


def picture(number: int) -> Example:
    """A coloured square on a noisy ground, one of the two categories by turns."""
    rng = np.random.default_rng(number)
    category_id = CATEGORIES[number % 2]
    pixels = rng.integers(90, 140, (SIDE, SIDE, 3)).astype(np.uint8)
    top, left = rng.integers(4, SIDE - 28, 2)
    mask = np.zeros((SIDE, SIDE), dtype=bool)
    mask[top : top + 24, left : left + 24] = True
    pixels[mask] = COLOURS[category_id]
    return Example(f"im{number:02}", pixels, (ObjectLabel(category_id, Mask.from_array(mask)),))


PICTURES = [picture(number) for number in range(24)]


def judged(example: Example) -> ClassExample:
    return ClassExample(example.image_id, example.pixels, frozenset(item.category_id for item in example.objects))


def fitted(examples: list[Example], told: list[ClassExample], recipe: ClassMapsRecipe = RECIPE) -> FittedClassMaps:
    return fit(
        examples, CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=lambda *_: None, judged=told
    )


@pytest.fixture(scope="module")
def weak() -> FittedClassMaps:
    """Of class labels alone."""
    return replace(fitted([], [judged(example) for example in PICTURES[:16]]), threshold=0.7)


@pytest.fixture(scope="module")
def with_outlines() -> FittedClassMaps:
    """Of class labels, and of a dozen outlines."""
    return fitted(PICTURES[:12], [judged(example) for example in PICTURES[:16]])


def items(
    examples: list[Example], counts: Counts | None = None, present: frozenset[int] | None = None
) -> list[ImageToScore]:
    return [replace(ImageToScore.of(example, counted=False), counts=counts, present=present) for example in examples]


@pytest.mark.slow
def test_class_labels_alone_find_where_objects_are(weak):
    assert (weak.head, weak.snapshot) == (HeadState.UNFITTED, ())
    by_id = {example.image_id: example for example in PICTURES}
    ious = []
    for found in weak.predict(items(PICTURES[16:]), device=CPU, batch_size=4):
        (truth,) = by_id[found.image_id].objects
        best = max(found.proposals.objects, key=lambda item: item.confidence)
        assert best.category_id == truth.category_id
        ious.append(best.mask.iou(truth.mask))
    assert np.mean(ious) > 0.35


@pytest.mark.slow
def test_outlines_choose_the_threshold_and_fit_the_head(weak, with_outlines):
    assert with_outlines.calibrator.is_fitted
    assert with_outlines.head is HeadState.UNTRUSTED  # its classifier has learnt these images' classes
    assert with_outlines.metrics[SEEN]
    assert with_outlines.snapshot == tuple(example.image_id for example in PICTURES[:12])

    def mean_iou(model: FittedClassMaps) -> float:
        found = model.predict(items(PICTURES[16:]), device=CPU, batch_size=4)
        truths = {example.image_id: example.objects[0].mask for example in PICTURES}
        return float(np.mean([
            max((item.mask.iou(truths[one.image_id]) for item in one.proposals.objects), default=0) for one in found
        ]))  # fmt: skip

    at = [mean_iou(replace(with_outlines, threshold=value)) for value in (0.05, 0.95)]
    assert mean_iou(with_outlines) > max(at)


def test_a_head_of_just_enough_images_is_judged_by_heads_of_one_fewer():
    """Not by raw confidence: its error is then that of confidence to the last bit."""
    recipe = replace(SHORT, threshold=0.1, sure=0.01)
    model = fitted(PICTURES[:8], [judged(example) for example in PICTURES[8:20]], recipe)
    assert model.metrics["held_out_images"] == 8
    assert model.metrics["held_out_mae"] != model.metrics["held_out_mae_confidence"]


@pytest.mark.parametrize(
    ("option", "value"), [("side", 1 << 40), ("max_iterations", 1 << 70), ("rib_rate", 1e300), ("sure", 1.5)]
)
def test_an_option_beyond_any_use_is_refused(option, value):
    with pytest.raises(InvalidConfig, match=f"recipe option {option} is .*; it must be from"):
        resolve("class_maps", **{option: value})


def test_without_an_outline_the_threshold_is_the_usual_one():
    assert fitted([], [judged(example) for example in PICTURES[:2]], SHORT).threshold == USUAL_THRESHOLD


def test_a_threshold_that_is_set_is_not_swept():
    model = fitted(PICTURES[:3], [], replace(SHORT, threshold=0.42))
    assert model.threshold == 0.42


def test_the_order_of_the_labels_has_no_influence():
    first = fitted(PICTURES[:9], [judged(example) for example in PICTURES[:12]], SHORT)
    again = fitted(PICTURES[8::-1], [judged(example) for example in PICTURES[11::-1]], SHORT)
    for one, other in zip(first.network.parameters(), again.network.parameters(), strict=True):
        assert torch.equal(one, other)
    assert (again.threshold, again.calibrator) == (first.threshold, first.calibrator)


@pytest.mark.slow
def test_classes_that_are_known_are_the_ones_that_are_looked_for(weak):
    (told,) = weak.predict(items(PICTURES[16:17], present=frozenset({9})), device=CPU, batch_size=1)
    assert {item.category_id for item in told.proposals.objects} <= {9}
    assert told.proposals.objects
    (counted,) = weak.predict(items(PICTURES[16:17], counts=Counts({4: 3})), device=CPU, batch_size=1)
    assert {item.category_id for item in counted.proposals.objects} == {4}
    assert counted.proposals.not_decoded == 3 - len(counted.proposals.objects)
    (empty,) = weak.predict(items(PICTURES[16:17], present=frozenset()), device=CPU, batch_size=1)
    assert (empty.proposals.objects, empty.proposals.score) == ((), 1.0)
    with pytest.raises(InvalidLabel, match="category 7"):
        list(weak.predict(items(PICTURES[16:17], present=frozenset({7})), device=CPU, batch_size=1))


def test_masks_of_larger_pictures_are_of_the_pictures_own_size(weak):
    large = PICTURES[17].pixels.repeat(9, axis=0).repeat(8, axis=1)
    (found,) = weak.predict([ImageToScore("large", lambda: large)], device=CPU, batch_size=1)
    assert found.proposals.objects
    assert all((item.mask.height, item.mask.width) == large.shape[:2] for item in found.proposals.objects)


@pytest.mark.slow
def test_a_model_is_read_as_it_was_written(tmp_path: Path, with_outlines):
    with_outlines.save(tmp_path / "model")
    read = load_model(tmp_path / "model", CPU)
    assert isinstance(read, FittedClassMaps)
    assert (read.recipe, read.threshold, read.calibrator) == (RECIPE, with_outlines.threshold, with_outlines.calibrator)
    for one, other in zip(
        with_outlines.predict(items(PICTURES[16:18]), device=CPU, batch_size=2),
        read.predict(items(PICTURES[16:18]), device=CPU, batch_size=2),
        strict=True,
    ):
        assert one.proposals == other.proposals


def test_its_recipe_is_one_among_all():
    assert recipe_from_dict(RECIPE.to_dict()) == RECIPE
    told = [judged(example) for example in PICTURES[:4]]
    short = resolve("class_maps", classifier="compact", iterations=2)
    model = fit_any(
        [], CATEGORIES, short, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None, judged=told
    )
    assert isinstance(model, FittedClassMaps)


@pytest.mark.parametrize("method", ["gradcam", "advcam"])
def test_every_method_outlines(weak, method):
    model = replace(weak, recipe=replace(RECIPE, method=method, advcam_steps=2))
    (found,) = model.predict(items(PICTURES[18:19]), device=CPU, batch_size=1)
    (truth,) = PICTURES[18].objects
    assert max(item.mask.iou(truth.mask) for item in found.proposals.objects) > 0.3


def test_a_crf_draws_along_the_edges(weak):
    """The square is the only edge there is."""
    (plain,) = weak.predict(items(PICTURES[19:20]), device=CPU, batch_size=1)
    (refined,) = replace(weak, recipe=replace(RECIPE, refine="crf")).predict(
        items(PICTURES[19:20]), device=CPU, batch_size=1
    )
    (truth,) = PICTURES[19].objects
    before, after = (max(item.mask.iou(truth.mask) for item in found.proposals.objects) for found in (plain, refined))
    assert after > before


def test_a_prompt_for_a_category_that_was_not_learnt_is_refused_by_its_place(weak):
    """The vocabulary may have grown since."""
    boxed = Prompt(category_id=9, box=(2, 2, 40, 40))
    asked = PromptedImage(items(PICTURES[19:20])[0], (SIDE, SIDE), (boxed, replace(boxed, category_id=5)))
    with pytest.raises(InvalidPrompt, match="prompt 1 names category 5"):
        weak.propose([asked])


def test_a_prompt_outlines_what_stands_out_in_its_box(weak):
    (truth,) = PICTURES[19].objects
    x, y, width, height = truth.mask.box
    box = (x - 4, y - 4, width + 8, height + 8)  # squares keep four pixels from every side
    asked = PromptedImage(items(PICTURES[19:20])[0], (SIDE, SIDE), (Prompt(category_id=truth.category_id, box=box),))
    ((found,),) = weak.propose([asked])
    inside = np.zeros((SIDE, SIDE), dtype=bool)
    inside[box[1] : box[1] + box[3], box[0] : box[0] + box[2]] = True
    assert found.mask.iou(truth.mask) > Mask.from_array(inside).iou(truth.mask)


def test_without_a_category_there_is_nothing_to_learn():
    with pytest.raises(InvalidArgument, match="no image that holds a category"):
        fitted([], [ClassExample("a", PICTURES[0].pixels, frozenset())])


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"method": "magic"}, "method"),
        ({"sure": 1.5}, "sure"),
        ({"refine": "paint"}, "refine"),
        ({"advcam_steps": 0}, "advcam_steps"),
        ({"closing": 300}, "closing"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(options, named):
    with pytest.raises(InvalidConfig, match=named):
        resolve("class_maps", **options)
