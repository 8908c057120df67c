"""What a network that eight labels taught finds by itself and draws for boxes and points, beside the truth."""

import os
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.data.photograph_sets import draw
from maskloop.masks import Mask
from maskloop.values import Counts, ObjectLabel, Prompt, PromptPoint, Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example, ImageToScore
from models.data.windows import windows
from models.encoders.feature_store import FeatureStore
from models.encoders.taps import FrozenEncoder
from models.features.recipe import PretrainedRecipe
from models.kinds.load import load_model
from models.predictor import PromptedImage
from models.pretrained.fit import fit
from models.pretrained.model import FittedPretrained
from tests.models.fits import CPU, file_of, fitted, images_of, silent
from tests.models.pretrained.discs import SIDE, disc_picture

pytestmark = pytest.mark.journey

RECIPE = PretrainedRecipe(image_size=96, min_iterations=60, max_iterations=60, views=4)


@pytest.fixture(scope="module")
def pictures() -> list[Example]:
    return [disc_picture(seed) for seed in range(14)]


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> FeatureStore:
    return FeatureStore(tmp_path_factory.mktemp("features"), 1 << 28)


@pytest.fixture(scope="module")
def learnt(pictures, store) -> FittedPretrained:
    return fitted(pictures[:8], RECIPE, fit=fit, store=store)


def proposed(model, example, *prompts):
    item = ImageToScore.of(example, counted=False)
    (found,) = model.propose([PromptedImage(item, example.size, prompts)])
    return found


def boxed(item: ObjectLabel) -> Prompt:
    return Prompt(box=item.mask.box)


def middle(item: ObjectLabel, *, on_object: bool = True) -> PromptPoint:
    x, y, width, height = item.mask.box
    return PromptPoint(x + width / 2, y + height / 2, on_object)


def own_ious(model, examples) -> list[float]:
    """Of every object, with the best mask that the network finds by itself."""
    items = [ImageToScore.of(example, counted=False) for example in examples]
    found = {made.image_id: made.proposals.objects for made in model.predict(items, device=CPU, batch_size=4)}
    return [
        max((made.mask.iou(item.mask) for made in found[example.image_id]), default=0.0)
        for example in examples
        for item in example.objects
    ]


def test_eight_labels_teach_to_find_what_no_training_saw(learnt, pictures):
    measured = evaluate(learnt, pictures[8:], Split.TEST, device=CPU, progress=silent)
    assert measured.ap50 >= 0.6
    assert measured.mean_iou >= 0.6
    assert measured.iou_mae_reference is None  # it has no head of Bellver et al. that a report could show
    assert not any(name.startswith("reference") for name in measured.metrics)


def test_masks_that_are_less_sure_raise_mean_iou_and_panoptic_quality_knows_the_wrong_ones(learnt, pictures):
    """The same weights, at two least confidences of a mask."""
    sure, every = (
        evaluate(
            replace(learnt, recipe=replace(learnt.recipe, threshold=least)),
            pictures[8:],
            Split.TEST,
            device=CPU,
            progress=silent,
        )
        for least in (0.3, 0.02)
    )
    assert every.mean_iou >= sure.mean_iou
    assert every.metrics["pq"] < sure.metrics["pq"] - 0.1
    assert every.metrics["object_f1"] < sure.metrics["object_f1"] - 0.1


def test_counts_say_how_many_objects_are_given(learnt, pictures):
    for counts in ({}, {1: 1}, {1: 2, 2: 1}):
        item = ImageToScore("a", lambda: pictures[9].pixels, Counts(counts))
        (prediction,) = learnt.predict([item], device=CPU, batch_size=1)
        given = [proposal.category_id for proposal in prediction.proposals.objects]
        assert all(given.count(key) <= number for key, number in counts.items())
        assert len(given) + prediction.proposals.not_decoded == sum(counts.values())


def test_a_pool_is_scored_without_the_encoder_once_its_features_are_kept(learnt, pictures, store, tmp_path):
    learnt.save(tmp_path / "model.safetensors")
    images = images_of(pictures)
    first = {
        made.image_id: made
        for made in load_model(tmp_path / "model.safetensors", CPU, store).predict(images, device=CPU, batch_size=4)
    }

    def gone():
        raise AssertionError("no picture is read")

    unread = [ImageToScore(item.image_id, gone, None, item.content) for item in images]
    again = load_model(tmp_path / "model.safetensors", CPU, store)
    assert isinstance(again, FittedPretrained)
    for made in again.predict(unread, device=CPU, batch_size=4):
        assert made.proposals == first[made.image_id].proposals
    assert "encoder" not in vars(again.encoder)  # it was never built


def test_a_model_comes_back_from_its_file(learnt, pictures, tmp_path):
    learnt.save(tmp_path / "model.safetensors")
    read = load_model(tmp_path / "model.safetensors", CPU)
    images = [ImageToScore.of(example, counted=False) for example in pictures[8:10]]
    for made, other in zip(*(model.predict(images, device=CPU, batch_size=2) for model in (learnt, read)), strict=True):
        assert made.proposals == other.proposals
    assert file_of(read, tmp_path, "again") == (tmp_path / "model.safetensors").read_bytes()


def test_a_box_gives_its_object_and_its_class(learnt, pictures):
    for example in pictures[8:]:
        for item, made in zip(example.objects, proposed(learnt, example, *map(boxed, example.objects)), strict=True):
            assert made.mask.iou(item.mask) >= 0.7
            assert made.category_id == item.category_id


def test_a_point_gives_its_object(learnt, pictures):
    ious = []
    for example in pictures[8:]:
        prompts = [Prompt(points=(middle(item),)) for item in example.objects]
        for item, made in zip(example.objects, proposed(learnt, example, *prompts), strict=True):
            ious.append(made.mask.iou(item.mask))
            assert made.mask.to_array()[middle(item).pixel(*example.size)]
    assert np.mean(ious) >= 0.7


def test_of_a_box_around_two_objects_points_say_which_is_meant(learnt, pictures):
    """A mask of both is cut where the points say; whatever is drawn, the one meant is nearer to it than the other."""
    both = Prompt(box=(0, 0, SIDE, SIDE))
    for example in pictures[8:]:
        wanted, other = example.objects
        points = (middle(wanted), middle(other, on_object=False))
        (made,) = proposed(learnt, example, replace(both, points=points))
        assert made.mask.iou(wanted.mask) > made.mask.iou(other.mask)


def test_two_points_on_two_objects_give_both(learnt, pictures):
    example = pictures[9]
    (made,) = proposed(learnt, example, Prompt(points=tuple(middle(item) for item in example.objects)))
    solid = made.mask.to_array()
    assert all(solid[middle(item).pixel(*example.size)] for item in example.objects)


def test_a_category_that_the_network_does_not_know_is_taken_as_it_is_told(learnt, pictures):
    """A vocabulary may have grown since the training; how an object is outlined does not depend on its class."""
    example = pictures[9]
    prompt = boxed(example.objects[0])
    told, own = proposed(learnt, example, replace(prompt, category_id=77), prompt)
    assert (told.category_id, told.mask) == (77, own.mask)


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
def test_a_true_box_gives_a_better_mask_of_a_photograph_than_the_network_finds_alone():
    """Ten labels of balloons, seconds of training: the person who draws a box around what was missed gets a mask."""
    setting = draw("balloons", labels=10, unseen=12, seed=0)
    small = PretrainedRecipe(image_size=128, views=2, min_iterations=60, max_iterations=60)
    model = fitted(setting.labeled, small, fit=fit, categories=setting.categories)
    made, predicted = [], []
    for example in setting.unseen:
        found = proposed(model, example, *map(boxed, example.objects))
        made += [each.mask.iou(item.mask) for each, item in zip(found, example.objects, strict=True)]
        predicted += [each.predicted_iou for each in found]
    alone = own_ious(model, setting.unseen)
    assert np.mean(made) >= np.mean(alone) + 0.2
    assert np.mean(made) >= 0.55
    assert abs(np.mean(predicted) - np.mean(made)) <= 0.15


def large_photograph() -> Example:
    """Nine pictures of discs side by side."""
    parts = [[disc_picture(20 + 3 * row + column) for column in range(3)] for row in range(3)]
    pixels = np.concatenate([np.concatenate([part.pixels for part in row], axis=1) for row in parts])
    labels = []
    for down, row in enumerate(parts):
        for across, part in enumerate(row):
            for item in part.objects:
                mask = np.zeros(pixels.shape[:2], dtype=np.bool_)
                mask[down * SIDE : (down + 1) * SIDE, across * SIDE : (across + 1) * SIDE] = item.mask.to_array()
                labels.append(ObjectLabel(item.category_id, Mask.from_array(mask)))
    return Example("large", pixels, tuple(labels))


@pytest.fixture(scope="module")
def windowed(learnt) -> FittedPretrained:
    """The same network, that sees windows of 96 pixels."""
    return replace(learnt, encoder=replace(learnt.encoder, tile=SIDE))


def test_in_a_large_photograph_a_box_is_answered_from_the_window_that_holds_it(windowed):
    example = large_photograph()
    assert len(windows(example.size, SIDE, 96)) > 9
    found = proposed(windowed, example, *map(boxed, example.objects))
    ious = [made.mask.iou(item.mask) for made, item in zip(found, example.objects, strict=True)]
    assert np.mean(ious) >= 0.7
    assert min(ious) >= 0.4


def test_only_the_windows_that_hold_a_prompt_are_encoded(windowed, monkeypatch):
    seen = []
    encode = FrozenEncoder.encode

    def watched(self, images):
        seen.append(len(images))
        return encode(self, images)

    monkeypatch.setattr(FrozenEncoder, "encode", watched)
    example = large_photograph()
    proposed(windowed, example, boxed(example.objects[0]), boxed(example.objects[0]))
    assert seen == [1]


def test_a_box_that_no_window_holds_is_put_together_from_several(windowed):
    """One disc, larger than a window: its halves come from different windows, and no seam is left out."""
    rows, columns = np.mgrid[: 2 * SIDE, : 2 * SIDE]
    inside = (rows - SIDE) ** 2 + (columns - SIDE) ** 2 <= (0.7 * SIDE) ** 2
    rng = np.random.default_rng(0)
    pixels = rng.normal(120, 12, size=(2 * SIDE, 2 * SIDE, 3))
    pixels[inside] = rng.normal((200, 60, 50), 6, size=(int(inside.sum()), 3))
    truth = ObjectLabel(1, Mask.from_array(inside))
    example = Example("wide", pixels.clip(0, 255).astype(np.uint8), (truth,))
    (made,) = proposed(windowed, example, boxed(truth))
    assert made.mask.iou(truth.mask) >= 0.5
    assert min(made.mask.box[2:]) > SIDE
