"""RIB together with another method, beside a mean by hand and beside a classifier that a plain loop has fitted."""

import copy

import numpy as np
import pytest
import torch

from models.classification.network import build_classifier
from models.classification.recipe import resolve_classifier
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.gndrp import gndrp
from models.localization.maps import view_pair
from models.localization.rib import Rib
from models.localization.with_rib import WithRib

CPU = torch.device("cpu")
PICTURES = list(np.random.default_rng(3).integers(0, 256, (2, 48, 64, 3), dtype=np.uint8))
ASKED = [(1,), (2, 0)]
RIB = Rib(scales=(1.0,), fitted=(1.0,), steps=3, rate=1e-3, head_rate=1e-2, tau=0.95, most_spread=1.0)


@pytest.fixture(scope="module", params=["compact", "timm:test_resnet"])
def classifier(request):
    network = build_classifier(resolve_classifier("compact", encoder=request.param), 3, seed=1).eval()
    with torch.no_grad():
        network.head.weight.abs_()  # no map is zero throughout
    return network


def fitted_by_loop(classifier, pixels, asked, steps):
    """A copy after so many of RIB's steps at the image's own size."""
    network = copy.deepcopy(classifier)
    late = [*network.encoder.cut(2)[1].parameters(), network.head.weight]
    rates = [RIB.rate] * (len(late) - 1) + [RIB.head_rate]
    before = [torch.zeros_like(value) for value in late]
    for step in range(steps):
        loss = -gndrp(network.maps(view_pair(pixels, 1.0, CPU)), RIB.tau)[:, list(asked)].sum()
        gradients = torch.autograd.grad(loss, late)
        with torch.no_grad():
            for value, gradient, moving, rate in zip(late, gradients, before, rates, strict=True):
                moving.mul_(1e-4).add_(gradient + 1e-4 * value)
                value.sub_(rate * (1 - step / RIB.steps) ** 0.9 * moving)
    return network


def test_the_mean_is_that_of_both_methods_maps(classifier):
    other = AdvCam((1.0,), steps=2)
    made = WithRib(other, RIB).maps(classifier, PICTURES, ASKED)
    alone = [method.maps(classifier, PICTURES, ASKED) for method in (other, RIB)]
    for one, first, second in zip(made, *alone, strict=True):
        assert one.classes == first.classes
        np.testing.assert_allclose(one.whole, np.mean([first.whole, second.whole], axis=0), atol=1e-6)
        np.testing.assert_allclose(one.strided, np.mean([first.strided, second.strided], axis=0), atol=1e-6)


@pytest.mark.parametrize("other", [Cam((1.0,)), AdvCam((1.0,), steps=2)], ids=["cam", "adv_cam"])
def test_the_other_method_sees_each_image_with_the_weights_of_the_last_step_that_was_looked_at(classifier, other):
    state = copy.deepcopy(classifier.state_dict())
    made = WithRib(other, RIB, "fitted").maps(classifier, PICTURES, ASKED)
    for one, pixels, asked in zip(made, PICTURES, ASKED, strict=True):
        network = fitted_by_loop(classifier, pixels, asked, RIB.steps - 1)
        (wanted,) = other.maps(network, [pixels], [asked])
        torch.testing.assert_close(one.whole, wanted.whole, atol=2e-4, rtol=0)
        (before,) = other.maps(classifier, [pixels], [asked])
        assert (one.whole - before.whole).abs().max() > 1e-3
    assert all(torch.equal(state[name], value) for name, value in classifier.state_dict().items())


def test_weights_whose_maps_spread_are_not_taken(classifier):
    fitted = Rib(scales=(1.0,), fitted=(1.0,), most_spread=0.0).fit(classifier, PICTURES[0], ASKED[0])
    assert torch.equal(fitted.weights["head.weight"], classifier.head.weight)  # maps spread in the second step
