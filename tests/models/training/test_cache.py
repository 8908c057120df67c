"""A training that was done before is taken, not repeated, and nobody can tell from what comes out."""

import dataclasses
import multiprocessing
import os
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from models.annotation.batches import TrainingSet
from models.annotation.fit import fit
from models.annotation.network import AnnotationNetwork, build_network
from models.annotation.recipe import SHAPES_NO_NETWORK, Recipe, resolve
from models.annotation.train import Segmentation, train_network
from models.data.samples import Prepared, prepare
from models.training.cache import NetworkCache
from models.training.fingerprint import fingerprint
from models.training.recipe_options import Words, bounds_of
from tests.full_disk import limited_files

CPU = torch.device("cpu")
CATEGORIES = (3, 7)
SMALL: dict[str, Any] = {
    "encoder": "compact",
    "image_size": 32,
    "hidden": 16,
    "iterations": 3,
    "iou_epochs": 1,
    "batch": 4,
}
TINY = resolve("compact", **SMALL)
MIB = 1 << 20
SHAPING = {
    *("encoder", "image_size", "hidden", "min_hidden", "steps", "classes", "class_input", "seeds"),
    *("start", "warm_share", "epochs", "min_iterations", "max_iterations", "batch", "optimizer", "rate"),
    *("encoder_rate", "weight_decay", "warmup", "cosine", "clip", "augment", "train_steps", "class_weight"),
    *("empty_share", "pseudo_share", "class_from", "stop_weight", "stop_from", "semantic_weight", "centre_weight"),
    *("iou_epochs", "iou_rate", "iou_target", "iou_training"),
}


class Told:
    """Remembers which iterations were made."""

    def __init__(self) -> None:
        self.iterations = 0

    def __call__(self, share: float, message: str) -> None:
        self.iterations += "iteration" in message


def train(examples, recipe=TINY, *, cache=None, told=None, seed=0):
    return train_network(
        examples, CATEGORIES, recipe, seed=seed, device=CPU, checkpoint_dir=None, progress=told or Told(), cache=cache
    )


def assert_same_bits(first: nn.Module, other: nn.Module) -> None:
    for (name, left), (_, right) in zip(first.state_dict().items(), other.state_dict().items(), strict=True):
        assert torch.equal(left, right), name


def linear(value: float) -> nn.Linear:
    layer = nn.Linear(64, 64)
    nn.init.constant_(layer.weight, value)
    return layer


@pytest.fixture
def cache(tmp_path: Path) -> NetworkCache:
    return NetworkCache(tmp_path / "networks", 64 * MIB)


@pytest.mark.slow
@pytest.mark.parametrize(
    "options", [{"name": "paper"}, {"name": "paper", "classes": "predicted"}, {"name": "compact", "classes": "fed"}]
)
def test_a_fit_comes_to_the_same_bytes_with_kept_networks_and_without(scenes, cache, tmp_path, options):
    recipe = resolve(**options, **SMALL)
    saved = []
    for chosen in (None, cache, cache):
        model = fit(
            scenes(9), CATEGORIES, recipe, seed=1, device=CPU, checkpoint_dir=None, progress=Told(), cache=chosen
        )
        model.save(tmp_path / "model")
        saved.append((tmp_path / "model").read_bytes())
    assert saved[0] == saved[1] == saved[2]
    assert len(list(cache.folder.iterdir())) == 2  # the held-out fit's and the training's


def test_a_training_done_before_makes_no_iteration(scenes, cache):
    told = Told()
    first = train(scenes(4), cache=cache, told=told)
    assert told.iterations == 3
    again = train(scenes(4), cache=cache, told=told)
    assert told.iterations == 3
    assert not again.training
    assert_same_bits(first, again)


def test_who_begins_a_training_that_another_is_at_waits_for_its_network(scenes, cache, tmp_path):
    trained = train(scenes(4), cache=NetworkCache(tmp_path / "elsewhere", 64 * MIB))
    (path,) = (tmp_path / "elsewhere").iterdir()
    begun, waited_for = threading.Event(), threading.Event()

    def other() -> None:
        with cache.exclusive(path.stem, lambda: None):
            begun.set()
            assert waited_for.wait(60)
            cache.keep(path.stem, trained)

    told = []
    with_lock = threading.Thread(target=other)
    with_lock.start()
    assert begun.wait(60)

    def tell(share: float, message: str) -> None:
        told.append(message)
        waited_for.set()

    assert_same_bits(trained, train(scenes(4), cache=cache, told=tell))
    with_lock.join(60)
    assert set(told) == {"waiting for the same training elsewhere", "trained"}
    assert [item.name for item in cache.folder.iterdir()] == [path.name]


def test_who_was_killed_at_a_training_is_not_waited_for(cache):
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()

    def other() -> None:
        with cache.exclusive("f00d", lambda: None):
            theirs.send("begun")
            time.sleep(600)

    process = context.Process(target=other)
    process.start()
    assert ours.poll(60)
    with pytest.raises(TimeoutError), cache.exclusive("f00d", _be_impatient):
        pass
    process.kill()
    process.join(60)
    with cache.exclusive("f00d", _be_impatient):
        pass
    assert list(cache.folder.iterdir()) == []


def _be_impatient() -> None:
    raise TimeoutError


@pytest.mark.parametrize("changed", ["seed", "examples", "order", "recipe"])
def test_another_training_is_not_taken_for_it(scenes, cache, changed):
    examples, told = scenes(4), Told()
    train(examples, cache=cache)
    other = {"examples": scenes(4, seed=1), "order": examples[::-1]}.get(changed, examples)
    recipe = dataclasses.replace(TINY, rate=1e-3) if changed == "recipe" else TINY
    train(other, recipe, cache=cache, told=told, seed=int(changed == "seed"))
    assert told.iterations == 3


def test_what_moves_no_weight_is_not_asked(scenes, cache):
    told = Told()
    train(scenes(4), cache=cache)
    other = dataclasses.replace(TINY, name="mine", objectness=0.9, held_out=0.5, checkpoint_every=7)
    renamed = [dataclasses.replace(scene, image_id=f"other-{scene.image_id}") for scene in scenes(4)]
    taken = train(renamed, other, cache=cache, told=told)
    assert told.iterations == 0
    assert_same_bits(taken, train(renamed, other))


def test_every_option_of_a_recipe_is_known_to_shape_the_network_or_not():
    assert {field.name for field in dataclasses.fields(Recipe)} == SHAPING | SHAPES_NO_NETWORK
    assert not SHAPING & SHAPES_NO_NETWORK


@pytest.mark.parametrize("name", sorted(SHAPING))
def test_every_option_that_shapes_the_network_changes_the_fingerprint(scenes, name):
    prepared, network = [prepare(scene, CATEGORIES, 32, 20) for scene in scenes(2)], build_network(TINY, 2)
    changed = dataclasses.replace(TINY, **{name: another(name, getattr(TINY, name))})
    assert mark(network, prepared, changed) != mark(network, prepared, TINY)


def another(name: str, value):
    bound = bounds_of(Recipe)[name]
    if isinstance(bound, Words):
        return next(word for word in bound.words if word != value)
    if isinstance(value, bool):
        return not value
    grown = {
        "encoder": "resnet18",
        "image_size": 64,
        "hidden": 32,
        "min_iterations": 2,
        "class_from": 0.2,
        "stop_from": 0.7,
        "warm_share": 0.7,
        "weight_decay": 0.5,
    }
    return grown[name] if name in grown else value + 1


def mark(network: AnnotationNetwork, prepared: list[Prepared], recipe: Recipe) -> str:
    return fingerprint(network, Segmentation.of(network, TrainingSet(prepared), recipe).inputs(), 3, 0, CPU)


def test_the_weights_a_training_starts_from_are_part_of_its_fingerprint(scenes):
    prepared, network = [prepare(scene, CATEGORIES, 32, 20) for scene in scenes(2)], build_network(TINY, 2)
    before = mark(network, prepared, TINY)
    with torch.no_grad():
        network.iou_branch.get_parameter("linear.bias").add_(1e-6)
    assert mark(network, prepared, TINY) != before


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "another"])
def test_a_damaged_file_is_trained_anew_and_replaced(scenes, cache, damage):
    good, told = train(scenes(4), cache=cache), Told()
    (path,) = cache.folder.iterdir()
    data = path.read_bytes()
    flipped = data[:-5] + bytes([data[-5] ^ 1]) + data[-4:]
    cache.keep("f00d", good)
    other = (cache.folder / "f00d.safetensors").read_bytes()
    path.write_bytes({"cut": data[: len(data) // 2], "flipped": flipped, "empty": b"", "another": other}[damage])
    assert_same_bits(good, train(scenes(4), cache=cache, told=told))
    assert told.iterations == 3
    assert path.read_bytes() == data


def test_of_too_many_those_not_used_for_longest_go(tmp_path):
    cache = NetworkCache(tmp_path, 3 * 17_000)  # a layer takes 16,900 bytes
    for place, name in enumerate("abc"):
        cache.keep(name, linear(place))
        os.utime(tmp_path / f"{name}.safetensors", (place, place))
    assert cache.restore("a", linear(9))  # used now
    cache.keep("d", linear(3))
    assert sorted(path.stem for path in tmp_path.iterdir()) == ["a", "c", "d"]
    for name, value in (("a", 0), ("c", 2), ("d", 3)):
        layer = linear(9)
        assert cache.restore(name, layer)
        assert layer.weight.unique().tolist() == [value]


def test_what_a_killed_process_left_half_written_counts_and_goes_first(tmp_path):
    (tmp_path / ".f00d.safetensors.1.2.part").write_bytes(bytes(20_000))
    cache = NetworkCache(tmp_path, 34_000)
    cache.keep("a", linear(1))
    assert [path.name for path in tmp_path.iterdir()] == ["a.safetensors"]


def test_a_network_larger_than_all_the_room_pushes_nothing_out(tmp_path):
    NetworkCache(tmp_path, MIB).keep("a", linear(1))
    NetworkCache(tmp_path, 1000).keep("b", linear(1))
    assert [path.stem for path in tmp_path.iterdir()] == ["a"]


def test_a_full_disk_keeps_nothing_and_fails_nothing(scenes, cache):
    with limited_files():
        trained = train(scenes(4), cache=cache)
    assert list(cache.folder.iterdir()) == []
    assert_same_bits(trained, train(scenes(4)))


def test_a_folder_that_cannot_be_made_keeps_nothing_and_fails_nothing(scenes, tmp_path):
    (tmp_path / "networks").write_text("a file in its place")
    trained = train(scenes(4), cache=NetworkCache(tmp_path / "networks", MIB * 64))
    assert_same_bits(trained, train(scenes(4)))
