"""Places in formats: what may be typed, and what is told where it cannot be."""

from __future__ import annotations

import pytest
from PIL import Image

from maskloop.cli.formats import NAMES
from maskloop.datasets.convert import new_folder, write_dataset
from maskloop.datasets.formats import FORMATS, find_source, split_spec
from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.coco import write_coco
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.tools.writing import Outlines
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel


@pytest.fixture
def folder(tmp_path):
    """A COCO folder of two images, each with one pixel of a cat."""
    cats = tmp_path / "cats"
    (cats / "images").mkdir(parents=True)
    for name in ("a.png", "b.png"):
        Image.new("RGB", (4, 3)).save(cats / "images" / name)
    one = ObjectLabel(1, Mask(3, 4, b"01;"))
    sized = [DatasetImage(name, cats / "images" / name, 4, 3, ()) for name in ("a.png", "b.png")]
    write_coco(cats / "annotations.json", [Category(1, "cat")], sized, {"a.png": (one,), "b.png": (one,)})
    return cats


def test_the_help_names_every_format():
    assert NAMES.split(", ") == list(FORMATS)


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("ylo:x", r"FROM 'ylo:x' is none of .*coco:DIR, yolo:DIR, .*; did you mean 'yolo'\?"),
        ("COCO:x", r"did you mean 'coco'\?"),
        ("coco", r"FROM 'coco' is none of"),
        (".", r"FROM '\.' is none of .*; did you mean coco:\.\?"),
        ("coco:", r"FROM 'coco:' is none of"),
        ("", r"FROM '' is none of"),
        ("coco:nowhere", "FROM: there is no folder nowhere"),
        ("cvat:nowhere.xml,photos", r"FROM: there is no nowhere\.xml"),
        ("yolo:nowhere.yaml,photos", "YOLO segmentation is read from a folder"),
    ],
)
def test_a_place_that_cannot_be_is_told(spec, words):
    with pytest.raises((InvalidArgument, InvalidDataset), match=words):
        find_source(spec, "FROM")


def test_a_file_and_its_pictures_are_read(folder):
    source = find_source(f"coco:{folder / 'annotations.json'},{folder / 'images'}", "FROM")
    assert source.name == "annotations"
    assert len(source.read().images) == 2
    assert len(find_source(f"coco:{folder}", "FROM").read().images) == 2


def test_a_folder_that_holds_something_is_not_written_into(folder):
    dataset = find_source(f"coco:{folder}", "FROM").read()
    before = sorted(folder.rglob("*"))
    with pytest.raises(InvalidArgument, match="is not an empty folder"):
        write_dataset(dataset, FORMATS["yolo"], folder)
    with pytest.raises(InvalidArgument, match="YOLO segmentation writes masks as polygons alone"):
        write_dataset(dataset, FORMATS["yolo"], folder.parent / "out", Outlines.RLE)
    assert sorted(folder.rglob("*")) == before
    assert [path.name for path in folder.parent.iterdir()] == ["cats"]


def test_what_fails_in_the_middle_leaves_nothing(folder):
    dataset = find_source(f"coco:{folder}", "FROM").read()
    dataset.images[1].path.unlink()
    with pytest.raises(InvalidDataset, match="cannot be read"):
        write_dataset(dataset, FORMATS["labelme"], folder.parent / "out")
    assert [path.name for path in folder.parent.iterdir()] == ["cats"]


def test_an_empty_folder_is_written_into(tmp_path):
    (tmp_path / "out").mkdir()
    with new_folder(tmp_path / "out") as part:
        (part / "x").write_text("x")
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out" / "x").read_text() == "x"


def test_a_place_to_write_to_need_not_be_there():
    assert split_spec("cvat:nowhere/yet", "TO") == (FORMATS["cvat"], "nowhere/yet")
