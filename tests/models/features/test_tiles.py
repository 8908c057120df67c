"""Large photographs are seen through windows, where their objects would shrink to nothing otherwise."""

from typing import Any

import numpy as np
import pytest
import torch

from maskloop.masks import Mask
from maskloop.values import ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example, ImageToScore, LargeExample
from models.encoders.feature_store import FeatureStore
from models.features.recipe import PretrainedRecipe
from models.features.tiles import LEARNT, fitting_tile, training_tiles
from models.kinds.load import load_model
from models.kinds.networks import fit
from models.thin.model import FittedDense

CPU = torch.device("cpu")
SIDE = 96
HEIGHT, WIDTH = 500, 700


def ellipse(radii, size=(200, 300)):
    y, x = np.ogrid[: size[0], : size[1]]
    return ((y - size[0] / 2) / radii[0]) ** 2 + ((x - size[1] / 2) / radii[1]) ** 2 <= 1


def photograph(size, *masks):
    pixels = np.zeros((*size, 3), dtype=np.uint8)
    return Example("a", pixels, tuple(ObjectLabel(1, Mask.from_array(mask)) for mask in masks))


def test_windows_are_as_small_as_small_objects_need():
    size = (800, 1000)
    assert fitting_tile([photograph(size, ellipse((300, 300), size))], 100, 4.0) == 0  # seen well as it is
    assert fitting_tile([photograph(size, ellipse((9, 9), size))], 100, 4.0) == 200  # radius 9 is 4.5 there
    assert fitting_tile([photograph(size, ellipse((3, 3), size))], 100, 4.0) == 100
    assert fitting_tile([photograph((400, 500), ellipse((3, 3), (400, 500)))], 100, 4.0) == 0  # no large photograph
    assert fitting_tile([photograph(size)], 100, 4.0) == 0
    mixed = [photograph(size, ellipse((9, 9), size), *[ellipse((190, 190), size)] * 3)]
    assert fitting_tile(mixed, 100, 4.0) in (0, 400)  # windows show large objects, too


def crack_wall(seed):
    """A wall with a crack three pixels wide, from the left side to the right."""
    rng = np.random.default_rng(seed)
    ground = rng.normal(150, 12, size=(HEIGHT, WIDTH))
    middle = HEIGHT * rng.uniform(0.3, 0.7) + np.cumsum(rng.normal(0, 1.0, size=WIDTH))
    drawn = np.abs(np.arange(HEIGHT)[:, None] - middle[None]) <= 1.6
    ground[drawn] -= 60
    pixels = np.repeat(ground.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    return Example(f"wall-{seed}", pixels, (ObjectLabel(1, Mask.from_array(drawn)),))


@pytest.fixture(scope="module")
def walls():
    return [crack_wall(seed) for seed in range(6)]


def test_a_training_takes_some_windows_the_same_each_time(walls):
    taken = list(training_tiles(walls[0], SIDE, SIDE))
    assert len(taken) == LEARNT
    assert sum(bool(tile.objects) for tile in taken) == LEARNT - 1
    large = LargeExample(walls[0].image_id, walls[0].size, lambda: walls[0].pixels, walls[0].objects)
    for tile, again in zip(taken, training_tiles(large, SIDE, SIDE), strict=True):
        np.testing.assert_array_equal(tile.pixels, again.pixels)
        assert tile.objects == again.objects


@pytest.fixture(scope="module")
def learnt(walls) -> FittedDense:
    recipe = PretrainedRecipe(image_size=64, views=3, min_iterations=40, max_iterations=40)
    options: dict[str, Any] = {"seed": 0, "device": CPU, "checkpoint_dir": None, "progress": lambda *_: None}
    model = fit(walls[:4], (1,), recipe, **options)
    assert isinstance(model, FittedDense)
    return model


@pytest.mark.slow
def test_a_crack_across_all_windows_of_a_wall_is_found_as_one_object(learnt, walls, tmp_path):
    assert learnt.encoder.tile == SIDE
    measured = evaluate(learnt, walls[4:], Split.TEST, device=CPU, progress=lambda *_: None)
    assert measured.ap50 == 1
    assert measured.mean_iou >= 0.5
    learnt.save(tmp_path / "model.safetensors")
    read = load_model(tmp_path / "model.safetensors", CPU)
    assert isinstance(read, FittedDense)
    assert read.encoder.tile == SIDE
    images = [ImageToScore.of(walls[4], counted=False)]
    (made,), (again,) = (list(model.predict(images, device=CPU, batch_size=5)) for model in (learnt, read))
    (found,) = made.proposals.objects
    assert found.mask.box[2] >= 0.95 * WIDTH
    assert made.proposals == again.proposals


@pytest.mark.slow
def test_windows_are_kept_and_a_lost_one_is_encoded_again(learnt, walls, tmp_path):
    model = learnt.keeping(FeatureStore(tmp_path, 1 << 30))
    loads: list[str] = []

    def image():
        def load():
            loads.append("a")
            return walls[5].pixels

        return ImageToScore("a", load, None, "content")

    def predicted():
        (made,) = model.predict([image()], device=CPU, batch_size=16)
        return made.proposals

    first = predicted()
    assert predicted() == first
    assert len(loads) == 1
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    assert len(files) > 20
    files[len(files) // 2].unlink()
    assert predicted() == first
    assert len(loads) == 2
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == len(files)
