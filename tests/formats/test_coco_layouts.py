"""COCO folders as COCO, mmdetection, Roboflow, CVAT, FiftyOne and Label Studio lay them out."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from maskloop.errors import InvalidDataset
from maskloop.formats.coco import read_coco, read_coco_folder, write_coco
from maskloop.formats.datasets import Dataset
from tests.formats.coco import document, picture, save

ROBOFLOW = "IMG-1_jpg.rf.0123456789abcdef.jpg"


def lay_out(folder: Path, layout: dict[str, list[str]], **files: dict[str, object]) -> Path:
    """`layout` are file names of pictures by folder; `files` are documents by path."""
    for place, names in layout.items():
        for name in names:
            picture(folder / place / name)
    for place, content in files.items():
        save(folder / place, content)
    return folder


def split_of(dataset: Dataset) -> tuple[set[str], set[str]]:
    assert all(image.path.is_file() for image in dataset.images)
    return set(dataset.train), set(dataset.test)


def test_standard_coco(tmp_path: Path) -> None:
    pictures = {"train2017": ["a.jpg", "b.jpg"], "val2017": ["c.jpg"], "test2017": ["d.jpg"]}
    files = {
        "annotations/instances_train2017.json": document(["a.jpg", "b.jpg"]),
        "annotations/instances_val2017.json": document(["c.jpg"]),
        "annotations/captions_train2017.json": {"images": [], "annotations": [{"id": 1, "caption": "a dog"}]},
        "annotations/person_keypoints_val2017.json": document(["c.jpg"]),
        "annotations/image_info_test2017.json": {**document(["d.jpg"]), "annotations": None},
    }
    for inside in ("", "images/"):
        folder = lay_out(tmp_path / f"at-{len(inside)}", {inside + place: names for place, names in pictures.items()})
        dataset = read_coco_folder(lay_out(folder, {}, **files))
        assert split_of(dataset) == ({"a.jpg", "b.jpg"}, {"c.jpg"})
        assert [image.is_labeled for image in dataset.images] == [False, True, True, True]
        assert dataset.by_name["d.jpg"].path == folder / inside / "test2017" / "d.jpg"
        assert dataset.split_from == (
            "annotations/instances_train2017.json for training, annotations/instances_val2017.json for testing; "
            "annotations/image_info_test2017.json is left out: nobody has labeled it"
        )


def roboflow(folder: Path, *splits: str) -> Path:
    head = {"id": 0, "name": "cracks-4", "supercategory": "none"}
    categories = [head, {"id": 1, "name": "crack", "supercategory": "cracks-4"}]
    for split in splits:
        name = f"{split}_jpg.rf.0123456789abcdef.jpg"
        content = document([name, ROBOFLOW], [{**_square(), "id": k, "image_id": k} for k in (1, 2)], categories)
        lay_out(folder, {split: [name, ROBOFLOW]}, **{f"{split}/_annotations.coco.json": content})
    return folder


def _square() -> dict[str, object]:
    return {"category_id": 1, "segmentation": [[1, 1, 3, 1, 3, 3, 1, 3]], "bbox": [1, 1, 2, 2], "iscrowd": 0}


@pytest.mark.parametrize(
    ("splits", "train", "test"),
    [
        (("train", "valid", "test"), {"train", "valid"}, {"test"}),
        (("train", "valid"), {"train"}, {"valid"}),
        (("train", "test"), {"train"}, {"test"}),
        (("valid", "test"), {"valid"}, {"test"}),
    ],
)
def test_roboflow(tmp_path: Path, splits: tuple[str, ...], train: set[str], test: set[str]) -> None:
    dataset = read_coco_folder(roboflow(tmp_path, *splits))
    assert [(category.id, category.name) for category in dataset.categories] == [(1, "crack")]
    given = split_of(dataset)  # one file name is in each folder
    assert given == (
        {f"{split}/{name}" for split in train for name in (f"{split}_jpg.rf.0123456789abcdef.jpg", ROBOFLOW)},
        {f"{split}/{name}" for split in test for name in (f"{split}_jpg.rf.0123456789abcdef.jpg", ROBOFLOW)},
    )
    assert all(len(image.objects) == 1 for image in dataset.images)
    assert "_annotations.coco.json for testing" in dataset.split_from


@pytest.mark.parametrize("where", ["", "train"])
def test_one_part_alone_is_drawn_from(tmp_path: Path, where: str) -> None:
    roboflow(tmp_path, "train")
    dataset = read_coco_folder(tmp_path if where == "" else tmp_path / where)
    assert (len(dataset.train), len(dataset.test)) == (1, 1)
    assert "1 of 2 images drawn for testing by seed 0" in dataset.split_from


def test_test_images_nobody_labeled_are_left_out_and_the_rest_is_drawn_from(tmp_path: Path) -> None:
    names = [f"{k}.jpg" for k in range(10)]
    folder = lay_out(
        tmp_path,
        {"images/train": names, "images/test": ["t.jpg"]},
        **{"annotations/train.json": document(names), "annotations/test.json": document(["t.jpg"], [])},
    )
    del (info := json.loads((folder / "annotations/test.json").read_text()))["annotations"]
    save(folder / "annotations/test.json", info)
    dataset = read_coco_folder(folder)
    assert (len(dataset.train), len(dataset.test)) == (7, 3)
    assert "t.jpg" not in dataset.train + dataset.test
    assert dataset.split_from == (
        "annotations/train.json alone: 3 of 10 images drawn for testing by seed 0; "
        "annotations/test.json is left out: nobody has labeled it"
    )


def test_parts_nobody_labeled_keep_their_sides(tmp_path: Path) -> None:
    for side in ("train", "val"):
        content = document([f"{side}.jpg"])
        del content["annotations"]
        lay_out(tmp_path, {side: [f"{side}.jpg"]}, **{f"annotations/image_info_{side}.json": content})
    dataset = read_coco_folder(tmp_path)
    assert split_of(dataset) == ({"train.jpg"}, {"val.jpg"})
    assert not any(image.is_labeled for image in dataset.images)


@pytest.mark.parametrize(
    ("annotations", "pictures"),
    [
        ("annotations.json", "images"),
        ("annotations.json", ""),
        ("labels.json", "data"),  # FiftyOne
        ("result.json", "images"),  # Label Studio
        ("annotations/instances_default.json", "images"),  # CVAT
        ("annotations/instances_default.json", "images/default"),
        ("annotations/instances_Train.json", "images/Train"),
        ("annotations/annotations.json", "images"),
        ("train/annotations.json", "train/images"),
        ("_annotations.coco.json", ""),
        ("coco_annotations.json", "JPEGImages"),
    ],
)
def test_one_file_of_annotations(tmp_path: Path, annotations: str, pictures: str) -> None:
    names = ["a.jpg", "deep/b.jpg", "c.jpg"]
    folder = lay_out(tmp_path, {pictures: names}, **{annotations: document(names)})
    dataset = read_coco_folder(folder)
    assert [image.file_name for image in dataset.images] == names
    assert {image.path for image in dataset.images} == {folder / pictures / name for name in names}
    assert (len(dataset.train), len(dataset.test)) == (2, 1)


def test_lists_go_before_what_files_are_called(tmp_path: Path) -> None:
    folder = roboflow(tmp_path, "train", "valid")
    (folder / "test.txt").write_text("train\\train_jpg.rf.0123456789abcdef.jpg\r\n")
    dataset = read_coco_folder(folder)
    assert dataset.test == ("train/train_jpg.rf.0123456789abcdef.jpg",)
    assert len(dataset.train) == 3


def test_files_that_number_categories_apart_share_a_vocabulary_by_name(tmp_path: Path) -> None:
    first = document(["a.jpg"], categories=[{"id": 1, "name": "rust"}, {"id": 2, "name": "crack"}])
    second = document(["b.jpg"], categories=[{"id": 1, "name": "crack"}])
    lay_out(tmp_path, {"images": ["a.jpg", "b.jpg"]})
    dataset = read_coco_folder(lay_out(tmp_path, {}, **{"train.json": first, "val.json": second}))
    names = {category.id: category.name for category in dataset.categories}
    assert sorted(names.values()) == ["crack", "rust"]
    assert {image.file_name: names[image.objects[0].category_id] for image in dataset.images} == {
        "a.jpg": "rust",
        "b.jpg": "crack",
    }


def test_a_picture_of_another_part_is_never_taken(tmp_path: Path) -> None:
    folder = roboflow(tmp_path, "train", "valid")
    (folder / "train" / ROBOFLOW).unlink()
    with pytest.raises(InvalidDataset, match=rf"train/_annotations.coco.json: image 2 \({ROBOFLOW}\): it is not in"):
        read_coco_folder(folder)


def test_one_picture_in_two_files_is_told_with_both(tmp_path: Path) -> None:
    lay_out(tmp_path, {"images": ["a.jpg", "b.jpg"]})
    files = {"instances_train.json": document(["a.jpg", "b.jpg"]), "instances_val.json": document(["b.jpg"])}
    folder = lay_out(tmp_path, {}, **{f"annotations/{name}": content for name, content in files.items()})
    with pytest.raises(
        InvalidDataset, match=r"instances_val.json: image 1 \(b.jpg\): the file name 'b.jpg' is there tw"
    ):
        read_coco_folder(folder)


@pytest.mark.parametrize("files", [(), ("a.json", "b.json")])
def test_a_folder_that_is_no_data_set_says_what_is_looked_for(tmp_path: Path, files: tuple[str, ...]) -> None:
    for name in files:
        save(tmp_path / name, {"version": "5.0", "shapes": []})
    with pytest.raises(InvalidDataset, match=r"holds no annotations.json, .*coco:FILE,IMAGES"):
        read_coco_folder(tmp_path)


REAL = os.environ.get("MASKLOOP_DATA", "")


@pytest.mark.data
@pytest.mark.skipif(not REAL, reason="MASKLOOP_DATA names no folder of real images")
@pytest.mark.parametrize("layout", ["mmdetection", "roboflow", "cvat"])
def test_real_data_comes_back_equal_from_every_layout(tmp_path: Path, layout: str) -> None:
    real = read_coco_folder(Path(REAL) / "balloons")
    for side, names in (("train", real.train), ("val", real.test)):
        file, pictures = {
            "mmdetection": (f"annotations/instances_{side}2017.json", f"{side}2017"),
            "roboflow": (
                f"{'valid' if side == 'val' else side}/_annotations.coco.json",
                "valid" if side == "val" else side,
            ),
            "cvat": (f"annotations/instances_{side}.json", f"images/{side}"),
        }[layout]
        images = [real.by_name[name] for name in names]
        for image in images:
            (tmp_path / pictures / image.file_name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(image.path, tmp_path / pictures / image.file_name)
        write_coco(tmp_path / file, real.categories, images, {image.file_name: image.objects for image in images})
    read = read_coco_folder(tmp_path)
    assert read.categories == real.categories
    assert (read.train, read.test) == (real.train, real.test)
    for name in real.by_name:
        assert read.by_name[name].objects == real.by_name[name].objects


@pytest.mark.data
@pytest.mark.skipif(not REAL, reason="MASKLOOP_DATA names no folder of real images")
def test_real_crowds_come_back_as_crowds(tmp_path: Path) -> None:
    real = read_coco_folder(Path(REAL) / "coco_subset")
    images = [image for image in real.images if any(item.crowd for item in image.objects)]
    written = json.loads((Path(REAL) / "coco_subset" / "annotations.json").read_text())["annotations"]
    assert len(images) == len({each["image_id"] for each in written if each["iscrowd"]}) > 10
    file = write_coco(tmp_path / "x.json", real.categories, images, {each.file_name: each.objects for each in images})
    read = read_coco(file, Path(REAL) / "coco_subset" / "images")
    assert [image.objects for image in read.images] == [image.objects for image in images]
