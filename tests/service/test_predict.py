"""`python -m service predict`: a model, pictures and their counts in; a COCO file and overlays out."""

from __future__ import annotations

import dataclasses
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image as Picture
from typer.testing import CliRunner

from maskloop.errors import InvalidArgument, InvalidConfig, InvalidDataset, InvalidImage, ModelNotFound
from maskloop.formats.images import decode_image
from maskloop.masks import Mask
from maskloop.values import Category, ImageProposals, ObjectProposal
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.recipe import resolve
from models.data.samples import Example
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics
from service.__main__ import app
from service.predict import overlay, predict
from tests.service.processes import ROOT
from tests.service.squares import SIDE, TINY, squares


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    torch.set_num_threads(1)
    examples = [Example(name, decode_image(data, name).pixels, objects) for name, data, objects in squares(8, seed=1)]
    recipe = resolve("compact", **TINY)
    cpu = torch.device("cpu")
    model = fit(examples, [1], recipe, seed=0, device=cpu, checkpoint_dir=None, progress=lambda *_: None)
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    dataclasses.replace(model, names=("square",)).save(path)
    return path


@pytest.fixture
def pictures(tmp_path) -> Path:
    folder = tmp_path / "pictures"
    (folder / "deep").mkdir(parents=True)
    for place, (name, data, _) in enumerate(squares(3, seed=2)):
        (folder / ("deep" if place == 2 else "") / name).write_bytes(data)
    (folder / "notes.txt").write_text("no picture")
    return folder


COUNTS = {"square0.png": {"square": 1}, "square1.png": {}, "deep/square2.png": {"square": 2}}


def counts_file(folder: Path, counts: object = COUNTS) -> Path:
    path = folder / "counts.json"
    path.write_text(json.dumps(counts))
    return path


def run(checkpoint: Path, pictures: Path, counts: Path, **options: Any) -> int:
    settings: dict[str, Any] = {"device": "cpu", "progress": lambda share: None, **options}
    return predict(checkpoint, pictures, counts, pictures.parent / "out", **settings)


def test_every_counted_object_gets_a_mask_and_a_predicted_iou(checkpoint, pictures, tmp_path):
    assert run(checkpoint, pictures, counts_file(tmp_path)) == 3
    document = json.loads((tmp_path / "out" / "predictions.coco.json").read_text())
    assert document["categories"] == [{"id": 1, "name": "square"}]
    names = {image["id"]: image["file_name"] for image in document["images"]}
    assert sorted(names.values()) == sorted(COUNTS)
    found = [names[item["image_id"]] for item in document["annotations"]]
    assert {name: found.count(name) for name in set(found)} == {"square0.png": 1, "deep/square2.png": 2}
    for item in document["annotations"]:
        assert 0 <= item["score"] <= 1
        height, width = item["segmentation"]["size"]
        assert Mask(height, width, item["segmentation"]["counts"].encode()).area == item["area"]
        assert (height, width) == (SIDE, SIDE)


def test_a_model_that_finds_by_itself_needs_no_counts_and_another_says_that_it_does(checkpoint, pictures, tmp_path):
    with pytest.raises(InvalidArgument, match="give it counts"):
        run(checkpoint, pictures, None)
    cpu = torch.device("cpu")
    model = FittedModel.load(checkpoint, cpu)
    recipe = dataclasses.replace(model.recipe, classes="predicted", objectness=0.01)
    network = build_network(recipe, 1)
    network.load_state_dict(model.network.state_dict())
    calibrator = Calibrator.unfitted(count_statistics(1) + 2)
    free = tmp_path / "free.safetensors"
    dataclasses.replace(model, network=network, recipe=recipe, calibrator=calibrator).save(free)
    assert run(free, pictures, None) == 3
    document = json.loads((tmp_path / "out" / "predictions.coco.json").read_text())
    assert document["annotations"]
    assert {item["category_id"] for item in document["annotations"]} == {1}


def test_an_unfitted_head_s_confidence_is_not_drawn_as_a_number():
    mask = Mask.from_array(np.ones((99, 99), dtype=np.bool_))
    objects = (ObjectProposal(1, mask, 0.91, 0.91),)
    pixels, categories = np.zeros((99, 99, 3), dtype=np.uint8), (Category(1, "i"),)
    drawn = [
        overlay(pixels, ImageProposals("a", "", 0.91, objects, uncalibrated=uncalibrated), categories)
        for uncalibrated in (True, False)
    ]
    bare, numbered = ((np.asarray(Picture.open(io.BytesIO(each))).min(axis=2) > 200).sum() for each in drawn)
    assert 0 < bare < numbered


def test_overlays_show_the_masks_and_leave_the_rest_alone(checkpoint, pictures, tmp_path):
    run(checkpoint, pictures, counts_file(tmp_path))
    empty = np.asarray(Picture.open(tmp_path / "out" / "overlays" / "square1.png.png"))
    assert (empty == np.asarray(Picture.open(pictures / "square1.png"))).all()
    assert (tmp_path / "out" / "overlays" / "deep" / "square2.png.png").is_file()


def test_one_picture_will_do(checkpoint, pictures, tmp_path):
    assert run(checkpoint, pictures / "square0.png", counts_file(tmp_path)) == 1


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({"square0.png": {"square": 1}}, "square1.png"),
        ({**COUNTS, "square0.png": {"circle": 1}}, "circle"),
        ({**COUNTS, "square0.png": {"square": -1}}, "square0.png"),
        ([], "no JSON object"),
    ],
)
def test_counts_that_do_not_hold_together_are_refused_by_name(checkpoint, pictures, tmp_path, counts, words):
    with pytest.raises(InvalidDataset, match=words):
        run(checkpoint, pictures, counts_file(tmp_path, counts))
    assert not (tmp_path / "out").exists()


def test_a_picture_that_is_none_is_named(checkpoint, pictures, tmp_path):
    (pictures / "broken.png").write_bytes(b"\x89PNG")
    with pytest.raises(InvalidImage, match=r"broken\.png"):
        run(checkpoint, pictures, counts_file(tmp_path))


def test_a_folder_without_pictures_is_refused(checkpoint, tmp_path):
    (tmp_path / "nothing").mkdir()
    with pytest.raises(InvalidDataset, match="there is no picture"):
        run(checkpoint, tmp_path / "nothing", counts_file(tmp_path))


def test_a_model_that_is_none_is_refused(pictures, tmp_path):
    with pytest.raises(ModelNotFound):
        run(tmp_path / "nobody.safetensors", pictures, counts_file(tmp_path))
    (tmp_path / "noise.safetensors").write_bytes(b"noise")
    with pytest.raises(InvalidArgument):
        run(tmp_path / "noise.safetensors", pictures, counts_file(tmp_path))


def test_a_device_that_is_none_is_refused(checkpoint, pictures, tmp_path):
    with pytest.raises(InvalidConfig, match="device 'abacus' is none of"):
        run(checkpoint, pictures, counts_file(tmp_path), device="abacus")


def test_the_command_writes_the_files_and_tells_errors_in_one_line(checkpoint, pictures, tmp_path):
    options = ["--counts", str(counts_file(tmp_path)), "--out", str(tmp_path / "out"), "--device", "cpu"]
    done = CliRunner().invoke(app, ["predict", str(checkpoint), str(pictures), *options])
    assert done.exit_code == 0
    assert "3 pictures" in done.stdout
    assert (tmp_path / "out" / "predictions.coco.json").is_file()
    wrong = CliRunner().invoke(app, ["predict", str(tmp_path / "nobody"), str(pictures), *options])
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("maskloop: there is no model at")
    assert wrong.stderr.count("\n") == 1


def test_predicting_imports_nothing_that_only_training_needs(checkpoint, pictures, tmp_path):
    options = [str(checkpoint), str(pictures), "--counts", str(counts_file(tmp_path)), "--out", str(tmp_path / "out")]
    code = "import sys; from service.__main__ import app; app(sys.argv[1:], standalone_mode=False); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code, "predict", *options, "--device", "cpu"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert "3 pictures" in done.stdout
    training = {"torchvision", "torch._dynamo", "sympy", "sklearn", "scipy", "grpc", "sqlalchemy", "matplotlib"}
    assert not training & set(done.stdout.split())


@pytest.mark.parametrize(("missing", "words"), [("model", "no model at"), ("pictures", "no picture")])
def test_a_file_that_is_not_there_is_told_before_anything_is_read(checkpoint, pictures, tmp_path, missing, words):
    places = {"model": checkpoint, "pictures": pictures, missing: tmp_path / "nowhere"}
    options = ["--counts", str(tmp_path / "no counts"), "--out", str(tmp_path / "out"), "--device", "abacus"]
    done = CliRunner().invoke(app, ["predict", str(places["model"]), str(places["pictures"]), *options])
    assert done.exit_code == 2
    assert words in done.stderr


def test_the_command_says_what_the_counts_look_like():
    shown = CliRunner().invoke(app, ["predict", "--help"]).stdout
    assert '{"a.jpg": {"crack": 2' in " ".join(shown.replace("│", " ").split())
