import numpy as np
import pytest
import torch
import torch.nn.functional as F

from maskloop.errors import InvalidArgument
from models.encoders.backbones import build_encoder
from models.refinement.affinity.irn_network import IrnNetwork, see
from models.refinement.affinity.irn_walk import IrnWalk, edge_affinity, enlarged_scores, propagate, refine, with_ground
from tests.models.refinement import slow

RADIUS = 5


def dense_walk(maps, edges, beta=10, squarings=8, radius=RADIUS):
    """As the program does it: edges of 1 on the left, on the right and at the bottom, all sources' pairs, cut back."""
    height, width = edges.shape
    high, wide = height + radius, width + 2 * radius
    padded = np.ones((high, wide))
    padded[:height, radius : radius + width] = edges
    matrix = slow.dense(
        high,
        wide,
        [
            (source, other, slow.path_affinity(padded, source, other))
            for _, source, other in slow.pairs(high, wide, radius)
        ],
    ).reshape(high, wide, high, wide)
    inner = matrix[:height, radius:-radius, :height, radius:-radius].reshape(height * width, -1)
    return slow.walked(maps * (1 - edges), inner, beta, squarings)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 9)])
def test_maps_are_walked_as_by_the_dense_matrix(height, width):
    rng = np.random.default_rng(0)
    edges, maps = rng.random((height, width)) ** 0.5, rng.random((2, height, width))
    expected = dense_walk(maps, edges)
    assert expected.std() > 0.02
    ours = propagate(torch.from_numpy(maps).float(), torch.from_numpy(edges).float(), IrnWalk())
    np.testing.assert_allclose(ours.numpy(), expected, atol=1e-5)
    sharper = propagate(torch.from_numpy(maps).float(), torch.from_numpy(edges).float(), IrnWalk(power=1.5))
    np.testing.assert_allclose(sharper.numpy(), dense_walk(maps**1.5, edges), atol=1e-5)


def test_affinities_are_of_all_pairs_in_the_grid():
    edges = np.random.default_rng(1).random((8, 8))
    affinity, seen = edge_affinity(torch.from_numpy(edges), RADIUS), 0
    for place, (dy, dx) in enumerate(slow.offsets(RADIUS)):
        for y in range(8):
            for x in range(8):
                inside = y + dy < 8 and 0 <= x + dx < 8
                expected = slow.path_affinity(edges, (y, x), (y + dy, x + dx)) if inside else 0.0
                assert affinity[place, y, x].item() == pytest.approx(expected, abs=1e-6)
                seen += 1
    assert affinity.numel() == seen


def test_a_seed_fills_its_region_and_stops_at_the_edge():
    edges = torch.zeros(24, 30)
    edges[:, 15] = 1
    maps = torch.zeros(1, 24, 30)
    maps[0, 10:14, 3:7] = 1
    walked = propagate(maps, edges, IrnWalk())[0]
    assert walked[:, :15].min() > 0.5 * walked[:, :15].max()
    assert walked[:, 15:].max() == 0
    scores = enlarged_scores(walked[None], (96, 120))
    owners = with_ground(scores, 0.25).argmax(dim=0)
    assert (owners[:, : 4 * 15 - 4] == 1).all()
    assert (owners[:, 4 * 15 + 4 :] == 0).all()


def test_scores_are_divided_by_the_largest_of_all_classes():
    walked = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0)) * torch.tensor([1.0, 0.1]).view(2, 1, 1)
    larger = F.interpolate(walked[None], size=(12, 16), mode="bilinear", align_corners=False)[0, :, :11, :13]
    torch.testing.assert_close(enlarged_scores(walked, (11, 13)), larger / larger.max())
    assert not enlarged_scores(torch.zeros(2, 3, 4), (11, 13)).any()
    assert with_ground(larger, 0.25)[0].unique().tolist() == [0.25]


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return IrnNetwork(build_encoder("compact", output_stride=16)).eval()


def test_an_image_is_refined_by_its_own_edges(network):
    pixels = np.random.default_rng(0).integers(0, 256, size=(38, 33, 3), dtype=np.uint8)
    maps = torch.rand(2, 10, 9, generator=torch.Generator().manual_seed(1))
    maps[0, :, 4:] *= 0.1
    maps[1, :8] *= 0.1
    probabilities, labels = refine(network, pixels, (4, 0), maps, IrnWalk(frame=64))
    edges = see(network, pixels, 64)[0].double().numpy()
    walked = torch.from_numpy(dense_walk(maps.double().numpy(), edges)).float()
    larger = F.interpolate(walked[None], scale_factor=4, mode="bilinear", align_corners=False)[0, :, :38, :33]
    scores = torch.cat([torch.full((1, 38, 33), 0.25), larger / larger.max()])
    torch.testing.assert_close(probabilities, scores / scores.sum(dim=0), atol=1e-4, rtol=1e-4)
    top = scores.topk(2, dim=0)
    sure = top.values[0] - top.values[1] > 1e-4
    assert torch.equal(labels[sure], torch.tensor([0, 5, 1])[top.indices[0]][sure])
    assert probabilities.shape == (3, 38, 33)


def test_what_does_not_fit_is_refused(network):
    pixels = np.zeros((38, 33, 3), dtype=np.uint8)
    for maps, classes in ((torch.rand(1, 9, 9), (0,)), (torch.rand(2, 10, 9), (0,)), (torch.rand(0, 10, 9), ())):
        with pytest.raises(InvalidArgument) as error:
            refine(network, pixels, classes, maps)
        assert error.value.field == "maps"
