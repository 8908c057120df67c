"""What counts of a network's steps, and what becomes of it when an image is read."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from maskloop.errors import InvalidArgument
from maskloop.values import Counts, Split
from models.annotation.evaluate import evaluate
from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork, Decoded, build_network
from models.annotation.predict import accepted_objects, decode_objects
from models.annotation.recipe import Recipe, resolve
from models.data.samples import Example, ImageToScore
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics

CPU = torch.device("cpu")
CATEGORIES = (3, 7)


def recipe_of(name: str, **overrides) -> Recipe:
    return resolve(name, classes="predicted", encoder="compact", image_size=32, hidden=16, steps=5, **overrides)


def network_of(recipe: Recipe) -> AnnotationNetwork:
    torch.manual_seed(3)
    network = build_network(recipe, 2).eval()
    with torch.no_grad():  # maps that go up and down, not one grey
        for parameter in network.parameters():
            parameter.add_(0.05 * torch.randn_like(parameter))
    return network


@pytest.fixture(params=["paper", "compact"])
def model(request) -> FittedModel:
    recipe = recipe_of(request.param, objectness=0.1)
    weights = np.random.default_rng(0).normal(scale=0.2, size=count_statistics(2) + 2)
    calibrator = Calibrator("statistics", tuple(weights.tolist()), 0.4)
    return FittedModel(network_of(recipe), recipe, CATEGORIES, calibrator, 0, (), {})


def decoded(areas: list[int], objectness: list[float], classes: list[list[float]]) -> Decoded:
    """One image of 100 x 100 pixels."""
    logits = torch.full((1, len(areas), 100 * 100), -1.0)
    for step, area in enumerate(areas):
        logits[0, step, :area] = 1.0
    nothing = torch.zeros(1, len(areas))
    return Decoded(
        logits.view(1, -1, 100, 100),
        nothing[..., None],
        nothing,
        nothing,
        torch.zeros(1, 1),
        classes=torch.tensor([classes]),
        objectness=torch.tensor([objectness]).logit(),
    )


def test_unlikely_steps_and_specks_are_passed_over_and_what_follows_them_is_not():
    probabilities = [[0.1, 0.2, 0.7], [0.1, 0.2, 0.7], [0.1, 0.6, 0.3], [0.9, 0.04, 0.06]]
    made = decoded([50, 50, 9, 10], [0.9, 0.49, 0.9, 0.5], probabilities)
    classes, sureness = accepted_objects(made, 0.5)
    assert classes.tolist() == [[1, -1, -1, 1]]
    torch.testing.assert_close(sureness[0, 0], torch.tensor([0.9, 0.7]))
    torch.testing.assert_close(sureness[0, 3], torch.tensor([0.5, 0.06]))
    assert not sureness[0, 1:3].any()


def test_rsis_makes_every_step_and_is_fed_no_class():
    recipe = recipe_of("paper")
    network, images = network_of(recipe), torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        made = network.decode_freely(network.encode(images), 5, 0.5)
        other = network(images, torch.ones(2, 5, dtype=torch.int64))
    assert made.logits.shape == (2, 5, 32, 32)
    assert made.classes.shape == (2, 5, 3)
    torch.testing.assert_close(made.classes.sum(dim=2), torch.ones(2, 5))
    torch.testing.assert_close(made.logits, other.logits)
    assert network.decoder.one_hot == 0
    assert len(network.decoder.biases) == 0


def test_with_20_classes_rsis_has_5229_parameters_for_classes_and_249_for_the_stop():
    network = build_network(resolve("paper", classes="predicted"), 20)
    assert sum(p.numel() for p in network.heads.classes.parameters()) == 248 * 21 + 21 == 5229
    assert sum(p.numel() for p in network.heads.stop.parameters()) == 249
    fed = build_network(resolve("paper"), 20)
    assert fed.heads is None
    # 20 one-hot planes less in the 3 x 3 convolution of every level, whose outputs are 4 (128 + 64 + 32 + 16 + 8).
    saved = sum(p.numel() for p in fed.decoder.parameters()) - sum(p.numel() for p in network.decoder.parameters())
    assert saved == 9 * 20 * 4 * 248


def test_seeds_are_drawn_from_the_highest_centre_down_until_none_is_high_enough():
    network = network_of(recipe_of("compact"))
    with torch.no_grad():
        encoded = network.encode(torch.randn(3, 3, 32, 32))
        everything = network.decode_freely(encoded, 5, 0.0)
        heights = everything.objectness.sigmoid()
        least = float(heights[:, 1:3].max(dim=0).values.mean())  # some image has a second object, none a third
        some = network.decode_freely(encoded, 5, least)
    assert everything.logits.shape[1] == 5
    assert heights[:, 0].tolist() == pytest.approx(encoded.dense.centres.sigmoid().amax(dim=(1, 2, 3)).tolist())
    assert (heights.diff(dim=1) <= 1e-6).all()
    assert some.logits.shape[1] == int((heights >= least).sum(dim=1).max())
    torch.testing.assert_close(some.logits, everything.logits[:, : some.logits.shape[1]])


def test_what_was_found_can_be_decoded_again_from_its_classes_and_seeds():
    network = network_of(recipe_of("compact"))
    with torch.no_grad():
        encoded = network.encode(torch.randn(2, 3, 32, 32))
        made = network.decode_freely(encoded, 4, 0.0)
        again = network.decode(encoded, made.classes[:, :, 1:].argmax(dim=2), made.seeds)
    torch.testing.assert_close(again.logits, made.logits)
    torch.testing.assert_close(again.predicted_iou, made.predicted_iou)


def picture(image_id: str, counts: Counts | None = None) -> ImageToScore:
    pixels = np.random.default_rng(len(image_id)).integers(0, 256, size=(40, 30, 3), dtype=np.uint8)
    return ImageToScore(image_id, lambda: pixels, counts)


def test_counts_change_nothing_for_a_network_that_finds_by_itself(model):
    pool = [picture("a"), picture("bb"), picture("ccc")]
    counted = [ImageToScore(one.image_id, one.load, Counts({3: 2})) for one in pool]
    plain, told = (list(model.predict(images, device=CPU, batch_size=2)) for images in (pool, counted))
    assert [one.proposals for one in plain] == [one.proposals for one in told]
    assert any(one.proposals.objects for one in plain)
    for one in plain:
        assert {item.category_id for item in one.proposals.objects} <= set(CATEGORIES)
        ious = [item.predicted_iou for item in one.proposals.objects]
        assert one.proposals.score == pytest.approx(np.mean(ious) if ious else 0.0)


def test_statistics_end_with_objectness_and_the_probability_of_the_class(model):
    (prediction,) = model.predict([picture("a")], device=CPU, batch_size=1)
    assert prediction.statistics.shape == (len(prediction.proposals.objects), count_statistics(2) + 2)
    assert ((prediction.statistics[:, -2:] > 0) & (prediction.statistics[:, -2:] <= 1)).all()
    assert (prediction.statistics[:, -2] >= 0.1).all()


def test_an_image_in_which_nothing_is_found_scores_zero_and_is_as_uncertain_as_can_be(model):
    blind = FittedModel(
        model.network, recipe_of(model.recipe.name, objectness=1.0), CATEGORIES, model.calibrator, 0, (), {}
    )
    (scored,) = blind.predict([picture("a")], device=CPU, batch_size=1)
    assert scored.proposals.objects == ()
    assert scored.proposals.score == 0.0
    assert dict(scored.uncertainty) == {"entropy": 1.0, "margin": 1.0, "least_confidence": 0.5}


def test_objects_that_are_not_found_count_as_missed(model, scenes):
    blind = FittedModel(
        model.network, recipe_of(model.recipe.name, objectness=1.0), CATEGORIES, model.calibrator, 0, (), {}
    )
    empty = Example("empty", np.zeros((20, 30, 3), dtype=np.uint8), ())
    examples = [*scenes(2, objects=3), empty]
    measured = evaluate(blind, examples, Split.TEST, device=CPU, progress=lambda *_: None)
    assert (measured.mean_iou, measured.ap50, measured.not_decoded) == (0, 0, 0)
    assert [(one.predicted_iou, one.true_iou, one.objects) for one in measured.images] == [(0, 0, 3), (0, 0, 3)]


def test_objects_beyond_its_steps_are_counted_though_nobody_told_it_of_them(model, scenes):
    (example,) = scenes(1, objects=3)
    many = replace(example, image_id="many", objects=example.objects[:1] * (model.recipe.steps + 2))
    measured = evaluate(model, [example, many], Split.TEST, device=CPU, progress=lambda *_: None)
    assert measured.not_decoded == 2


def test_a_network_that_must_be_told_refuses_an_image_that_was_not_counted():
    recipe = resolve("compact", image_size=32, hidden=16)
    head = Calibrator.unfitted(count_statistics(2))
    model = FittedModel(build_network(recipe, 2), recipe, CATEGORIES, head, 0, (), {})
    with pytest.raises(InvalidArgument, match="image a "):
        list(model.predict([picture("a")], device=CPU, batch_size=1))


def test_masks_of_a_batch_are_those_of_each_image_alone(model):
    images = torch.randn(3, 3, 32, 32)
    nothing = torch.zeros(3, 0, dtype=torch.int64)
    with torch.no_grad():
        together, classes, statistics = decode_objects(model.network, model.recipe, images, nothing, 2)
        for row in range(3):
            alone, own, numbers = decode_objects(model.network, model.recipe, images[row : row + 1], nothing[:1], 2)
            there, here = own[0] >= 0, classes[row] >= 0
            assert classes[row][here].tolist() == own[0][there].tolist()
            torch.testing.assert_close(together.logits[row][here], alone.logits[0][there], atol=1e-4, rtol=1e-4)
            torch.testing.assert_close(statistics[row][here], numbers[0][there], atol=1e-3, rtol=1e-3)
