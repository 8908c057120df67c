"""Every format gives back what was written: masks to the pixel, boxes, crowds, and what nobody looked at."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from maskloop.datasets.convert import write_dataset
from maskloop.datasets.formats import FORMATS
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.tools.writing import Outlines
from maskloop.masks import Mask
from maskloop.values import Box, Category, ObjectLabel
from tests.formats.tools.apart import apart

WIDTH, HEIGHT = 9, 7
CATEGORIES = (Category(3, "crack"), Category(7, "rost & Riß"))
DISJOINT = ("voc", "png-instances")
"""Formats in which a pixel holds one object."""
LOSSY = ("yolo-boxes", "png-semantic")
WAYS = [(name, way) for name, each in FORMATS.items() for way in each.outlines if name not in LOSSY]
RING = np.zeros((HEIGHT, WIDTH), bool)
RING[1:6, 1:6] = True
RING[3, 3] = False
PARTS = np.zeros((HEIGHT, WIDTH), bool)
PARTS[0, 8] = PARTS[3, 3] = PARTS[6, 0] = PARTS[5:, 7:] = True
ONE = np.zeros((HEIGHT, WIDTH), bool)
ONE[0, 0] = True


def said(dataset):
    """What a data set says of each image, classes by name, boxes to a thousandth of a pixel."""
    names = {category.id: category.name for category in dataset.categories}

    def boxes(image):
        sides = [(names[box.category_id], *(round(side, 3) for side in box.corners)) for box in image.boxes or ()]
        return None if image.boxes is None else sorted(sides)

    def outlines(image):
        return sorted((names[each.category_id], each.mask.rle, each.crowd) for each in image.objects)

    used = {*dataset.train, *dataset.test}
    images = [image for image in dataset.images if image.file_name in used]
    return {image.file_name: (image.is_labeled, outlines(image), boxes(image)) for image in images}


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pictures")
    for name in ("a.png", "deep/b c.png", "ü.png", "d.png"):
        (folder / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (WIDTH, HEIGHT), "grey").save(folder / name)
    return folder


def make(folder, labels, test=("d.png",)):
    """A data set of images by name: objects as (category id, mask), or `None` for what nobody looked at."""
    images = tuple(
        DatasetImage(
            name,
            folder / name,
            WIDTH,
            HEIGHT,
            tuple(ObjectLabel(id_, Mask.from_array(bits)) for id_, bits in objects or ()),
            is_labeled=objects is not None,
        )
        for name, objects in labels.items()
    )
    train = tuple(name for name in labels if name not in test)
    return Dataset(CATEGORIES, images, train, tuple(name for name in labels if name in test), "")


def round_trip(dataset, name, way, folder):
    losses = write_dataset(dataset, FORMATS[name], folder, way)
    return FORMATS[name].read(folder), losses


@pytest.mark.parametrize(("name", "way"), WAYS)
def test_holes_parts_single_pixels_full_and_empty_images_come_back(name, way, pictures, tmp_path):
    full = np.ones((HEIGHT, WIDTH), bool)
    labels = {"a.png": [(7, RING), (3, PARTS)], "deep/b c.png": [(3, full)], "ü.png": [], "d.png": [(7, ONE)]}
    dataset = make(pictures, labels)
    read, losses = round_trip(dataset, name, way, tmp_path / "out")
    assert said(read) == said(dataset)
    assert (set(read.train), set(read.test)) == (set(dataset.train), set(dataset.test))
    assert losses == ()
    assert [category.name for category in read.categories] == [category.name for category in dataset.categories]


objects = st.lists(
    st.tuples(st.sampled_from([3, 7]), arrays(bool, (HEIGHT, WIDTH)).filter(lambda bits: bits.any())), max_size=4
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize(("name", "way"), WAYS)
@given(drawn=objects)
def test_every_mask_comes_back(name, way, pictures, tmp_path_factory, drawn):
    if name in DISJOINT:
        taken = np.zeros((HEIGHT, WIDTH), bool)
        apart = []
        for id_, bits in drawn:
            apart.append((id_, bits & ~taken))
            taken |= bits
        drawn = [(id_, bits) for id_, bits in apart if bits.any()]
    dataset = make(pictures, {"a.png": drawn, "d.png": [(3, RING)]})
    read, _ = round_trip(dataset, name, way, tmp_path_factory.mktemp("out"))
    assert said(read) == said(dataset)


@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
@pytest.mark.parametrize("data", ["balloons", "glas_glands", "road_cracks"])
@pytest.mark.parametrize(("name", "way"), WAYS)
def test_real_labels_come_back(name, way, data, tmp_path):
    whole = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / data)
    used = {*whole.train[:2], *whole.test[:1]}
    images = tuple(image for image in whole.images if image.file_name in used)
    dataset = replace(whole, images=images, train=whole.train[:2], test=whole.test[:1])
    if name in DISJOINT:
        dataset = replace(dataset, images=tuple(map(apart, dataset.images)))
    read, losses = round_trip(dataset, name, way, tmp_path / "out")
    assert said(read) == said(dataset)
    assert losses == ()


@pytest.mark.parametrize(("name", "way"), [each for each in WAYS if each[0] not in DISJOINT])
def test_boxes_come_back(name, way, pictures, tmp_path):
    dataset = make(pictures, {"a.png": None, "d.png": [(3, RING)]})
    ring = ObjectLabel(3, Mask.from_array(RING))
    boxes = (Box.around(ring), Box(7, 0.5, 1.25, 3, 2), Box(3, 0, 0, WIDTH, HEIGHT))
    boxed = replace(dataset.images[0], objects=(ring,), boxes=boxes)
    dataset = replace(dataset, images=(boxed, dataset.images[1]))
    read, losses = round_trip(dataset, name, way, tmp_path / "out")
    assert said(read) == said(dataset)
    assert losses == ()


@pytest.mark.parametrize("way", list(Outlines))
@pytest.mark.parametrize("name", ["coco", "labelme", "cvat", "labelstudio", "datumaro"])
def test_crowds_come_back(name, way, pictures, tmp_path):
    dataset = make(pictures, {"a.png": [(3, ONE)], "d.png": [(3, RING)]})
    crowd = ObjectLabel(7, Mask.from_array(PARTS), crowd=True)
    first = replace(dataset.images[0], objects=(*dataset.images[0].objects, crowd))
    dataset = replace(dataset, images=(first, dataset.images[1]))
    read, losses = round_trip(dataset, name, way, tmp_path / "out")
    assert said(read) == said(dataset)
    assert losses == ()


@pytest.mark.parametrize("name", ["labelme", "labelstudio", "png-instances", "png-semantic", "cvat"])
def test_what_nobody_looked_at_comes_back(name, pictures, tmp_path):
    dataset = make(pictures, {"a.png": [(3, RING)], "deep/b c.png": None, "ü.png": [], "d.png": [(3, ONE)]})
    read, _ = round_trip(dataset, name, FORMATS[name].outlines[0], tmp_path / "out")
    assert said(read) == said(dataset)


@pytest.mark.parametrize("name", ["coco", "yolo", "yolo-boxes", "voc", "datumaro"])
def test_what_nobody_looked_at_is_left_out_where_it_would_be_taken_for_empty(name, pictures, tmp_path):
    dataset = make(pictures, {"a.png": [(3, RING)], "deep/b c.png": None, "d.png": [(3, ONE)]})
    read, losses = round_trip(dataset, name, FORMATS[name].outlines[0], tmp_path / "out")
    assert "deep/b c.png" not in read.by_name
    *others, left_out = losses
    assert others == (["outlines left out, with their boxes written: 2"] if name == "yolo-boxes" else [])
    assert left_out.startswith("images without ")
    assert left_out.endswith(": 1")


def test_boxes_of_outlines_are_all_that_yolo_boxes_keeps(pictures, tmp_path):
    dataset = make(pictures, {"a.png": [(7, RING), (3, ONE)], "d.png": []})
    read, _ = round_trip(dataset, "yolo-boxes", Outlines.POLYGONS, tmp_path / "out")
    assert said(read)["a.png"] == (False, [], [("crack", 0, 0, 1, 1), ("rost & Riß", 1, 1, 6, 6)])


def test_semantic_masks_keep_every_pixel_s_class_and_part_what_does_not_touch(pictures, tmp_path):
    dataset = make(pictures, {"a.png": [(3, PARTS)], "d.png": [(7, RING)]})
    read, losses = round_trip(dataset, "png-semantic", Outlines.RLE, tmp_path / "out")
    parts = read.by_name["a.png"].objects
    assert len(parts) == 4
    assert (sum(item.mask.to_array().astype(int) for item in parts) == PARTS).all()
    assert said(read)["d.png"] == said(dataset)["d.png"]
    assert losses == ()


def test_objects_of_one_class_that_semantic_masks_do_not_tell_apart_are_told(pictures, tmp_path):
    two = np.zeros((2, HEIGHT, WIDTH), bool)
    two[0, 0, 0] = two[1, 0, 2] = True
    dataset = make(pictures, {"a.png": [(3, two[0]), (3, two[1]), (7, RING & ~two.any(axis=0))], "d.png": [(3, ONE)]})
    _, losses = round_trip(dataset, "png-semantic", Outlines.RLE, tmp_path / "out")
    assert losses == ("objects not told from others of their class: 2",)


@pytest.mark.parametrize("name", DISJOINT)
def test_of_objects_that_overlap_the_smaller_lies_on_top_and_the_loss_is_told(name, pictures, tmp_path):
    full = np.ones((HEIGHT, WIDTH), bool)
    dataset = make(pictures, {"a.png": [(3, ONE), (7, full), (7, ONE)], "d.png": [(3, ONE)]})
    read, losses = round_trip(dataset, name, Outlines.RLE, tmp_path / "out")
    assert sorted(item.mask.area for item in read.by_name["a.png"].objects) == [1, WIDTH * HEIGHT - 1]
    assert losses == ("objects hidden below smaller ones: 1", "objects that lose pixels to smaller ones: 1")
