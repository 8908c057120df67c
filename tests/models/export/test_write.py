"""Exported networks, run by onnxruntime with the code of docs/onnx.md, give the masks of our own predictions."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from maskloop.formats.coco import read_coco_folder
from maskloop.formats.images import decode_image
from maskloop.values import ObjectProposal
from models.data.samples import Example, ImageToScore
from models.export.write import facts, write_onnx
from models.features.recipe import PretrainedRecipe
from models.pretrained.fit import fit
from models.pretrained.model import FittedPretrained
from models.thin.model import FittedDense
from tests.docs.pages import ROOT, blocks
from tests.models.test_predictor_contract import CATEGORIES, CPU, dense_network, pretrained_network

pytestmark = pytest.mark.slow

onnx = pytest.importorskip("onnx")
onnxruntime = pytest.importorskip("onnxruntime")
REGIONS, DENSE = (block.text for block in blocks(ROOT / "docs/onnx.md") if block.language == "python")
NAMES = ("crack", "rust")


def pictures(number: int) -> Iterator[np.ndarray]:
    """Blobs of several colours and sizes, in pictures of several shapes."""
    rng = np.random.default_rng(0)
    for _ in range(number):
        small = rng.integers(0, 256, (5, 7, 3), dtype=np.uint8)
        size = (int(rng.integers(60, 200)), int(rng.integers(60, 200)))
        yield np.asarray(Image.fromarray(small).resize(size, Image.Resampling.BICUBIC))


def outline_of(code: str, model: Path) -> Any:
    """The page's function, for the file."""
    page: dict[str, Any] = {}
    exec(code.replace("model.onnx", str(model)).partition("objects =")[0], page)
    return page["outline"]


def ours(model: FittedPretrained | FittedDense, pixels: np.ndarray) -> tuple[ObjectProposal, ...]:
    (prediction,) = model.predict([ImageToScore("a", lambda: pixels, None)], device=CPU, batch_size=1)
    return prediction.proposals.objects


@pytest.fixture(scope="module")
def regions(tmp_path_factory) -> tuple[FittedPretrained, Path]:
    model = replace(pretrained_network("predicted"), names=NAMES)
    return model, write_onnx(model, tmp_path_factory.mktemp("onnx") / "model.onnx")


def test_a_network_that_looks_at_regions_gives_the_same_objects(regions):
    model, path = regions
    outline, compared = outline_of(REGIONS, path), 0
    for pixels in pictures(6):
        expected, found = ours(model, pixels), list(outline(Image.fromarray(pixels)))
        assert [name for name, _, _ in found] == [NAMES[CATEGORIES.index(item.category_id)] for item in expected]
        for item, (_, iou, solid) in zip(expected, found, strict=True):
            mask = item.mask.to_array()
            assert (mask & solid).sum() >= 0.99 * (mask | solid).sum()
            assert iou == pytest.approx(item.predicted_iou, abs=0.01)
            compared += 1
    assert compared >= 12


def test_the_file_tells_what_a_program_must_know(regions):
    model, path = regions
    session = onnxruntime.InferenceSession(str(path))
    told = session.get_modelmeta().custom_metadata_map
    assert json.loads(told["maskloop.classes"]) == [{"id": 3, "name": "crack"}, {"id": 7, "name": "rust"}]
    assert (told["maskloop.kind"], told["maskloop.image_size"]) == ("regions", "64")
    assert float(told["maskloop.threshold"]) == model.recipe.threshold
    assert (told["maskloop.calibrated"], told["maskloop.needs_counts"]) == ("true", "false")
    assert "random weights" in told["maskloop.licence"]
    (image,) = session.get_inputs()
    assert (image.name, image.shape, image.type) == ("image", [64, 64, 3], "tensor(uint8)")
    shapes = {output.name: output.shape for output in session.get_outputs()}
    assert shapes == {
        "masks": [8, 8, 8],
        "regions": [8, 4],
        "classes": [8, 2],
        "confidence": [8],
        "predicted_iou": [8],
    }


def test_weights_that_timm_fetched_have_the_licence_that_timm_tells():
    recipe = PretrainedRecipe(encoder="resnet18", weights="timm")
    told = facts(replace(pretrained_network("predicted"), recipe=recipe))
    assert told["maskloop.licence"] == "encoder timm:resnet18: apache-2.0"


def test_a_dense_network_gives_the_same_objects(tmp_path):
    model = replace(dense_network("predicted"), names=NAMES)
    outline, compared = outline_of(DENSE, write_onnx(model, tmp_path / "model.onnx")), 0
    for pixels in pictures(3):
        found = list(outline(Image.fromarray(pixels)))
        for item in ours(model, pixels):
            mask = item.mask.to_array()
            if mask.sum() < 100:  # on the size of its network's map, one of a few pixels
                continue
            same = [solid for name, solid in found if name == NAMES[CATEGORIES.index(item.category_id)]]
            assert max((mask & solid).sum() / (mask | solid).sum() for solid in same) > 0.95
            compared += 1
    assert compared >= 3


@pytest.mark.data
@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
def test_a_trained_network_gives_the_same_objects_of_real_photographs(tmp_path):
    data = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / "balloons")
    labels = [
        Example(name, decode_image(data.by_name[name].read(), name).pixels, data.by_name[name].objects)
        for name in data.train[:8]
    ]
    recipe = PretrainedRecipe(min_iterations=120, max_iterations=120, views=2)
    categories = [category.id for category in data.categories]
    model = fit(labels, categories, recipe, seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    outline, compared = outline_of(REGIONS, write_onnx(model, tmp_path / "model.onnx")), 0
    for name in data.test[:8]:
        pixels = decode_image(data.by_name[name].read(), name).pixels
        expected, found = ours(model, pixels), list(outline(Image.fromarray(pixels)))
        assert len(found) == len(expected)
        for item, (_, iou, solid) in zip(expected, found, strict=True):
            mask = item.mask.to_array()
            assert (mask & solid).sum() >= 0.99 * (mask | solid).sum()
            assert iou == pytest.approx(item.predicted_iou, abs=0.01)
            compared += 1
    assert compared >= 5
