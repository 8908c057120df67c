"""How COCO data sets lie in folders: which files hold annotations, for which part of the data, beside which pictures.

| annotations | pictures | written by |
|---|---|---|
| `annotations.json` | `images/`, or beside it | Maskloop |
| `train/_annotations.coco.json`, `valid/…`, `test/…` | beside it | Roboflow |
| `annotations/instances_train2017.json`, … | `train2017/`, `images/train2017/`, `images/` | COCO, mmdetection, CVAT |
| `labels.json`, `result.json`, any other that is alone | `images/`, `data/`, or beside it | FiftyOne, Label Studio |
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import InvalidDataset

SIDES = {"train": "train", "training": "train", "val": "valid", "valid": "valid", "validation": "valid", "test": "test"}
"""What a part is for, by the words that folders and files have for it."""
OTHER_TASKS = ("captions", "person_keypoints", "panoptic", "stuff")
PICTURES = ("images", "data", "JPEGImages", "img", "imgs")


@dataclass(frozen=True)
class Part:
    """A file of annotations.

    Args:
        name: its path below the data set's folder, for people.
        file: the file.
        side: "train", "valid" or "test"; "" where nothing says it.
        folders: where its pictures may lie, the likeliest first.
    """

    name: str
    file: Path
    side: str
    folders: tuple[Path, ...]


def find_parts(folder: Path) -> tuple[Part, ...]:
    """The files of annotations of the data set in `folder`.

    Raises:
        InvalidDataset: there are none.
    """
    if (folder / "annotations.json").exists():
        return (_part(folder, folder / "annotations.json", ""),)
    split = [place for place in _folders(folder) if place.name.lower() in SIDES]
    parts = tuple(
        _part(folder, file, SIDES[place.name.lower()]) for place in split for file in _annotation_files(place)
    )
    for place in (folder / "annotations", folder):
        if not parts:
            parts = tuple(_part(folder, file, _side(file.stem)) for file in _annotation_files(place))
    if not parts:
        raise InvalidDataset(
            f"{folder} holds no annotations.json, no annotations/*.json and no train/*.json; "
            "for files that lie elsewhere: coco:FILE,IMAGES",
            field=str(folder),
        )
    return parts


def _annotation_files(folder: Path) -> list[Path]:
    """Its JSON files of instances. Where nothing tells them from others, they must be alone or in `annotations/`."""
    files = sorted(file for file in folder.glob("*.json") if file.is_file() and not file.name.startswith("."))
    files = [file for file in files if not file.stem.startswith(OTHER_TASKS)]
    for known in ("_annotations.coco", "instances"):
        if any(known in file.stem for file in files):
            return [file for file in files if known in file.stem or file.stem.startswith("image_info")]
    if len(files) < 2 or folder.name == "annotations":
        return files
    return [file for file in files if _side(file.stem) or file.stem in ("annotations", "labels", "coco")]


def _side(stem: str) -> str:
    """`instances_train2017` is for training: a word of SIDES, with digits behind it at most."""
    words = re.findall(r"[a-z]+", stem.lower())
    return next((SIDES[word] for word in words if word in SIDES), "")


def _part(folder: Path, file: Path, side: str) -> Part:
    words = set(re.split(r"[_.\s]+", file.stem))
    inner = [
        place for base in (folder / "images", folder / "data", folder) if base.is_dir() for place in _folders(base)
    ]
    named = [place for place in inner if place.name in words]
    named += [place for place in inner if side and _side(place.name) == side]
    beside = [file.parent / name for name in PICTURES] + [file.parent]
    above = [folder / name for name in PICTURES] + [folder]
    places = [*named, *beside, *above] if file.parent.name == "annotations" else [*beside, *named, *above]
    return Part(
        file.relative_to(folder).as_posix(),
        file,
        side,
        tuple(dict.fromkeys(place for place in places if place.is_dir())),
    )


def _folders(folder: Path) -> list[Path]:
    with os.scandir(folder) as entries:  # asks the file system nothing about each of a hundred thousand pictures
        return sorted(folder / entry.name for entry in entries if entry.is_dir())
