"""Names of files and classes come back from every format, or are refused by name when they are written."""

from __future__ import annotations

import numpy as np
import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from PIL import Image

from maskloop.datasets.convert import write_dataset
from maskloop.datasets.formats import FORMATS
from maskloop.errors import InvalidDataset
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

WIDTH, HEIGHT = 9, 7
LISTS = ("labelme", "voc", "png-instances", "png-semantic")
"""Formats with a list of classes, one a line."""


@pytest.fixture(scope="session")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("picture") / "grey.png"
    Image.new("RGB", (WIDTH, HEIGHT), "grey").save(path)
    return path


def make(picture, names, classes=("crack", "rust"), test=1):
    """A data set of images that differ in their one object; the last `test` are for testing."""
    images = []
    for place, name in enumerate(names):
        bits = np.zeros((HEIGHT, WIDTH), bool)
        bits[place : place + 2, 1:8] = True
        label = ObjectLabel(1 + place % len(classes), Mask.from_array(bits))
        images.append(DatasetImage(name, picture, WIDTH, HEIGHT, (label,)))
    categories = tuple(Category(id_, name) for id_, name in enumerate(classes, 1))
    train = len(names) - test
    return Dataset(categories, tuple(images), tuple(names[:train]), tuple(names[train:]), "")


def said(dataset, boxed=False):
    """The class of each image's object, with its mask unless only boxes are known."""
    classes = {category.id: category.name for category in dataset.categories}
    items = {image.file_name: image.boxes if image.boxes is not None else image.objects for image in dataset.images}
    return {
        name: [(classes[item.category_id], None if boxed else item.mask.rle) for item in its]
        for name, its in items.items()
    }


def assert_comes_back(dataset, name, folder):
    write_dataset(dataset, FORMATS[name], folder)
    boxed = name == "yolo-boxes"
    assert said(FORMATS[name].read(folder), boxed) == said(dataset, boxed)


file_names = st.builds(
    lambda folders, stem: "".join(f"{folder}/" for folder in folders) + f"{stem}.png",
    st.lists(st.sampled_from(["images", "labels", "train", "x", "x y"]), max_size=3),
    st.sampled_from(["a", "b", "a 0", "a 1", "a -1", "a b", "a%20b", "a%2520b", "50%", "images", "a#1", "a.b"]),
)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", FORMATS)
@given(names=st.lists(file_names, min_size=2, max_size=4, unique=True))
@example(names=["images/a.png", "images/b.png", "x/images/y/images/a.png", "labels/a.png"])
@example(names=["frame 0.png", "frame 1.png", "frame 2.png", "frame -1.png"])
@example(names=["x/a.png", "y/a.png", "a.png"])
@example(names=["a%20b.png", "a b.png", "50%.png"])
@example(names=["images/a.png", "images/images/a.png", "a.png"])
def test_every_file_name_comes_back_with_its_label(name, picture, tmp_path_factory, names):
    assert_comes_back(make(picture, names), name, tmp_path_factory.mktemp("names") / "out")


class_names = st.text(st.sampled_from("#:,12 ab\n"), min_size=1, max_size=8).filter(str.strip) | st.sampled_from(
    ["background", "_background_", "__background__", "bg", "void", "ignore", "ignored", "__ignore__", "a:1,2,3", "a::b"]
)


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@pytest.mark.parametrize("name", LISTS)
@given(classes=st.lists(class_names, min_size=1, max_size=3, unique=True))
@example(classes=["a:b", "c"])
@example(classes=["#1 crack", "rust"])
@example(classes=["background", "rust"])
@example(classes=["ignore", "rust"])
@example(classes=["a::", "a:1,2,3:", "a:1,2"])
def test_every_class_name_comes_back_or_is_refused_by_name(name, picture, tmp_path_factory, classes):
    dataset = make(picture, ["a.png", "b.png", "c.png"], tuple(classes))
    folder = tmp_path_factory.mktemp("classes") / "out"
    try:
        write_dataset(dataset, FORMATS[name], folder)
    except InvalidDataset as error:
        told = error.message
    else:
        told = ""
    if told:
        assert any(f"class {each!r} cannot be written to" in told for each in classes)
        return
    assert said(FORMATS[name].read(folder)) == said(dataset)
    assert [category.name for category in FORMATS[name].read(folder).categories] == classes


@pytest.mark.parametrize(
    ("name", "class_", "told"),
    [
        ("voc", "background", "class 'background' cannot be written to Pascal VOC"),
        ("voc", "ignore", "class 'ignore' cannot be written to Pascal VOC"),
        ("voc", "#1", "class '#1' cannot be written to Pascal VOC, where such a line means a comment"),
        ("png-semantic", "#1", "class '#1' cannot be written to PNGs, where such a line means a comment"),
        ("png-instances", "a:1,2,3", "class 'a:1,2,3' cannot be written to PNGs"),
        ("labelme", "__ignore__", "class '__ignore__' cannot be written to LabelMe"),
    ],
)
def test_a_class_that_would_mean_something_else_is_refused(name, class_, told, picture, tmp_path):
    with pytest.raises(InvalidDataset, match=told):
        write_dataset(make(picture, ["a.png", "b.png"], (class_, "rust")), FORMATS[name], tmp_path / "out")


@pytest.mark.parametrize(("name", "class_"), [("voc", "a:b"), ("png-semantic", "a:b"), ("png-instances", "background")])
def test_a_class_that_means_nothing_else_is_written(name, class_, picture, tmp_path):
    assert_comes_back(make(picture, ["a.png", "b.png"], (class_, "rust")), name, tmp_path / "out")


def labels_of(picture):
    """As Ultralytics has it: `img2label_paths`, without its own separator."""
    return "/labels/".join(picture.rsplit("/images/", 1)).rsplit(".", 1)[0] + ".txt"


def test_ultralytics_finds_the_labels_of_pictures_in_folders_called_images(picture, tmp_path):
    names = ["images/a.png", "x/images/y/images/b.png", "c.png"]
    write_dataset(make(picture, names), FORMATS["yolo"], tmp_path / "out")
    pictures = [path.as_posix() for path in (tmp_path / "out").rglob("*.png")]
    assert len(pictures) == 3
    assert all((tmp_path / labels_of(path)).is_file() for path in pictures)


@pytest.mark.parametrize(("count", "test"), [(1, 0), (3, 0), (2, 2)])
@pytest.mark.parametrize("name", ["yolo", "yolo-boxes"])
def test_yolo_names_folders_that_hold_pictures_alone(name, count, test, picture, tmp_path):
    dataset = make(picture, ["a.png", "b.png", "c.png"][:count], test=test)
    assert_comes_back(dataset, name, tmp_path / "out")
    document = yaml.safe_load((tmp_path / "out" / "data.yaml").read_text())
    assert all([*(tmp_path / "out" / document[side]).glob("*.png")] for side in ("train", "val"))
    read = FORMATS[name].read(tmp_path / "out")
    assert len(read.train) + len(read.test) == count


def test_a_folder_that_is_named_for_both_sides_is_read_once(picture, tmp_path):
    """As Ultralytics' own coco128.yaml does."""
    write_dataset(make(picture, ["a.png", "b.png", "c.png"]), FORMATS["yolo"], tmp_path / "out")
    (tmp_path / "out" / "data.yaml").write_text("train: images\nval: images\ntest: ./images/\nnames: [crack, rust]\n")
    assert len(FORMATS["yolo"].read(tmp_path / "out").images) == 3


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["frame 0", "frame 1"], {"frame 0.png", "frame 1.png"}),
        (["frame 0  1", "frame 1 -1"], {"frame 0.png", "frame 1.png"}),
        (['"frame 0"', '"frame 1" 1'], {"frame 0.png", "frame 1.png"}),
        (["crack  1", "rust -1"], {"crack.png", "rust.png"}),
    ],
)
def test_a_flag_of_pascal_voc_is_none_where_the_line_names_a_picture(lines, found, picture, tmp_path):
    write_dataset(make(picture, sorted(found)), FORMATS["voc"], tmp_path / "out")
    lists = tmp_path / "out" / "ImageSets" / "Segmentation"
    (lists / "train.txt").write_text(f"{lines[0]}\n")
    (lists / "val.txt").write_text(f"{lines[1]}\n")
    assert {image.file_name for image in FORMATS["voc"].read(tmp_path / "out").images} == found


@pytest.mark.parametrize(
    "before",
    ["/data/local-files/?d=images/", "http://ls:8080/data/local-files/?d=site/images/", "/data/local-files/?d="],
)
def test_label_studio_s_local_files_are_the_ones_of_their_whole_path(before, picture, tmp_path):
    names = ["x/a.png", "y/a.png", "a.png", "a b.png", "a%20b.png"]
    write_dataset(make(picture, names), FORMATS["labelstudio"], tmp_path / "out")
    tasks = tmp_path / "out" / "tasks.json"
    tasks.write_text(tasks.read_text().replace("/data/local-files/?d=images/", before))
    assert said(FORMATS["labelstudio"].read(tmp_path / "out")) == said(make(picture, names))
