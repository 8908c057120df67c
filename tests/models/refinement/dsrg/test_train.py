"""A tiny training on seeds: both losses fall, the maps find what was seeded, and nothing is left to chance."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from maskloop.errors import Cancelled, InvalidArgument, InvalidConfig
from models.data.samples import resize_image
from models.encoders.feature_store import NO_STORE
from models.encoders.taps import FrozenEncoder
from models.refinement.crf.mean_field import DSRG_TRAINING
from models.refinement.dsrg.data import SeededImage, keep, small_cues
from models.refinement.dsrg.growing import balanced_seed_loss, softened
from models.refinement.dsrg.train import DsrgRecipe, DsrgTraining, train_dsrg
from models.training.loop import run

CPU = torch.device("cpu")
CLASSES = 2
TINY = DsrgRecipe(image_size=96, width=16, iterations=12, batch=4, rate=1e-2, checkpoint_every=4)


def seeded(number: int, seed: int = 0) -> list[SeededImage]:
    """Dark noise with one block, red of class 0 or blue of class 1; seeds in its middle and at the picture's edge."""
    rng, made = np.random.default_rng(seed), []
    for place in range(number):
        pixels = rng.integers(0, 60, (80, 100, 3), dtype=np.uint8)
        labels = np.full((80, 100), 255, dtype=np.int32)
        top, left, kind = int(rng.integers(8, 30)), int(rng.integers(8, 45)), place % 2
        pixels[top : top + 40, left : left + 44] = (220, 40, 40) if kind == 0 else (40, 60, 220)
        labels[top + 14 : top + 26, left + 14 : left + 30] = 1 + kind
        labels[:6] = labels[-4:] = 0
        made.append(SeededImage(pixels, labels, (kind,)))
    return made


def trained(images=None, recipe=TINY, seed=1, progress=lambda *_: None, **options):
    return train_dsrg(
        images or seeded(4),
        CLASSES,
        recipe,
        seed=seed,
        device=CPU,
        progress=progress,
        **{"checkpoint_dir": None, **options},
    )


LONGER = replace(TINY, iterations=40, seeds_alone=0.6)


@pytest.fixture(scope="module")
def encoder() -> FrozenEncoder:
    return FrozenEncoder(TINY.encoder, TINY.weights, TINY.image_size, NO_STORE, CPU)


def test_both_losses_fall(encoder):
    task = DsrgTraining.of(seeded(4), CLASSES, LONGER, encoder, seed=2)
    batch = task.batch(0, 0)
    first_seeds, first_constraint = (loss.item() for loss in task.losses(batch))
    run(task, LONGER.iterations, 2, resume_path=None, cache=None, progress=lambda *_: None)
    seeds, constraint = (loss.item() for loss in task.losses(batch))
    assert seeds < 0.5 * first_seeds
    assert constraint < 0.5 * first_constraint


def test_maps_find_whole_objects_of_which_a_part_was_seeded():
    fitted, images = trained(recipe=LONGER, seed=2), seeded(4)
    for found, item in zip(fitted.maps([item.pixels for item in images]), images, strict=True):
        assert found.shape == (CLASSES + 1, 12, 12)
        assert found.dtype == np.float32
        assert found.min() >= 0
        assert found.sum(axis=0) == pytest.approx(np.ones((12, 12)), abs=1e-5)
        shown, seeds = resize_image(item.pixels, 12).max(axis=2) > 130, small_cues(item.labels, CLASSES, 12)
        there = found.argmax(axis=0) == 1 + item.classes[0]
        assert (there & shown).sum() / (there | shown).sum() > 0.5
        assert there.sum() > 2 * seeds[1:].sum()


def weights_of(task: DsrgTraining, seed: int = 1) -> torch.Tensor:
    trained = run(task, task.recipe.iterations, seed, resume_path=None, cache=None, progress=lambda *_: None)
    return torch.cat([parameter.detach().flatten() for parameter in trained.parameters()])


def test_a_training_repeats_itself_and_other_draws_are_another(encoder):
    tasks = [DsrgTraining.of(seeded(5), CLASSES, replace(TINY, iterations=4), encoder, seed=1) for _ in range(3)]
    first, again, other = (weights_of(task, seed) for task, seed in zip(tasks, (1, 1, 2), strict=True))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_training_that_is_stopped_goes_on_as_if_it_had_not_been(tmp_path):
    def stop(share: float, _: str) -> None:
        if share > 0.6:
            raise Cancelled("enough")

    with pytest.raises(Cancelled):
        trained(progress=stop, checkpoint_dir=tmp_path)
    whole, resumed = trained(), trained(checkpoint_dir=tmp_path)
    for one, other in zip(whole.network.parameters(), resumed.network.parameters(), strict=True):
        assert torch.equal(one, other)


@pytest.mark.parametrize(
    "options",
    [
        {"constraint": "seeds"},
        {"crf_gradient": False},
        {"crf_energy": "probability"},
        {"crf_sums": "exact"},
        {"constraint_weight": 0.0},
        {"optimizer": "sgd"},
    ],
)
def test_options_come_to_other_trainings(encoder, options):
    recipe = replace(TINY, seeds_alone=0.0, iterations=2)
    plain, other = (
        weights_of(DsrgTraining.of(seeded(2), CLASSES, one, encoder, seed=1))
        for one in (recipe, replace(recipe, **options))
    )
    assert not torch.equal(plain, other)


def test_seeds_alone_teach_at_first(encoder):
    task = DsrgTraining.of(seeded(3), CLASSES, replace(TINY, seeds_alone=0.5), encoder, seed=1)
    batch = task.batch(0, 0)
    probabilities = softened(task.network(batch.taps))
    alone = balanced_seed_loss(probabilities, torch.from_numpy(batch.cues))
    torch.testing.assert_close(task.loss(batch, 0.49), alone)
    torch.testing.assert_close(task.loss(batch, 0.5), sum(task.losses(batch)))
    assert task.loss(batch, 0.5) != alone


def test_a_mirrored_picture_has_mirrored_seeds(encoder):
    item = seeded(1)[0]
    kept = keep(item, CLASSES, encoder)
    mirror = SeededImage(item.pixels[:, ::-1], item.labels[:, ::-1], item.classes)
    other = keep(mirror, CLASSES, encoder)
    for mine, theirs in zip(kept.taps[1], other.taps[0], strict=True):
        assert (mine == theirs).all()
    assert (kept.cues[1] == kept.cues[0][:, :, ::-1]).all()
    assert (kept.small[1] == kept.small[0][:, ::-1]).all()
    assert kept.present.tolist() == [True, False]


def test_small_seeds_by_hand():
    labels = np.array([[0, 0, 2, 2], [0, 255, 2, 2], [1, 255, 255, 0], [1, 1, 0, 0]], dtype=np.int32)
    cues = small_cues(labels, 2, 2)  # cells by the pixels (1, 1), (1, 3), (3, 1) and (3, 3)
    assert cues.tolist() == [
        [[False, False], [False, True]],
        [[False, False], [True, False]],
        [[False, True], [False, False]],
    ]


def test_the_crf_of_training_is_the_authors_at_41_cells():
    half = replace(TINY, image_size=640).crf
    assert half.bilateral_sxy == pytest.approx(DSRG_TRAINING.bilateral_sxy * 80 / 41)
    assert (half.bilateral_srgb, half.bilateral_weight) == (13, 10)


PIXELS, SEEDS = np.zeros((40, 40, 3), np.uint8), np.zeros((40, 40), np.int32)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        ([], "no picture"),
        ([SeededImage(PIXELS, SEEDS[:-1], (0,))], "came with a picture"),
        ([SeededImage(PIXELS, SEEDS + 2, (0,))], "came with a picture"),
        ([SeededImage(PIXELS, SEEDS, (2,))], "classes from 0 to 1"),
    ],
)
def test_seeds_that_do_not_fit_are_refused(images, message):
    with pytest.raises(InvalidArgument, match=message):
        train_dsrg(images, CLASSES, TINY, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)


@pytest.mark.parametrize(
    "options", [{"image_size": 100}, {"width": 12}, {"constraint": "some"}, {"rate": 0.0}, {"seeds_alone": 1.0}]
)
def test_impossible_recipes_are_refused(options):
    with pytest.raises(InvalidConfig):
        DsrgRecipe(**options)
