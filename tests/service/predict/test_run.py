"""`maskloop predict`: a model and pictures in; files of what it outlined, and a summary."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture
from typer.testing import CliRunner

from maskloop.errors import InvalidArgument, InvalidConfig, InvalidDataset, ModelNotFound
from maskloop.formats.segmentation import read_segmentation
from maskloop.formats.tools.yolo import read_yolo
from maskloop.masks import Mask
from models.annotation.recipe import resolve
from models.data.windows import windows
from service.__main__ import app
from service.predict.names import FORMATS
from service.predict.outputs import WRITERS
from service.predict.pictures import name_pictures
from service.predict.run import Progress, Wanted, predict
from service.predict.summary import Summary
from tests.models.test_predictor_contract import pretrained_network
from tests.service.processes import ROOT
from tests.service.squares import SIDE

COUNTS = {"square0.png": {"square": 1}, "square1.png": {}, "deep/square2.png": {"square": 2}}


def counts_file(folder: Path, counts: object = COUNTS) -> Path:
    path = folder / "counts.json"
    path.write_text(json.dumps(counts))
    return path


def run(checkpoint: Path, pictures: Path, counts: Path | None, *formats: str, **options: Any) -> Summary:
    files = name_pictures([pictures], recursive=True)
    device, progress = options.pop("device", "cpu"), options.pop("progress", lambda _: None)
    wanted = Wanted(pictures.parent / "out", formats or ("overlays", "coco"), counts_file=counts, **options)
    return predict(checkpoint, files, wanted, device=device, progress=progress)


def command(*arguments: object) -> Any:
    return CliRunner().invoke(app, ["predict", *map(str, arguments), "--device", "cpu"])


def document_of(out: Path) -> dict[str, Any]:
    return json.loads((out / "predictions.coco.json").read_text())


def test_every_counted_object_gets_a_mask_and_a_predicted_iou(checkpoint, pictures, tmp_path):
    summary = run(checkpoint, pictures, counts_file(tmp_path))
    assert len(summary.pictures) == 3
    document = document_of(tmp_path / "out")
    assert document["categories"] == [{"id": 1, "name": "square"}]
    assert document["info"]["score"] == "predicted IoU"
    names = {image["id"]: image["file_name"] for image in document["images"]}
    assert sorted(names.values()) == sorted(COUNTS)
    found = [names[item["image_id"]] for item in document["annotations"]]
    assert {name: found.count(name) for name in set(found)} == {"square0.png": 1, "deep/square2.png": 2}
    for item in document["annotations"]:
        assert 0 <= item["score"] <= 1
        height, width = item["segmentation"]["size"]
        assert Mask(height, width, item["segmentation"]["counts"].encode()).area == item["area"]
        assert (height, width) == (SIDE, SIDE)


def test_polygons_are_the_same_masks_as_run_lengths(checkpoint, pictures, tmp_path):
    masks = []
    for polygons in (False, True):
        run(checkpoint, pictures, counts_file(tmp_path), "coco", polygons=polygons)
        annotations = document_of(tmp_path / "out")["annotations"]
        assert isinstance(annotations[0]["segmentation"], list) == polygons
        masks.append([read_segmentation(item["segmentation"], SIDE, SIDE) for item in annotations])
    assert masks[0] == masks[1]


def test_every_format_is_written_of_every_picture_and_the_summary_adds_up(checkpoint, pictures, tmp_path):
    assert tuple(sorted(WRITERS)) == tuple(sorted(FORMATS))
    run(checkpoint, pictures, counts_file(tmp_path), *FORMATS)
    out = tmp_path / "out"
    for name, counted in COUNTS.items():
        numbers = np.asarray(Picture.open(out / "masks" / f"{name}.png"))
        features = json.loads((out / "geojson" / f"{name}.geojson").read_text())["features"]
        assert (numbers.shape, len(features)) == ((SIDE, SIDE), sum(counted.values()))
    summary = json.loads((out / "summary.json").read_text())
    (square,) = summary["classes"]
    covered = sum(int((np.asarray(Picture.open(out / "masks" / f"{name}.png")) > 0).sum()) for name in COUNTS)
    assert (square["name"], square["objects"], square["area_px"]) == ("square", 3, covered)
    assert square["share"] == pytest.approx(covered / (3 * SIDE * SIDE))
    assert summary["not_read"] == []
    rows = list(csv.DictReader((out / "summary.csv").open()))
    assert [(row["class"], row["objects"], row["area_px"]) for row in rows] == [("square", "3", str(covered))]
    objects = list(csv.DictReader((out / "objects.csv").open()))
    assert [row["object"] for row in objects if row["file_name"] == "deep/square2.png"] == ["1", "2"]
    assert all(0 <= float(row["predicted_iou"]) <= 1 for row in objects)


def test_yolo_s_files_are_read_back_as_the_same_masks(checkpoint, pictures, tmp_path):
    run(checkpoint, pictures, counts_file(tmp_path), "yolo", "coco")
    shutil.copytree(pictures, tmp_path / "out" / "yolo" / "images" / "train")
    (tmp_path / "out" / "yolo" / "images" / "val").mkdir()
    read = read_yolo(tmp_path / "out" / "yolo").by_name
    document = document_of(tmp_path / "out")
    for image in document["images"]:
        mine = [item["segmentation"] for item in document["annotations"] if item["image_id"] == image["id"]]
        back = [item.mask for item in read[image["file_name"]].objects]
        assert back == [read_segmentation(each, SIDE, SIDE) for each in mine]


def test_pictures_whose_yolo_labels_would_be_one_file_are_refused_before_any_is_outlined(free, pictures, tmp_path):
    shutil.copy(pictures / "square0.png", pictures / "square0.jpg")
    done = command(free, pictures, "--out", tmp_path / "out", "--format", "yolo")
    assert done.exit_code == 2
    assert "square0.jpg and square0.png would both have their labels in" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_model_that_finds_by_itself_needs_no_counts_and_another_says_that_it_does(checkpoint, free, pictures):
    with pytest.raises(InvalidArgument, match="give it counts"):
        run(checkpoint, pictures, None)
    assert len(run(free, pictures, None).pictures) == 3
    document = document_of(pictures.parent / "out")
    assert document["annotations"]
    assert {item["category_id"] for item in document["annotations"]} == {1}


def test_confidence_is_never_called_predicted_iou(free, pictures, tmp_path):
    done = command(free, pictures, "--out", tmp_path / "out", "--format", "coco,geojson")
    assert done.exit_code == 0, done.stderr
    assert "Not calibrated" in done.stdout
    assert "not calibrated" in document_of(tmp_path / "out")["info"]["score"]
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["calibrated"] is False
    written = [path.read_text() for path in (tmp_path / "out").rglob("*") if path.suffix in (".csv", ".geojson")]
    assert any("confidence" in text for text in written)
    assert not any("iou" in text.lower() for text in written)


def test_a_threshold_leaves_out_what_is_below_it(free, pictures, tmp_path):
    run(free, pictures, None)
    scores = sorted(item["score"] for item in document_of(tmp_path / "out")["annotations"])
    middle = scores[len(scores) // 2]
    run(free, pictures, None, threshold=middle)
    kept = [item["score"] for item in document_of(tmp_path / "out")["annotations"]]
    assert sorted(kept) == [score for score in scores if score >= middle]
    assert command(free, pictures, "--out", tmp_path / "out", "--threshold", "1.5").exit_code == 2


def test_what_cannot_be_read_is_passed_over_and_told_at_the_end(free, pictures, tmp_path):
    (pictures / "broken.png").write_bytes(b"\x89PNG")
    (pictures / "empty.jpg").write_bytes(b"")
    (pictures / "layers.psd").write_bytes(b"8BPS\0\1")
    frames = [Picture.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    frames[0].save(pictures / "moving.gif", save_all=True, append_images=frames[1:])
    done = command(free, pictures, "--out", tmp_path / "out")
    assert done.exit_code == 0
    assert "3 of 7 pictures read" in done.stdout
    told = done.stderr.splitlines()
    assert told[0] == "4 of 7 not read:"
    assert told[2] == "  empty.jpg: is empty (zero bytes)"
    assert told[4] == "  moving.gif: holds 2 pictures; a file of one is needed"
    assert "layers.psd: is none of JPEG" in told[3]
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert [item["file_name"] for item in summary["not_read"]] == [
        "broken.png", "empty.jpg", "layers.psd", "moving.gif",
    ]  # fmt: skip
    assert len(document_of(tmp_path / "out")["images"]) == 3


def test_a_run_that_could_read_nothing_writes_nothing_and_fails(free, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    done = command(free, tmp_path / "a.jpg", "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "a.jpg: is none of" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_was_done_is_kept_when_a_run_is_stopped(free, pictures, tmp_path):
    def stop(progress: Progress) -> None:
        if progress.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(free, pictures, None, progress=stop)
    assert len(document_of(tmp_path / "out")["images"]) == 2
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["pictures"] == 2


def test_pictures_of_an_earlier_run_are_not_outlined(free, pictures):
    for _ in range(2):
        done = command(free, pictures, "--out", pictures / "out", "--format", "overlays,masks")
        assert "3 pictures read" in done.stdout


def test_a_picture_that_shows_as_many_objects_as_are_looked_for_is_named(checkpoint, pictures, tmp_path):
    full = counts_file(tmp_path, {**COUNTS, "square0.png": {"square": resolve("compact").steps}})
    assert run(checkpoint, pictures, full).full == ["square0.png"]


def test_overlays_show_the_masks_and_leave_the_rest_alone(checkpoint, pictures, tmp_path):
    run(checkpoint, pictures, counts_file(tmp_path))
    empty = np.asarray(Picture.open(tmp_path / "out" / "overlays" / "square1.png.png"))
    assert (empty == np.asarray(Picture.open(pictures / "square1.png"))).all()
    drawn = np.asarray(Picture.open(tmp_path / "out" / "overlays" / "deep" / "square2.png.png"))
    assert (drawn != np.asarray(Picture.open(pictures / "deep" / "square2.png"))).any()


def test_one_picture_will_do(checkpoint, pictures, tmp_path):
    assert len(run(checkpoint, pictures / "square0.png", counts_file(tmp_path)).pictures) == 1


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
    options = ["--counts", counts_file(tmp_path), "--out", tmp_path / "out"]
    done = command(checkpoint, pictures, *options)
    assert done.exit_code == 0
    assert "3 pictures read" in done.stdout
    assert "square" in done.stdout
    assert (tmp_path / "out" / "predictions.coco.json").is_file()
    wrong = command(tmp_path / "nobody", pictures, *options)
    assert wrong.exit_code == 2
    assert wrong.stderr.startswith("maskloop: there is no model at")
    assert wrong.stderr.count("\n") == 1


def test_a_format_that_there_is_not_is_refused_with_the_nearest(checkpoint, pictures, tmp_path):
    done = command(checkpoint, pictures, "--out", tmp_path / "out", "--format", "coco", "--format", "geojsn")
    assert done.exit_code == 2
    assert "did you mean 'geojson'?" in done.stderr


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
    options = ["--counts", tmp_path / "no counts", "--out", tmp_path / "out", "--device", "abacus"]
    done = command(places["model"], places["pictures"], *options)
    assert done.exit_code == 2
    assert words in done.stderr


def test_the_command_says_what_the_counts_look_like():
    shown = CliRunner().invoke(app, ["predict", "--help"]).stdout
    assert '{"a.jpg": {"crack": 2' in " ".join(shown.replace("│", " ").split())


def test_progress_goes_on_within_a_large_picture(tmp_path):
    pretrained_network("predicted", tile=64).save(tmp_path / "model.safetensors")
    Picture.new("RGB", (200, 150)).save(tmp_path / "large.png")
    Picture.new("RGB", (40, 40)).save(tmp_path / "small.png")
    (tmp_path / "broken.jpg").write_bytes(b"")
    told: list[Progress] = []
    files = name_pictures([tmp_path], recursive=True)
    predict(tmp_path / "model.safetensors", files, Wanted(tmp_path / "out", ()), device="cpu", progress=told.append)
    inside = [(one.windows_done, one.windows) for one in told if one.windows > 1]
    assert len(inside) > 1
    assert inside == sorted(inside)
    assert inside[-1][0] == inside[-1][1] == len(windows((150, 200), 64, 64))
    assert (told[-1].done, told[-1].pictures) == (3, 3)
