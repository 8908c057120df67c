"""Evaluation against its own definition, computed slowly: one image, one object, one permutation at a time."""

from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.masks import Mask
from maskloop.values import Counts, Evaluation, ImageProposals, ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.annotation.model import FittedModel
from models.annotation.recipe import resolve
from models.annotation.train import train_network
from models.data.samples import Example, ImageToScore
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import NAMES
from models.metrics.agreement import expected_calibration_error, spearman
from models.metrics.average_precision import detect
from models.metrics.thin import thin_metrics

CPU = torch.device("cpu")
CATEGORIES = (3, 7)


@pytest.fixture(scope="module")
def model() -> FittedModel:
    """A network that has seen a few squares, and a head that trusts confidence and small masks."""
    rng = np.random.default_rng(0)
    squares = []
    for number in range(8):
        top, left = rng.integers(2, 18, size=2)
        mask = np.zeros((32, 32), dtype=np.bool_)
        mask[top : top + 10, left : left + 10] = True
        pixels = np.where(mask[:, :, None], 220, rng.integers(0, 60, size=(32, 32, 3))).astype(np.uint8)
        squares.append(Example(f"square-{number}", pixels, (ObjectLabel(3, Mask.from_array(mask)),)))
    recipe = resolve("compact", image_size=32, hidden=16, iterations=25, iou_epochs=5, steps=3)
    network = train_network(
        squares, CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None
    )
    weights = np.zeros(len(NAMES) + 2)
    weights[NAMES.index("confidence")], weights[NAMES.index("root_area")] = 0.8, -0.3
    return FittedModel(network, recipe, CATEGORIES, Calibrator("statistics", tuple(weights), 0.1), 0, (), {})


def run(model: FittedModel, examples: list[Example]) -> Evaluation:
    return evaluate(model, iter(examples), Split.TEST, device=CPU, progress=lambda *_: None)


def crack(row: int) -> Example:
    """A line from side to side."""
    mask = np.zeros((192, 192), dtype=np.bool_)
    mask[row : row + 3] = True
    pixels = np.repeat(np.where(mask, 220, 30).astype(np.uint8)[:, :, None], 3, axis=2)
    return Example(f"crack-{row}", pixels, (ObjectLabel(3, Mask.from_array(mask)),))


def proposals_of(model: FittedModel, examples: list[Example]) -> dict[str, ImageProposals]:
    scored = model.predict(map(ImageToScore.of, examples), device=CPU, batch_size=1)
    return {item.proposals.image_id: item.proposals for item in scored}


def best_ious(proposals: ImageProposals, truths: tuple[ObjectLabel, ...]) -> float:
    """The largest sum of IoUs that pairs every proposal with another object of its category."""
    best = 0.0
    for chosen in permutations(truths, len(proposals.objects)):
        pairs = list(zip(proposals.objects, chosen, strict=True))
        if all(drawn.category_id == true.category_id for drawn, true in pairs):
            best = max(best, sum(drawn.mask.iou(true.mask) for drawn, true in pairs))
    return best


def test_every_number_follows_its_definition(model: FittedModel, scenes):
    examples = scenes(7, objects=3, side=48, seed=4)
    found, proposed = run(model, examples), proposals_of(model, examples)
    sums = {example.image_id: best_ious(proposed[example.image_id], example.objects) for example in examples}
    true = np.array([sums[image.image_id] / 3 for image in found.images])
    predicted = np.array([proposed[image.image_id].score for image in found.images])
    assert [image.image_id for image in found.images] == sorted(sums)
    assert [image.true_iou for image in found.images] == pytest.approx(true)
    assert [image.predicted_iou for image in found.images] == pytest.approx(predicted, abs=1e-4)
    assert {image.objects for image in found.images} == {3}
    assert found.mean_iou == pytest.approx(true.mean())
    assert found.mean_iou > 0.2  # the network sees something
    assert found.iou_mae == pytest.approx(np.abs(predicted - true).mean(), abs=1e-4)
    assert found.iou_spearman == pytest.approx(spearman(predicted, true))
    detection = detect(
        {example.image_id: example.objects for example in examples},
        {image_id: item.objects for image_id, item in proposed.items()},
    )
    assert (found.ap, found.ap50) == pytest.approx((detection.ap(), detection.ap(0.5)))
    assert found.metrics["ap25"] == pytest.approx(detection.ap(0.25))
    assert found.metrics["f50"] == pytest.approx(detection.f50)
    assert found.ap50_by_category == pytest.approx(detection.ap_by_category(0.5))


def test_reliability_is_told_before_and_after_calibration(model: FittedModel, scenes):
    found = run(model, scenes(7, objects=3, side=48, seed=4))
    true, predicted, raw = (
        np.array([getattr(image, name) for image in found.images])
        for name in ("true_iou", "predicted_iou", "confidence")
    )
    assert found.metrics["iou_mae"] == found.iou_mae
    assert found.metrics["iou_ece"] == pytest.approx(expected_calibration_error(predicted, true))
    assert found.metrics["confidence_mae"] == pytest.approx(np.abs(raw - true).mean())
    assert found.metrics["confidence_ece"] == pytest.approx(expected_calibration_error(raw, true))
    assert found.metrics["confidence_bias"] == pytest.approx(raw.mean() - true.mean())
    assert found.metrics["confidence_spearman"] == pytest.approx(spearman(raw, true))
    assert found.metrics["reference_mae"] == found.iou_mae_reference


def test_confidence_is_the_mean_over_an_images_proposals(model: FittedModel, scenes):
    examples = scenes(2, seed=9)
    found, proposed = run(model, examples), proposals_of(model, examples)
    for image in found.images:
        expected = np.mean([item.confidence for item in proposed[image.image_id].objects])
        assert image.confidence == pytest.approx(expected, abs=1e-5)


def test_every_metric_is_documented_on_the_wire(model: FittedModel, scenes):
    proto = (Path(__file__).parents[3] / "proto" / "maskloop" / "v1" / "models.proto").read_text()
    for name in {**run(model, scenes(4, seed=2)).metrics, **run(model, [crack(10)]).metrics}:
        prefix, _, measure = name.partition("_")
        is_score = prefix in ("iou", "confidence", "reference")
        assert all(f"`{part}`" in proto for part in ((f"{prefix}_", measure) if is_score else (name,)))


def test_measures_of_thin_structures_are_there_where_most_labels_look_thin(model: FittedModel, scenes):
    thin = {"boundary_f1", "cl_dice", "length_found"}
    assert thin <= run(model, [crack(10), crack(20)]).metrics.keys()
    assert not thin & run(model, scenes(4, seed=2)).metrics.keys()
    examples = [crack(10), *scenes(1, objects=3, seed=2)]
    assert not thin & run(model, examples).metrics.keys()
    proposed = {key: item.objects for key, item in proposals_of(model, [crack(10)]).items()}
    expected = thin_metrics({"crack-10": crack(10).objects}, proposed)
    assert {name: run(model, [crack(10)]).metrics[name] for name in thin} == expected


def test_the_papers_head_is_reported_beside(model: FittedModel, scenes):
    found = run(model, scenes(6, seed=5))
    assert found.iou_mae_reference is not None
    assert found.iou_mae_reference != found.iou_mae
    assert -1 <= (found.iou_spearman_reference or 0) <= 1


def test_objects_that_are_not_decoded_count_as_missed(model: FittedModel, scenes):
    (example,) = scenes(1, objects=4, side=48, seed=6)  # the network decodes three
    found, proposed = run(model, [example]), proposals_of(model, [example])
    reached = best_ious(proposed[example.image_id], example.objects)
    assert len(proposed[example.image_id].objects) == 3
    assert found.mean_iou == pytest.approx(reached / 4)
    assert found.images[0].true_iou == pytest.approx(reached / 4)
    assert found.images[0].objects == 4
    assert found.not_decoded == 1


def test_images_without_objects_have_no_iou(model: FittedModel, scenes):
    full, empty = scenes(3, seed=7), Example("empty", np.zeros((20, 30, 3), dtype=np.uint8), ())
    assert run(model, [*full, empty]) == run(model, full)
    alone = run(model, [empty])
    assert (alone.ap, alone.ap50, alone.mean_iou, alone.iou_mae, alone.iou_spearman) == (0, 0, 0, 0, None)
    assert alone.images == ()


def test_objects_of_a_category_the_model_does_not_know_are_missed(model: FittedModel, scenes):
    (example,) = scenes(1)
    strange = Example("strange", example.pixels, tuple(ObjectLabel(9, item.mask) for item in example.objects))
    assert Counts.of(strange.objects).by_category == {9: 2}
    found = run(model, [strange])
    assert (found.mean_iou, found.ap, found.metrics["pq"], found.images[0].objects) == (0, 0, 0, 2)
