"""A classifier cut in two, beside the whole: the same maps, also with other weights, and gradients to these alone."""

import copy

import pytest
import torch

from maskloop.errors import InvalidArgument
from models.classification.network import build_classifier
from models.classification.recipe import resolve_classifier
from models.localization.late_part import LatePart

IMAGES = torch.rand(2, 3, 48, 64, generator=torch.Generator().manual_seed(0))
ENCODERS = ["compact", "timm:tf_efficientnet_lite0", "timm:test_resnet"]


@pytest.fixture(scope="module", params=ENCODERS)
def classifier(request):
    return build_classifier(resolve_classifier("compact", encoder=request.param), 3, seed=1).eval()


@pytest.mark.parametrize("cut", [1, 2, 4])
@torch.no_grad()
def test_maps_are_those_of_the_classifier(classifier, cut):
    late = LatePart.of(classifier, cut)
    assert torch.equal(late.maps(late.before(IMAGES), late.weights()), classifier.maps(IMAGES))


def test_other_weights_count_in_its_place_and_learn_while_the_classifier_stays(classifier):
    before = {name: value.clone() for name, value in classifier.state_dict().items()}
    late = LatePart.of(classifier, 2)
    generator = torch.Generator().manual_seed(2)
    weights = {
        name: (value + 0.01 * torch.randn(value.shape, generator=generator)).requires_grad_()
        for name, value in late.weights().items()
    }
    other = copy.deepcopy(classifier)
    learnt = dict(LatePart.of(other, 2).named_parameters())
    with torch.no_grad():
        for name, value in weights.items():
            learnt[name].copy_(value)
    made, wanted = late.maps(late.before(IMAGES), weights), other.maps(IMAGES)
    assert torch.equal(made, wanted)
    assert not torch.allclose(made, classifier.maps(IMAGES))
    ours = torch.autograd.grad(made.square().sum(), list(weights.values()))
    theirs = torch.autograd.grad(wanted.square().sum(), [learnt[name] for name in weights])
    for one, another in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, another)
    assert all(gradient.abs().max() > 0 for gradient in ours)
    assert all(torch.equal(before[name], value) for name, value in classifier.state_dict().items())
    assert not any(module.training for module in classifier.modules())


def test_the_late_part_begins_behind_the_tap_at_an_eighth_for_every_encoder(classifier):
    assert LatePart.of(classifier, 2).before(IMAGES).shape[2:] == (6, 8)


def test_there_are_four_stages_to_cut_behind(classifier):
    for cut in (-1, 5):
        with pytest.raises(InvalidArgument, match=f"cannot be cut after {cut} stages"):
            LatePart.of(classifier, cut)
