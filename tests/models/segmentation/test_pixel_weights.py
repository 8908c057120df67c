"""Weights by hand, and by plain loops over pixels written from the equations."""

import math
from typing import Any, cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from models.segmentation.pixel_weights import (
    WEIGHT_MAPS,
    WeightMap,
    c_diff,
    c_max,
    cross_entropies,
    l_norm,
    l_norm_official,
    lc_mix,
    of_one_class,
    ohem,
    pixel_weights,
    two_classes,
    weighted_loss,
)

EASY: tuple[WeightMap, ...] = ("c_max", "c_diff", "l_norm", "lc_mix")


def drawn(seed=0, classes=2, unknown=0.0, size=(3, 4, 5)):
    """Logits (B, C, H, W) and labels (B, H, W), each image of two classes or more."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(size[0], classes, *size[1:], generator=generator)
    labels = torch.randint(0, classes, size, generator=generator)
    labels[torch.rand(size, generator=generator) < unknown] = 255
    labels[:, 0, 0], labels[:, 0, 1] = 0, classes - 1
    return logits, labels


def slow_weights(kind, logits, labels, official):
    """Equations 4 to 8, a pixel at a time."""
    made = np.zeros(labels.shape)
    for b in range(len(labels)):
        known = {int(value) for value in labels[b].unique()} - {255}
        places = list(np.ndindex(labels.shape[1:]))
        counted = [place for place in places if official or labels[b][place] != 255]
        losses, shares = {}, {}
        for y, x in places:
            scores = [math.exp(v) for v in logits[b, :, y, x].tolist()]
            shares[y, x] = [v / sum(scores) for v in scores]
            label = int(labels[b, y, x])
            losses[y, x] = 0.0 if label == 255 else -math.log(shares[y, x][label])
        total = sum(math.exp(-losses[place]) for place in counted)
        for place in counted:
            normal = len(counted) * math.exp(-losses[place]) / total
            values = {
                "c_max": max(shares[place]),
                "c_diff": max(shares[place]) - min(shares[place]),
                "l_norm": normal,
                "lc_mix": normal * max(shares[place]),
            }
            made[b][place] = 1 if len(known) <= 1 else values[kind]
    return made


@pytest.mark.parametrize("kind", EASY)
@pytest.mark.parametrize("official", [False, True])
@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), classes=st.sampled_from([2, 3, 5]), unknown=st.sampled_from([0.0, 0.4]))
def test_weights_agree_with_plain_loops(kind, official, seed, classes, unknown):
    logits, labels = drawn(seed, classes, unknown)
    labels[2][labels[2] != 255] = 1  # one image of one class
    made = pixel_weights(kind, logits, labels, official=official)
    assert np.allclose(made.numpy(), slow_weights(kind, logits, labels, official), atol=1e-5)
    losses = cross_entropies(logits, labels)
    number = labels.numel() if official else int((labels != 255).sum())
    wanted = float((torch.from_numpy(slow_weights(kind, logits, labels, official)) * losses).sum()) / number
    assert float(weighted_loss(kind, logits, labels, official=official)) == pytest.approx(wanted, rel=1e-4)


def test_weights_by_hand():
    """Two pixels, probabilities of their labels 0.9 and 0.4; softmax of -(-log p) is p over the sum of p."""
    odds = torch.log(torch.tensor([[0.1, 0.4], [0.9, 0.6]]))
    logits, labels = odds[None, :, None, :], torch.tensor([[[1, 0]]])
    assert c_max(logits, labels).flatten().tolist() == pytest.approx([0.9, 0.6])
    assert c_diff(logits, labels).flatten().tolist() == pytest.approx([0.8, 0.2])
    assert l_norm(logits, labels).flatten().tolist() == pytest.approx([2 * 0.9 / 1.3, 2 * 0.4 / 1.3])
    assert lc_mix(logits, labels).flatten().tolist() == pytest.approx([0.9 * 1.8 / 1.3, 0.6 * 0.8 / 1.3])
    loss = weighted_loss("l_norm", logits, labels)
    wanted = (-1.8 / 1.3 * math.log(0.9) - 0.8 / 1.3 * math.log(0.4)) / 2
    assert float(loss) == pytest.approx(wanted)
    assert float(weighted_loss("plain", logits, labels)) == pytest.approx(-(math.log(0.9) + math.log(0.4)) / 2)


def test_loss_weights_have_mean_one_and_two_classes_are_affine():
    logits, labels = drawn(1)
    torch.testing.assert_close(l_norm(logits, labels).mean(dim=(1, 2)), torch.ones(3))
    torch.testing.assert_close(c_diff(logits, labels), 2 * c_max(logits, labels) - 1)
    many = drawn(1, classes=3)
    assert not torch.allclose(c_diff(*many), 2 * c_max(*many) - 1, atol=0.05)


def test_unknown_pixels_weigh_nothing_and_the_rest_has_mean_one():
    logits, labels = drawn(2, unknown=0.4)
    known = labels != 255
    weights = pixel_weights("l_norm", logits, labels)
    assert not weights[~known].any()
    for b in range(3):
        assert float(weights[b][known[b]].mean()) == pytest.approx(1)
    for kind in WEIGHT_MAPS:
        assert not pixel_weights(kind, logits, labels)[~known].any()
        changed = torch.where(known[:, None], logits, -3 * logits + 1)
        torch.testing.assert_close(weighted_loss(kind, changed, labels), weighted_loss(kind, logits, labels))


def test_the_program_gives_unknown_pixels_the_largest_weight():
    logits, labels = drawn(2, unknown=0.4)
    known = labels != 255
    official = l_norm_official(logits, labels)
    for b in range(3):
        assert official[b][~known[b]].min() >= official[b][known[b]].max()
    torch.testing.assert_close(official.mean(dim=(1, 2)), torch.ones(3))
    assert weighted_loss("l_norm", logits, labels, official=True) < 0.8 * weighted_loss("l_norm", logits, labels)
    plain = weighted_loss("plain", logits, labels, official=True) * labels.numel() / known.sum()
    torch.testing.assert_close(plain, weighted_loss("plain", logits, labels))


def test_an_image_of_one_class_is_not_weighed():
    logits, labels = drawn(3)
    labels[0], labels[1] = 1, 255
    labels[2] = torch.where(labels[2] == 1, 255, labels[2])
    assert of_one_class(labels).tolist() == [True, True, True]
    assert of_one_class(drawn(3)[1]).tolist() == [False] * 3
    for kind in EASY:
        weights = pixel_weights(kind, logits, labels)
        assert torch.equal(weights, (labels != 255).float())
        assert torch.equal(pixel_weights(kind, logits, labels, official=True), torch.ones(labels.shape))
    assert float(weighted_loss("l_norm", logits[1:2], labels[1:2])) == 0


def test_hard_pixels_alone_by_hand():
    """Probabilities of the labels .9 .8 .6 .3: two are below .7; of six tenths, rounded to two, none is added."""
    likely = torch.tensor([0.9, 0.8, 0.6, 0.3])
    logits = torch.log(torch.stack([likely, 1 - likely]))[None, :, None]
    labels = torch.zeros(1, 1, 4, dtype=torch.int64)
    assert ohem(logits, labels).flatten().tolist() == [0, 0, 2, 2]
    assert ohem(logits, labels, least_share=0.75).flatten().tolist() == pytest.approx([0, 4 / 3, 4 / 3, 4 / 3])
    assert ohem(logits, labels, sure=0.1, least_share=0.25).flatten().tolist() == [0, 0, 0, 4]
    labels[..., 3] = 255
    assert ohem(logits, labels).flatten().tolist() == [0, 0, 3, 0]
    assert float(weighted_loss("ohem", logits, labels)) == pytest.approx(-math.log(0.6))
    assert not ohem(logits, torch.full_like(labels, 255)).any()


@pytest.mark.parametrize("kind", WEIGHT_MAPS)
def test_no_gradient_comes_back_through_a_weight(kind):
    logits, labels = drawn(4)
    logits.requires_grad_()
    weights = pixel_weights(kind, logits, labels)
    assert not weights.requires_grad
    (found,) = torch.autograd.grad(weighted_loss(kind, logits, labels), logits)
    (wanted,) = torch.autograd.grad((weights * cross_entropies(logits, labels)).mean(), logits)
    torch.testing.assert_close(found, wanted)
    (none,) = torch.autograd.grad(weighted_loss(kind, logits, torch.full_like(labels, 255)), logits)
    assert not none.any()


def test_one_logit_is_two_classes():
    logits = torch.randn(2, 3, 3)
    torch.testing.assert_close(two_classes(logits).softmax(dim=1)[:, 1], logits.sigmoid())


def test_what_does_not_fit_is_refused():
    logits, labels = drawn()
    with pytest.raises(InvalidArgument, match="none of"):
        pixel_weights(cast(Any, "easy"), logits, labels)
    for wrong in ((logits[:, :1], labels), (logits[:2], labels), (logits[..., 1:], labels)):
        with pytest.raises(InvalidArgument, match="do not fit"):
            pixel_weights("c_max", *wrong)
