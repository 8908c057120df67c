"""FickleNet's head beside an ordinary convolution and plain loops over windows; its maps beside automatic gradients."""

import hashlib
import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import Cancelled, InvalidArgument
from models.classification.data import keep_examples, part_examples
from models.classification.network import build_classifier
from models.classification.recipe import resolve_classifier
from models.localization.fickle_head import FickleClassifier, WindowDropout, build_fickle, expand
from models.localization.fickle_training import FickleTraining, train_fickle
from models.localization.ficklenet import FickleNet, fickle_seeds
from models.localization.maps import join_scales, view_pair
from tests.models.classification.pictures import CATEGORIES, pictures

CPU = torch.device("cpu")
PICTURE = np.random.default_rng(3).integers(0, 256, (48, 80, 3), dtype=np.uint8)
TINY: dict[str, Any] = {"image_size": 32, "iterations": 6, "batch": 8, "held_out": 0.0, "checkpoint_every": 2}


def built(**dropout: Any) -> FickleClassifier:
    network = build_fickle(resolve_classifier("compact"), 3, WindowDropout(**{"window": 3, "p": 0.5, **dropout}))
    return network.eval()


def draws(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@settings(max_examples=30, deadline=None)
@given(st.sampled_from([1, 3, 5]), st.integers(1, 6), st.integers(1, 6), st.integers(0, 9999))
def test_windows_side_by_side_under_a_stride_are_an_ordinary_convolution(side, height, width, seed):
    features = torch.randn(2, 4, height, width, generator=draws(seed), dtype=torch.float64)
    weight = torch.randn(3, 4, side, side, generator=draws(seed + 1), dtype=torch.float64)
    wanted = torch.nn.functional.conv2d(features, weight, padding=side // 2)
    torch.testing.assert_close(torch.nn.functional.conv2d(expand(features, side), weight, stride=side), wanted)


@pytest.mark.parametrize("rescale", [True, False])
@pytest.mark.parametrize("side", [1, 3, 9])
def test_without_dropout_the_head_is_an_ordinary_padded_convolution(side, rescale):
    network = built(window=side, p=0.0, rescale=rescale)
    images = torch.randn(2, 3, 64, 96, generator=draws())
    with torch.no_grad():
        features = network.encoder(images)[-1]
        wanted = torch.nn.functional.conv2d(features, network.head.weight, padding=side // 2)
        torch.testing.assert_close(network.maps(images, draws()), wanted, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(network.maps(images), wanted)
        torch.testing.assert_close(network(images, draws()), wanted.mean(dim=(2, 3)), atol=1e-5, rtol=1e-5)


def slow_through(features, masks, weight):
    """Every window by itself: (B, C, h, w)."""
    images, _, height, width = features.shape
    classes, _, side, _ = weight.shape
    made = torch.zeros(images, classes, height, width)
    for image, row, column in itertools.product(range(images), range(height), range(width)):
        for y, x in itertools.product(range(side), range(side)):
            at = (row + y - side // 2, column + x - side // 2)
            if 0 <= at[0] < height and 0 <= at[1] < width:
                kept = masks[image, y * side + x, row, column]
                made[image, :, row, column] += kept * (weight[:, :, y, x] @ features[image, :, at[0], at[1]])
    return made


@pytest.mark.parametrize("keep_centre", [True, False])
def test_given_masks_are_those_of_a_loop_over_windows(keep_centre):
    network = built(keep_centre=keep_centre)
    features = torch.randn(2, 256, 3, 4, generator=draws(1))
    masks = network.dropout.masks(2, (3, 4), draws(2))
    with torch.no_grad():
        made = network.through(features, masks)
        torch.testing.assert_close(made, slow_through(features, masks, network.head.weight), atol=1e-4, rtol=1e-4)


def test_masks_are_kept_or_dropped_whole_and_the_centre_never_is():
    masks = WindowDropout(window=3, p=0.75).masks(50, (8, 8), draws())
    assert masks.shape == (50, 9, 8, 8)
    assert set(masks.unique().tolist()) == {0.0, 1.0, 4.0}
    assert (masks[:, 4] == 1).all()
    others = masks[:, [k for k in range(9) if k != 4]]
    assert others.mean().item() == pytest.approx(1, abs=0.03)  # 25,600 draws, deviation 0.011
    plain = WindowDropout(window=3, p=0.75, keep_centre=False, rescale=False).masks(50, (8, 8), draws())
    assert set(plain.unique().tolist()) == {0.0, 1.0}
    assert plain.mean().item() == pytest.approx(0.25, abs=0.01)
    assert plain[:, 4].mean().item() == pytest.approx(0.25, abs=0.03)


@pytest.mark.parametrize("keep_centre", [True, False])
def test_rescaling_keeps_the_expected_map(keep_centre):
    network = built(keep_centre=keep_centre)
    features = torch.rand(1, 256, 3, 4, generator=draws(1))
    generator, masked = draws(2), torch.zeros(1, 3, 3, 4)
    with torch.no_grad():
        maps = [network.through(features, network.dropout.masks(1, (3, 4), generator)) for _ in range(800)]
        masked, spread = torch.stack(maps).mean(dim=0), torch.stack(maps).std(dim=0)
        away = (masked - network.head(features)).abs() / (spread / 800**0.5)
    assert away.max() < 4.5


def slow_draws(network, method, view, asked):
    """(N, n, h, w): the maps of all draws by automatic gradients, each divided by its largest value."""
    pixels = PICTURE
    generator, made = seed_of(method, pixels), []
    with torch.no_grad():
        features = network.encoder(view)[-1]
    for _ in range(method.passes):
        masks, maps = network.dropout.masks(1, features.shape[2:], generator), []
        for index in asked:
            leaf = features.clone().requires_grad_()
            logit = network.through(leaf, masks).mean(dim=(2, 3))[0, index]
            (gradient,) = torch.autograd.grad(logit, leaf)
            if method.gradient == "channels":
                gradient = gradient.mean(dim=(2, 3), keepdim=True)
            grad_cam = (features * gradient).sum(dim=1)[0].relu()
            maps.append(grad_cam / grad_cam.max() if grad_cam.max() > 0 else grad_cam)
        made.append(torch.stack(maps))
    return torch.stack(made)


def seed_of(method, pixels) -> torch.Generator:
    digest = hashlib.sha256(f"{method.seed}:".encode() + pixels.tobytes()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))


@pytest.mark.parametrize("gradient", ["places", "channels"])
@pytest.mark.parametrize("aggregate", ["max", "mean"])
def test_maps_are_those_of_all_draws_stacked(gradient, aggregate):
    network = built()
    method = FickleNet(seed=5, passes=7, gradient=gradient, aggregate=aggregate)
    (made,) = method.maps(network, [PICTURE], [(2, 0)])
    stacked = slow_draws(network, method, view_pair(PICTURE, 1.0, CPU)[:1], (2, 0))
    joined = stacked.amax(dim=0) if aggregate == "max" else stacked.mean(dim=0)
    wanted = join_scales([joined], (2, 0), (48, 80), 16)
    torch.testing.assert_close(made.whole, wanted.whole, atol=1e-4, rtol=0)
    torch.testing.assert_close(made.strided, wanted.strided, atol=1e-4, rtol=0)
    assert made.classes == (2, 0)


def test_scales_and_mirror_images_are_summed_as_they_lie():
    network = built(p=0.0)  # where all draws are alike
    (made,) = FickleNet(passes=2, scales=(1.0, 0.5), mirrored=True).maps(network, [PICTURE], [(1,)])
    joined = []
    for scale in (1.0, 0.5):
        views = view_pair(PICTURE, scale, CPU)
        maps = [slow_draws(network, FickleNet(passes=1), view[None], (1,))[0] for view in views]
        joined.append(maps[0] + maps[1].flip(-1))
    torch.testing.assert_close(made.whole, join_scales(joined, (1,), (48, 80), 16).whole, atol=1e-4, rtol=0)


def test_draws_follow_from_the_seed_and_the_image():
    network, other = built(), PICTURE[::-1].copy()
    method = FickleNet(seed=1, passes=3)
    together = method.maps(network, [other, PICTURE], [(0,), (1,)])
    (alone,) = method.maps(network, [PICTURE], [(1,)])
    assert torch.equal(together[1].whole, alone.whole)
    assert not torch.equal(FickleNet(seed=2, passes=3).maps(network, [PICTURE], [(1,)])[0].whole, alone.whole)


def test_more_draws_show_more():
    network = built(p=0.8)
    few, many = (FickleNet(passes=n).maps(network, [PICTURE], [(1,)])[0].whole.sum() for n in (2, 60))
    assert many > 1.2 * few


def test_seeds_by_hand():
    highest = torch.tensor([[[0.9, 0.4, 0.35, 0.1]], [[0.2, 0.5, 0.3, 0.6]]])
    mean = torch.tensor([[[0.1, 0.3, 0.3, 0.09]], [[0.15, 0.2, 0.2, 0.0]]])
    assert fickle_seeds(highest, mean).tolist() == [[0, 0, -1, 1]]  # of two that are shown the one with the higher mean
    assert fickle_seeds(highest, mean, above=0.95).tolist() == [[-1, -1, -1, -1]]


def fit(recipe, seed=1, progress=lambda *_: None, resume_path=None, **dropout):
    examples = [*pictures(12, 3), *pictures(12, 8), *pictures(8)]
    window = WindowDropout(**{"window": 3, "p": 0.5, **dropout})
    return train_fickle(
        examples, CATEGORIES, recipe, window, seed=seed, device=CPU, resume_path=resume_path, progress=progress
    )


def test_shapes_are_learnt_under_dropout_and_by_the_seed_alone():
    recipe = resolve_classifier("compact", **{**TINY, "iterations": 50})
    network = fit(recipe)
    views = {index: pictures(8, category, seed=9) for index, category in enumerate(CATEGORIES)}
    for index, unseen in views.items():
        batch = torch.cat([view_pair(example.pixels, 1.0, CPU)[:1] for example in unseen])
        with torch.no_grad():
            logits = network(batch, draws())
        assert (logits.argmax(dim=1) == index).float().mean() > 0.85
    short = resolve_classifier("compact", **TINY)
    first, again, other = fit(short), fit(short), fit(short, p=0.25)
    assert torch.equal(first.head.weight, again.head.weight)
    assert not torch.equal(first.head.weight, other.head.weight)


def test_a_stopped_training_ends_as_if_it_had_not_been(tmp_path):
    recipe, told = resolve_classifier("compact", **TINY), []

    def stop(share, message):
        told.append(message)
        if len(told) == 5:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fit(recipe, progress=stop, resume_path=tmp_path / "training.pt")
    resumed = fit(recipe, resume_path=tmp_path / "training.pt")
    whole = fit(recipe)
    assert all(torch.equal(whole.state_dict()[name], value) for name, value in resumed.state_dict().items())


def test_every_iteration_and_every_seed_draws_anew():
    recipe = resolve_classifier("compact", **TINY)
    examples = part_examples(keep_examples(pictures(9, 3), CATEGORIES, recipe))
    network = build_fickle(recipe, 2, WindowDropout(window=3))
    task = FickleTraining(network, FickleTraining.settings_of(recipe), examples, recipe)
    draws_of = [task.batch(seed, iteration).draw for seed in (0, 1) for iteration in (0, 1, 2)]
    assert len(set(draws_of)) == 6
    batch = task.batch(0, 1)
    assert batch.draw == draws_of[1]
    assert torch.equal(task.loss(batch, 0.0), task.loss(batch, 0.0))
    assert task.loss(batch, 0.0) != task.loss(replace(batch, draw=1), 0.0)


def test_what_cannot_be_is_refused():
    for options, field in (({"window": 4}, "window"), ({"window": 0}, "window"), ({"p": 1.0}, "p")):
        with pytest.raises(InvalidArgument) as refused:
            WindowDropout(**options)
        assert refused.value.field == field
    with pytest.raises(InvalidArgument, match="passes is 0"):
        FickleNet(passes=0)
    with pytest.raises(InvalidArgument, match="needs a classifier"):
        FickleNet().maps(build_classifier(resolve_classifier("compact"), 2), [PICTURE], [(0,)])
    with pytest.raises(InvalidArgument, match="no image that holds"):
        train_fickle(
            pictures(3),
            CATEGORIES,
            resolve_classifier("compact", **TINY),
            WindowDropout(),
            seed=0,
            device=CPU,
            resume_path=None,
            progress=lambda *_: None,
        )
