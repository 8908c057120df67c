import math

import numpy as np
import pytest
import torch

from models.refinement.affinity.irn_losses import displacement_losses, irn_losses
from models.refinement.affinity.pairs import pair_labels
from tests.models.refinement import slow

RADIUS, SIZE = 4, 8


def expected(edge_logits, displacement, labels):
    """The four losses by loops over images, pairs and coordinates."""
    sums = {name: [0.0, 0] for name in ("bg", "fg", "neg", "bg field", "fg field")}

    def add(name, value):
        sums[name][0] += value
        sums[name][1] += 1

    for image in range(len(labels)):
        edges = 1 / (1 + np.exp(-edge_logits[image, 0].double().numpy()))
        for _, source, other in slow.pairs(SIZE, SIZE, RADIUS):
            here, there = labels[image][source].item(), labels[image][other].item()
            if 255 in (here, there):
                continue
            affinity = slow.path_affinity(edges, source, other)
            if here != there:
                add("neg", -math.log(1 + 1e-5 - affinity))
                continue
            kind = "fg" if here else "bg"
            add(kind, -math.log(affinity + 1e-5))
            for axis in range(2):
                apart = displacement[image, axis][source].item() - displacement[image, axis][other].item()
                offset = other[axis] - source[axis] if here else 0
                add(f"{kind} field", abs(apart - offset))
    assert all(count > 20 for _, count in sums.values())
    return {name: total / (count + 1e-5) for name, (total, count) in sums.items()}


def test_each_loss_is_that_of_plain_loops():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(2, 1, SIZE, SIZE, generator=generator)
    displacement = 3 * torch.randn(2, 2, SIZE, SIZE, generator=generator)
    labels = torch.from_numpy(np.random.default_rng(0).choice([0, 0, 1, 1, 3, 255], size=(2, SIZE, SIZE)))
    losses, loops = irn_losses(logits, displacement, labels, RADIUS), expected(logits, displacement, labels)
    assert losses.positive.item() == pytest.approx(loops["bg"] / 2 + loops["fg"] / 2, abs=1e-4)
    assert losses.negative.item() == pytest.approx(loops["neg"], abs=1e-4)
    assert losses.foreground_displacement.item() == pytest.approx(loops["fg field"], abs=1e-4)
    assert losses.background_displacement.item() == pytest.approx(loops["bg field"], abs=1e-4)
    total = (loops["bg"] / 2 + loops["fg"] / 2 + loops["neg"]) / 2 + (loops["fg field"] + loops["bg field"]) / 2
    assert losses.total.item() == pytest.approx(total, abs=1e-4)


def test_displacements_to_one_place_cost_nothing_in_an_object_and_equal_ones_nothing_on_the_ground():
    cells = torch.stack(torch.meshgrid(torch.arange(SIZE), torch.arange(SIZE), indexing="ij")).float()
    to_middle = (torch.tensor([3.0, 5.0]).view(2, 1, 1) - cells)[None]
    one_way = torch.full((1, 2, SIZE, SIZE), 2.5)
    object_pairs = pair_labels(torch.ones(1, SIZE, SIZE, dtype=torch.int64), RADIUS)
    ground_pairs = pair_labels(torch.zeros(1, SIZE, SIZE, dtype=torch.int64), RADIUS)
    assert [loss.item() for loss in displacement_losses(to_middle, object_pairs, RADIUS)] == [0, 0]
    assert [loss.item() for loss in displacement_losses(one_way, ground_pairs, RADIUS)] == [0, 0]
    away, _ = displacement_losses(-to_middle, object_pairs, RADIUS)
    lengths = [(abs(dy) + abs(dx)) for dy, dx in slow.offsets(RADIUS)]
    assert away.item() == pytest.approx(np.mean(lengths), abs=1e-4)  # twice the offset off, in both coordinates
    assert displacement_losses(to_middle, ground_pairs, RADIUS)[1].item() == pytest.approx(
        np.mean(lengths) / 2, abs=1e-4
    )


def test_gradients_reach_the_strongest_edge_of_a_path_alone():
    logits = torch.zeros(1, 1, 1, 5)
    logits[0, 0, 0] = torch.tensor([0.0, 1.0, 3.0, 2.0, 0.0])
    wide = torch.nn.functional.pad(logits, (3, 3, 0, 3), value=-9).requires_grad_()
    labels = torch.full((1, 4, 11), 255)
    labels[0, 0, 4], labels[0, 0, 6] = 1, 2  # two cells apart, the edge between them
    irn_losses(wide, torch.zeros(1, 2, 4, 11), labels, 4).negative.backward()
    assert (wide.grad != 0).nonzero().tolist() == [[0, 0, 0, 5]]
    assert wide.grad[0, 0, 0, 5] < 0
