"""Growing beside a slow flood fill, losses beside plain loops and by hand."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.weak.plain_refinements import plain_grow
from maskloop.errors import InvalidArgument
from models.refinement.crf.mean_field import DSRG_TRAINING, mean_field
from models.refinement.dsrg.growing import balanced_seed_loss, constraint_loss, grow, passed_through, refined, softened
from tests.models.refinement.scenes import smooth


def drawn(seed, rows, size, clean) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Few seeds, probabilities of which many are near 1, and classes."""
    rng = np.random.default_rng(seed)
    cues = rng.random((rows, *size)) < 0.08
    if clean:  # one class a pixel
        cues &= np.cumsum(cues, axis=0) == 1
    values = rng.random((rows, *size)).astype(np.float32) ** 12 + 1e-4
    values[0] *= 5
    return cues, (values / values.sum(0)).astype(np.float32), rng.random(rows - 1) < 0.7


@given(st.integers(0, 2**32 - 1), st.integers(2, 4), st.tuples(st.integers(1, 9), st.integers(1, 9)), st.booleans())
def test_growing_is_a_flood_from_each_original_seed(seed, rows, size, clean):
    cues, probabilities, present = drawn(seed, rows, size, clean)
    before = cues.copy()
    grown = grow(cues, probabilities, present)
    assert (grown == plain_grow(cues, probabilities, present)).all()
    assert (cues == before).all()
    assert grown[cues].all()


def test_the_scenes_drawn_do_grow():
    added = []
    for seed in range(20):
        cues, probabilities, present = drawn(seed, 3, (9, 9), clean=True)
        added.append(grow(cues, probabilities, present).sum() - cues.sum())
    assert np.mean(added) > 3


def row_of(*sure: int) -> np.ndarray:
    """(3, 1, n) probabilities: one row of pixels, each as good as sure of one label; -1 of none."""
    values = np.full((3, 1, len(sure)), 0.003, dtype=np.float32)
    for place, row in enumerate(sure):
        values[:, 0, place] = 1 / 3
        if row >= 0:
            values[:, 0, place] = 0.003
            values[row, 0, place] = 0.994
    return values


def cues_at(width: int, *places: tuple[int, int]) -> np.ndarray:
    cues = np.zeros((3, 1, width), dtype=bool)
    for row, place in places:
        cues[row, 0, place] = True
    return cues


BOTH = np.array([True, True])


def grown_row(cues, probabilities, present=BOTH, **options) -> list[list[int]]:
    """Of each of three labels, the places that are its seeds."""
    return [np.flatnonzero(one[0]).tolist() for one in grow(cues, probabilities, present, **options)]


def test_growing_by_hand():
    cues = cues_at(8, (1, 0), (0, 7))
    assert grown_row(cues, row_of(1, 1, 1, -1, 1, 2, 0, 0)) == [[6, 7], [0, 1, 2], []]


def test_an_unsure_seed_is_a_candidate_and_joins_what_lies_beside():
    assert grown_row(cues_at(4, (1, 1)), row_of(1, -1, 1, -1)) == [[], [0, 1, 2], []]


def test_another_class_s_seed_joins_a_component_but_stays_another_s():
    cues = cues_at(4, (1, 0), (2, 1))
    assert grown_row(cues, row_of(1, 1, 1, -1)) == [[], [0, 2], [1]]


def test_a_seed_of_two_other_classes_becomes_a_third_s_as_in_the_program():
    cues = np.zeros((4, 1, 3), dtype=bool)
    cues[1, 0, 0] = cues[2, 0, 1] = cues[3, 0, 1] = True
    probabilities = np.full((4, 1, 3), 0.002, dtype=np.float32)
    probabilities[1] = 0.994
    assert grow(cues, probabilities, np.array([True, True, True]))[1, 0].tolist() == [True, True, True]


def test_a_class_that_the_image_does_not_hold_keeps_its_seeds_and_does_not_grow():
    cues = cues_at(4, (1, 0), (2, 3))
    assert grown_row(cues, row_of(1, 1, 2, 2), np.array([False, True])) == [[], [0], [2, 3]]


@pytest.mark.parametrize(
    ("row", "value", "grows"), [(1, 0.86, True), (1, 0.84, False), (0, 0.98, False), (0, 0.992, True)]
)
def test_thresholds_of_objects_and_ground(row, value, grows):
    probabilities = np.full((2, 1, 2), 1 - value, dtype=np.float32)
    probabilities[row] = value
    cues = np.zeros((2, 1, 2), dtype=bool)
    cues[row, 0, 0] = True
    assert grow(cues, probabilities, np.array([True]))[row, 0, 1] == grows


def test_thresholds_are_passed_not_reached():
    probabilities = np.array([[[0.5, 0.5]], [[0.5, 0.5]]], dtype=np.float32)
    probabilities[1] += 0.25
    cues = np.zeros((2, 1, 2), dtype=bool)
    cues[1, 0, 0] = True
    assert not grow(cues, probabilities, np.array([True]), 0.75)[1, 0, 1]
    assert grow(cues, probabilities, np.array([True]), 0.7499)[1, 0, 1]


def test_seeds_and_probabilities_of_other_sizes_are_refused():
    with pytest.raises(InvalidArgument, match="do not fit"):
        grow(np.zeros((3, 2, 2), bool), np.zeros((3, 2, 3), np.float32), BOTH)
    with pytest.raises(InvalidArgument, match="do not fit"):
        grow(np.zeros((2, 2, 2), bool), np.zeros((2, 2, 2), np.float32), BOTH)


def random_case(seed: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Probabilities, refined probabilities and seeds, (3, 4, 5, 6) each; one image has no seed of a class."""
    generator = torch.Generator().manual_seed(seed)
    first, second = (torch.randn(3, 4, 5, 6, generator=generator).mul(3).softmax(1) for _ in range(2))
    seeds = torch.rand(3, 4, 5, 6, generator=generator) < 0.2
    seeds[1, 1:] = False
    return first, second, seeds


def test_the_seeds_loss_beside_a_loop():
    probabilities, _, seeds = random_case(0)
    total = 0.0
    for image, chosen in zip(probabilities, seeds, strict=True):
        ground: list[float] = []
        classes: list[float] = []
        for row in range(4):
            for y in range(5):
                for x in range(6):
                    if chosen[row, y, x]:
                        (classes if row else ground).append(math.log(image[row, y, x]))
        total -= sum(ground) / max(len(ground), 1e-4) + sum(classes) / max(len(classes), 1e-4)
    assert balanced_seed_loss(probabilities, seeds).item() == pytest.approx(total / 3, rel=1e-5)


def test_the_seeds_loss_by_hand():
    """One seed of the ground at 1/2; of two classes together three, at 1/2, 1/4 and 1/8: 1 + 2 bits."""
    probabilities = torch.full((1, 3, 1, 4), 0.1)
    seeds = torch.zeros(1, 3, 1, 4, dtype=torch.bool)
    for row, place, value in [(0, 0, 1 / 2), (1, 1, 1 / 2), (1, 2, 1 / 4), (2, 3, 1 / 8)]:
        probabilities[0, row, 0, place] = value
        seeds[0, row, 0, place] = True
    assert balanced_seed_loss(probabilities, seeds).item() == pytest.approx(3 * math.log(2))


def test_the_constraint_beside_a_loop():
    probabilities, likely, seeds = random_case(1)
    everywhere = over_seeds = 0.0
    for image in range(3):
        for row in range(4):
            for y in range(5):
                for x in range(6):
                    p, q = probabilities[image, row, y, x].item(), likely[image, row, y, x].item()
                    apart = q * math.log(min(max(q / p, 0.05), 20))
                    everywhere += apart / (3 * 5 * 6)
                    over_seeds += apart / 3 if row and seeds[image, row, y, x] else 0
    assert constraint_loss(probabilities, likely.log()).item() == pytest.approx(everywhere, rel=1e-4)
    found = constraint_loss(probabilities, likely.log(), over="seeds", seeds=seeds)
    assert found.item() == pytest.approx(over_seeds, rel=1e-4)


def test_the_constraint_by_hand():
    """q = (1/2, 1/2), p = (1/4, 3/4): (log 2 + log 2/3) / 2; and a ratio of 1000 counts as 20."""
    probabilities, likely = torch.tensor([[[[0.25]], [[0.75]]]]), torch.tensor([[[[0.5]], [[0.5]]]])
    assert constraint_loss(probabilities, likely.log()).item() == pytest.approx(math.log(4 / 3) / 2)
    rare, sure = torch.tensor([[[[0.001]]]]), torch.zeros(1, 1, 1, 1)
    assert constraint_loss(rare, sure).item() == pytest.approx(math.log(20))


@pytest.mark.parametrize("over", ["all", "seeds"])
def test_the_constraint_is_zero_where_the_crf_changes_nothing(over):
    probabilities, _, seeds = random_case(2)
    found = constraint_loss(probabilities, probabilities.log(), over=over, seeds=seeds)
    assert found.item() == pytest.approx(0, abs=1e-6)


def test_a_constraint_over_seeds_needs_seeds():
    probabilities, likely, _ = random_case(3)
    with pytest.raises(InvalidArgument, match="needs seeds"):
        constraint_loss(probabilities, likely.log(), over="seeds")


def test_without_the_crf_s_gradient_the_constraint_s_is_that_of_a_fixed_target():
    """By hand: of -q log p it is -q / p where the ratio is not clipped, 0 where it is."""
    probabilities = torch.tensor([0.25, 0.74, 0.01]).view(1, 3, 1, 1).requires_grad_()
    likely = torch.tensor([0.5, 0.2, 0.3]).view(1, 3, 1, 1)
    (gradient,) = torch.autograd.grad(constraint_loss(probabilities, likely.log()), probabilities)
    assert gradient.flatten().tolist() == pytest.approx([-2, -0.2 / 0.74, 0], rel=1e-5)


def test_the_crf_s_gradient_is_one_minus_q_of_what_comes():
    """By hand: of q log(q / p) by log q it is q (log(q / p) + 1), without the 1 where the ratio is clipped."""
    log_p = torch.tensor([0.25, 0.74, 0.01]).log().view(1, 3, 1, 1).requires_grad_()
    q = torch.tensor([0.5, 0.2, 0.3]).view(1, 3, 1, 1)
    made = passed_through(log_p, q)
    torch.testing.assert_close(made, q.log())
    loss = constraint_loss(log_p.detach().exp(), made)
    (gradient,) = torch.autograd.grad(loss, log_p)
    by_q = [0.5 * (math.log(2) + 1), 0.2 * (math.log(0.2 / 0.74) + 1), 0.3 * math.log(20)]
    assert gradient.flatten().tolist() == pytest.approx([by_q[0] * 0.5, by_q[1] * 0.8, by_q[2] * 0.7], rel=1e-5)


def test_probabilities_are_softened_by_hand():
    found = softened(torch.tensor([[[[100.0]], [[0.0]]]]))
    assert found.flatten().tolist() == pytest.approx([1.0001 / 1.0002, 0.0001 / 1.0002])


def test_refined_probabilities_are_those_of_the_crf_at_least_a_ten_thousandth():
    images = np.stack([smooth((12, 12), 0), smooth((12, 12), 1)])
    probabilities = softened(torch.randn(2, 3, 12, 12, generator=torch.Generator().manual_seed(0)) * 4)
    found = refined(probabilities.requires_grad_(), images, DSRG_TRAINING)
    assert not found.requires_grad
    for place in range(2):
        costs = -np.log(probabilities[place].detach().numpy())
        expected = np.maximum(mean_field(costs, images[place], DSRG_TRAINING), 1e-4)
        assert found[place].numpy() == pytest.approx(expected / expected.sum(0), abs=1e-6)
    assert found.min() > 0.9e-4


def test_the_program_s_labels_cost_their_probabilities():
    images, probabilities = smooth((12, 12), 0)[None], softened(torch.randn(1, 3, 12, 12) * 4)
    found = refined(probabilities, images, DSRG_TRAINING, energy="probability")
    expected = np.maximum(mean_field(-probabilities[0].numpy(), images[0], DSRG_TRAINING), 1e-4)
    assert found[0].numpy() == pytest.approx(expected / expected.sum(0), abs=1e-6)
    assert (found - refined(probabilities, images, DSRG_TRAINING)).abs().max() > 0.05
