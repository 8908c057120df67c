"""Files that other tools' own code wrote are read; and, where their packages can be installed, they read ours."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from maskloop.datasets.convert import write_dataset
from maskloop.datasets.formats import FORMATS
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset
from maskloop.formats.tools.cvat import decode_runs, encode_runs
from maskloop.formats.tools.writing import Outlines
from maskloop.masks import Mask
from tests.formats.tools.apart import apart

VENDORS = Path(__file__).with_name("vendors")
WRITTEN = VENDORS / "written"
CRACK = ["00000000", "01111000", "01001000", "01001000", "01111000", "00000000"]
RUST = ["00000010", "00000000", "10000001", "00000111", "00000111", "00000000"]
SQUARE = ["00000000", "00111100", "00111100", "00111100", "00000000", "00000000"]
DISC = ["00000000", "00011000", "00111100", "00111100", "00011000", "00000000"]
BOX = (1, 1, 5, 4)
MASKS = [("crack", CRACK), ("rust", RUST)]


def rows(mask: Mask) -> list[str]:
    return ["".join(map(str, row)) for row in mask.to_array().astype(int).tolist()]


def said(dataset: Dataset, name: str):
    """The objects of an image as texts, and its boxes; `None` where nobody looked."""
    names = {category.id: category.name for category in dataset.categories}
    image = dataset.by_name[name]
    if not image.is_labeled and image.boxes is None:
        return None
    boxes = [(names[box.category_id], tuple(round(side, 3) for side in box.corners)) for box in image.boxes or ()]
    return sorted((names[item.category_id], rows(item.mask)) for item in image.objects), boxes


@pytest.mark.parametrize(
    ("name", "folder", "outlines", "boxes"),
    [
        ("datumaro", "datumaro", [*MASKS, ("crack", SQUARE)], [("rust", BOX)]),
        ("cvat", "cvat", [*MASKS, ("crack", SQUARE)], [("rust", BOX)]),
        ("voc", "voc_segmentation", MASKS, []),
        ("coco", "coco_instances", MASKS, []),
        ("yolo", "yolo_ultralytics", [], [("rust", BOX)]),
        ("yolo", "yolo", [], [("rust", BOX)]),
        ("labelstudio", "label-studio", [*MASKS, ("crack", SQUARE), ("crack", CRACK)], [("rust", BOX)]),
        ("labelme", "labelme", [("crack", CRACK), ("crack", SQUARE), ("rust", DISC)], [("rust", BOX)]),
    ],
)
def test_their_files_are_read(name, folder, outlines, boxes):
    dataset = FORMATS[name].read(WRITTEN / folder, on_bad=OnBad.SKIP if name == "voc" else OnBad.STOP)
    assert [category.name for category in dataset.categories] == ["crack", "rust"]
    found, found_boxes = said(dataset, "a.png")
    assert found == sorted(outlines)
    assert [box for box in found_boxes if box in boxes] == boxes
    assert len(found_boxes) == (len(outlines) + len(boxes) if boxes else 0)
    nobody_looked = name in ("labelstudio", "voc")  # Datumaro writes no masks of an image without objects
    assert said(dataset, "b.png") == (None if nobody_looked else ([], []))
    assert sorted((*dataset.train, *dataset.test)) == ["a.png", "b.png"]


def test_the_runs_of_cvats_sdk_are_ours():
    runs = json.loads((WRITTEN / "cvat-sdk" / "masks.json").read_text())
    for name, shown in MASKS:
        mask = Mask.from_array(np.array([list(map(int, row)) for row in shown], bool))
        x, y, width, height = mask.box
        assert runs[name] == [*encode_runs(mask), x, y, x + width - 1, y + height - 1]
        assert decode_runs(runs[name][:-4], (x, y), (width, height), (8, 6)) == mask


@pytest.fixture(scope="session")
def vendors() -> Path:
    """A Python in which the packages of other tools are installed, kept for later runs."""
    wanted = VENDORS / "requirements.txt"
    digest = hashlib.sha256(wanted.read_bytes() + sys.version.encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "maskloop-tests" / f"vendors-{digest}"
    python = cache / "bin" / "python"
    if not (cache / "ready").is_file():
        steps = [
            [sys.executable, "-m", "venv", "--clear", "--without-pip", str(cache)],
            [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", str(python), "-r", str(wanted)],
        ]
        for step in steps:
            done = subprocess.run(step, capture_output=True, text=True, check=False)
            if done.returncode:
                pytest.skip(f"the packages of other tools cannot be installed: {done.stderr.strip()[-300:]}")
        (cache / "ready").touch()
    return python


def run(python: Path, *words: str) -> str:
    environment = {**os.environ, "PYTHONPATH": "", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([python, *words], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_the_files_that_are_kept_are_those_that_the_packages_write(vendors, tmp_path):
    run(vendors, str(VENDORS / "write.py"), str(tmp_path))
    for name in ("cvat/train.xml", "datumaro/annotations/train.json", "labelme/a.json", "label-studio/tasks.json"):
        assert (tmp_path / name).read_text() == (WRITTEN / name).read_text()
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    assert written == sorted(path.relative_to(WRITTEN) for path in WRITTEN.rglob("*") if path.is_file())


READERS = [
    ("datumaro", "datumaro", Outlines.RLE),
    ("datumaro", "datumaro", Outlines.POLYGONS),
    ("cvat", "cvat", Outlines.RLE),
    ("cvat", "cvat", Outlines.POLYGONS),
    ("cvat", "cvat-sdk", Outlines.RLE),
    ("voc", "voc", Outlines.RLE),
    ("labelstudio", "labelstudio", Outlines.RLE),
    ("labelme", "labelme", Outlines.RLE),
]
"""What we write, whose code reads it, and how masks are written."""


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
@pytest.mark.parametrize("data", ["balloons", "building_facades"])
def test_their_code_reads_our_files_to_the_pixel(data, vendors, tmp_path):
    whole = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / data)
    used = {*whole.train[:2], *whole.test[:1]}
    images = tuple(apart(image) for image in whole.images if image.file_name in used)
    dataset = replace(whole, images=images, train=whole.train[:2], test=whole.test[:1])
    words: list[str] = []
    for name, reader, way in READERS:
        write_dataset(dataset, FORMATS[name], tmp_path / f"{reader}-{way}", way)
        words += [reader, str(tmp_path / f"{reader}-{way}")]
    names = {category.id: category.name for category in dataset.categories}
    ours = {
        Path(image.file_name).stem: sorted([names[item.category_id], rows(item.mask)] for item in image.objects)
        for image in images
    }
    read = json.loads(run(vendors, str(VENDORS / "read.py"), *words))
    for told, theirs in zip(READERS, read, strict=True):
        assert {name: sorted(objects) for name, objects in theirs.items()} == ours, told
