import math

import numpy as np
import pytest
import torch

from models.refinement.affinity.pairs import affinity_losses, pair_labels
from tests.models.refinement import slow

RADIUS, SIZE = 3, 8


@pytest.fixture(scope="module")
def labels():
    return np.random.default_rng(1).choice([0, 0, 1, 2, 255], size=(2, SIZE, SIZE))


def kind(here, there):
    if here == there == 0:
        return "background"
    if 255 in (here, there):
        return "unknown"
    return "foreground" if here == there else "negative"


def test_labels_of_pairs_are_those_of_plain_loops(labels):
    made, margin = pair_labels(torch.from_numpy(labels), RADIUS), RADIUS - 1
    counts = {"background": 0, "foreground": 0, "negative": 0, "unknown": 0}
    for image in range(2):
        for place, (y, x), other in slow.pairs(SIZE, SIZE, RADIUS):
            expected = kind(labels[image, y, x], labels[image][other])
            counts[expected] += 1
            for name in ("background", "foreground", "negative"):
                assert getattr(made, name)[image, place, y, x - margin].item() == (name == expected)
    assert min(counts.values()) > 0


def test_losses_are_those_of_plain_loops(labels):
    pairs = pair_labels(torch.from_numpy(labels), RADIUS)
    affinity = torch.rand(pairs.negative.shape, generator=torch.Generator().manual_seed(2))
    losses, margin = affinity_losses(affinity, pairs), RADIUS - 1
    sums = dict.fromkeys(("background", "foreground", "negative", "unknown"), (0.0, 0))
    for image in range(2):
        for place, (y, x), other in slow.pairs(SIZE, SIZE, RADIUS):
            name, value = kind(labels[image, y, x], labels[image][other]), affinity[image, place, y, x - margin].item()
            loss = -math.log(1 + 1e-5 - value if name == "negative" else value + 1e-5)
            sums[name] = (sums[name][0] + loss, sums[name][1] + 1)
    for name in ("background", "foreground", "negative"):
        total, count = sums[name]
        assert getattr(losses, name).item() == pytest.approx(total / (count + 1e-5), abs=1e-5)
    (ground, of_ground), (same, of_classes) = sums["background"], sums["foreground"]
    assert losses.positive.item() == pytest.approx((ground + same) / (of_ground + of_classes + 1e-5), abs=1e-5)


def test_means_of_no_pair_are_0_and_the_surest_errors_are_finite():
    pairs = pair_labels(torch.full((1, SIZE, SIZE), 255), RADIUS)
    none = affinity_losses(torch.full(pairs.negative.shape, 0.5), pairs)
    assert [none.background, none.foreground, none.negative, none.positive] == [0, 0, 0, 0]
    ground = pair_labels(torch.zeros(1, SIZE, SIZE), RADIUS)
    worst = affinity_losses(torch.zeros(ground.negative.shape), ground)
    assert worst.background.item() == pytest.approx(-math.log(1e-5), abs=1e-4)
    assert worst.foreground == worst.negative == 0
