import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from maskloop.errors import InvalidArgument, InvalidConfig
from models.encoders.backbones import build_encoder
from models.refinement.affinity.affinitynet import (
    AffinityNetwork,
    PsaWalk,
    grid_affinity,
    joint_loss,
    pair_affinity,
    refine,
    walked_scores,
)
from models.refinement.affinity.pairs import AffinityLosses
from tests.models.refinement import slow


def network(radius=3, distance="mean", encoder="compact", stride=16):
    torch.manual_seed(0)
    return AffinityNetwork(build_encoder(encoder, output_stride=stride), radius=radius, distance=distance).eval()


@pytest.fixture(scope="module")
def pixels():
    return np.random.default_rng(0).integers(0, 256, size=(61, 64, 3), dtype=np.uint8)


@pytest.mark.parametrize("distance", ["mean", "sum"])
def test_affinity_is_exp_of_less_the_distance_of_features(distance):
    features = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    affinity, radius = pair_affinity(features, 3, distance), 3
    for image in range(2):
        for place, (y, x), (oy, ox) in slow.pairs(8, 8, radius):
            apart = [abs(float(features[image, c, y, x] - features[image, c, oy, ox])) for c in range(3)]
            expected = math.exp(-sum(apart) / (3 if distance == "mean" else 1))
            assert affinity[image, place, y, x - radius + 1].item() == pytest.approx(expected, abs=1e-6)


def test_losses_are_joined_by_hand():
    losses = AffinityLosses(*(torch.tensor(value) for value in (4.0, 8.0, 6.0, 5.0)))
    assert joint_loss(losses) == 4 / 4 + 8 / 4 + 6 / 2
    assert joint_loss(losses, "unsplit") == 5 + 6


@pytest.mark.parametrize(
    ("encoder", "stride", "factors"),
    [("compact", 16, (1, 2, 2)), ("resnet18", 32, (1, 2, 4)), ("timm:tf_efficientnet_lite0", 32, (1, 2, 4))],
)
def test_features_are_of_three_taps_reduced_on_one_grid_and_joined(encoder, stride, factors):
    made = network(encoder=encoder, stride=stride)
    images = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features, taps = made(images), made.encoder(images)[2:]
        parts = []
        for layer, tap, factor in zip(made.reduced, taps, factors, strict=True):
            reduced = F.elu(torch.einsum("oc,bchw->bohw", layer.weight[..., 0, 0], tap))
            parts.append(F.interpolate(reduced, scale_factor=factor, mode="bilinear") if factor > 1 else reduced)
        expected = F.elu(torch.einsum("oc,bchw->bohw", made.joined.weight[..., 0, 0], torch.cat(parts, dim=1)))
    assert [part.shape[1] for part in parts] == [64, 128, 256]
    assert features.shape == (1, 448, 8, 12)
    torch.testing.assert_close(features, expected, atol=1e-5, rtol=1e-4)


def test_norms_of_the_encoder_use_their_running_statistics_in_training_too():
    made = network().train()
    norms = [module for module in made.encoder.modules() if isinstance(module, torch.nn.BatchNorm2d)]
    assert norms
    assert not any(norm.training for norm in norms)
    assert made.training
    assert made.reduced.training


def dense_of(made, pixels):
    """The image filled to whole cells, its features compared pair by pair."""
    rows, columns = -(-pixels.shape[0] // 8), -(-pixels.shape[1] // 8)
    mean, std = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
    image = np.zeros((8 * rows, 8 * columns, 3))
    image[: pixels.shape[0], : pixels.shape[1]] = (pixels / 255 - mean) / std
    with torch.no_grad():
        features = made(torch.from_numpy(image).float().permute(2, 0, 1)[None])[0].double().numpy()
    affinities = [
        (source, other, math.exp(-np.abs(features[:, *source] - features[:, *other]).mean()))
        for _, source, other in slow.pairs(rows, columns, made.radius)
    ]
    return slow.dense(rows, columns, affinities)


def test_scores_are_those_of_the_dense_matrix(pixels):
    made = network()
    made.joined.weight.data *= 6  # else all features of an untrained network are alike
    maps = torch.rand(2, 61, 64, generator=torch.Generator().manual_seed(2)) * 0.05
    maps[0, :30, :30] += 0.7
    maps[1, 20:, 40:] += 0.5
    matrix = dense_of(made, pixels)
    assert 0.1 < np.median(matrix[matrix > 0]) < 0.9
    filled = np.zeros((3, 64, 64))
    filled[1:, :61] = maps.numpy()
    filled[0, :61] = (1 - maps.numpy().max(axis=0)) ** 16
    cells = np.array(
        [
            [[filled[k, 8 * y : 8 * y + 8, 8 * x : 8 * x + 8].mean() for x in range(8)] for y in range(8)]
            for k in range(3)
        ]
    )
    walked = torch.from_numpy(slow.walked(cells, matrix, 8, 8))
    expected = F.interpolate(walked[None], scale_factor=8, mode="bilinear", align_corners=False)[0, :, :61].float()
    torch.testing.assert_close(walked_scores(made, pixels, maps, PsaWalk()), expected, atol=1e-5, rtol=1e-4)
    probabilities, labels = refine(made, pixels, (6, 1), maps)
    torch.testing.assert_close(probabilities, expected / expected.sum(dim=0), atol=1e-5, rtol=1e-4)
    top = expected.topk(2, dim=0)
    sure = top.values[0] - top.values[1] > 1e-4
    assert sure.float().mean() > 0.9
    assert set(labels.flatten().tolist()) == {0, 7, 2}
    assert torch.equal(labels[sure], torch.tensor([0, 7, 2])[top.indices[0]][sure])


def test_cells_near_the_sides_are_no_sources(pixels):
    affinity = grid_affinity(network(), pixels)
    assert affinity.shape == (len(slow.offsets(3)), 8, 8)
    sources = torch.zeros(8, 8, dtype=torch.bool)
    for y in range(8):
        for x in range(8):
            sources[y, x] = slow.is_source(y, x, 8, 8, 3)
    assert (affinity[:, sources] > 0).all()
    assert (affinity[:, ~sources] == 0).all()


class TwoTones(AffinityNetwork):
    """One whose features are how bright a cell is."""

    def forward(self, images):
        return 60 * F.avg_pool2d(images.mean(dim=1, keepdim=True), 8)


def test_a_seed_fills_its_region_and_stops_at_the_edge():
    pixels = np.full((160, 160, 3), 40, dtype=np.uint8)
    pixels[:, 80:] = 200
    torch.manual_seed(0)
    made = TwoTones(build_encoder("compact", output_stride=16)).eval()
    maps = torch.zeros(1, 160, 160)
    maps[0, 60:100, 104:128] = 1
    assert (maps[0, :, 80:] > 0).float().mean() < 0.1
    scores = walked_scores(made, pixels, maps, PsaWalk(alpha=1))
    inner = scores[1, 8:120, 80 + 8 : -8]
    assert inner.min() > 0.04
    assert scores[1, :, : 80 - 8].max() < 1e-6


def test_what_does_not_fit_is_refused(pixels):
    made = network()
    for maps, classes in ((torch.rand(1, 61, 63), (0,)), (torch.rand(1, 61, 64), (0, 1)), (torch.rand(0, 61, 64), ())):
        with pytest.raises(InvalidArgument) as error:
            refine(made, pixels, classes, maps)
        assert error.value.field == "maps"
    with pytest.raises(InvalidConfig):
        network(distance="median")
