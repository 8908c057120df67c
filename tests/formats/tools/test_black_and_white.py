"""Black and white masks, as many tools save them: white is the class that it can only be, or it is asked for."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from maskloop.datasets.formats import FORMATS
from maskloop.errors import InvalidDataset
from tests.formats.voc import write_voc

WHITE = np.zeros((6, 8), np.uint8)
WHITE[1:3, 1:4] = WHITE[5, 7] = 255
BLACK = np.zeros((6, 8), np.uint8)
DECLARED = "background:0,0,0\ncrack:255,255,255\n"


@pytest.fixture
def folder(tmp_path):
    """Pictures a.png and b.png of 8 x 6 pixels."""
    (tmp_path / "images").mkdir()
    for name in ("a.png", "b.png"):
        Image.new("RGB", (8, 6), "grey").save(tmp_path / "images" / name)
    return tmp_path


def put(folder, part, **masks):
    (folder / part).mkdir(exist_ok=True)
    for stem, mask in masks.items():
        (mask if isinstance(mask, Image.Image) else Image.fromarray(mask)).save(folder / part / f"{stem}.png")


def labels(dataset, name="a.png"):
    names = {category.id: category.name for category in dataset.categories}
    return sorted((names[item.category_id], item.mask.area) for item in dataset.by_name[name].objects)


def greys(mask, mode):
    """The mask as a picture of this mode; of "P" with a palette of greys."""
    if mode == "P":
        picture = Image.fromarray(mask, "P")
        picture.putpalette([value for grey in range(256) for value in (grey,) * 3])
        return picture
    return Image.fromarray(mask).convert(mode)


@pytest.mark.parametrize("mode", ["L", "P", "RGB", "RGBA"])
@pytest.mark.parametrize("classes", ["crack\n", "background\ncrack\n", DECLARED, "crack:255,0,0\n"])
def test_white_is_the_only_class(folder, classes, mode):
    (folder / "labels.txt").write_text(classes)
    put(folder, "masks", a=greys(WHITE, mode), b=greys(BLACK, mode))
    dataset = FORMATS["png-semantic"].read(folder)
    assert labels(dataset) == [("crack", 1), ("crack", 6)]
    assert dataset.by_name["b.png"].is_labeled
    assert [category.name for category in dataset.categories] == ["crack"]


def test_what_white_was_taken_for_is_told(folder):
    (folder / "labels.txt").write_text("crack\n")
    put(folder, "masks", a=WHITE, b=BLACK)
    told = FORMATS["png-semantic"].read(folder).split_from
    assert told.endswith("; 255 in masks/ is crack: no other number is there")
    put(folder, "masks", b=BLACK + 1)
    assert "255" not in FORMATS["png-semantic"].read(folder).split_from


@pytest.mark.parametrize("mode", ["L", "P", "RGB"])
def test_colours_are_looked_up_in_greys_too(folder, mode):
    (folder / "labels.txt").write_text("rust:128,128,128\ncrack:255,255,255\nhole:9,0,0\n")
    put(folder, "masks", a=greys(np.where(WHITE > 0, WHITE, 128).astype(np.uint8), mode), b=greys(WHITE, mode))
    dataset = FORMATS["png-semantic"].read(folder)
    assert labels(dataset) == [("crack", 1), ("crack", 6), ("rust", 41)]
    assert labels(dataset, "b.png") == [("crack", 1), ("crack", 6)]


def test_black_may_be_the_class_where_the_ground_is_white(folder):
    (folder / "labels.txt").write_text("background:255,255,255\ncrack:0,0,0\n")
    put(folder, "masks", a=255 - WHITE)
    assert labels(FORMATS["png-semantic"].read(folder)) == [("crack", 1), ("crack", 6)]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_greys_that_are_no_class_s_colour_are_numbers(folder, dtype):
    (folder / "labels.txt").write_text("crack:255,0,0\nrust:0,0,255\n")
    put(folder, "masks", a=(WHITE > 0).astype(dtype) * 2)
    assert labels(FORMATS["png-semantic"].read(folder)) == [("rust", 1), ("rust", 6)]


def test_greys_of_which_some_are_a_class_s_colour_are_told(folder):
    (folder / "labels.txt").write_text(DECLARED)
    put(folder, "masks", a=np.where(WHITE > 0, WHITE, 1).astype(np.uint8))
    with pytest.raises(InvalidDataset, match=r"its colour \(1, 1, 1\) at \(0, 0\) is no class's"):
        FORMATS["png-semantic"].read(folder)


def test_of_several_classes_white_is_asked_for(folder):
    (folder / "labels.txt").write_text("crack\nrust\n")
    put(folder, "masks", a=WHITE, b=BLACK)
    with pytest.raises(InvalidDataset) as told:
        FORMATS["png-semantic"].read(folder)
    assert "masks holds 0 and 255 alone, and there are 2 classes: give the class that is white its" in str(told.value)
    assert "as in 'crack:255,255,255'" in str(told.value)
    (folder / "labels.txt").write_text("crack:255,255,255\nrust\n")
    assert labels(FORMATS["png-semantic"].read(folder)) == [("crack", 1), ("crack", 6)]


@pytest.mark.parametrize("classes", ["crack\n", "crack\nrust\n"])
def test_beside_numbers_it_stays_void(folder, classes):
    (folder / "labels.txt").write_text(classes)
    put(folder, "masks", a=WHITE, b=np.where(WHITE > 0, WHITE, 1).astype(np.uint8))
    dataset = FORMATS["png-semantic"].read(folder)
    assert labels(dataset) == []
    assert labels(dataset, "b.png") == [("crack", 41)]


def test_masks_that_are_black_alone_hold_nothing(folder):
    (folder / "labels.txt").write_text("crack\nrust\n")
    put(folder, "masks", a=BLACK)
    dataset = FORMATS["png-semantic"].read(folder)
    assert dataset.by_name["a.png"].is_labeled
    assert labels(dataset) == []


def test_classes_of_objects_may_be_white(folder):
    (folder / "labels.txt").write_text("crack\n")
    put(folder, "instances", a=WHITE)
    put(folder, "classes", a=WHITE)
    assert labels(FORMATS["png-instances"].read(folder)) == [("crack", 7)]


def test_objects_of_pascal_voc_that_are_all_void_are_told(tmp_path):
    voc = write_voc(tmp_path / "voc", train=["a"], val=["b"])
    (voc / "labelmap.txt").write_text(DECLARED)
    for part in ("SegmentationClass", "SegmentationObject"):
        put(voc, part, a=WHITE, b=WHITE)
    with pytest.raises(InvalidDataset, match="SegmentationObject: it holds 0 and 255 alone, and 255 is void: number"):
        FORMATS["voc"].read(voc)
