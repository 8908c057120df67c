"""What is written as COCO reads back the same, here and in pycocotools; a full disk leaves the old file."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from pycocotools.coco import COCO

from maskloop.errors import FailedPrecondition, InvalidLabel, InvalidMask
from maskloop.formats.coco import read_finished_coco
from maskloop.formats.coco.writing import coco_document, write_coco
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.files import write_atomically
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

CATEGORIES = (Category(2, "crack"), Category(5, "rust"))


def image(name: str, height: int = 4, width: int = 6) -> DatasetImage:
    return DatasetImage(name, Path(name), width, height, ())


def square(category_id: int = 2) -> ObjectLabel:
    array = np.zeros((4, 6), bool)
    array[1:3, 2:5] = True
    return ObjectLabel(category_id, Mask.from_array(array))


def test_a_document_lists_images_categories_and_objects() -> None:
    written: dict[str, Any] = coco_document(CATEGORIES, [image("a.jpg"), image("b.jpg")], {"b.jpg": (square(5),)})
    assert written["images"] == [
        {"id": 1, "file_name": "a.jpg", "width": 6, "height": 4},
        {"id": 2, "file_name": "b.jpg", "width": 6, "height": 4},
    ]
    assert written["categories"] == [{"id": 2, "name": "crack"}, {"id": 5, "name": "rust"}]
    (annotation,) = written["annotations"]
    assert isinstance(annotation["segmentation"].pop("counts"), str)
    assert annotation == {
        "id": 1,
        "image_id": 2,
        "category_id": 5,
        "segmentation": {"size": [4, 6]},
        "area": 6,
        "bbox": [2, 1, 3, 2],
        "iscrowd": 0,
    }


def test_scores_are_written_beside_their_objects() -> None:
    written: dict[str, Any] = coco_document(CATEGORIES, [image("a")], {"a": (square(), square(5))}, {"a": (0.25, 0.75)})
    assert [(item["category_id"], item["score"]) for item in written["annotations"]] == [(2, 0.25), (5, 0.75)]


@st.composite
def labels(draw: st.DrawFn) -> dict[str, tuple[ObjectLabel, ...]]:
    masks = st.builds(Mask.from_array, arrays(bool, (4, 6)).filter(np.any))
    objects = st.lists(st.builds(ObjectLabel, st.sampled_from([2, 5]), masks, st.booleans()), max_size=4).map(tuple)
    return draw(st.dictionaries(st.sampled_from(["a.jpg", "b.jpg", "ü c.jpg"]), objects))


@settings(deadline=None, max_examples=60)
@given(given_labels=labels())
def test_labels_survive_the_file(tmp_path_factory: pytest.TempPathFactory, given_labels) -> None:
    names = ["a.jpg", "b.jpg", "ü c.jpg"]
    file = tmp_path_factory.mktemp("coco") / "labels.coco.json"
    write_coco(file, CATEGORIES, [image(name) for name in names], given_labels)
    read = read_finished_coco(file, dict.fromkeys(names, (6, 4)), CATEGORIES)
    assert read == {name: given_labels.get(name, ()) for name in names}


def test_pycocotools_reads_the_file(tmp_path: Path) -> None:
    file = write_coco(tmp_path / "x.json", CATEGORIES, [image("a.jpg")], {"a.jpg": (square(),)})
    coco = COCO(str(file))
    assert coco.getCatIds() == [2, 5]
    assert (coco.annToMask(coco.loadAnns([1])[0]) == square().mask.to_array()).all()


def test_what_contradicts_itself_is_not_written(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    with pytest.raises(InvalidLabel, match=r"image a\.jpg: category 3 is not in the vocabulary"):
        write_coco(file, CATEGORIES, [image("a.jpg")], {"a.jpg": (square(3),)})
    with pytest.raises(InvalidMask, match=r"image a\.jpg has 6 x 5 pixels, a mask of it 6 x 4"):
        write_coco(file, CATEGORIES, [image("a.jpg", height=5)], {"a.jpg": (square(),)})
    with pytest.raises(InvalidLabel, match=r"image a\.jpg has 1 objects and 0 scores"):
        write_coco(file, CATEGORIES, [image("a.jpg")], {"a.jpg": (square(),)}, {})
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_replaced_whole_and_folders_are_made(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "x.json"
    write_atomically(path, b"old")
    assert write_atomically(path, b"new") == path
    assert path.read_bytes() == b"new"
    assert [file.name for file in path.parent.iterdir()] == ["x.json"]


WRITE_TOO_MUCH = """
import resource
import sys
from pathlib import Path
from maskloop.errors import StorageFull
from maskloop.formats.files import write_atomically
resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
try:
    write_atomically(Path(sys.argv[1]), b"x" * 100_000)
except StorageFull as error:
    print(error.message)
"""


def test_no_room_leaves_the_old_file(tmp_path: Path) -> None:
    """A real limit of the operating system: the process may write files of 4096 bytes at most."""
    path = tmp_path / "x.json"
    write_atomically(path, b"old")
    done = subprocess.run(
        [sys.executable, "-c", WRITE_TOO_MUCH, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert f"cannot write {path} (100000 bytes): {os.strerror(errno.EFBIG)}" in done.stdout
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["x.json"]


def test_a_replaced_file_is_a_new_one_for_those_who_read_the_old(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_atomically(path, b"old")
    with path.open("rb") as reader:
        write_atomically(path, b"new")
        assert reader.read() == b"old"


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "x.json").mkdir()
    with pytest.raises(FailedPrecondition, match=r"cannot write .*Is a directory"):
        write_atomically(tmp_path / "x.json", json.dumps({}).encode())
