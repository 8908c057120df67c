"""`maskloop export-model`: what it refuses, in one line; what it writes is in tests/models/export."""

from __future__ import annotations

import sys

import pytest
from typer.testing import CliRunner

from service.__main__ import app
from tests.models.test_predictor_contract import annotation_network, pretrained_network


def refused(*arguments: object) -> str:
    done = CliRunner().invoke(app, ["export-model", *map(str, arguments)])
    assert (done.exit_code, done.stderr.count("\n")) == (2, 1)
    return done.stderr


def test_a_model_that_is_none_is_refused(tmp_path):
    assert "there is no model at" in refused(tmp_path / "nobody", "--onnx", tmp_path / "a.onnx")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "model.safetensors").touch()
    meant = f"did you mean {tmp_path / 'run' / 'model.safetensors'}?"
    assert meant in refused(tmp_path / "run", "--onnx", tmp_path / "a.onnx")


def test_a_model_of_another_recipe_is_refused_by_its_name(tmp_path):
    annotation_network("compact", "predicted").save(tmp_path / "model.safetensors")
    said = refused(tmp_path / "model.safetensors", "--onnx", tmp_path / "a.onnx")
    assert "recipe is compact; models of the recipe pretrained can be exported" in said
    assert not (tmp_path / "a.onnx").exists()


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    pretrained_network("predicted").save(tmp_path / "model.safetensors")
    assert "is a folder; name the file" in refused(tmp_path / "model.safetensors", "--onnx", tmp_path)


@pytest.mark.parametrize("package", ["onnx", "onnxscript"])
def test_without_its_packages_the_extra_is_named(tmp_path, monkeypatch, package):
    pretrained_network("predicted").save(tmp_path / "model.safetensors")
    monkeypatch.setitem(sys.modules, package, None)
    said = refused(tmp_path / "model.safetensors", "--onnx", tmp_path / "a.onnx")
    assert "pip install 'maskloop[onnx]'" in said
