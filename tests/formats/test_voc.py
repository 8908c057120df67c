"""Pascal VOC as it lies on disk: palette PNGs, void borders, lists."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from maskloop.errors import InvalidDataset
from maskloop.formats.voc import CATEGORIES, objects_of, read_voc
from tests.formats.voc import CLASSES, OBJECTS, write_indices, write_voc


@pytest.fixture
def folder(tmp_path):
    return write_voc(tmp_path / "VOC2012", train=["2007_000032", "2007_000039"], val=["2007_000033"])


def test_the_lists_are_the_split(folder):
    data = read_voc(folder)
    assert data.train == ("2007_000032.jpg", "2007_000039.jpg")
    assert data.test == ("2007_000033.jpg",)
    assert data.split_from == "train.txt for training, val.txt for testing"


def test_the_twenty_classes_are_in_the_alphabet_s_order_from_1(folder):
    names = [category.name for category in read_voc(folder).categories]
    assert len(names) == 20
    assert names == sorted(names)
    assert [category.id for category in CATEGORIES] == list(range(1, 21))


def test_an_object_keeps_its_hole_and_parts_and_loses_the_void(folder):
    image = read_voc(folder).by_name["2007_000032.jpg"]
    person, cat = image.objects
    assert (image.width, image.height) == (8, 6)
    assert (person.category_id, person.mask.area) == (15, 8)
    assert not person.mask.to_array()[1, 1]
    assert (cat.category_id, cat.mask.area) == (8, 4)
    assert cat.mask.box == (4, 0, 4, 2)


@given(st.integers(0, 999), st.integers(1, 9), st.integers(1, 9))
def test_masks_are_disjoint_and_cover_exactly_what_is_neither_nothing_nor_void(seed, height, width):
    rng = np.random.default_rng(seed)
    instances = rng.choice([0, 1, 2, 9, 254, 255], (height, width)).astype(np.uint8)
    class_of = np.zeros(256, dtype=np.uint8)
    class_of[[1, 2, 9, 254]] = rng.integers(1, 21, 4)
    found = objects_of(instances, class_of[instances])
    assert sum(item.mask.to_array().astype(int) for item in found) + np.isin(instances, [0, 255]) == pytest.approx(1)
    assert [item.category_id for item in found] == [class_of[n] for n in (1, 2, 9, 254) if (instances == n).any()]


def test_the_class_of_an_object_is_what_most_of_it_shows():
    instances = np.ones((1, 7), dtype=np.uint8)
    classes = np.array([[0, 0, 0, 7, 6, 6, 255]], dtype=np.uint8)
    assert [item.category_id for item in objects_of(instances, classes)] == [6]


def break_png(indices):
    return lambda folder: write_indices(folder / "SegmentationObject" / "2007_000039.png", indices)


def colours(folder):
    Image.new("RGB", (8, 6)).save(folder / "SegmentationClass" / "2007_000039.png")


def class_of_object_2(class_):
    broken = np.where(OBJECTS == 2, class_, CLASSES).astype(np.uint8)
    return lambda folder: write_indices(folder / "SegmentationClass" / "2007_000039.png", broken)


def list_twice(folder):
    (folder / "ImageSets" / "Segmentation" / "val.txt").write_text("2007_000033\n2007_000039\n")


def no_lists(folder):
    for file in (folder / "ImageSets" / "Segmentation").iterdir():
        file.unlink()


def climb(folder):
    (folder / "ImageSets" / "Segmentation" / "val.txt").write_text("../x\n")


@pytest.mark.parametrize(
    ("breaking", "words"),
    [
        (
            lambda folder: (folder / "JPEGImages" / "2007_000039.jpg").unlink(),
            "2007_000039: it is not in .*JPEGImages; the nearest there: '2007_0000",
        ),
        (no_lists, "ImageSets/Segmentation: there is no list of images"),
        (break_png(OBJECTS[:5]), r"2007_000039\.jpg: its picture has 8 x 6 pixels, its objects 8 x 5"),
        (colours, r"2007_000039\.jpg: object 1 lies on no pixel of a class"),
        (class_of_object_2(0), r"2007_000039\.jpg: object 2 lies on no pixel of a class"),
        (
            class_of_object_2(21),
            r"SegmentationClass/2007_000039\.png: its colour \(128, 64, 128\) is none of the colours",
        ),
        (list_twice, "val.txt: 2007_000039 is in train.txt already"),
        (climb, "val.txt: '../x' is no name of a file"),
    ],
)
def test_what_does_not_hold_together_is_named(folder, breaking, words):
    breaking(folder)
    with pytest.raises(InvalidDataset, match=words):
        read_voc(folder)
