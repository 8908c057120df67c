"""What all methods share, beside plain loops: views, joined views, joined scales, and what may be asked."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from maskloop.errors import InvalidArgument, InvalidConfig
from models.localization import maps as room
from models.localization.maps import (
    check_asked,
    check_scales,
    class_maps,
    join_scales,
    join_views,
    look_at_scales,
    view_pair,
)
from tests.models.localization.scenes import bilinear, classifier, photograph

CPU = torch.device("cpu")
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@pytest.mark.parametrize(("scale", "height", "width"), [(1.0, 37, 50), (0.5, 18, 25), (1.5, 56, 75), (2.0, 74, 100)])
def test_views_are_the_resized_image_and_its_mirror_image_normalised(scale, height, width):
    pixels = photograph("cat", 37, 50)
    pair = view_pair(pixels, scale, CPU)
    assert pair.shape == (2, 3, height, width)  # 18.5 and 55.5 are rounded to the even side
    sized = np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
    for channel in range(3):
        plain = (sized[:, :, channel] / 255 - MEAN[channel]) / DEVIATION[channel]
        np.testing.assert_allclose(pair[0, channel], plain, atol=1e-5)
        np.testing.assert_allclose(pair[1, channel], plain[:, ::-1], atol=1e-5)


def test_views_of_a_pixel_have_one_at_every_scale():
    assert view_pair(np.zeros((1, 1, 3), np.uint8), 0.1, CPU).shape == (2, 3, 1, 1)


def test_the_mirror_images_map_is_turned_back():
    pairs = torch.tensor([[[1.0, 2.0, 3.0]], [[10.0, 20.0, 40.0]]])[:, None]
    assert join_views(pairs).tolist() == [[[41.0, 22.0, 13.0]]]
    assert torch.equal(join_views(pairs.expand(5, 2, 1, 1, 3))[4], join_views(pairs))


@given(
    sides=st.lists(st.tuples(st.integers(1, 5), st.integers(1, 5)), min_size=1, max_size=3),
    height=st.integers(1, 34),
    width=st.integers(1, 34),
    seed=st.integers(0, 9),
)
@settings(max_examples=20, deadline=None)
def test_scales_are_summed_at_two_sizes_and_divided_by_the_largest(sides, height, width, seed):
    rng = np.random.default_rng(seed)
    maps = [rng.random((2, *side)) * rng.integers(0, 2, (2, 1, 1)) for side in sides]
    made = join_scales([torch.from_numpy(one) for one in maps], [4, 1], (height, width), 16)
    assert made.classes == (4, 1)
    assert (made.strided.dtype, made.whole.dtype) == (torch.float32, torch.float32)
    frame = math.ceil(height / 16) * 16, math.ceil(width / 16) * 16
    for row in range(2):
        strided = np.sum([bilinear(one[row], math.ceil(height / 4), math.ceil(width / 4)) for one in maps], axis=0)
        whole = np.sum([bilinear(one[row], *frame) for one in maps], axis=0)[:height, :width]
        np.testing.assert_allclose(made.strided[row], strided / (strided.max() + 1e-5), atol=1e-5)
        np.testing.assert_allclose(made.whole[row], whole / (whole.max() + 1e-5), atol=1e-5)


def test_a_map_of_zeros_stays_one():
    made = join_scales([torch.zeros(1, 2, 2)], [0], (20, 20), 16)
    assert not made.strided.any()
    assert not made.whole.any()


@pytest.mark.parametrize("classes", [[[]], [[1, 1]], [[3]], [[-1]], [[0], [1]]])
def test_classes_that_cannot_be_are_refused(classes):
    with pytest.raises(InvalidArgument) as refused:
        check_asked(classifier(), [np.zeros((8, 8, 3), np.uint8)], classes)
    assert refused.value.field == "classes"


@pytest.mark.parametrize("scales", [(), (1.0, 0.0), (-1.0,), (float("nan"),), (float("inf"),)])
def test_scales_that_cannot_be_are_refused(scales):
    with pytest.raises(InvalidConfig) as refused:
        check_scales(scales)
    assert refused.value.field == "scales"


def test_images_of_one_size_are_seen_together_within_the_budget_and_told_in_their_order(monkeypatch):
    monkeypatch.setattr(room, "PIXELS", 2 * 2 * 16 * 16)
    network, met = classifier(), []
    sides = [(16, 16), (32, 16), (16, 16), (64, 64), (16, 16)]
    images = [np.full((*side, 3), 20 * place, np.uint8) for place, side in enumerate(sides)]

    def look(pairs, asked, scale):
        met.append((scale, *pairs.shape[:1], *pairs.shape[-2:]))
        assert pairs.dtype == torch.float64
        return [pair[:1, 0] + len(wanted) for pair, wanted in zip(pairs, asked, strict=True)]

    seen = look_at_scales(network, images, [(0,), (0, 1), (1,), (2,), (0, 2)], (1.0, 0.5), look)
    assert met[:4] == [(1.0, 2, 16, 16), (1.0, 1, 16, 16), (1.0, 1, 32, 16), (1.0, 1, 64, 64)]
    assert met[4:] == [(0.5, 3, 8, 8), (0.5, 1, 16, 8), (0.5, 1, 32, 32)]
    for place, (one, wanted) in enumerate(zip(seen, (1, 2, 1, 1, 2), strict=True)):
        red = (20 * place / 255 - MEAN[0]) / DEVIATION[0] + wanted
        assert [maps.shape[1:] for maps in one] == [sides[place], tuple(side // 2 for side in sides[place])]
        torch.testing.assert_close(one[0], torch.full_like(one[0], red), atol=1e-5, rtol=0)


def test_class_maps_are_the_classifiers_pair_by_pair():
    network, pairs = classifier(), torch.randn(3, 2, 3, 32, 48, dtype=torch.float64)
    with torch.no_grad():
        made = class_maps(network, pairs)
        assert made.shape == (3, 2, 3, 2, 3)
        torch.testing.assert_close(made[2, 1], network.maps(pairs[2, 1:])[0])
