"""Grad-CAM in three weightings, beside plain backward passes and what is known in closed form."""

import pytest
import torch
import torch.nn.functional as F

from benchmarks.weak.plain_maps import plain_grad_cam
from maskloop.errors import InvalidConfig
from models.encoders.names import TIMM
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.gradcam import WEIGHTINGS, GradCam, official_shares, official_weights
from models.localization.maps import join_scales
from tests.models.localization.scenes import classifier, normalised, photograph

IMAGES = [photograph("cat", 50, 66), photograph("coffee", 64, 48), photograph("astronaut", 50, 66)]
CLASSES = [(2,), (0, 1), (1, 2, 0)]


@pytest.mark.parametrize("tap", [1, 3, 4])
@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_maps_are_those_of_a_backward_pass_for_each_image_scale_and_class(weighting, tap):
    network = classifier()
    made = GradCam((1.0, 0.5), weighting, tap).maps(network, IMAGES, CLASSES)
    for one, pixels, asked in zip(made, IMAGES, CLASSES, strict=True):
        strided, whole = plain_grad_cam(network, pixels, asked, weighting=weighting, tap=tap, scales=(1.0, 0.5))
        torch.testing.assert_close(one.strided, strided.float(), atol=3e-6, rtol=0)
        torch.testing.assert_close(one.whole, whole.float(), atol=3e-6, rtol=0)


@pytest.mark.parametrize("weighting", ["averaged", "elementwise"])
def test_at_the_last_tap_it_is_the_class_activation_map(weighting):
    network = classifier()
    made, plain = (method.maps(network, IMAGES, CLASSES) for method in (GradCam(weighting=weighting), Cam()))
    for one, cam in zip(made, plain, strict=True):
        torch.testing.assert_close(one.whole, cam.whole, atol=1e-6, rtol=0)
        torch.testing.assert_close(one.strided, cam.strided, atol=1e-6, rtol=0)


def test_weightings_differ_before_the_last_tap():
    network = classifier()
    made = [GradCam((1.0,), weighting, 2).maps(network, IMAGES[:1], CLASSES[:1])[0].whole for weighting in WEIGHTINGS]
    assert (made[0] - made[1]).abs().max() > 0.1
    assert (made[0] - made[2]).abs().max() > 1e-3  # of both views: the official one weighs them by their gradients


def test_weights_by_hand():
    """Two views of two cells and two channels; three of the eight entries are positive."""
    gradient = torch.tensor([[[[1.0, 2.0]], [[-1.0, -3.0]]], [[[0.0, 4.0]], [[-2.0, 0.0]]]])
    assert official_weights(gradient).flatten().tolist() == pytest.approx([1.0, -4 / 3, 4 / 3, -2 / 3])


@pytest.mark.parametrize("seed", range(6))
def test_the_closed_form_is_the_gradients(seed):
    network, (pair,) = classifier(seed=seed), normalised(images=1, side=48, seed=seed)
    features = network.encoder(pair)[-1].detach().requires_grad_()
    for index in range(3):
        scores = F.conv2d(features, network.head.weight.detach())[:, index]
        (gradient,) = torch.autograd.grad(scores.relu().sum(), features)
        weights = gradient.sum(dim=(2, 3)) / ((gradient > 0).sum() + 1e-12)
        torch.testing.assert_close(official_weights(gradient), weights)
        own = network.head.weight[index, :, 0, 0].detach()
        shares = official_shares(scores, own)
        assert not shares.requires_grad
        torch.testing.assert_close(shares[:, None] * own, weights, atol=1e-6 * float(weights.abs().max()), rtol=0)
        mapped = (weights[:, :, None, None] * features.detach()).sum(dim=1).relu()
        torch.testing.assert_close(
            shares[:, None, None] * scores.detach().relu(), mapped, atol=1e-6 * float(mapped.max()), rtol=0
        )


def test_a_class_that_is_seen_nowhere_has_no_share():
    weights = torch.tensor([1.0, -1.0])
    assert official_shares(torch.tensor([[[-1.0, 0.0]], [[-2.0, 0.0]]]), weights).tolist() == [0, 0]
    assert official_shares(torch.tensor([[[3.0, 1.0]], [[2.0, 0.0]]]), weights).tolist() == pytest.approx(
        [2 / 3, 1 / 3]
    )


def test_the_official_one_is_advcam_before_its_first_step():
    network = classifier()
    ours = GradCam(weighting="official").maps(network, IMAGES, CLASSES)
    for one, other in zip(ours, AdvCam(steps=1).maps(network, IMAGES, CLASSES), strict=True):
        torch.testing.assert_close(one.whole, other.whole, atol=1e-6, rtol=0)


def test_it_needs_no_gradients_around_it_and_leaves_none():
    network = classifier().requires_grad_(requires_grad=False)
    with torch.no_grad():
        (made,) = GradCam((1.0,), tap=2).maps(network, IMAGES[:1], [(0,)])
    assert not made.whole.requires_grad
    network = classifier()
    GradCam((1.0,), tap=2).maps(network, IMAGES[:1], [(0,)])
    assert all(parameter.grad is None and parameter.requires_grad for parameter in network.parameters())


@pytest.mark.parametrize(
    ("options", "field"), [({"weighting": "mean"}, "weighting"), ({"tap": 5}, "tap"), ({"tap": -1}, "tap")]
)
def test_impossible_options_are_refused_by_name(options, field):
    with pytest.raises(InvalidConfig) as refused:
        GradCam(**options)
    assert refused.value.field == field


def test_a_tap_that_the_score_does_not_depend_on_is_refused():
    """Where timm's has no tap at 1/2, pixels stand in for it."""
    network = classifier(encoder=f"{TIMM}test_convnext")
    with pytest.raises(InvalidConfig, match="does not depend on tap 0"):
        GradCam((1.0,), tap=0).maps(network, IMAGES[:1], [(0,)])
    (made,) = GradCam((1.0,), tap=1).maps(network, [IMAGES[0][:49, :63]], [(0,)])
    assert join_scales([made.whole], [0], (49, 63), 16).whole.shape == (1, 49, 63)
