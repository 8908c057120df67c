"""The segmentation network, what it learns from, and its training."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig, InvalidLabel
from models.segmentation.model import FittedSegmentation
from models.segmentation.network import PspHead, SegmentationNetwork, build_segmentation
from models.segmentation.pixel_weights import weighted_loss
from models.segmentation.recipe import SegmentationRecipe, resolve_segmentation
from models.segmentation.train import SegmentationTask, train_segmentation
from models.segmentation.views import LabeledPixels, distorted, random_view, tiles_of
from tests.models.fits import CPU, killing, silent

TINY = SegmentationRecipe(
    encoder="wideresnet38/8",
    width=16,
    crop=48,
    smallest=0.9,
    largest=1.2,
    iterations=6,
    batch=3,
    optimizer="adamw",
    rate=3e-3,
    tile=48,
    tile_stride=36,
    window=64,
    window_stride=48,
    checkpoint_every=1,
)
LEARNER = replace(TINY, encoder="compact", iterations=30)


def scenes(number=3, size=(60, 56)):
    """Dark noise with a bright block, of class 1."""
    made = []
    for place in range(number):
        rng = np.random.default_rng(place)
        pixels, labels = rng.integers(0, 60, (*size, 3), dtype=np.uint8), np.zeros(size, np.uint8)
        top, left = (int(rng.integers(8, 20)) for _ in range(2))
        pixels[top : top + 28, left : left + 30] += 150
        labels[top : top + 28, left : left + 30] = 1
        made.append(LabeledPixels(f"image-{place}", pixels, labels))
    return made


def trained(items=None, recipe=TINY, **more):
    options = {"seed": 3, "device": CPU, "resume_path": None, "progress": silent, **more}
    return train_segmentation(scenes() if items is None else items, 2, recipe, **options)


def same(one, other):
    states = one.network.state_dict(), other.network.state_dict()
    return all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.fixture(scope="module")
def fitted():
    return trained(recipe=LEARNER)


@torch.no_grad()
def test_the_head_joins_features_with_four_pools_of_them():
    head: Any = PspHead(5, 3, 2, 0.1).eval()
    features = torch.randn(2, 5, 12, 18)
    parts = [features]
    for cells, pool in zip((1, 2, 3, 6), head.pools, strict=True):
        means = features.reshape(2, 5, cells, 12 // cells, cells, 18 // cells).mean(dim=(3, 5))
        parts.append(F.interpolate(pool[1](means), (12, 18), mode="bilinear", align_corners=False))
    joined = torch.cat(parts, dim=1)
    assert joined.shape[1] == 5 + 4 * 3
    torch.testing.assert_close(head(features), head.last[1](head.joined(joined)))
    assert head.joined[0].kernel_size == (3, 3)


@torch.no_grad()
def test_wideresnets_last_stage_is_read_and_its_last_but_one_by_the_auxiliary_head():
    network: Any = build_segmentation(TINY, 3).eval()
    images = torch.randn(1, 3, 50, 41)
    taps = network.encoder(images)
    main, auxiliary = network.both(images)
    assert main.shape == auxiliary.shape == (1, 3, 7, 6)
    assert torch.equal(main, network.head(taps[4]))
    assert torch.equal(auxiliary, network.auxiliary(taps[3]))
    assert torch.equal(network(images), main)
    assert network.encoder.b7.conv_branch2b1.dilation == (4, 4)


@torch.no_grad()
def test_other_encoders_last_stages_are_fused():
    network: Any = build_segmentation(replace(TINY, encoder="compact"), 2).eval()
    main, auxiliary = network.both(torch.randn(1, 3, 64, 64))
    assert main.shape == auxiliary.shape == (1, 2, 8, 8)
    assert network.head.joined[0].in_channels == 32 * (2 + 4 + 8) + 4 * 16


def test_tiles_are_those_of_the_paper():
    made = tiles_of(
        LabeledPixels("a", np.zeros((522, 775, 3), np.uint8), np.zeros((522, 775), np.uint8)), SegmentationRecipe()
    )
    assert len(made) == 3 * 4
    assert {item.labels.shape for item in made} == {(256, 256)}


def test_views_show_pixels_and_labels_of_the_same_places():
    rng = np.random.default_rng(0)
    labels = np.zeros((48, 48), np.uint8)
    labels[20:, 10:30] = 1
    pixels = np.repeat(200 * labels[..., None], 3, axis=2)
    recipe = replace(TINY, smallest=0.5, largest=2.5, distortion=0.0)
    framed = 0
    for _ in range(40):
        image, said, inside = random_view(LabeledPixels("a", pixels, labels), recipe, rng)
        assert image.shape == (48, 48, 3)
        assert (said[~inside] == 255).all()
        assert not image[~inside].any()
        agreeing = ((image[..., 0] > 100) == (said == 1))[inside]
        assert agreeing.mean() > 0.95
        framed += not inside.all()
        if not inside.all():
            assert inside[0, 0]
    assert 4 < framed < 36


def test_at_scale_one_a_view_is_the_tile_or_its_mirror():
    (scene,) = scenes(1)
    item = LabeledPixels("a", scene.pixels[:48, :48], scene.labels[:48, :48])
    recipe = replace(TINY, smallest=1.0, largest=1.0, distortion=0.0)
    seen = set()
    for seed in range(12):
        image, said, inside = random_view(item, recipe, np.random.default_rng(seed))
        assert inside.all()
        flipped = not np.array_equal(image, item.pixels)
        assert np.array_equal(image, item.pixels[:, ::-1] if flipped else item.pixels)
        assert np.array_equal(said, item.labels[:, ::-1] if flipped else item.labels)
        seen.add(flipped)
    assert seen == {False, True}


def test_colours_change_and_greys_stay_grey():
    rng, grey = np.random.default_rng(0), np.full((6, 6, 3), 120, np.uint8)
    for _ in range(20):
        changed = distorted(grey, 1.0, rng).astype(int)
        assert np.ptp(changed) <= 1
        assert abs(changed.mean() - 120) <= 32 * 1.5 + 60
    red = np.full((6, 6, 3), (200, 40, 40), np.uint8)
    values = {tuple(distorted(red, 1.0, np.random.default_rng(seed))[0, 0].tolist()) for seed in range(20)}
    assert len(values) > 15
    assert all(value[0] >= max(value[1:]) for value in values)  # a tenth of the circle leaves red the largest


def test_a_training_lowers_its_loss():
    told = []
    trained(recipe=LEARNER, progress=lambda share, message: told.append(float(message.rsplit(" ", 1)[1])))
    assert len(told) == 30
    assert np.mean(told[-5:]) < 0.75 * np.mean(told[:3])


def test_a_training_repeats_itself_after_a_kill(tmp_path):
    undisturbed = trained()
    with pytest.raises(Cancelled):
        trained(resume_path=tmp_path / "state", progress=killing(3))
    torch.rand(3)  # dropout's draws are not the global generator's
    resumed = trained(scenes()[::-1], resume_path=tmp_path / "state")
    assert same(undisturbed, resumed)


@pytest.mark.parametrize("change", [{"weight_map": "plain"}, {"auxiliary": 0.0}, {"dropout": 0.5}, {"seed": 4}])
def test_options_come_to_other_trainings(change):
    short, options = replace(TINY, iterations=2), dict(change)
    seed = options.pop("seed", 3)
    assert not same(trained(recipe=short), trained(recipe=replace(short, **options), seed=seed))


def test_the_loss_is_that_of_both_heads_at_full_size():
    task = SegmentationTask.of(scenes(), 2, replace(TINY, dropout=0.0), seed=0, device=CPU)
    task.network.eval()
    batch = task.batch(0, 0)
    assert batch.images.shape == (3, 3, 48, 48)
    assert batch.labels.dtype == torch.int64
    main, auxiliary = (
        F.interpolate(logits, (48, 48), mode="bilinear", align_corners=False)
        for logits in task.network.both(batch.images)
    )
    wanted = weighted_loss("l_norm", main, batch.labels) + 0.4 * weighted_loss("l_norm", auxiliary, batch.labels)
    torch.testing.assert_close(task.loss(batch, 0.0), wanted)
    batch.labels[:, :10] = 255
    official = replace(task, recipe=replace(task.recipe, compat="official"))
    assert task.loss(batch, 0.0) != official.loss(batch, 0.0)


def test_the_rate_falls_to_a_least_one():
    recipe = replace(TINY, optimizer="sgd", rate=0.005, min_rate=1e-4, head_factor=10.0)
    task = SegmentationTask.of(scenes(), 2, recipe, seed=0, device=CPU)
    optimizer = task.optimizer()
    assert [group["rate"] for group in optimizer.param_groups] == pytest.approx([0.005, 0.05])
    assert {(group["momentum"], group["weight_decay"]) for group in optimizer.param_groups} == {(0.9, 5e-4)}
    for iteration in (0, 5000, 9999):
        wanted = (0.005 - 1e-4) * (1 - iteration / 10_000) ** 0.9 + 1e-4
        assert 0.005 * task.settings.share(iteration, 10_000) == pytest.approx(wanted)


def test_labels_find_the_block_and_a_file_is_read_as_it_was_written(fitted, tmp_path):
    item = scenes(5)[4]
    reading = fitted.reading((1.0, 1.25))
    assert (reading.tile, reading.tile_stride, reading.window, reading.window_stride) == (48, 36, 64, 48)
    found = fitted.labels(item.pixels, reading)
    assert ((found == 1) & (item.labels == 1)).sum() / ((found == 1) | (item.labels == 1)).sum() > 0.5
    fitted.save(tmp_path / "model")
    read = FittedSegmentation.load(tmp_path / "model", CPU)
    assert (read.recipe, read.classes, read.seed, read.arithmetic) == (LEARNER, 2, 3, fitted.arithmetic)
    assert np.array_equal(read.probabilities(item.pixels, reading), fitted.probabilities(item.pixels, reading))
    read.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


def test_published_options_and_readings():
    paper, official = SegmentationRecipe.paper(), SegmentationRecipe.official()
    assert (paper.batch, official.batch, official.compat) == (32, 8, "official")
    assert (paper.iterations, paper.rate, paper.auxiliary, paper.weight_map) == (10_000, 0.005, 0.4, "l_norm")
    with torch.device("meta"):
        network: Any = SegmentationNetwork(build_segmentation(TINY, 2).encoder, 512, 2, 0.1)
    assert network.auxiliary[0][0].out_channels == 256


@pytest.mark.parametrize(
    "options",
    [
        {"tile_stride": 300},
        {"window_stride": 400},
        {"smallest": 4.0},
        {"min_rate": 1.0},
        {"dropout": 1.0},
        {"width": 3},
        {"distortion": 1.5},
    ],
)
def test_impossible_recipes_are_refused(options):
    with pytest.raises(InvalidConfig, match=next(iter(options))):
        SegmentationRecipe(**options)


def test_what_cannot_be_learnt_is_refused():
    (item,) = scenes(1)
    for items, message in (([], "no image"), ([item, item], "twice")):
        with pytest.raises(InvalidArgument, match=message):
            trained(items)
    with pytest.raises(InvalidLabel, match="of class 2"):
        trained([replace(item, labels=item.labels * 2)])
    with pytest.raises(InvalidLabel, match="not of the image's size"):
        LabeledPixels("a", item.pixels, item.labels[:-1])
    with pytest.raises(InvalidConfig, match="encoder"):
        resolve_segmentation(encoder="wideresnet39")
