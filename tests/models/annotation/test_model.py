"""A model comes back from its file bit for bit, or not at all."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from maskloop.errors import InvalidArgument, ModelNotFound
from maskloop.values import HeadState
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.recipe import Recipe, resolve
from models.iou_head.calibrator import Calibrator
from models.training.determinism import Arithmetic
from models.training.model_file import write_model

CPU = torch.device("cpu")
TINY = resolve("compact", image_size=32, hidden=16)


def build(recipe: Recipe = TINY) -> FittedModel:
    torch.manual_seed(0)
    return FittedModel(
        network=build_network(recipe, 2).eval(),
        recipe=recipe,
        categories=(3, 7),
        calibrator=Calibrator("statistics", tuple((0.1 * torch.randn(12)).tolist()), 1 / 3),
        seed=5,
        snapshot=("image-0", "image-1"),
        metrics={"held_out_mae": 0.1 + 0.2, "held_out_images": 2.0},
        head=HeadState.CONFIDENCE,
        arithmetic=Arithmetic("cpu", "AVX2", 2),
    )


RECIPES = [
    TINY,
    resolve("paper", encoder="resnet18", image_size=32, hidden=16),
    resolve("recurrent", image_size=32, hidden=16),
]


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda recipe: recipe.encoder)
def test_a_model_comes_back_bit_for_bit(tmp_path: Path, recipe: Recipe):
    model = build(recipe)
    model.save(tmp_path / "model.safetensors")
    loaded = FittedModel.load(tmp_path / "model.safetensors", CPU)
    assert replace(loaded, network=model.network) == model
    states = loaded.network.state_dict()
    assert states.keys() == model.network.state_dict().keys()
    assert all(torch.equal(states[key], value) for key, value in model.network.state_dict().items())
    assert not loaded.network.training


def test_a_loaded_model_draws_the_same_masks(tmp_path: Path):
    model = build()
    model.save(tmp_path / "model.safetensors")
    loaded = FittedModel.load(tmp_path / "model.safetensors", CPU)
    images, classes = torch.randn(2, 3, 32, 32), torch.tensor([[0, 1], [1, -1]])
    with torch.no_grad():
        assert torch.equal(loaded.network(images, classes).logits, model.network(images, classes).logits)


def test_saving_twice_writes_the_same_bytes(tmp_path: Path):
    build().save(tmp_path / "a.safetensors")
    build().save(tmp_path / "b.safetensors")
    assert (tmp_path / "a.safetensors").read_bytes() == (tmp_path / "b.safetensors").read_bytes()


def test_saving_over_a_model_leaves_nothing_else_behind(tmp_path: Path):
    build().save(tmp_path / "model.safetensors")
    replace(build(), seed=6).save(tmp_path / "model.safetensors")
    assert [path.name for path in tmp_path.iterdir()] == ["model.safetensors"]
    assert FittedModel.load(tmp_path / "model.safetensors", CPU).seed == 6


def test_a_model_of_the_version_before_says_its_heads_state_and_no_arithmetic(tmp_path: Path):
    model = build()
    description = {
        **{"recipe": TINY.to_dict(), "categories": [3, 7], "calibrator": model.calibrator.to_dict(), "seed": 5},
        **{"snapshot": ["image-0"], "metrics": {"held_out_mae": 0.1, "head_trusted": 1.0}, "names": []},
    }
    write_model(tmp_path / "old.safetensors", FittedModel.FORMAT, description, model.network.state_dict())
    loaded = FittedModel.load(tmp_path / "old.safetensors", CPU)
    assert (loaded.head, loaded.metrics, loaded.arithmetic) == (HeadState.TRUSTED, {"held_out_mae": 0.1}, None)


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(ModelNotFound, match=r"nowhere\.safetensors"):
        FittedModel.load(tmp_path / "nowhere.safetensors", CPU)


@pytest.mark.parametrize("content", [b"", b"GIF89a", b"\xff" * 64])
def test_a_foreign_file_is_refused_by_name(tmp_path: Path, content: bytes):
    (tmp_path / "foreign.safetensors").write_bytes(content)
    with pytest.raises(InvalidArgument, match=r"foreign\.safetensors"):
        FittedModel.load(tmp_path / "foreign.safetensors", CPU)


def test_safetensors_of_another_program_are_refused(tmp_path: Path):
    save_file({"weight": torch.zeros(3)}, tmp_path / "other.safetensors")
    with pytest.raises(InvalidArgument, match=r"other\.safetensors is not a model of ours"):
        FittedModel.load(tmp_path / "other.safetensors", CPU)


@pytest.mark.parametrize("part", [0.2, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, part: float):
    path = tmp_path / "cut.safetensors"
    build().save(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(part * len(content))])
    with pytest.raises(InvalidArgument, match=r"cut\.safetensors"):
        FittedModel.load(path, CPU)


def test_one_flipped_bit_of_a_weight_is_noticed(tmp_path: Path):
    path = tmp_path / "bent.safetensors"
    build().save(path)
    content = bytearray(path.read_bytes())
    content[-100] ^= 1
    path.write_bytes(content)
    with pytest.raises(InvalidArgument, match=r"bent\.safetensors is damaged"):
        FittedModel.load(path, CPU)


def test_a_changed_description_is_noticed(tmp_path: Path):
    path = tmp_path / "edited.safetensors"
    build().save(path)
    content = path.read_bytes()
    assert content.count(b"image-1") == 1
    path.write_bytes(content.replace(b"image-1", b"image-9"))
    with pytest.raises(InvalidArgument, match=r"edited\.safetensors is damaged"):
        FittedModel.load(path, CPU)
