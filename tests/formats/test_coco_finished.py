"""Labels that come back from tools are those of the images that were asked for, or it is told what they are not."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from maskloop.errors import InvalidDataset
from maskloop.formats.coco import read_finished_boxes, read_finished_coco
from maskloop.values import Box, Category
from tests.formats.coco import HEIGHT, WIDTH, document, save, square

CATEGORIES = (Category(1, "spot"), Category(2, "hole"))
TOOLS = ({"id": 5, "name": "spot"}, {"id": 6, "name": "hole"})


def finished(tmp_path: Path, content: Mapping[str, Any], *names: str) -> dict[str, list[int]]:
    labels = read_finished_coco(
        save(tmp_path / "done.json", content), dict.fromkeys(names, (WIDTH, HEIGHT)), CATEGORIES
    )
    return {name: [item.category_id for item in objects] for name, objects in labels.items()}


def told(tmp_path: Path, content: Mapping[str, Any], *names: str) -> list[str]:
    with pytest.raises(InvalidDataset) as caught:
        finished(tmp_path, content, *names)
    first, *lines = caught.value.message.split("\n  ")
    assert first == f"{tmp_path / 'done.json'} does not hold together:"
    return lines


@pytest.mark.parametrize(
    "spelled",
    [
        "images\\{}",
        "images/0a1b2c3d-{}",
        "/data/upload/1/0a1b2c3d-{}",
        "{stem}_png.rf.0123456789abcdef.jpg",
        "{nfd}",
        "http://localhost:8080/data/local-files/?d=round-01/images/{}",
        "task%207/{}",
    ],
)
def test_names_are_matched_as_tools_spell_them(tmp_path: Path, spelled: str) -> None:
    names = ["ü.png", "b.png"]
    written = [
        spelled.format(name, stem=name.removesuffix(".png"), nfd=unicodedata.normalize("NFD", name)) for name in names
    ]
    content = document(written, [square(1, category_id=5)], TOOLS)
    assert finished(tmp_path, content, *names) == {"ü.png": [1], "b.png": []}


def test_a_name_that_is_not_listed_shows_the_nearest_ones(tmp_path: Path) -> None:
    content = document(["IMG_0001.png", "IMG_0002.png"], [], TOOLS)
    (line,) = told(tmp_path, content, "IMG_0003.png", "IMG_0001.png")
    assert line.startswith("IMG_0003.png: the file does not list this image; the nearest there: 'IMG_000")


def test_what_is_wrong_with_other_images_does_not_matter(tmp_path: Path) -> None:
    content = document(["a.png", "b.png"], [square(1, category_id=5)], TOOLS)
    content["images"] += [
        {"id": 9, "file_name": "zz.png", "width": 5, "height": 5},
        {"id": 9, "file_name": "yy.png"},
        {"id": 10, "file_name": 7},
        {"id": 11, "file_name": "caf\udce9.png", "width": "x"},
    ]
    content["annotations"] += [
        {"id": 9, "image_id": 9, "category_id": 5, "segmentation": []},
        {"id": 1, "image_id": 9, "category_id": "nothing"},
        {"id": 12, "image_id": 11},
    ]
    assert finished(tmp_path, content, "a.png", "b.png") == {"a.png": [1], "b.png": []}


def test_an_unknown_category_is_told_once_with_what_was_meant(tmp_path: Path) -> None:
    content = document(["a.png", "b.png", "c.png"], None, [{"id": 1, "name": "Spot"}])
    lines = told(tmp_path, content, "a.png", "b.png", "c.png")
    assert lines == ["a.png: category 'Spot' is none of spot, hole; did you mean 'spot'?"]


def test_a_category_nobody_used_here_does_not_matter(tmp_path: Path) -> None:
    content = document(["a.png", "z.png"], [square(1, category_id=5), square(2, category_id=7)], TOOLS)
    content["categories"].append({"id": 7, "name": "car"})
    assert finished(tmp_path, content, "a.png") == {"a.png": [1]}


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({"segmentation": {"size": [HEIGHT, WIDTH], "counts": [48]}}, "annotation 1 (a.png): its run lengths cover no"),
        ({"segmentation": []}, "a.png: an object has a box (2 x 2 pixels at (1, 1)) and no outline"),
        ({"segmentation": [], "bbox": []}, "annotation 1 (a.png): its segmentation is empty: it outlines nothing"),
        ({"category_id": 77}, "annotation 1 (a.png): its category 77 is unknown"),
    ],
)
def test_what_is_wrong_is_told_by_file_name(tmp_path: Path, changed: dict[str, Any], line: str) -> None:
    lines = told(tmp_path, document(["a.png"], [square(1, **{"category_id": 5, **changed})], TOOLS), "a.png")
    assert [each[: len(line)] for each in lines] == [line]


@pytest.mark.parametrize("annotations", ["missing", None])
def test_a_file_without_annotations_says_nothing_of_its_images(tmp_path: Path, annotations: object) -> None:
    content = {**document(["a.png"], [], TOOLS), "annotations": annotations}
    if annotations == "missing":
        del content["annotations"]
    assert told(tmp_path, content, "a.png") == ["annotations: the list is missing"]


def test_one_id_for_two_images_is_told(tmp_path: Path) -> None:
    content = document(["a.png", "b.png"], [], TOOLS)
    content["images"][1]["id"] = 1
    lines = told(tmp_path, content, "a.png", "b.png")
    assert "image 1 (a.png): the id is there twice" in lines
    assert any(line.startswith("b.png") for line in lines)


def test_sizes_may_be_missing(tmp_path: Path) -> None:
    content = document(["a.png"], [square(1, category_id=6)], TOOLS)
    del content["images"][0]["width"], content["images"][0]["height"]
    assert finished(tmp_path, content, "a.png") == {"a.png": [2]}


def test_boxes_go_by_their_box_and_outlines_without_one_by_theirs(tmp_path: Path) -> None:
    annotations = [
        square(1, category_id=5, bbox=[0.5, 1, 20, 2]),
        {**square(2, image_id=1, category_id=6), "bbox": None},
        {"id": 3, "image_id": 1, "category_id": 6, "bbox": [4, 4, 1, 1]},
    ]
    file = save(tmp_path / "done.json", document(["images\\a.png"], annotations, TOOLS))
    boxes = read_finished_boxes(file, {"a.png": (WIDTH, HEIGHT)}, CATEGORIES)
    assert sorted(boxes["a.png"], key=lambda box: box.x) == [
        Box(1, 0.5, 1, 7.5, 2),
        Box(2, 1, 1, 2, 2),
        Box(2, 4, 4, 1, 1),
    ]
