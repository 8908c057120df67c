"""Boxes as COCO: written, read back, and what a tool may have made of them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidDataset, InvalidLabel
from maskloop.formats.coco import boxes_document, read_finished_boxes
from maskloop.values import Box, Category, Image, Split

CATEGORIES = (Category(1, "crack"), Category(5, "rust"))
SIZES = {"a.png": (8, 6), "b.png": (40, 30)}
IMAGES = [Image(name, "p", name, "", width, height, "0" * 64, Split.POOL) for name, (width, height) in SIZES.items()]
BOXES = {"a.png": (Box(1, 0.5, 0, 7.5, 6), Box(5, 2, 1, 1, 1)), "b.png": ()}


def box_in(width: int, height: int):
    corners = st.tuples(st.floats(0, width), st.floats(0, width), st.floats(0, height), st.floats(0, height))
    apart = corners.filter(lambda c: abs(c[0] - c[1]) > 1e-3 and abs(c[2] - c[3]) > 1e-3)
    return st.builds(
        lambda category, c: Box(category, min(c[0], c[1]), min(c[2], c[3]), abs(c[0] - c[1]), abs(c[2] - c[3])).crop(
            0, 0, width, height
        ),
        st.sampled_from([1, 5]),
        apart,
    )


def written(folder, **changes):
    """A file with the boxes of BOXES; of the first annotation, other values."""
    document = json.loads(json.dumps(boxes_document(CATEGORIES, IMAGES, BOXES)))
    document["annotations"][0].update(changes)
    return document, folder / "done.json"


def read(document, file):
    file.write_text(json.dumps(document))
    return read_finished_boxes(file, SIZES, CATEGORIES)


@given(boxes=st.fixed_dictionaries({name: st.lists(box_in(*size), max_size=4) for name, size in SIZES.items()}))
def test_boxes_come_back_as_they_were(boxes, tmp_path_factory):
    file = tmp_path_factory.getbasetemp() / "boxes.json"
    found = read(json.loads(json.dumps(boxes_document(CATEGORIES, IMAGES, boxes))), file)
    for name in SIZES:
        assert [box.category_id for box in found[name]] == [box.category_id for box in boxes[name]]
        for one, other in zip(found[name], boxes[name], strict=True):
            assert one.corners == pytest.approx(other.corners, abs=1e-9)


def test_a_tool_may_number_anew_add_folders_and_draw_over_the_border(tmp_path):
    document, file = written(tmp_path, bbox=[-2, 0, 11, 7], segmentation=[])
    for category in document["categories"]:
        category["id"] += 10
    for annotation in document["annotations"]:
        annotation["category_id"] += 10
    for image in document["images"]:
        image["file_name"] = f"batch/{image['file_name']}"
    document["images"].append({"id": 99, "file_name": "z.png", "width": 1, "height": 1})
    document["annotations"].append({"id": 99, "image_id": 99, "category_id": 99})
    assert read(document, file) == {**BOXES, "a.png": (Box(1, 0, 0, 8, 6), Box(5, 2, 1, 1, 1))}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"bbox": [1, 2, 3]}, r"annotation 1 \(a.png\): its bbox is \[1, 2, 3\], not four numbers"),
        ({"bbox": None}, "its segmentation is missing: it outlines nothing, and has no box"),
        ({"bbox": [0, 0, "4", 1]}, "not four numbers"),
        ({"bbox": [0, 0, 0, 1]}, "is no box"),
        ({"bbox": [8, 0, 1, 1]}, "lies outside the 8 x 6 image"),
        ({"iscrowd": 1}, r"it is a crowd \(iscrowd 1\) without an outline"),
        ({"category_id": 9}, "its category 9 is unknown"),
        ({"category_id": [1]}, "neither a whole number nor a text"),
    ],
)
def test_what_cannot_be_is_told_by_annotation_and_image(tmp_path, changes, told):
    with pytest.raises(InvalidDataset, match=told):
        read(*written(tmp_path, **changes))


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["images"].pop(), r"b\.png: the file does not list this image"),
        (lambda d: d["images"][0].update(width=9), r"image 1 \(a.png\): it has 9 x 6 pixels, not 8 x 6"),
        (lambda d: d["images"].append(dict(d["images"][0], id=7)), r"a\.png: it is listed twice"),
        (lambda d: d.pop("annotations"), "annotations: the list is missing"),
        (lambda d: d.update(images={}), "images: this is not a list"),
        (lambda d: d["annotations"].append("x"), r"annotations\[2\]: is a str, not an object"),
    ],
)
def test_a_file_that_does_not_hold_together_is_told_by_its_part(tmp_path, change, told):
    document, file = written(tmp_path)
    change(document)
    with pytest.raises(InvalidDataset, match=told):
        read(document, file)
    file.write_text("[]")
    with pytest.raises(InvalidDataset, match="holds a JSON list"):
        read_finished_boxes(file, SIZES, CATEGORIES)


def test_a_box_of_no_category_is_not_written_and_scores_go_with_their_boxes():
    with pytest.raises(InvalidLabel, match=r"a\.png: category 9"):
        boxes_document(CATEGORIES, IMAGES, {"a.png": [Box(9, 0, 0, 1, 1)]})
    scored = json.loads(json.dumps(boxes_document(CATEGORIES, IMAGES, BOXES, {"a.png": [0.5, 0.25]})))
    assert [one["score"] for one in scored["annotations"]] == [0.5, 0.25]
