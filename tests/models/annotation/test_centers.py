import math

import pytest
import torch

from models.annotation.centers import (
    FEATURES,
    RADIUS,
    REACH,
    CenterState,
    DenseMaps,
    centre_targets,
    object_seeds,
    semantic_targets,
)


def rectangles() -> torch.Tensor:
    """One image, 8 x 8: a 3 x 5 block, a ring, and nothing."""
    masks = torch.zeros(1, 3, 8, 8, dtype=torch.bool)
    masks[0, 0, 1:4, 2:7] = True
    masks[0, 1, 3:8, 3:8] = True
    masks[0, 1, 4:7, 4:7] = False
    return masks


def test_the_seed_of_an_object_is_its_pixel_nearest_to_its_middle():
    seeds = object_seeds(rectangles())
    assert seeds[0, 0].tolist() == [4.5 / 8, 2.5 / 8]
    column, row = (seeds[0, 1] * 8 - 0.5).int().tolist()
    assert rectangles()[0, 1, row, column]
    assert (row - 5) ** 2 + (column - 5) ** 2 == 4  # the middle itself, (5, 5), is a hole


def test_noise_moves_the_seed_within_its_object():
    noise = torch.tensor([[[9.0, 9.0], [0.0, -9.0], [0.0, 0.0]]])
    seeds = object_seeds(rectangles(), noise)
    assert seeds[0, 0].tolist() == [6.5 / 8, 3.5 / 8]
    assert seeds[0, 1, 1] == 3.5 / 8


def test_centre_targets_are_one_at_seeds_and_nowhere_else_and_keep_classes_apart():
    classes = torch.tensor([[0, 1, -1]])
    targets = centre_targets(rectangles(), classes, vocabulary=3, side=8)
    assert targets.shape == (1, 3, 8, 8)
    assert (targets[0, 0] == 1).nonzero().tolist() == [[2, 4]]
    assert (targets[0, 1] == 1).sum() == 1
    assert not targets[0, 2].any()
    assert 0 < targets[0, 0, 2, 5] < 1


def test_semantic_targets_are_the_share_of_each_cell_that_a_class_covers():
    targets = semantic_targets(rectangles(), torch.tensor([[1, 1, -1]]), vocabulary=2, side=4)
    assert not targets[0, 0].any()
    assert targets[0, 1, 0].tolist() == [0, 0.5, 0.5, 0.25]


def guide() -> CenterState:
    """One image, 16 x 16, two classes; class 0 has peaks .9 at (3, 3) and .8 at (12, 12), class 1 .7 at (3, 3)."""
    centres = torch.full((1, 2, 16, 16), 0.01)
    centres[0, 0, 3, 3], centres[0, 0, 3, 4], centres[0, 0, 12, 12], centres[0, 1, 3, 3] = 0.9, 0.85, 0.8, 0.7
    field = torch.zeros(1, 3, 16, 16)
    field[0, 2] = math.log(0.25 / RADIUS)
    maps = DenseMaps(torch.randn(1, 2, 16, 16), centres.logit(), field, torch.zeros(1, FEATURES, 16, 16))
    return CenterState(maps, maps.features)


def step(guided: CenterState, category: int) -> torch.Tensor:
    """The planes of the next step of this class."""
    classes = torch.tensor([category])
    return guided.planes(classes, guided.highest(classes))


SEED = torch.tensor([[4.5 / 16, 9.5 / 16]])


def place_of(planes: torch.Tensor) -> list[int]:
    """Row and column of the bump."""
    return list(divmod(int(planes[0, 4].argmax()), 16))


def test_each_step_takes_the_highest_centre_that_is_left_and_a_new_class_starts_afresh():
    guided = guide()
    assert place_of(step(guided, 0)) == [3, 3]
    assert place_of(step(guided, 0)) == [12, 12]
    assert place_of(step(guided, 1)) == [3, 3]


def test_proposals_go_from_the_highest_centre_of_any_class_down_and_no_place_is_proposed_twice():
    guided = guide()
    found = []
    for _ in range(2):
        classes, places, heights = guided.propose()
        found.append((int(classes), (places[0] * 16 - 0.5).flip(0).tolist(), heights[0].tolist()))
        guided.planes(classes, places)
    assert [one[:2] for one in found] == [(0, [3, 3]), (0, [12, 12])]
    assert found[0][2] == pytest.approx([0.9, 0.7], abs=1e-5)
    assert found[1][2] == pytest.approx([0.8, 0.01], abs=1e-3)
    assert guided.propose()[2].max() < 0.7  # of class 1 at (3, 3), which is taken


def test_what_a_mask_of_the_class_covers_is_no_longer_a_centre():
    guided = guide()
    step(guided, 0)
    guided.taken.zero_()
    mask = torch.full((1, 32, 32), -9.0)
    mask[0, :16, :16] = 9.0
    guided.cover(mask, torch.tensor([0]))
    planes = step(guided, 0)
    assert place_of(planes) == [12, 12]
    assert planes[0, 7, 3, 3] > 0.99
    assert planes[0, 7, 12, 12] < 0.01


def test_coordinates_are_relative_to_the_seed():
    planes = guide().planes(torch.tensor([0]), SEED)
    assert planes[0, 0, 9, 4] == 0
    assert planes[0, 1, 9, 4] == 0
    assert planes[0, 0, 9, 12] == 1.0  # half an image to the right
    assert planes[0, 1, 1, 4] == -1.0  # half an image up


def test_the_first_guess_is_zero_at_the_radius_that_the_seeds_pixel_tells():
    planes = guide().planes(torch.tensor([0]), SEED)
    assert planes[0, 8, 9, 4] == 1
    assert planes[0, 8, 9, 8].item() == pytest.approx(0, abs=1e-6)  # four pixels away, a quarter of the image
    assert planes[0, 8, 9, 6].item() == pytest.approx(1 - 0.25)
    assert planes[0, 8, 0, 15] == -2


def test_pixels_that_point_at_the_seed_belong_to_the_first_guess():
    guided = guide()
    guided.pointing = torch.zeros(1, 2, 16, 16)
    guided.pointing[0, 0, 9, 8] = -4 / 16
    planes = guided.planes(torch.tensor([0]), SEED)
    assert planes[0, 8, 9, 8] == 1
    assert REACH >= 4 / 16
