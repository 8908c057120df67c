"""`maskloop convert`, `import` and `export` as they are typed; projects are those of a real server."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

from maskloop.client import Client
from maskloop.client.local_server import LocalServer
from maskloop.datasets.formats import find_source
from maskloop.formats.marks import read_points, read_scribbles
from maskloop.values import (
    BACKGROUND,
    LabelDraft,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    Split,
    SupervisionKind,
)

RING = "0 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9 0.1 0.1 0.3 0.3 0.3 0.7 0.7 0.7 0.7 0.3 0.3 0.3"


@pytest.fixture
def yolo(tmp_path):
    """Four images of 10 x 10 pixels: a ring, nothing, nobody looked, and a box."""
    folder = tmp_path / "yolo"
    for side, name, text in (
        ("train", "a", RING),
        ("train", "b", ""),
        ("train", "c", None),
        ("train", "d", "1 0.5 0.5 0.4 0.2"),
        ("val", "e", RING.replace("0 ", "1 ", 1)),
    ):
        for part in ("images", "labels"):
            (folder / part / side).mkdir(parents=True, exist_ok=True)
        pixels = np.full((10, 10, 3), ord(name), np.uint8)
        Image.fromarray(pixels).save(folder / "images" / side / f"{name}.png")
        if text is not None:
            (folder / "labels" / side / f"{name}.txt").write_text(text)
    (folder / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [crack, rust]\n")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with LocalServer(tmp_path_factory.mktemp("server"), "cpu", print) as running:
        yield running.address


def said(spec):
    dataset = find_source(spec, "FROM").read()
    names = {category.id: category.name for category in dataset.categories}
    return {
        image.file_name: (
            image.is_labeled,
            [(names[item.category_id], item.mask) for item in image.objects],
            image.boxes and [(names[box.category_id], box.corners) for box in image.boxes],
        )
        for image in dataset.images
    }


def test_a_data_set_is_converted_and_what_came_of_it_is_told(maskloop, yolo, tmp_path):
    code, out, complaint = maskloop("convert", f"yolo:{yolo}", f"labelme:{tmp_path / 'lm'}")
    assert (code, complaint) == (0, "")
    assert "Read 5 images with 2 outlined objects, 1 boxed alone, 1 without a label" in out
    assert "4 labeled images" in out
    assert said(f"labelme:{tmp_path / 'lm'}") == said(f"yolo:{yolo}")
    assert said(f"labelme:{tmp_path / 'lm'}")["a.png"][1][0][1].area == 64 - 16


def test_what_a_format_does_not_hold_is_told(maskloop, yolo, tmp_path):
    code, out, _ = maskloop("convert", f"yolo:{yolo}", f"voc:{tmp_path / 'voc'}", "--no-images")
    assert code == 0
    assert "images without outlines of all their objects left out: 2" in out
    assert not (tmp_path / "voc" / "JPEGImages").exists()


def test_polygons_and_runs_are_written_as_asked(maskloop, yolo, tmp_path):
    for way, kind in (("--polygons", list), ("--rle", dict)):
        folder = tmp_path / way
        assert maskloop("convert", f"yolo:{yolo}", f"coco:{folder}", way)[0] == 0
        document = json.loads((folder / "annotations.json").read_text())
        outlined = [each for each in document["annotations"] if each.get("segmentation")]
        assert {type(each["segmentation"]) for each in outlined} == {kind}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("convert", "yolo:{yolo}", "coco:{yolo}"), "is not an empty folder"),
        (("convert", "yolo:{yolo}", "voc:{yolo}/../new", "--polygons"), "writes masks as rle alone"),
        (("convert", "yolo:{yolo}", "coco:{yolo}/../new", "--polygons", "--rle"), "one of both"),
        (("convert", "yolo:{yolo}", "coko:{yolo}/../new"), "did you mean 'coco'?"),
        (("convert", "yolo:{yolo}/nowhere", "coco:{yolo}/../new"), "there is no folder"),
        (("convert", "coco:{yolo},{yolo}", "coco:{yolo}/../new"), "is a folder, and a file stands before a comma"),
        (("import", "yolo:{yolo}", "--server", "unix:{yolo}/nobody", "--project", "p"), "cannot be reached"),
        (("export", "yolo:{yolo}/../new", "--server", "unix:{yolo}/nobody", "--project", "p"), "cannot be reached"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line_and_changes_nothing(maskloop, yolo, words, told):
    before = sorted(yolo.parent.rglob("*"))
    code, out, complaint = maskloop(*(word.format(yolo=yolo) for word in words))
    assert (code, complaint.count("\n")) == (2, 1)
    assert told in complaint
    assert "Traceback" not in out + complaint
    assert sorted(yolo.parent.rglob("*")) == before


def test_bad_entries_stop_it_or_are_listed(maskloop, yolo, tmp_path):
    (yolo / "labels" / "train" / "a.txt").write_text("7 0.1 0.1 0.5 0.5")
    code, _, complaint = maskloop("convert", f"yolo:{yolo}", f"coco:{tmp_path / 'out'}")
    assert code == 2
    assert "line 1 (a.png): its class is 7; there are 2, from 0" in complaint
    assert not (tmp_path / "out").exists()
    code, out, _ = maskloop("convert", f"yolo:{yolo}", f"coco:{tmp_path / 'out'}", "--on-bad", "skip")
    assert code == 0
    assert "a.png: line 1: its class is 7" in out
    assert "a.png" not in said(f"coco:{tmp_path / 'out'}")  # half a label is none


def test_a_project_is_filled_and_read_again(maskloop, yolo, server, tmp_path):
    for _ in range(2):  # the second time changes nothing
        code, out, complaint = maskloop("import", f"yolo:{yolo}", "--server", server, "--project", "site")
        assert (code, complaint) == (0, "")
        assert "Project site: 1 to test on, 2 to learn from, 2 to be labeled; 1 of them with boxes." in out
    with Client(server) as client:
        images = {image.file_name: image for image in client.list_images(project_id="site")}
        splits = {name: image.split for name, image in images.items()}
        assert splits == {
            "a.png": Split.TRAIN, "b.png": Split.TRAIN, "c.png": Split.POOL, "d.png": Split.POOL, "e.png": Split.TEST
        }  # fmt: skip
        labels = list(client.list_labels(project_id="site"))
        assert [label.kind for label in labels].count(SupervisionKind.BOXES) == 1
        assert len(labels) == 4
    out = tmp_path / "cvat"
    code, _, complaint = maskloop("export", f"cvat:{out}", "--server", server, "--project", "site", "--images")
    assert (code, complaint) == (0, "")
    assert said(f"cvat:{out}") == said(f"yolo:{yolo}")
    assert (out / "images" / "a.png").read_bytes() == (yolo / "images" / "train" / "a.png").read_bytes()


def test_points_and_scribbles_are_written_beside_the_folder(maskloop, yolo, server, tmp_path):
    (yolo / "labels" / "train" / "d.txt").unlink()
    assert maskloop("import", f"yolo:{yolo}", "--server", server, "--project", "marked")[0] == 0
    points = PointsLabel((Point(1, 3.5, 4.0),))
    strokes = ScribblesLabel((Scribble(2, ((1.0, 1.0), (6.0, 2.5))), Scribble(BACKGROUND, ((9.0, 9.0),))))
    with Client(server) as client:
        ids = {image.file_name: image.id for image in client.list_images(project_id="marked")}
        drafts = [LabelDraft(ids["c.png"], points), LabelDraft(ids["d.png"], strokes)]
        client.submit_labels(project_id="marked", annotator="ann", labels=drafts)
    out = tmp_path / "out"
    export = ("export", f"coco:{out}", "--server", server, "--project", "marked")
    code, told, complaint = maskloop(*export)
    assert (code, complaint) == (0, "")
    assert f"Wrote {out}.points.json" in told
    categories = find_source(f"yolo:{yolo}", "FROM").read().categories
    sizes = {"c.png": (10, 10), "d.png": (10, 10)}
    assert read_points(tmp_path / "out.points.json", {"c.png": sizes["c.png"]}, categories) == {"c.png": points}
    assert read_scribbles(tmp_path / "out.scribbles.json", {"d.png": sizes["d.png"]}, categories) == {"d.png": strokes}
    again = ("import", f"yolo:{yolo}", "--server", server, "--project", "again")
    marks = ("--points", f"{out}.points.json", "--scribbles", f"{out}.scribbles.json")
    for _ in range(2):  # the second time changes nothing
        code, told, complaint = maskloop(*again, *marks)
        assert (code, complaint) == (0, "")
        assert "2 with points or strokes." in told
    with Client(server) as client:
        names = {image.id: image.file_name for image in client.list_images(project_id="again")}
        labels = {names[label.image_id]: label for label in client.list_labels(project_id="again")}
    assert (labels["c.png"].content, labels["d.png"].content) == (points, strokes)
    assert labels["c.png"].cost_s == 0
    (tmp_path / "other.json").write_text('{"z.png": [], "c.png": []}')
    code, _, complaint = maskloop(*again, "--points", f"{tmp_path / 'other.json'}")
    assert code == 2
    assert "other.json names z.png: the data set has no such image" in complaint
    shutil.rmtree(out)
    code, _, complaint = maskloop(*export)
    assert (code, out.exists()) == (2, False)
    assert f"{out}.points.json is there already; name another folder" in complaint


def test_classes_that_a_project_lacks_are_told(maskloop, yolo, server):
    assert maskloop("import", f"yolo:{yolo}", "--server", server, "--project", "other", "--no-test")[0] == 0
    (yolo / "data.yaml").write_text("train: images/train\nval: images/val\nnames: [crack, dust]\n")
    code, _, complaint = maskloop("import", f"yolo:{yolo}", "--server", server, "--project", "other")
    assert code == 2
    assert "project other has no class 'dust', but crack, rust" in complaint
