"""Scoring in batches against the slow obvious path: one image at a time, the whole map resized, one object a time."""

import threading
from collections.abc import Generator
from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidImage, InvalidLabel
from maskloop.masks import Mask
from maskloop.values import Counts
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.recipe import resolve
from models.data.samples import Example, ImageToScore, image_tensor, normalise, resize_image
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics, mask_statistics
from models.iou_head.uncertainty import NAMES, mask_uncertainty
from models.predictor import Prediction

CPU = torch.device("cpu")
CATEGORIES = (3, 7)


@pytest.fixture(scope="module")
def model() -> FittedModel:
    torch.manual_seed(1)
    recipe = resolve("compact", image_size=32, hidden=16, steps=3)
    network = build_network(recipe, 2).eval()
    with torch.no_grad():  # maps that go up and down, not one grey
        for parameter in network.parameters():
            parameter.add_(0.2 * torch.randn_like(parameter))
    weights = np.random.default_rng(0).normal(scale=0.2, size=count_statistics(2))
    calibrator = Calibrator("statistics", tuple(weights.tolist()), 0.4)
    return FittedModel(network, recipe, CATEGORIES, calibrator, 0, (), {})


def images(counts: list[dict[int, int]], seed: int = 0) -> list[ImageToScore]:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(20, 60, size=(len(counts), 2))
    pixels = [rng.integers(0, 256, size=(*size, 3), dtype=np.uint8) for size in sizes]
    return [
        ImageToScore(f"image-{place}", partial(pixels.__getitem__, place), Counts(count))
        for place, count in enumerate(counts)
    ]


def slowly(model: FittedModel, item: ImageToScore) -> tuple[np.ndarray, list[Mask], np.ndarray]:
    """Predicted IoU, masks and features of one image, read alone."""
    pixels = item.load()
    places = [CATEGORIES.index(key) for key in item.counts.sequence()][: model.recipe.steps]
    classes = torch.tensor([places])
    with torch.no_grad():
        small = normalise(image_tensor([resize_image(pixels, 32)], CPU))
        made = model.network(small, classes)
    resized = torch.nn.functional.interpolate(made.logits, pixels.shape[:2], mode="bilinear", align_corners=False)
    statistics = mask_statistics(made.logits, classes, small, made.dense.centres, 2)[0].double().numpy()
    return (
        model.calibrator.predict(statistics),
        [Mask.from_array((drawn > 0).numpy()) for drawn in resized[0]],
        made.features[0].numpy(),
    )


def by_id(scored: list[Prediction]) -> dict[str, Prediction]:
    return {item.proposals.image_id: item for item in scored}


@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_batches_say_what_each_image_says_alone(model: FittedModel, batch_size: int):
    pool = images([{3: 1}, {3: 2, 7: 1}, {7: 2}, {3: 1, 7: 1}, {7: 1}])
    found = by_id(list(model.predict(pool, device=CPU, batch_size=batch_size)))
    assert set(found) == {item.image_id for item in pool}
    for item in pool:
        proposals = found[item.image_id].proposals
        ious, masks, features = slowly(model, item)
        assert [drawn.predicted_iou for drawn in proposals.objects] == pytest.approx(ious, abs=1e-3)
        assert proposals.score == pytest.approx(ious.mean(), abs=1e-3)
        assert [drawn.category_id for drawn in proposals.objects] == list(item.counts.sequence())
        for drawn, expected in zip(proposals.objects, masks, strict=True):
            differing = drawn.mask.to_array() != expected.to_array()
            assert differing.mean() < 0.005
        assert np.abs(found[item.image_id].features - features).max() < 1e-4 * np.abs(features).max()
        assert found[item.image_id].features.dtype == np.float32


def test_the_test_network_draws_something(model: FittedModel):
    scored = list(model.predict(images([{3: 2}, {7: 1}]), device=CPU, batch_size=2))
    shares = [drawn.mask.area / drawn.mask.height / drawn.mask.width for s in scored for drawn in s.proposals.objects]
    assert any(0.05 < share < 0.95 for share in shares)


def test_scoring_twice_gives_the_same(model: FittedModel):
    first, second = (
        [item.proposals for item in model.predict(images([{3: 1}, {7: 2}, {}]), device=CPU, batch_size=2)]
        for _ in range(2)
    )
    assert first == second


def test_objects_beyond_the_steps_are_counted(model: FittedModel):
    (scored,) = model.predict(images([{3: 2, 7: 3}]), device=CPU, batch_size=4)
    assert [drawn.category_id for drawn in scored.proposals.objects] == [3, 3, 7]
    assert scored.proposals.not_decoded == 2


def test_an_image_with_nothing_to_find_scores_one(model: FittedModel):
    scored = by_id(list(model.predict(images([{}, {3: 1}, {}]), device=CPU, batch_size=2)))
    assert scored["image-0"].proposals.objects == ()
    assert scored["image-0"].proposals.score == scored["image-2"].proposals.score == 1.0
    assert scored["image-0"].features.shape == scored["image-1"].features.shape


def test_an_images_uncertainty_is_the_mean_over_its_objects(model: FittedModel):
    torch.manual_seed(0)
    model = replace(model, network=build_network(model.recipe, 2).eval())  # untrained: its maps are undecided
    pool = images([{3: 2, 7: 1}, {7: 1}, {}, {3: 1}, {7: 2}])
    found = by_id(list(model.predict(pool, device=CPU, batch_size=2)))
    for item in (pool[0], pool[1], pool[3], pool[4]):
        classes = torch.tensor([[CATEGORIES.index(key) for key in item.counts.sequence()]])
        with torch.no_grad():
            made = model.network(normalise(image_tensor([resize_image(item.load(), 32)], CPU)), classes)
        expected = mask_uncertainty(made.logits, classes)[0].mean(dim=0).tolist()
        assert tuple(found[item.image_id].uncertainty) == NAMES
        assert list(found[item.image_id].uncertainty.values()) == pytest.approx(expected, abs=1e-3)
        assert 0.01 < expected[0] < 0.99
    assert found["image-2"].uncertainty == {"entropy": 0, "margin": 0, "least_confidence": 0}


def test_no_image_is_no_work(model: FittedModel):
    assert list(model.predict([], device=CPU, batch_size=2)) == []


def test_every_image_is_decoded_once_and_not_in_the_networks_thread(model: FittedModel):
    threads: dict[str, list[int]] = {}

    def watched(item: ImageToScore) -> ImageToScore:
        def load() -> np.ndarray:
            threads.setdefault(item.image_id, []).append(threading.get_ident())
            return item.load()

        return ImageToScore(item.image_id, load, item.counts)

    pool = [watched(item) for item in images([{3: 1}] * 7)]
    list(model.predict(pool, device=CPU, batch_size=2))
    assert sorted(threads) == sorted(item.image_id for item in pool)
    assert all(len(seen) == 1 and seen[0] != threading.get_ident() for seen in threads.values())


def test_decoding_stays_a_few_batches_ahead(model: FittedModel):
    loaded: list[str] = []

    def load(image_id: str) -> np.ndarray:
        loaded.append(image_id)
        return np.zeros((8, 8, 3), dtype=np.uint8)

    pool = [ImageToScore(f"{n:02}", partial(load, f"{n:02}"), Counts({3: 1})) for n in range(40)]
    scoring = model.predict(pool, device=CPU, batch_size=2)
    next(scoring)
    assert len(loaded) <= 8
    assert isinstance(scoring, Generator)
    scoring.close()
    assert len(loaded) <= 8


def test_an_image_that_does_not_decode_stops_the_scoring_by_name(model: FittedModel):
    def broken() -> np.ndarray:
        raise InvalidImage("image-x is truncated")

    pool = [*images([{3: 1}] * 3), ImageToScore("image-x", broken, Counts({3: 1}))]
    with pytest.raises(InvalidImage, match="image-x"):
        list(model.predict(pool, device=CPU, batch_size=2))


def test_counts_of_a_foreign_category_are_refused(model: FittedModel):
    with pytest.raises(InvalidLabel, match="5"):
        list(model.predict(images([{5: 1}]), device=CPU, batch_size=2))


def test_progress_reaches_one_and_may_stop_the_work(model: FittedModel):
    shares: list[float] = []
    pool = images([{3: 1}] * 4)
    list(model.predict(pool, device=CPU, batch_size=2, progress=lambda share, _: shares.append(share)))
    assert shares == [0.25, 0.5, 0.75, 1.0]

    def cancel(share: float, _: str) -> None:
        if share >= 0.5:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        list(model.predict(pool, device=CPU, batch_size=2, progress=cancel))


def test_examples_and_scoring_see_the_same_picture(model: FittedModel, scenes):
    example: Example = scenes(1, side=48)[0]
    item = ImageToScore("a", lambda: example.pixels, Counts.of(example.objects))
    (scored,) = model.predict([item], device=CPU, batch_size=1)
    assert all(drawn.mask.to_array().shape == (48, 48) for drawn in scored.proposals.objects)
