"""The classifier of patches: its network, schedule, views and training; and its maps by plain loops."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig, InvalidLabel
from models.classification.patches.cutting import Patch, cut_patches
from models.classification.patches.maps import PatchMaps, crop_scores, present_alone
from models.classification.patches.model import FittedPatchClassifier
from models.classification.patches.network import build_patch_classifier
from models.classification.patches.recipe import PatchRecipe, resolve_patches
from models.classification.patches.train import PatchTask, train_patches
from models.classification.patches.views import network_input, training_view
from models.data.windows import Window
from tests.models.fits import CPU, killing, silent

TINY = PatchRecipe(
    side=24,
    stride=12,
    encoder="wideresnet38/8",
    input_side=32,
    epochs=12,
    batch=6,
    optimizer="adamw",
    rate=3e-3,
    max_iterations=6,
    checkpoint_every=1,
)
LEARNER = replace(TINY, encoder="compact", max_iterations=40)


def picture(seed=0, size=(52, 40)):
    """Dark noise, below a bright half; labels 0 and 1."""
    rng = np.random.default_rng(seed)
    pixels, labels = rng.integers(0, 60, (*size, 3), dtype=np.uint8), np.zeros(size, np.uint8)
    edge = int(rng.integers(16, 30))
    pixels[edge:] += 150
    labels[edge:] = 1
    return pixels, labels


def patches(images=2):
    made = []
    for number in range(images):
        pixels, labels = picture(number)
        made += cut_patches(f"image-{number}", pixels, labels, side=24, stride=12)
    return made


def trained(items=None, recipe=TINY, **more):
    options = {"seed": 3, "device": CPU, "resume_path": None, "progress": silent, **more}
    return train_patches(patches() if items is None else items, 2, recipe, **options)


def same(one, other):
    states = one.network.state_dict(), other.network.state_dict()
    return all(torch.equal(states[0][key], states[1][key]) for key in states[0])


@pytest.fixture(scope="module")
def fitted():
    return trained(recipe=LEARNER)


@torch.no_grad()
def test_stages_are_fused_and_maps_average_to_logits():
    network: Any = build_patch_classifier(TINY, 3).eval()
    images = torch.randn(2, 3, 40, 33)
    features = network.features(images)
    assert features.shape == (2, (512 + 1024 + 4096) // 8, 5, 5)
    assert torch.equal(features, torch.cat(network.encoder(images)[2:], dim=1))
    maps = network.maps(images)
    assert maps.shape == (2, 3, 5, 5)
    torch.testing.assert_close(maps.mean(dim=(2, 3)), network(images))
    torch.testing.assert_close(
        maps, torch.einsum("bdhw,cd->bchw", features, network.head.weight) + network.head.bias[:, None, None]
    )
    assert PatchRecipe().last_dilation == 2
    assert network.encoder.b7.conv_branch2b1.dilation == (2, 2)


def test_the_published_network_fuses_5632_channels():
    with torch.device("meta"):
        network = build_patch_classifier(PatchRecipe(encoder="compact"), 2)
    assert network.head.in_features == 32 * (2 + 4 + 8)
    assert sum((512, 1024, 4096)) == 5632


def test_the_programs_rate_falls_over_as_many_iterations_as_epochs():
    items = patches(1)
    official = PatchTask.of(items, 2, replace(TINY, epochs=20, compat="official"), seed=0, device=CPU)
    paper = PatchTask.of(items, 2, replace(TINY, epochs=20), seed=0, device=CPU)
    share = official.settings.share
    assert share(0, 1000) == 1
    assert share(10, 1000) == pytest.approx(0.5**0.9)
    assert 0.01 * share(19, 1000) == pytest.approx(0.01 * (1 / 20) ** 0.9)
    assert 0.01 * share(999, 1000) == pytest.approx(6.7e-4, rel=0.02)
    assert paper.settings.share(500, 1000) == pytest.approx(0.5**0.9)
    assert paper.settings.share(19, 1000) == pytest.approx((1 - 19 / 1000) ** 0.9)


@pytest.mark.parametrize(("compat", "wanted"), [("official", (1e-4, 0.0)), ("paper", (0.0, 1e-4))])
def test_the_program_takes_weight_decay_for_momentum(compat, wanted):
    recipe = replace(TINY, optimizer="sgd", compat=compat, head_factor=10.0)
    optimizer = PatchTask.of(patches(1), 2, recipe, seed=0, device=CPU).optimizer()
    assert [(group["momentum"], group["weight_decay"]) for group in optimizer.param_groups] == [wanted] * 2
    assert [group["rate"] for group in optimizer.param_groups] == pytest.approx([3e-3, 3e-2])


def test_views_are_parts_of_patches_of_the_wanted_size():
    pixels = np.zeros((24, 24, 3), np.uint8)
    pixels[..., 0] = np.arange(0, 240, 10)[:, None]
    pixels[..., 1] = np.arange(0, 240, 10)[None]
    mirrored = upside = 0
    for number in range(60):
        view = training_view(pixels, TINY, np.random.default_rng(number)).astype(int)
        assert view.shape == (32, 32, 3)
        down, along = abs(view[-1, 5, 0] - view[0, 5, 0]), abs(view[5, -1, 1] - view[5, 0, 1])
        assert 0.5 < (down / 230) * (along / 230) <= 1.01  # about the share of the area
        upside, mirrored = upside + (view[0, 5, 0] > view[-1, 5, 0]), mirrored + (view[5, 0, 1] > view[5, -1, 1])
    assert 15 < mirrored < 45
    assert 15 < upside < 45
    long = np.zeros((4, 40, 3), np.uint8)  # no ratio up to 4 / 3 has seven tenths of it
    assert training_view(long, replace(TINY, smallest=1.0), np.random.default_rng(0)).shape == (32, 32, 3)


def test_pixels_are_normalised_by_the_named_statistics():
    white = np.full((2, 2, 3), 255, np.uint8)
    glas = network_input([white], PatchRecipe(), CPU)[0, :, 0, 0]
    torch.testing.assert_close(glas, torch.tensor([0.213 / 0.167, 0.489 / 0.248, 0.215 / 0.131]))
    imagenet = network_input([white], PatchRecipe(statistics="imagenet"), CPU)[0, 0, 0, 0]
    assert imagenet == pytest.approx((1 - 0.485) / 0.229)


def test_a_training_lowers_its_loss():
    told = []
    trained(recipe=LEARNER, progress=lambda share, message: told.append(float(message.rsplit(" ", 1)[1])))
    assert len(told) == 40
    assert np.mean(told[-5:]) < 0.7 * np.mean(told[:3])


def test_a_training_repeats_itself_after_a_kill(tmp_path):
    undisturbed = trained()
    with pytest.raises(Cancelled):
        trained(resume_path=tmp_path / "state", progress=killing(4))
    torch.rand(3)  # dropout's draws are not the global generator's
    assert same(undisturbed, trained(patches()[::-1], resume_path=tmp_path / "state"))
    assert not same(undisturbed, trained(seed=4))


def test_a_file_is_read_as_it_was_written(fitted, tmp_path):
    fitted.save(tmp_path / "model")
    read = FittedPatchClassifier.load(tmp_path / "model", CPU)
    assert same(fitted, read)
    assert (read.recipe, read.classes, read.seed, read.arithmetic) == (LEARNER, 2, 3, fitted.arithmetic)
    read.save(tmp_path / "again")
    assert (tmp_path / "again").read_bytes() == (tmp_path / "model").read_bytes()


def slow_crop_scores(fitted, pixels, side, stride):
    """Crop by crop and pixel by pixel."""
    height, width = pixels.shape[:2]

    def begins(length):
        if length <= side:
            return [0]
        found = [place for place in range(0, length, stride) if place + side <= length]
        return found if found[-1] == length - side else [*found, length - side]

    total, times = np.zeros((fitted.classes, height, width)), np.zeros((height, width))
    for top in begins(height):
        for left in begins(width):
            crop = pixels[top : top + side, left : left + side]
            seen = Image.fromarray(crop).resize((fitted.recipe.input_side,) * 2, Image.Resampling.BILINEAR)
            with torch.no_grad():
                maps = fitted.network.maps(network_input([np.asarray(seen)], fitted.recipe, CPU))
            back = F.interpolate(maps, crop.shape[:2], mode="bilinear", align_corners=False)[0].numpy()
            for y, x in np.ndindex(crop.shape[:2]):
                total[:, top + y, left + x] += back[:, y, x]
                times[top + y, left + x] += 1
    return total / times


def slow_scores(fitted, pixels, scales):
    """Sum over scales, of a patch."""
    size, total = pixels.shape[:2], torch.zeros(())
    for scale in scales:
        wanted = [int(length * scale) for length in size]
        image = np.asarray(Image.fromarray(pixels).resize(wanted[::-1], Image.Resampling.BICUBIC))
        joined = torch.from_numpy(slow_crop_scores(fitted, image, fitted.recipe.side, fitted.recipe.stride))
        total = total + F.interpolate(joined[None].float(), size, mode="bilinear", align_corners=False)[0]
    return total


def test_maps_agree_with_plain_loops(fitted):
    patch = patches(1)[4]
    scores = PatchMaps(fitted).scores(patch.pixels)
    torch.testing.assert_close(scores, slow_scores(fitted, patch.pixels, (1, 1.25, 1.5, 1.75, 2)), rtol=1e-4, atol=1e-4)
    odd = picture(size=(26, 31))[0]  # 1.75 times 26 is 45.5, 1.25 and 1.75 times 31 are 38.75 and 54.25
    torch.testing.assert_close(
        PatchMaps(fitted).scores(odd), slow_scores(fitted, odd, (1, 1.25, 1.5, 1.75, 2)), rtol=1e-4, atol=1e-4
    )
    small = patch.pixels[:10]  # lower than a crop
    torch.testing.assert_close(
        PatchMaps(fitted, (1.5,)).scores(small), slow_scores(fitted, small, (1.5,)), rtol=1e-4, atol=1e-4
    )
    whole = crop_scores(fitted, picture()[0], 24, 24)
    assert np.allclose(whole, slow_crop_scores(fitted, picture()[0], 24, 24), atol=1e-4)


def test_absent_classes_are_never_said(fitted):
    maps, patch = PatchMaps(fitted, (1.0,)), patches(1)[4]
    assert patch.present == (0, 1)
    for index in (0, 1):
        assert (maps.labels(replace(patch, present=(index,))) == index).all()
    free = maps.labels(replace(patch, present=(0,)), all_classes=True)
    assert (free == maps.scores(patch.pixels).argmax(dim=0).numpy()).all()
    kept = present_alone(torch.ones(3, 1, 1), (1,))
    assert kept.flatten().tolist() == [-torch.inf, 1, -torch.inf]
    with pytest.raises(InvalidArgument):
        present_alone(torch.ones(3, 1, 1), ())


def test_an_images_labels_find_what_patches_hold(fitted):
    pixels, labels = picture(7)
    items = cut_patches("new", pixels, labels, side=24, stride=12)
    found = PatchMaps(fitted, (1.0, 1.5)).image_labels((52, 40), items)
    assert found.shape == (52, 40)
    assert (found == labels).mean() > 0.7


BLACK = np.zeros((24, 24, 3), np.uint8)


def test_what_cannot_be_learnt_is_refused():
    patch = Patch("a", Window(0, 0, 24, 24), BLACK, (0,))
    with pytest.raises(InvalidArgument, match="no patch"):
        trained([])
    with pytest.raises(InvalidArgument, match="twice"):
        trained([patch, patch])
    with pytest.raises(InvalidLabel, match="of 2 classes"):
        trained([replace(patch, present=(2,))])
    with pytest.raises(InvalidConfig, match="scales"):
        PatchMaps(None, (0.0,))


@pytest.mark.parametrize(
    "options",
    [{"stride": 200}, {"share": 1.5}, {"smallest": 2.0}, {"statistics": "mine"}, {"compat": "some"}, {"batch": 0}],
)
def test_impossible_recipes_are_refused(options):
    with pytest.raises(InvalidConfig, match=next(iter(options))):
        PatchRecipe(**options)


def test_recipes_count_iterations_and_know_their_encoders():
    assert PatchRecipe().iterations(117 * 85) == 20 * 498
    assert replace(TINY, max_iterations=7).iterations(1000) == 7
    assert resolve_patches(encoder="tf_efficientnet_lite0", weights="package").encoder.startswith("timm:")
    with pytest.raises(InvalidConfig, match="encoder"):
        resolve_patches(encoder="wideresnet39")
