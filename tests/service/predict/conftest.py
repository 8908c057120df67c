"""A small model that needs counts, and pictures to outline."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import torch

from maskloop.formats.images import decode_image
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.recipe import resolve
from models.data.samples import Example
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics
from tests.service.squares import TINY, squares

CPU = torch.device("cpu")


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """Count-conditioned."""
    torch.set_num_threads(1)
    examples = [Example(name, decode_image(data, name).pixels, objects) for name, data, objects in squares(8, seed=1)]
    recipe = resolve("compact", **TINY)
    model = fit(examples, [1], recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    dataclasses.replace(model, names=("square",)).save(path)
    return path


@pytest.fixture(scope="session")
def free(checkpoint, tmp_path_factory) -> Path:
    """The same, but it says itself what there is, and its head is not fitted."""
    model = FittedModel.load(checkpoint, CPU)
    recipe = dataclasses.replace(model.recipe, classes="predicted", objectness=0.01)
    network = build_network(recipe, 1)
    network.load_state_dict(model.network.state_dict())
    path = tmp_path_factory.mktemp("free") / "free.safetensors"
    calibrator = Calibrator.unfitted(count_statistics(1) + 2)
    dataclasses.replace(model, network=network, recipe=recipe, calibrator=calibrator).save(path)
    return path


@pytest.fixture
def pictures(tmp_path) -> Path:
    """Two, another one in a folder below, and a file that is none."""
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    for place, (name, data, _) in enumerate(squares(3, seed=2)):
        (folder / ("deep" if place == 2 else "") / name).write_bytes(data)
    (folder / "notes.txt").write_text("no picture")
    return folder
