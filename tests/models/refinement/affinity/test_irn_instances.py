import math

import numpy as np
import pytest
import torch

from models.encoders.backbones import build_encoder
from models.refinement.affinity.irn_instances import (
    Grouping,
    cut_instances,
    find_centroids,
    group_cells,
    instances,
    split_by_group,
)
from models.refinement.affinity.irn_network import IrnNetwork
from models.refinement.affinity.irn_walk import IrnWalk


def field_of(centres, height, width, share=1.0):
    """Every cell points to the nearest centre, or a share of the way."""
    cells = np.indices((height, width))
    ways = np.stack([np.array(centre).reshape(2, 1, 1) - cells for centre in centres])
    nearest = np.argmin((ways**2).sum(axis=1), axis=0)
    return (share * np.take_along_axis(ways, nearest[None, None], axis=0)[0]).astype(np.float32), nearest


def led(displacement, y, x, rounds):
    """One cell's place after so many rounds, by the four cells around it each time."""
    _, height, width = displacement.shape
    for _ in range(rounds):
        top, left = math.floor(y), math.floor(x)
        move = [0.0, 0.0]
        for row, share_down in ((top, 1 - (y - top)), (top + 1, y - top)):
            for column, share_right in ((left, 1 - (x - left)), (left + 1, x - left)):
                if share_down and share_right:
                    for axis in range(2):
                        move[axis] += share_down * share_right * float(displacement[axis, row, column])
        y, x = min(max(y + move[0], 0), height - 1), min(max(x + move[1], 0), width - 1)
    return y, x


@pytest.mark.parametrize("rounds", [1, 2, 7])
def test_places_are_those_of_a_walk_cell_by_cell(rounds):
    displacement = np.random.default_rng(0).normal(0, 2, size=(2, 8, 9)).astype(np.float32)
    ours, near_half = find_centroids(displacement, rounds), 0
    for y in range(8):
        for x in range(9):
            expected = np.array(led(displacement, float(y), float(x), rounds))
            if np.abs(expected % 1 - 0.5).min() < 1e-3:
                near_half += 1
                continue
            assert ours[:, y, x].tolist() == np.round(expected).astype(int).tolist()
    assert near_half < 5


@pytest.mark.parametrize("share", [1.0, 0.3])
def test_a_field_with_two_centres_has_two_groups(share):
    displacement, nearest = field_of([(6, 7), (17, 25)], 24, 32, share)
    centroids = find_centroids(displacement, 300)
    for place, centre in enumerate([(6, 7), (17, 25)]):
        assert np.abs(centroids[:, nearest == place] - np.array(centre)[:, None]).max() <= 1
    groups = group_cells(displacement, Grouping())
    assert set(zip(groups.ravel().tolist(), nearest.ravel().tolist(), strict=True)) == {(0, 0), (1, 1)}


def test_weak_parts_that_touch_at_a_corner_are_two_groups():
    displacement = np.full((2, 6, 6), 0, dtype=np.float32)
    displacement[0] = 9
    displacement[:, :3, :3] = displacement[:, 3:, 3:] = 0
    displacement[0, :3, 3:], displacement[0, 3:, :3] = 5, -5  # down into one part, up into the other
    groups = group_cells(displacement, Grouping())
    assert np.unique(groups).tolist() == [0, 1]
    assert groups[0, 0] == groups[5, 0] == 0
    assert groups[5, 5] == groups[0, 5] == 1


def test_cells_that_find_no_weak_place_are_a_group_of_their_own():
    displacement = np.zeros((2, 4, 8), dtype=np.float32)
    displacement[1, :, 4:] = 2.5  # to the right side; not below 2.5
    groups = group_cells(displacement, Grouping())
    assert groups[:, 4:].tolist() == [[0] * 4] * 4
    assert groups[:, :4].tolist() == [[1] * 4] * 4
    assert group_cells(displacement, Grouping(weak=2.6)).max() == 0


def test_maps_are_split_by_group_class_by_class():
    maps = torch.rand(2, 3, 4, generator=torch.Generator().manual_seed(0))
    groups = np.array([[0, 0, 1, 2]] * 3)
    parts = split_by_group(maps, groups)
    assert parts.shape == (6, 3, 4)
    for place in range(6):
        own = torch.from_numpy(groups == place % 3)
        assert torch.equal(parts[place], torch.where(own, maps[place // 3], 0))


def test_parts_are_cut_scored_by_their_largest_and_too_small_ones_score_nothing():
    owners = np.zeros((20, 20), dtype=np.int64)
    owners[:4, :5] = 1
    owners[4, 5] = 1  # touches by a corner alone
    owners[10:14, 10:11] = 2  # 4 pixels, 1 % of the image
    owners[18, 0:3] = 2
    scores = np.zeros((2, 20, 20), dtype=np.float32)
    scores[0], scores[1] = 0.3, 0.4
    scores[0, 2, 2], scores[0, 8, 8] = 0.9, 1.0
    found = cut_instances(scores, owners, [7, 5], Grouping())
    told = [(item.class_index, int(item.mask.sum())) for item in found]
    assert told == [(7, 20), (7, 1), (5, 4), (5, 3)]
    assert [item.score for item in found] == pytest.approx([0.9, 0, 0.4, 0])
    np.testing.assert_array_equal(found[0].mask | found[1].mask, owners == 1)


class TwoObjects(IrnNetwork):
    """One that sees a boundary between two objects, and where their middles are."""

    def forward(self, images):
        logits = torch.full((len(images), 1, 24, 24), -9.0)
        logits[:, :, :, 11:13] = 9
        field, _ = field_of([(12, 5), (12, 18)], 24, 24)
        return logits, torch.from_numpy(field)[None].expand(len(images), -1, -1, -1)


def test_an_image_of_two_objects_of_a_class_has_two_instances():
    torch.manual_seed(0)
    made = TwoObjects(build_encoder("compact", output_stride=16)).eval()
    maps = torch.zeros(2, 24, 24)
    maps[0, 6:18, 2:22], maps[1, 0, 0] = 0.9, 0.01
    found = instances(made, np.zeros((96, 96, 3), dtype=np.uint8), (3, 8), maps, (IrnWalk(frame=96), Grouping()))
    large = [item for item in found if item.score > 0]
    assert [item.class_index for item in large] == [3, 3]
    left, right = sorted((item.mask for item in large), key=lambda mask: np.argwhere(mask)[:, 1].mean())
    assert left[20:76, 4:40].all()
    assert right[20:76, 56:92].all()
    assert not (left & right).any()
    assert not left[:, 52:].any()
    assert max(item.score for item in large) == pytest.approx(1, abs=1e-6)
