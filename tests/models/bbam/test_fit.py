"""A network that learns from boxes: what it is told, what it makes of it, and how it is kept."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidArgument, InvalidLabel, InvalidPrompt
from maskloop.values import Counts, HeadState, Prompt, PromptPoint
from maskloop.values.heads import SEEN
from models.bbam.making import Thresholds
from models.bbam.model import FittedBbam
from models.bbam.recipe import BbamRecipe
from models.data.samples import Example, ImageToScore
from models.kinds.load import load_model
from models.kinds.networks import features_of
from models.predictor import PromptedImage
from tests.models.bbam.boxed_pictures import PLAIN, RECIPE, TINY, examples
from tests.models.boxes.toys import CATEGORIES
from tests.models.fits import CPU, file_of, fitted, killing, silent

pytestmark = pytest.mark.journey

EXAMPLES = examples(4)
ITEM = ImageToScore.of(EXAMPLES[1], counted=False)
LIKELY = replace(PLAIN, threshold=0.05)


def learnt(given: list[Example], recipe: BbamRecipe = PLAIN, **more) -> FittedBbam:
    model = fitted(given, recipe, categories=CATEGORIES, **more)
    assert isinstance(model, FittedBbam)
    return model


@pytest.fixture(scope="module")
def of_boxes() -> FittedBbam:
    return learnt(EXAMPLES, LIKELY)


@pytest.fixture(scope="module")
def explaining() -> FittedBbam:
    """It explains what it finds."""
    return learnt(examples(5, outlined=2), replace(RECIPE, student=False, threshold=0.05))


def seen(model: FittedBbam, *items: ImageToScore):
    return list(model.predict(items or [ITEM], device=CPU, batch_size=2))


def test_boxes_alone_leave_usual_thresholds_and_raw_confidence(of_boxes):
    assert (of_boxes.head, of_boxes.thresholds, of_boxes.metrics) == (HeadState.UNFITTED, Thresholds(), {})
    assert not of_boxes.calibrator.is_fitted
    assert of_boxes.snapshot == ("00", "01", "02", "03")
    (found,) = seen(of_boxes)
    assert found.proposals.objects
    for item in found.proposals.objects:
        assert item.predicted_iou == item.confidence


def test_its_way_of_masks_decides_what_the_mask_rcnn_learns(of_boxes):
    other = learnt(EXAMPLES, replace(LIKELY, masks="bbam", refine="none"))
    before, after = of_boxes.network.state_dict(), other.network.state_dict()
    assert list(before) == list(after)
    assert not all(torch.equal(before[name], after[name]) for name in before)


@pytest.mark.slow
def test_without_a_student_the_detector_is_the_network_and_outlines_choose_thresholds(explaining):
    assert not any("mask" in name for name in explaining.network.state_dict())
    assert 0 <= explaining.metrics["mask_iou"] <= 1
    (found,) = seen(explaining)
    assert found.proposals.objects


@pytest.mark.parametrize("outlined", [8, 7])
def test_a_head_is_fitted_from_eight_outlined_images_on_and_judged_where_boxes_of_others_suffice(outlined):
    model = learnt(examples(15, outlined), LIKELY)
    assert model.calibrator.is_fitted == (outlined == 8)
    assert SEEN not in model.metrics
    if outlined == 8:
        assert model.metrics["held_out_images"] == 8
        assert "held_out_mae" in model.metrics
        assert "held_out_mae_constant" in model.metrics
    else:
        assert (model.head, model.metrics["held_out_images"]) == (HeadState.UNFITTED, 7)


def test_a_head_of_images_that_the_network_has_learnt_is_not_trusted():
    model = learnt(examples(8, outlined=8), LIKELY)
    assert model.calibrator.is_fitted
    assert model.head is HeadState.UNTRUSTED
    assert model.metrics[SEEN]


def test_neither_the_order_of_labels_nor_ids_of_others_change_what_is_learnt(of_boxes):
    again = learnt(EXAMPLES[::-1], LIKELY)
    for name, value in of_boxes.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])


@pytest.mark.slow
@pytest.mark.parametrize("after", [2, 4, 9])
def test_a_fit_that_was_killed_ends_as_one_that_was_not(tmp_path, after):
    """In the detector, between maps, and in the Mask R-CNN."""
    recipe = replace(RECIPE, refine="none")
    whole = learnt(EXAMPLES, recipe)
    with pytest.raises(Cancelled):
        learnt(EXAMPLES, recipe, checkpoint_dir=tmp_path / "work", progress=killing(after))
    told = []
    rest = learnt(
        EXAMPLES, recipe, checkpoint_dir=tmp_path / "work", progress=lambda share, message: told.append(message)
    )
    assert file_of(whole, tmp_path, "whole") == file_of(rest, tmp_path, "rest")
    assert "detector: iteration 1 of 3" not in told[0]


def test_progress_is_told_of_every_phase_and_never_falls():
    told = []
    learnt(
        examples(15, outlined=8),
        replace(RECIPE, refine="none"),
        progress=lambda share, message: told.append((share, message)),
    )
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)
    for part in (
        "held-out fit, detector: iteration 1",
        "held-out fit, explained",
        "tried threshold",
        "detector: ",
        "masks of",
        "masks: iteration",
        "for the head, scored",
    ):
        assert any(part in message for _, message in told), part


def test_a_model_is_read_as_it_was_written(tmp_path, of_boxes, explaining):
    for model in (of_boxes, replace(explaining, thresholds=Thresholds(0.5, 0.7))):
        file_of(model, tmp_path)
        read = load_model(tmp_path / "model.safetensors", CPU)
        assert isinstance(read, FittedBbam)
        assert (read.recipe, read.thresholds, read.snapshot) == (model.recipe, model.thresholds, model.snapshot)
        ours, theirs = seen(model), seen(read)
        assert [one.proposals for one in ours] == [one.proposals for one in theirs]


def test_a_model_may_be_read_where_its_weights_are_not(tmp_path, of_boxes):
    kept = replace(of_boxes, recipe=replace(of_boxes.recipe, weights="/gone.safetensors"))
    file_of(kept, tmp_path)
    read = load_model(tmp_path / "model.safetensors", CPU)
    assert isinstance(read, FittedBbam)
    assert [one.proposals for one in seen(kept)] == [one.proposals for one in seen(read)]


def test_what_people_have_said_of_an_image_decides_what_is_outlined(of_boxes):
    (told,) = seen(of_boxes, replace(ITEM, present=frozenset({8})))
    assert {item.category_id for item in told.proposals.objects} == {8}
    (counted,) = seen(of_boxes, replace(ITEM, counts=Counts({3: 2})))
    assert [item.category_id for item in counted.proposals.objects] == [3, 3]
    (empty,) = seen(of_boxes, replace(ITEM, present=frozenset()))
    assert (empty.proposals.objects, empty.proposals.score) == ((), 1.0)
    with pytest.raises(InvalidLabel, match="category 7"):
        seen(of_boxes, replace(ITEM, present=frozenset({7})))


def test_features_are_those_of_predictions(of_boxes):
    ((name, features),) = features_of(of_boxes, [ITEM], device=CPU, batch_size=3, progress=silent)
    (found,) = seen(of_boxes)
    assert name == found.image_id
    np.testing.assert_array_equal(features, found.features)


def test_masks_of_larger_pictures_are_of_the_pictures_own_size(of_boxes):
    pixels = EXAMPLES[1].pixels.repeat(5, axis=0).repeat(4, axis=1)
    (found,) = seen(of_boxes, ImageToScore("large", lambda: pixels))
    assert found.proposals.objects
    for item in found.proposals.objects:
        assert (item.mask.height, item.mask.width) == pixels.shape[:2]


def ask(model: FittedBbam, *prompts: Prompt):
    (answers,) = model.propose([PromptedImage(ITEM, EXAMPLES[1].size, prompts)])
    return answers


def test_a_prompt_for_a_category_that_was_not_learnt_is_refused_by_its_place(of_boxes):
    with pytest.raises(InvalidPrompt, match="prompt 1 names category 5"):
        ask(of_boxes, Prompt(box=(2, 2, 40, 40)), Prompt(category_id=5, box=(2, 2, 40, 40)))


@pytest.mark.parametrize("masks", ["rectangle", "grabcut", "bbam"])
def test_a_box_is_answered_within_it_in_each_way(explaining, masks):
    (found,) = ask(replace(explaining, recipe=replace(explaining.recipe, masks=masks)), Prompt(8, (10, 12, 30, 20)))
    x, y, width, height = found.mask.box
    assert (x >= 10, y >= 12, x + width <= 40, y + height <= 32) == (True,) * 4
    assert found.category_id == 8
    if masks == "rectangle":
        assert found.mask.area == 600


def test_points_pick_the_surest_detection_that_holds_them_and_where_there_is_none_nothing_is_seen(explaining):
    model = replace(explaining, recipe=replace(explaining.recipe, masks="rectangle"))
    surest = seen(model)[0].proposals.objects[0]
    x, y, width, height = surest.mask.box
    inside = PromptPoint(x + width / 2, y + height / 2)
    (picked,) = ask(model, Prompt(surest.category_id, points=(inside,)))
    assert picked.mask.to_array()[inside.pixel(*EXAMPLES[1].size)]
    corners = tuple(PromptPoint(float(x), float(y)) for x in (0.1, 63.9) for y in (0.1, 71.9))
    (nothing,) = ask(model, Prompt(3, points=corners))
    beside = PromptPoint(inside.x + 0.01, inside.y, on_object=False)
    (cut,) = ask(model, Prompt(3, points=(inside, beside)))
    for answer in (nothing, cut):
        assert (answer.mask.area, answer.predicted_iou, answer.category_id) == (0, 0, 3)


def test_without_a_box_there_is_nothing_to_learn():
    with pytest.raises(InvalidArgument, match="no box"):
        learnt([replace(example, boxes=()) for example in EXAMPLES])


@pytest.mark.slow
def test_it_outlines_what_it_was_told_boxes_of():
    sharp = {**TINY, "encoder": "timm:tf_efficientnet_lite0", "weights": "package", "width": 32, "head": 64}
    recipe = BbamRecipe(**{**sharp, "rate": 2e-3, "min_iterations": 120, "max_iterations": 120, "steps": 30})
    model = learnt(examples(14), recipe)
    ious = []
    for example in examples(18, outlined=18, seed=9)[14:]:
        (found,) = seen(model, ImageToScore.of(example, counted=False))
        for true in example.objects:
            ious.append(max((item.mask.iou(true.mask) for item in found.proposals.objects), default=0.0))
    assert np.mean(ious) > 0.5
