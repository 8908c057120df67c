"""The recipe `recurrent`: the decoder on an encoder that knows photographs learns from a few labels."""

from pathlib import Path

import pytest
import torch

from maskloop.values import Split
from models.annotation.evaluate import evaluate
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.recipe import resolve
from models.data.samples import ImageToScore
from models.kinds.load import load_model

pytestmark = pytest.mark.slow

CPU = torch.device("cpu")
CATEGORIES = (3, 7)


def test_it_outlines_what_it_has_not_seen_and_so_does_what_its_file_brings_back(scenes, tmp_path: Path):
    recipe = resolve("recurrent", image_size=64, hidden=32, iterations=50, iou_epochs=5, held_out=0.0)
    learnt, unseen = scenes(8, side=64, seed=1), scenes(8, side=64, seed=2)
    model = fit(learnt, CATEGORIES, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    assert evaluate(model, unseen, Split.TEST, device=CPU, progress=lambda *_: None).mean_iou > 0.5

    model.save(tmp_path / "model.safetensors")
    loaded = load_model(tmp_path / "model.safetensors", CPU)
    assert isinstance(loaded, FittedModel)
    images = [ImageToScore.of(scene) for scene in unseen]
    before, after = (list(one.predict(images, device=CPU, batch_size=4)) for one in (model, loaded))
    assert [item.proposals for item in before] == [item.proposals for item in after]
