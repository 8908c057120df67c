from typing import Any

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidConfig
from models.encoders.backbones import build_encoder
from models.refinement.affinity.affinitynet import grid_affinity
from models.refinement.affinity.affinitynet_train import AffinityTask, build_affinity, train_affinity
from models.refinement.affinity.irn_train import IrnTask, build_irn, train_irn
from models.refinement.affinity.paths import neighbour_offsets
from models.refinement.affinity.recipes import IrnTraining, PsaTraining
from models.refinement.affinity.seed_views import SeedExample
from models.training.loop import LoopSettings, learning_rate_share
from tests.models.fits import CPU, killing, silent

SIDE = 96
PSA = PsaTraining(crop=SIDE, batch=2, rate=0.01, epochs=1, min_iterations=12, checkpoint_every=1)
IRN = IrnTraining(crop=SIDE, batch=2, rate=0.1, radius=5, epochs=1, min_iterations=12, checkpoint_every=1)
TRAININGS: dict[str, Any] = {"psa": (train_affinity, PSA), "irn": (train_irn, IRN)}


def examples(number=4):
    """Two tones, the brighter one a class; unknown between them."""
    rng, made = np.random.default_rng(0), []
    for index in range(number):
        pixels = rng.integers(0, 60, size=(SIDE, SIDE, 3), dtype=np.uint8)
        labels = np.zeros((SIDE, SIDE), dtype=np.uint8)
        edge = int(rng.integers(40, 56))
        pixels[:, edge:] += 150
        labels[:, edge:] = 2
        labels[:, edge - 3 : edge + 3] = 255
        made.append(SeedExample(f"image-{index}", pixels, labels))
    return made


@pytest.fixture(scope="module")
def encoder():
    torch.manual_seed(0)
    return build_encoder("compact", output_stride=16)


def trained(name, items, encoder, **more):
    train, recipe = TRAININGS[name]
    options = {"seed": 3, "device": CPU, "resume_path": None, "progress": silent, **more}
    return train(items, encoder, recipe, **options)


def same(one, other):
    states = one.state_dict(), other.state_dict()
    return states[0].keys() == states[1].keys() and all(
        torch.equal(states[0][key], states[1][key]) for key in states[0]
    )


@pytest.mark.parametrize("name", TRAININGS)
def test_a_training_lowers_its_loss_and_leaves_the_encoder_as_it_was(name, encoder):
    before = {key: value.clone() for key, value in encoder.state_dict().items()}
    told = []
    network = trained(name, examples(), encoder, progress=lambda share, message: told.append((share, message)))
    losses = [float(message.rsplit(" ", 1)[1]) for _, message in told if "loss" in message]
    assert len(losses) == 12
    assert np.mean(losses[-3:]) < 0.9 * np.mean(losses[:3])
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1][0] == pytest.approx(1)
    assert not network.training
    assert all(torch.equal(before[key], value) for key, value in encoder.state_dict().items())


@pytest.mark.slow
@pytest.mark.parametrize("name", TRAININGS)
def test_equal_seeds_come_to_equal_bits_whatever_the_order_and_after_a_kill(name, encoder, tmp_path):
    undisturbed = trained(name, examples(), encoder)
    with pytest.raises(Cancelled):
        trained(name, examples(), encoder, resume_path=tmp_path / "state", progress=killing(5))
    resumed = trained(name, examples()[::-1], encoder, resume_path=tmp_path / "state")
    assert same(undisturbed, resumed)
    assert not same(undisturbed, trained(name, examples(), encoder, seed=4))


def test_the_mean_displacement_of_all_images_is_taken_out(encoder):
    network = trained("irn", examples(), encoder)
    assert network.mean_displacement.abs().min() > 0
    pixels = np.stack([item.pixels for item in examples()])
    mean, std = np.array((0.485, 0.456, 0.406)), np.array((0.229, 0.224, 0.225))
    images = torch.from_numpy((pixels / 255 - mean) / std).float().permute(0, 3, 1, 2)
    with torch.no_grad():
        displacement = network(images)[1]
    torch.testing.assert_close(displacement.mean(dim=(0, 2, 3)), torch.zeros(2), atol=1e-4, rtol=0)


def test_affinities_of_alike_cells_are_larger_after_the_training(encoder):
    network, (item, *_) = trained("psa", examples(), encoder), examples()
    affinity, offsets = grid_affinity(network, item.pixels), neighbour_offsets(5)
    over_the_edge, along_it = affinity[offsets.index((0, 4)), :8, 4], affinity[offsets.index((4, 0)), :8, 7]
    assert over_the_edge.max() < along_it.min()


def groups_of(task):
    """(numbers, rate, decay) of each group, the larger first."""
    optimizer = task.optimizer()
    assert {group["momentum"] for group in optimizer.param_groups} == {task.recipe.momentum}
    return [
        (sum(one.numel() for one in group["params"]), group["rate"], group["weight_decay"])
        for group in optimizer.param_groups
    ]


def test_rates_are_those_of_the_programs(encoder):
    psa = AffinityTask(build_affinity(encoder, PsaTraining(), 0), LoopSettings(), (), PsaTraining())
    trunk = sum(one.numel() for stage in encoder.stages for one in stage.parameters() if one.ndim > 1)
    head = 64 * 64 + 128 * 128 + 256 * 256 + 448 * 448
    assert groups_of(psa) == [(trunk, 0.1, 5e-4), (head, 1.0, 5e-4)]
    irn = IrnTask(build_irn(encoder, 0), LoopSettings(), (), IrnTraining())
    (edges, *edge_options), (fields, *field_options) = groups_of(irn)
    assert (edge_options, field_options) == ([0.1, 1e-4], [1.0, 1e-4])
    assert edges + fields == sum(one.numel() for one in irn.network.parameters() if one.requires_grad)
    assert [PsaTraining().momentum, IrnTraining().momentum] == [5e-4, 1e-4]
    assert learning_rate_share(30, 100, 0, "poly") == pytest.approx(0.7**0.9)


def test_biases_of_the_encoder_go_twice_as_fast_and_do_not_decay():
    encoder: Any = build_encoder("compact", output_stride=16)
    encoder.stages[0].conv1 = torch.nn.Conv2d(32, 32, 3, padding=1)  # with a bias
    task = AffinityTask(build_affinity(encoder, PsaTraining(), 0), LoopSettings(), (), PsaTraining())
    assert groups_of(task)[1] == (32, 0.2, 0.0)


@pytest.mark.parametrize(
    ("recipe", "options", "field"),
    [
        (PsaTraining, {"crop": 100}, "crop"),
        (PsaTraining, {"crop": 64}, "crop"),
        (IrnTraining, {"crop": 64}, "crop"),
        (PsaTraining, {"radius": 1}, "radius"),
        (PsaTraining, {"distance": "median"}, "distance"),
        (PsaTraining, {"loss": "none"}, "loss"),
        (IrnTraining, {"smallest": 2.0}, "smallest"),
        (IrnTraining, {"min_iterations": 5, "max_iterations": 2}, "max_iterations"),
    ],
)
def test_impossible_recipes_are_refused(recipe, options, field):
    with pytest.raises(InvalidConfig) as error:
        recipe(**options)
    assert error.value.field == field


def test_iterations_are_whole_epochs_within_limits():
    assert PsaTraining().iterations(17) == 8 * 3
    assert IrnTraining(min_iterations=50).iterations(17) == 50
    assert PsaTraining(max_iterations=10).iterations(17) == 10
