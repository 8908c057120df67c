"""Dropout scores against a loop over passes of the whole network, one image at a time."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidArgument, InvalidLabel
from maskloop.values import Counts
from models.annotation.mc_dropout import dropout_scores, kept_shares
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.predict import accepted_objects
from models.annotation.recipe import resolve
from models.data.samples import ImageToScore, image_tensor, normalise, resize_image
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics

CPU = torch.device("cpu")
CATEGORIES = (3, 7)


@pytest.fixture(scope="module", params=["paper", "compact", "paper, no counts", "compact, no counts"])
def model(request) -> FittedModel:
    torch.manual_seed(2)
    name, _, free = request.param.partition(", ")
    classes = {"classes": "predicted", "objectness": 0.02} if free else {}
    recipe = resolve(name, encoder="compact", image_size=32, hidden=16, steps=3, **classes)
    network = build_network(recipe, 2).eval()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(0.03 * torch.randn_like(parameter))
        for parameter in [*network.decoder.parameters(), *network.mask_head.parameters()]:
            parameter.mul_(6)  # untrained, they would hardly hear of the last tap
        *_, bias = network.mask_head.parameters()
        bias.add_(2.0)  # and draw no mask
    return FittedModel(network, recipe, CATEGORIES, Calibrator.unfitted(count_statistics(2)), 0, (), {})


@pytest.fixture(scope="module")
def pool() -> list[ImageToScore]:
    rng = np.random.default_rng(5)
    counts: list[dict[int, int]] = [{3: 1}, {3: 2, 7: 1}, {}, {7: 2}, {3: 3, 7: 3}]
    pixels = [rng.integers(0, 256, size=(40, 30, 3), dtype=np.uint8) for _ in counts]
    return [
        ImageToScore(f"image-{place}", partial(pixels.__getitem__, place), Counts(count))
        for place, count in enumerate(counts)
    ]


def scores_of(model: FittedModel, images: list[ImageToScore], batch_size: int = 4, **options) -> dict[str, float]:
    return dict(dropout_scores(model, images, device=CPU, batch_size=batch_size, **{"seed": 1, **options}))


def slowly(model: FittedModel, item: ImageToScore, passes: int, p: float) -> float:
    """One image, the whole network once a pass, a hook on its last stage, every pixel's numbers side by side."""
    network, recipe = model.network, model.recipe
    pixels = normalise(image_tensor([resize_image(item.load(), 32)], CPU))
    maps = []
    with torch.no_grad():
        if not model.needs_counts:
            made = network.decode_freely(network.encode(pixels), recipe.steps, recipe.objectness)
            classes = made.classes[:, :, 1:].argmax(dim=2)
            there = accepted_objects(made, recipe.objectness)[0][0] >= 0
        else:
            sequence = item.counts.sequence()[: recipe.steps]
            classes = torch.tensor([[CATEGORIES.index(category_id) for category_id in sequence]], dtype=torch.int64)
            made, there = network(pixels, classes), torch.ones(len(sequence), dtype=torch.bool)
        torch.testing.assert_close(network(pixels, classes, made.seeds).logits, made.logits)  # steps align
        if not there.any():
            return 0.0 if model.needs_counts else 0.5
        for share in kept_shares(1, item.image_id, passes, p, network.encoder(pixels)[-1].shape[1:]):
            handle = network.encoder.get_submodule("stages.3").register_forward_hook(
                lambda *seen, share=share: seen[2] * share
            )
            drawn = network(pixels, classes, made.seeds)
            handle.remove()
            maps.append(drawn.logits[0, there].sigmoid().double().numpy())
    return float(np.mean([np.std(step, axis=0).mean() for step in np.moveaxis(np.stack(maps), 1, 0)]))


@pytest.mark.parametrize(("passes", "p"), [(5, 0.5), (3, 0.2)])
def test_scores_equal_a_loop_over_images_passes_and_steps(model, pool, passes, p):
    scores = scores_of(model, pool, passes=passes, p=p)
    assert set(scores) == {item.image_id for item in pool}
    for item in pool:
        assert scores[item.image_id] == pytest.approx(slowly(model, item, passes, p), rel=1e-3, abs=1e-8)
    assert sum(1e-6 < score < 0.5 for score in scores.values()) >= len(pool) - 1


def test_what_is_dropped_does_not_depend_on_the_batch_or_the_order(model, pool):
    together = scores_of(model, pool)
    assert scores_of(model, pool[::-1], batch_size=2) == pytest.approx(together, rel=1e-3)
    for item in pool:
        assert scores_of(model, [item]) == pytest.approx({item.image_id: together[item.image_id]}, rel=1e-3)


def test_the_same_seed_gives_the_same_and_another_seed_others(model, pool):
    first = scores_of(model, pool)
    assert scores_of(model, pool) == first
    other = scores_of(model, pool, seed=2)
    assert all(other[key] != first[key] for key in first if first[key])


def test_the_network_is_left_as_it_was_and_random_numbers_elsewhere_are_not_drawn(model, pool):
    before, state = {key: value.clone() for key, value in model.network.state_dict().items()}, torch.get_rng_state()
    scores_of(model, pool)
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(value, before[key]) for key, value in model.network.state_dict().items())


def test_nothing_dropped_is_nothing_changed(model, pool):
    assert all(score < 1e-6 or score == 0.5 for score in scores_of(model, pool, p=0.0).values())


def test_an_image_in_which_nothing_is_found_is_not_certain(model, pool):
    sure = replace(model, recipe=replace(model.recipe, objectness=1.0))
    empty = scores_of(sure, pool[2:3])
    assert empty == {"image-2": 0.0 if model.needs_counts else 0.5}


def test_half_is_kept_at_double_and_the_mean_stays():
    kept = kept_shares(0, "a", 5, 0.5, (128, 8, 8))
    assert sorted(kept.unique().tolist()) == [0, 2]
    assert kept.mean().item() == pytest.approx(1, abs=0.03)
    assert not torch.equal(kept[0], kept[1])
    assert not torch.equal(kept, kept_shares(0, "b", 5, 0.5, (128, 8, 8)))


def test_an_image_is_encoded_once(model, pool):
    seen = []
    handle = model.network.encoder.register_forward_hook(lambda _, inputs, __: seen.append(len(inputs[0])))
    scores_of(model, pool, batch_size=2)
    handle.remove()
    assert seen == [2, 2, 1]


def test_progress_is_told_and_may_stop(model, pool):
    shares: list[float] = []
    scores_of(model, pool, batch_size=2, progress=lambda share, _: shares.append(share))
    assert shares == [2 / 5, 4 / 5, 1]

    def cancel(*_) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        scores_of(model, pool, progress=cancel)


def test_what_cannot_be_fed_is_refused(model, pool):
    unknown, uncounted = ImageToScore("x", pool[0].load, Counts({5: 1})), ImageToScore("x", pool[0].load)
    if not model.needs_counts:
        assert scores_of(model, [unknown]) == scores_of(model, [uncounted])
        return
    with pytest.raises(InvalidLabel):
        scores_of(model, [unknown])
    with pytest.raises(InvalidArgument, match="x was not counted"):
        scores_of(model, [uncounted])
