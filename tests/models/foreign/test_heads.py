"""Predicted IoU of networks that are not ours: fitted on labels by boxes, and never on the image that it judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, Prompt
from models.data.samples import Example, ImageToScore
from models.foreign.heads import FOLDS, CrossFitted, evidence
from models.foreign.network import MOST_OBJECTS, Edges, ForeignNetwork, Look, Outline
from models.foreign.statistics import NAMES, count_statistics
from models.iou_head.calibrator import CalibrationSet, fit_on_statistics
from models.predictor import PromptedImage
from models.training.holdout import MIN_IMAGES

SIDE = 48


@dataclass(frozen=True, kw_only=True)
class Boaster(ForeignNetwork):
    """Outlines the whole box, sharply where the picture is bright; the surer it says to be, the less it means it."""

    def _look(self, pixels: np.ndarray) -> tuple[Any, int]:
        return pixels, pixels.nbytes

    def _outline(self, look: Look, edges: Edges | None, prompt: Prompt) -> Outline:
        left, upper, right, lower = map(int, edges)
        logits = np.full((SIDE, SIDE), -9.0, dtype=np.float32)
        inside = look.pixels[upper:lower, left:right].mean(axis=2)
        logits[upper:lower, left:right] = np.where(inside > 100, 8.0, 0.05)
        return Outline(logits, score=float(100 * np.sin(left + 7 * upper)))


def scene(number: int) -> Example:
    """Two objects: a bright one that fills its box, and a dark one that is a thin diagonal of its."""
    rng = np.random.default_rng(number)
    pixels = rng.integers(0, 40, size=(SIDE, SIDE, 3), dtype=np.uint8)
    top, left = (int(value) for value in rng.integers(1, 8, size=2))
    full, thin = (np.zeros((SIDE, SIDE), dtype=np.bool_) for _ in range(2))
    full[top : top + 12, left : left + 14] = True
    pixels[full] = 200
    thin[np.arange(30, 42), np.arange(30, 42) - number % 5] = True
    return Example(f"i{number}", pixels, tuple(ObjectLabel(1, Mask.from_array(mask)) for mask in (full, thin)))


def rows_of(scenes: list[Example]) -> CalibrationSet:
    network = Boaster(name="boaster", categories=(1,))
    return CalibrationSet.join(*[network.measure(each) for each in scenes])


def asked(example: Example) -> PromptedImage:
    prompts = tuple(Prompt(1, item.mask.box) for item in example.objects)
    return PromptedImage(ImageToScore.of(example), example.size, prompts)


def test_it_is_nearer_to_the_truth_than_garbage_and_stays_in_range():
    learnt, unseen = [scene(number) for number in range(12)], [scene(number) for number in range(50, 58)]
    raw = Boaster(name="boaster", categories=(1,))
    fitted = raw.of_project((1,), CrossFitted.fit(rows_of(learnt)))
    assert (raw.uncalibrated, fitted.uncalibrated) == (True, False)
    errors: dict[str, list[float]] = {"raw": [], "fitted": []}
    for example in unseen:
        for name, network in (("raw", raw), ("fitted", fitted)):
            (found,) = network.propose([asked(example)])
            for proposal, item in zip(found, example.objects, strict=True):
                assert 0 <= proposal.predicted_iou <= 1
                errors[name].append(abs(proposal.predicted_iou - proposal.mask.iou(item.mask)))
    assert np.mean(errors["fitted"]) < 0.1 < 0.3 < np.mean(errors["raw"])


def test_a_raw_score_is_cut_to_the_range_and_nothing_is_said_of_an_empty_mask():
    network = Boaster(name="boaster", categories=(1,))
    ious = {item.predicted_iou for number in range(9) for item in network.propose([asked(scene(number))])[0]}
    assert ious == {0.0, 1.0}


def test_no_image_is_judged_by_a_head_that_was_fitted_on_it():
    rows = rows_of([scene(number) for number in range(11)])
    head = CrossFitted.fit(rows)
    everywhere = {image_id: head.of(image_id) for image_id in np.unique(rows.image_ids).tolist()}
    assert head.of("another") == fit_on_statistics(rows)
    assert len({id(each) for each in everywhere.values()}) == FOLDS
    for image_id, own in everywhere.items():
        fold = [other for other, head_there in everywhere.items() if head_there is own]
        assert image_id in fold
        assert own == fit_on_statistics(rows.only(~np.isin(rows.image_ids, fold)))


@pytest.mark.parametrize(("images", "fitted"), [(0, False), (MIN_IMAGES - 1, False), (MIN_IMAGES, True)])
def test_a_head_needs_as_many_images_as_any_other(images, fitted):
    scenes = [scene(number) for number in range(images)]
    rows = rows_of(scenes) if scenes else evidence("none", [], [], 1)
    assert CrossFitted.fit(rows).is_fitted == fitted


def test_what_is_measured_is_the_iou_with_the_label_of_each_box():
    (full, thin) = rows_of([scene(3)]).ious
    assert full == 1
    assert thin == pytest.approx(12 / 144)


def test_of_an_image_with_many_objects_some_are_measured():
    masks = [Mask.from_array(np.arange(SIDE * SIDE).reshape(SIDE, SIDE) // 40 == place) for place in range(50)]
    crowd = Example("crowd", scene(0).pixels, tuple(ObjectLabel(1, mask) for mask in masks))
    rows = Boaster(name="boaster", categories=(1,)).measure(crowd)
    assert MOST_OBJECTS / 2 < len(rows.ious) <= MOST_OBJECTS
    assert rows.statistics.shape[1] == count_statistics(1) == len(NAMES) + 1
    assert np.isfinite(rows.statistics).all()


def test_an_image_without_an_object_gives_no_rows():
    rows = Boaster(name="boaster", categories=(1,)).measure(Example("empty", scene(0).pixels, ()))
    assert (rows.images, rows.statistics.shape) == (0, (0, count_statistics(1)))


def test_scores_that_are_no_numbers_predict_nothing():
    class Mute(Boaster):
        def _outline(self, look: Look, edges: Edges | None, prompt: Prompt) -> Outline:
            return Outline(super()._outline(look, edges, prompt).logits, score=float("nan"))

    (found,) = Mute(name="mute", categories=(1,)).propose([asked(scene(1))])
    assert [item.predicted_iou for item in found] == [0, 0]
    head = CrossFitted.fit(rows_of([scene(number) for number in range(9)]))
    (found,) = Mute(name="mute", categories=(1,), head=head).propose([asked(scene(1))])
    assert all(0 <= item.predicted_iou <= 1 for item in found)
