"""Calls answered in one pass: as each alone, whatever becomes of the others; by models that stay loaded."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from maskloop.errors import InvalidImage, ModelNotFound, NotFound, UnsupportedPrompts
from maskloop.values import Prompt, PromptPoint
from models.encoders.feature_store import FeatureStore
from models.kinds.load import AnyModel, load_model
from service.artifacts.blobs import BlobStore
from service.artifacts.image_file import ImageFile
from service.device.images import ImageReader
from service.device.messages import AskMasks
from service.device.prompts import prompts as prompts_module
from service.device.prompts.prompts import Prompts
from tests.models.test_predictor_contract import annotation_network, dense_network, pretrained_network
from tests.service.squares import SIDE, squares

PROMPTS = (Prompt(box=(4, 4, 14, 12)), Prompt(points=(PromptPoint(9, 9),)))


class Asked:
    """Images and models in a folder, and what answers prompts in them."""

    def __init__(self, folder: Path) -> None:
        blobs = BlobStore(str(folder / "blobs"))
        files = [ImageFile(f"i{place}", name, blobs.put(data)) for place, (name, data, _) in enumerate(squares(4))]
        self.folder = folder
        pretrained_network("predicted").save(folder / "regions")
        dense_network("predicted").save(folder / "dense")
        annotation_network("compact", "predicted").save(folder / "recurrent")
        self.calls = [AskMasks(folder / "regions", file, (SIDE, SIDE), PROMPTS) for file in files]
        store = FeatureStore(folder / "features", 1 << 26)
        self.prompts = Prompts(ImageReader(blobs), store, torch.device("cpu"))


@pytest.fixture(scope="module")
def asked(tmp_path_factory) -> Asked:
    return Asked(tmp_path_factory.mktemp("asked"))


def test_calls_are_answered_together_as_each_alone(asked):
    alone = [asked.prompts.answer([call])[0] for call in asked.calls]
    assert all(len(answer.proposals) == len(PROMPTS) for answer in alone)
    assert list(asked.prompts.answer(asked.calls)) == alone


def test_a_call_that_fails_spoils_no_other(asked):
    first, second, *_ = asked.calls
    gone = replace(second, image=replace(second.image, sha256="ab" * 32))
    wrong = replace(second, image=replace(second.image, image_id="other", sha256=first.image.sha256), size=(SIDE, 9))
    good, missing, also_good, mistaken = asked.prompts.answer([first, gone, second, wrong])
    assert (good, also_good) == asked.prompts.answer([first, second])
    assert isinstance(missing, NotFound)
    assert isinstance(mistaken, InvalidImage)


@pytest.mark.parametrize(("name", "error"), [("recurrent", UnsupportedPrompts), ("nobody", ModelNotFound)])
def test_a_model_that_cannot_be_asked_is_an_answer(asked, name, error):
    (answer,) = asked.prompts.answer([replace(asked.calls[0], checkpoint=asked.folder / name)])
    assert isinstance(answer, error)


def test_the_models_asked_last_stay_loaded(asked, monkeypatch):
    loaded: list[str] = []

    def load(path: Path, *more: Any) -> AnyModel:
        loaded.append(path.name)
        return load_model(path, *more)

    monkeypatch.setattr(prompts_module, "MODELS", 1)
    monkeypatch.setattr(prompts_module, "load_model", load)
    call = asked.calls[0]
    asked.prompts.answer([replace(call, checkpoint=asked.folder / "dense")])
    loaded.clear()
    for name in ("dense", "dense", "regions", "regions", "dense"):
        asked.prompts.answer([replace(call, checkpoint=asked.folder / name)])
    assert loaded == ["regions", "dense"]
