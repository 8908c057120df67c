"""Maps of any size, what they say of an image, and objects in them, beside plain computations."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from models.classification.unet.network import build_unet
from models.data.samples import image_tensor, normalise
from models.localization.tiled.advcam import TiledAdvCam
from models.localization.tiled.tiles import Tiling
from models.proposals.defect_masks import DefectMaking
from models.proposals.from_maps import mask_statistics
from models.unet_maps.networks import map_of, probability, scores_of
from models.unet_maps.objects import objects_in
from tests.models.classification.unet.drawn import network, small

CPU = torch.device("cpu")
WHOLE, TILED = Tiling(0), Tiling(128, 56)


@pytest.fixture(scope="module")
def classifier():
    return network()


def noise(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def single():
    made = build_unet(small(start="plain"), 1, seed=2).eval()
    with torch.no_grad():
        made.bias.fill_(0.3)
    return made


def test_tiles_give_the_scores_of_the_whole_image():
    made, pixels = single(), noise(190, 150)
    np.testing.assert_allclose(scores_of(made, pixels, TILED), scores_of(made, pixels, WHOLE), atol=1e-5)


def test_an_image_of_a_crops_size_is_as_likely_as_the_network_says():
    made, pixels = single(), noise(32, 32)
    with torch.no_grad():
        said = made(normalise(image_tensor([pixels], CPU))).sigmoid()
    assert probability(scores_of(made, pixels, WHOLE), 0.3, 32) == pytest.approx(float(said), abs=1e-6)


@settings(max_examples=40)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 20), st.integers(0, 99))
def test_the_probability_is_the_largest_of_crops_half_a_side_apart(height, width, side, seed):
    scores = np.random.default_rng(seed).normal(size=(height, width)).astype(np.float32)

    def begins(length):
        last, step = max(0, length - side), max(1, side // 2)
        return sorted({*range(0, last + 1, step), last})

    means = [scores[y : y + side, x : x + side].mean() for y in begins(height) for x in begins(width)]
    assert probability(scores, -1.0, side) == pytest.approx(1 / (1 + np.exp(1 - max(means))), abs=1e-6)


def test_a_small_object_in_a_large_image_is_as_likely_as_in_a_crop():
    scores = np.full((400, 400), -3, np.float32)
    scores[100:132, 300:332] = 5
    assert probability(scores, 0.0, 32) > 0.8
    assert probability(scores[:100], 0.0, 32) < 0.05


@pytest.mark.parametrize("steps", [0, 1])
def test_maps_are_those_of_grad_cam_or_of_so_many_steps(classifier, steps):
    pixels = noise(60, 80, seed=3)
    made = map_of(classifier, pixels, scores_of(classifier, pixels, WHOLE), steps, WHOLE)
    (wanted,) = TiledAdvCam(steps=steps, tiling=WHOLE).maps(classifier, [pixels], [(0,)])
    np.testing.assert_allclose(made, wanted.whole[0].numpy(), atol=1e-6)
    assert made.max() == pytest.approx(1)
    assert made.min() >= 0
    assert (made < 0.5).any()


@settings(max_examples=40)
@given(st.integers(4, 40), st.integers(4, 40), st.integers(0, 99), st.sampled_from([0, 3]))
def test_statistics_are_those_of_whole_masks(height, width, seed, closing):
    rng = np.random.default_rng(seed)
    values = (rng.random((height, width)) * (rng.random((height, width)) > 0.6)).astype(np.float32)
    making = DefectMaking(0.4, closing, least_area=2)
    found = [one.among(3) for one in objects_in(values, 7, 0.8, making)]
    for one in found:
        solid = one.mask.to_array()
        assert solid.shape == values.shape
        np.testing.assert_allclose(one.statistics, mask_statistics(values, solid, 0.8, 0.4, 3), atol=1e-6)
        np.testing.assert_array_equal(one.values, values[solid])
        assert one.category_id == 7
    covered = sum((one.mask.to_array().astype(int) for one in found), np.zeros(values.shape, int))
    assert covered.max(initial=0) <= 1
