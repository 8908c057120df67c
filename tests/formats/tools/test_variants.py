"""What other versions and habits of tools write, in files made by hand; and what cannot be, told by file and entry."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from maskloop.datasets.formats import FORMATS
from maskloop.errors import InvalidDataset
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.tools.label_studio import read_label_studio

SQUARE = [[2, 1], [6, 1], [6, 4], [2, 4]]
DOT = [[0, 0], [1, 0], [1, 1], [0, 1]]


@pytest.fixture
def place(tmp_path):
    """Writes files below a folder: pictures of 8 x 6 pixels, texts, JSON, arrays as greys or colours."""

    def write(files):
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                Image.new("RGB", (8, 6), "grey").save(path)
            elif isinstance(content, np.ndarray):
                Image.fromarray(content).save(path)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content))
        return tmp_path

    return write


def read(name, folder, on_bad=OnBad.STOP):
    return FORMATS[name].read(folder, on_bad=on_bad)


def areas(dataset, name="a.png"):
    return sorted(item.mask.area for item in dataset.by_name[name].objects)


def complaint(name, folder):
    with pytest.raises(InvalidDataset) as told:
        read(name, folder)
    return told.value.message


# YOLO

POLYGON = "0 0.25 0.16666667 0.75 0.16666667 0.75 0.66666667 0.25 0.66666667"
SIDE_BY_SIDE = {"a.png": None, "a.txt": POLYGON, "b.png": None, "b.txt": "", "classes.txt": "crack\nrust\n"}
ROBOFLOW = {
    "data.yaml": "train: ../train/images\nval: ../valid/images\nnc: 1\nnames: ['crack']\n",
    "train/images/a.png": None,
    "train/labels/a.txt": POLYGON,
    "valid/images/b.png": None,
    "valid/labels/b.txt": "",
}
LABEL_STUDIO_S = {
    "classes.txt": "crack\n",
    "notes.json": "{}",
    "images/a.png": None,
    "labels/a.txt": POLYGON,
    "images/b.png": None,
    "labels/b.txt": "",
}
OF_ANOTHER_MACHINE = {
    "data.yaml": "path: /datasets/site\ntrain: images/train\nval:\n- images/val\nnames:\n  0: crack\n",
    "images/train/a.png": None,
    "labels/train/a.txt": POLYGON,
    "images/val/b.png": None,
    "labels/val/b.txt": "",
}


@pytest.mark.parametrize("files", [SIDE_BY_SIDE, ROBOFLOW, LABEL_STUDIO_S, OF_ANOTHER_MACHINE])
def test_yolo_lies_in_several_ways(place, files):
    dataset = read("yolo", place(files))
    assert areas(dataset) == [12]
    assert dataset.by_name["b.png"].is_labeled
    assert dataset.categories[0].name == "crack"
    assert {*dataset.train, *dataset.test} == {"a.png", "b.png"}


def test_a_yaml_file_may_be_named_itself(place):
    folder = place(ROBOFLOW)
    assert areas(FORMATS["yolo"].read(folder / "data.yaml")) == [12]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1 0.1 0.1 0.5 0.5", "line 1 (a.png): its class is 1; there are 1, from 0"),
        ("x 0.1 0.1 0.5 0.5", "its class is 'x', not a finite number"),
        ("0 0.1 0.1 0.5", "it has 3 coordinates; a box has 4, a polygon of three points 6"),
        ("0 0.1 nan 0.5 0.5", "a coordinate is 'nan', not a finite number"),
        ("0 2 2 0.1 0.1", "its box covers nothing of the 8 x 6 image"),
        ("0 40 10 50 10 50 20", "lies far outside the 8 x 6 image"),
    ],
)
def test_a_line_of_yolo_that_cannot_be_is_told(place, line, told):
    assert told in complaint("yolo", place({**LABEL_STUDIO_S, "labels/a.txt": line}))


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"images/a.png": None}, "nothing names its classes"),
        ({"data.yaml": "names: [a\n"}, "is no YAML"),
        ({"data.yaml": "names: {0: a, 2: b}\ntrain: images\n", "images/a.png": None}, "not numbered from 0"),
        ({"data.yaml": "names: [a]\ntrain: nowhere\n"}, "there is no nowhere in"),
        ({"data.yaml": "names: [a]\nkpt_shape: [17, 3]\ntrain: images\n"}, "a data set of key points"),
    ],
)
def test_a_yolo_folder_that_cannot_be_is_told(place, files, told):
    assert told in complaint("yolo", place(files))


# LabelMe


def labelme(*shapes, **more):
    return {"version": "4.5.6", "flags": {}, "shapes": list(shapes), "imagePath": "a.png", "imageData": None, **more}


def shape(label="crack", points=SQUARE, kind="polygon", group=None):
    return {"label": label, "points": points, "shape_type": kind, "group_id": group, "flags": {}}


def test_labelme_s_groups_join_what_is_of_one_class(place):
    shapes = shape(group=1), shape(points=DOT, group=1), shape("rust", DOT, group=1), shape(points=DOT)
    dataset = read("labelme", place({"a.png": None, "b.png": None, "a.json": labelme(*shapes)}))
    assert areas(dataset) == [1, 1, 13]
    assert not dataset.by_name["b.png"].is_labeled


def test_labelme_s_files_may_lie_apart_from_the_pictures(place):
    document = labelme(shape(), imagePath="..\\images\\a.png", imageHeight=6, imageWidth=8)
    dataset = read("labelme", place({"images/a.png": None, "images/b.png": None, "labels/a.json": document}))
    assert areas(dataset, "images/a.png") == [12]


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (labelme(shape(kind="linestrip")), "shape 0 (a.png): it is a linestrip of 4 points"),
        (labelme(shape(points=[[0, 0], [1]])), "a point of it has not two coordinates"),
        (labelme(shape(points="x")), "its points is a str, not a list"),
        (labelme(shape(label=7)), "its label is 7, not a text"),
        (labelme({"label": "a", "points": DOT[:2], "shape_type": "mask", "mask": "!"}), "no PNG in base64"),
        (labelme(shape(), imageHeight=8, imageWidth=6), "a.png has 8 x 6 pixels (upright), the file says 6 x 8"),
        (labelme(shape(), imagePath="z.png", imageData="AAAA"), "the file holds the picture itself"),
        ("{", "is not JSON"),
    ],
)
def test_what_labelme_s_file_cannot_say_is_told(place, document, told):
    name = "z.json" if isinstance(document, dict) and document["imagePath"] == "z.png" else "a.json"
    assert told in complaint("labelme", place({"a.png": None, "labels.txt": "crack\n", name: document}))


def test_a_class_that_labels_txt_lacks_is_told_with_the_nearest(place):
    files = {"a.png": None, "labels.txt": "__ignore__\ncracks\n", "a.json": labelme(shape())}
    assert "a.png: category 'crack' is none of cracks; did you mean 'cracks'?" in complaint("labelme", place(files))


def test_a_picture_that_lost_an_object_has_no_label(place):
    files = {"a.png": None, "b.png": None, "a.json": labelme(shape(), shape(kind="line"))}
    files["b.json"] = labelme(shape(), imagePath="b.png")
    dataset = read("labelme", place(files), OnBad.SKIP)
    assert not dataset.by_name["a.png"].is_labeled
    assert dataset.by_name["a.png"].objects == ()
    assert [each.name for each in dataset.passed_over] == ["a.png"]
    assert areas(dataset, "b.png") == [12]


# CVAT


def cvat(shapes, meta="<meta><task><labels><label><name>crack</name></label></labels></task></meta>"):
    image = f'<image id="0" name="a.png" width="8" height="6">{shapes}</image>'
    return f"<annotations><version>1.1</version>{meta}{image}</annotations>"


BOX = '<box label="crack" xtl="2" ytl="1" xbr="6" ybr="4" {}/>'


@pytest.mark.parametrize(
    ("shapes", "masks", "boxes"),
    [
        ('<polygon label="crack" points="2,1;6,1;6,4;2,4"/>', [12], None),
        ('<polygon label="crack" points="2,1;6,1;6,4;2,4" group_id="1"/>' * 2, [12], None),
        ('<ellipse label="crack" cx="4" cy="3" rx="4" ry="1"/>', [12], None),
        ('<ellipse label="crack" cx="4" cy="1" rx="1" ry="3" rotation="90"/>', [12], None),
        ('<mask label="crack" rle="0, 4, 1, 4, 2, 1, 4, 3" left="2" top="1" width="6" height="3"/>', None, None),
        (BOX.format(""), [], [(2, 1, 6, 4)]),
        (BOX.format('rotation="90"'), [], [(2.5, 0.5, 5.5, 4.5)]),
        ('<tag label="crack"/>' + BOX.format(""), [], [(2, 1, 6, 4)]),
    ],
)
def test_shapes_of_cvat_are_read(place, shapes, masks, boxes):
    folder = place({"images/a.png": None, "images/b.png": None, "annotations.xml": cvat(shapes)})
    if masks is None:  # 19 pixels of runs in a box of 18
        assert "its run lengths cover 19 pixels, its box has 18" in complaint("cvat", folder)
        return
    image = read("cvat", folder).by_name["a.png"]
    assert [item.mask.area for item in image.objects] == masks
    assert boxes == (image.boxes and [tuple(round(side, 6) for side in box.corners) for box in image.boxes])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (cvat('<polyline label="crack" points="1,1;2,2"/>'), "polyline 0 (a.png): a polyline has no area"),
        (cvat('<box label="crack" xtl="2" ytl="1" xbr="6"/>'), "ybr is None, not a finite number"),
        (cvat('<polygon label="dust" points="2,1;6,1;6,4"/>'), "a.png: category 'dust' is none of crack"),
        (cvat("").replace('width="8"', 'width="9"'), "the file says 9 x 6"),
        ("<annotations><track/></annotations>", "holds tracks: export it as 'CVAT for images 1.1'"),
        ("<annotation/>", "holds <annotation>, not <annotations>"),
        ("<annotations>", "is no XML"),
        ('<!DOCTYPE x [<!ENTITY a "b">]><annotations>&a;</annotations>', "is no XML"),
    ],
)
def test_what_cvat_s_file_cannot_say_is_told(place, text, told):
    assert told in complaint("cvat", place({"images/a.png": None, "images/b.png": None, "annotations.xml": text}))


# Label Studio


def region(kind, value, **more):
    sizes = {"original_width": 8, "original_height": 6, "image_rotation": 0}
    return {"type": f"{kind}labels", "value": {**value, f"{kind}labels": ["crack"]}, **sizes, **more}


def percent(points):
    return [[x * 100 / 8, y * 100 / 6] for x, y in points]


def task(*regions, name="a.png", **annotation):
    given = {"result": [*regions], **annotation}
    return {"id": 1, "data": {"image": f"/data/upload/2/0a1b2c3d-{name}"}, "annotations": [given]}


POLYGON_REGION = region("polygon", {"points": percent(SQUARE)}, id="p")
DOT_REGION = region("polygon", {"points": percent(DOT)}, id="d", parentID="p")


@pytest.mark.parametrize(
    ("tasks", "found"),
    [
        ([task(POLYGON_REGION)], [12]),
        ([task(POLYGON_REGION, DOT_REGION)], [13]),
        ([task(POLYGON_REGION, {**DOT_REGION, "parentID": "nobody"})], [1, 12]),
        ([task(region("ellipse", {"x": 50, "y": 50, "radiusX": 50, "radiusY": 100 / 6, "rotation": 0}))], [12]),
        ([task(POLYGON_REGION, {"type": "choices", "id": "c", "value": {"choices": ["wet"]}})], [12]),
        ([task(POLYGON_REGION, {"type": "relation", "from_id": "p", "to_id": "d"})], [12]),
        ([{"image": "a.png", "id": 1, "label": [{"points": percent(SQUARE), "polygonlabels": ["crack"]}]}], [12]),
        (
            [
                task(
                    {"id": "x", "type": "polygon", "value": {"points": percent(SQUARE)}},
                    {"id": "x", "type": "labels", "value": {"labels": ["crack"]}},
                )
            ],
            [12],
        ),
    ],
)
def test_label_studio_says_it_in_several_ways(place, tasks, found):
    dataset = read("labelstudio", place({"images/a.png": None, "images/b.png": None, "export.json": tasks}))
    assert areas(dataset) == found


def test_of_label_studio_s_annotations_the_latest_that_was_not_cancelled_counts(place):
    first = task(POLYGON_REGION, updated_at="2026-01-02")
    first["annotations"] += [
        {"result": [], "was_cancelled": True, "updated_at": "2026-03-01"},
        {"result": [DOT_REGION], "updated_at": "2026-01-03"},
    ]
    cancelled = task(POLYGON_REGION, name="b.png", was_cancelled=True)
    folder = place({"photos/a.png": None, "photos/b.png": None, "export.json": [first, cancelled]})
    dataset = read_label_studio(folder / "export.json", images=folder / "photos")
    assert areas(dataset) == [1]
    assert not dataset.by_name["b.png"].is_labeled


@pytest.mark.parametrize(
    ("tasks", "told"),
    [
        ([task(region("keypoint", {"x": 1, "y": 1, "width": 1}))], "region 0 (a.png): it is no brush mask, polygon"),
        ([task({**POLYGON_REGION, "original_width": 9})], "the file says 9 x 6"),
        ([task({**POLYGON_REGION, "image_rotation": 90})], "its picture is turned by 90 degrees"),
        ([task(region("brush", {"rle": [0, 0, 0, 192, 57, 27, 252]}))], "its rle ends too early"),
        ([task(region("brush", {"rle": [0, 0, 1, 0, 57, 27, 252, 0]}))], "its rle has 256 values of 8 bits, not 192"),
        ([task(region("brush", {"rle": ["a"]}))], "its rle is no list of bytes"),
        ([{"data": {"text": "x"}}], "task 0: its data names no picture"),
        ([task(POLYGON_REGION, name="z.png")], "0a1b2c3d-z.png: it is not in"),
        ({}, "what it holds is a dict, not a list"),
    ],
)
def test_what_label_studio_s_file_cannot_say_is_told(place, tasks, told):
    files = {"images/a.png": None, "images/b.png": None, "export.json": tasks}
    files["label_config.xml"] = "<View><BrushLabels><Label value='crack'/></BrushLabels></View>"
    assert told in complaint("labelstudio", place(files))


# PNGs

NUMBERS = np.zeros((6, 8), np.uint8)
NUMBERS[1:3, 1:4] = 1
NUMBERS[4, 5:] = 2
CLASSES = np.where(NUMBERS == 2, 1, NUMBERS * 2)
RED, BLUE = (255, 0, 0), (0, 0, 255)
PAINTED = np.array([(0, 0, 0), RED, BLUE], np.uint8)[NUMBERS]
BOTH = {"images/a.png": None, "images/b.png": None, "labels.txt": "background\ncrack\nrust\n"}


@pytest.mark.parametrize("numbers", [NUMBERS, NUMBERS.astype(np.uint16) * 300, PAINTED])
def test_instances_are_greys_deep_greys_or_colours(place, numbers):
    files = {**BOTH, "instances/a.png": numbers, "classes/a.png": CLASSES.astype(np.uint8)}
    image = read("png-instances", place(files)).by_name["a.png"]
    assert sorted((item.category_id, item.mask.area) for item in image.objects) == [(1, 3), (2, 6)]


def test_classes_are_found_by_their_colours(place):
    files = {**BOTH, "labels.txt": "crack:255,0,0\nrust:0,0,255\n", "masks/a.png": PAINTED}
    image = read("png-semantic", place(files)).by_name["a.png"]
    assert sorted((item.category_id, item.mask.area) for item in image.objects) == [(1, 6), (2, 3)]


def test_void_is_no_class(place):
    files = {**BOTH, "masks/a.png": np.where(NUMBERS == 2, 255, NUMBERS).astype(np.uint8)}
    assert areas(read("png-semantic", place(files))) == [6]


@pytest.mark.parametrize(
    ("name", "files", "told"),
    [
        ("png-instances", {"instances/a.png": NUMBERS}, "there is no classes/a.png"),
        ("png-instances", {"instances/a.png": NUMBERS[:5], "classes/a.png": NUMBERS}, "it has 8 x 5 pixels"),
        (
            "png-instances",
            {"instances/a.png": NUMBERS, "classes/a.png": NUMBERS * 0},
            "object 1 (a.png): it lies on",
        ),
        ("png-semantic", {"masks/a.png": NUMBERS * 9}, "masks/a.png (a.png): its class is 9; there are 1, 2"),
        ("png-semantic", {"masks/a.png": PAINTED, "labels.txt": "crack:255,0,0\n"}, "its colour (0, 0, 255) at (5, 4)"),
        ("png-semantic", {"masks/a.png": "no picture"}, "is no PNG that can be read"),
        ("png-semantic", {"labels.txt": "crack:255,0\n"}, "is no colour of three numbers"),
    ],
)
def test_what_pngs_cannot_say_is_told(place, name, files, told):
    assert told in complaint(name, place({**BOTH, **files}))


# Datumaro


def test_what_datumaro_s_file_cannot_say_is_told(place):
    labels = {"label": {"labels": [{"name": "crack"}]}}
    annotation = {"id": 5, "type": "points", "label_id": 0, "points": [1, 1]}
    document = {"categories": labels, "items": [{"id": "a", "image": {"path": "a.png"}, "annotations": [annotation]}]}
    folder = place({"images/train/a.png": None, "annotations/train.json": document})
    assert "annotation 5 (a.png): a points has no area" in complaint("datumaro", folder)
    annotation |= {"type": "bbox", "label_id": 1}
    assert "its label_id is 1; there are 1" in complaint("datumaro", place({"annotations/train.json": document}))
    assert "train.json: its items is missing, not a list" in complaint(
        "datumaro", place({"annotations/train.json": {"categories": labels}})
    )
