"""Points and strokes as LabelMe's shapes by file name: what LabelMe saves, what people write, and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.errors import InvalidDataset
from maskloop.formats.marks import points_document, read_points, read_scribbles, scribbles_document
from maskloop.values import Category, Point, PointsLabel, Scribble, ScribblesLabel

VOCABULARY = (Category(1, "crack"), Category(4, "rust"))
SIZES = {"a.jpg": (640, 480), "b.jpg": (8, 6)}
places = st.floats(0, 640, allow_subnormal=False)
points = st.builds(Point, st.sampled_from([1, 4]), places, places)
strokes = st.builds(
    Scribble, st.sampled_from([0, 1, 4]), st.lists(st.tuples(places, places), min_size=1, max_size=4).map(tuple)
)


def saved(*shapes: dict[str, Any], width: int = 640, height: int = 480) -> dict[str, Any]:
    """What LabelMe 5 writes beside a picture."""
    drawn = [{"group_id": None, "description": "", "flags": {}, "mask": None, **shape} for shape in shapes]
    return {
        "version": "5.5.0",
        "flags": {},
        "shapes": drawn,
        "imagePath": "a.jpg",
        "imageData": None,
        "imageHeight": height,
        "imageWidth": width,
    }


def shape(label: str, kind: str, *corners: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {"label": label, "points": [list(corner) for corner in corners], "shape_type": kind, **more}


def written(folder: Path, document: object) -> Path:
    (folder / "done.json").write_text(json.dumps(document))
    return folder / "done.json"


def test_documents_that_labelme_saves_are_read_as_they_are(tmp_path):
    marked = saved(shape("rust", "point", (412.5, 230.25)), shape("crack", "point", (0, 480)))
    file = written(tmp_path, {"a.jpg": marked, "b.jpg": saved(width=8, height=6)})
    assert read_points(file, SIZES, VOCABULARY) == {
        "a.jpg": PointsLabel((Point(4, 412.5, 230.25), Point(1, 0, 480))),
        "b.jpg": PointsLabel(),
    }


def test_strokes_are_line_strips_lines_and_points_and_some_are_on_the_ground(tmp_path):
    file = written(
        tmp_path,
        {
            "a.jpg": saved(
                shape("crack", "linestrip", (1, 2), (3, 4), (5, 6)),
                shape("rust", "line", (1, 1), (9, 9)),
                shape("_background_", "linestrip", (100, 100), (200, 100), group_id=1),
                shape("_background_", "point", (300, 300), group_id=1),
            ),
            "b.jpg": [],
        },
    )
    assert read_scribbles(file, SIZES, VOCABULARY)["a.jpg"] == ScribblesLabel(
        (
            Scribble(1, ((1, 2), (3, 4), (5, 6))),
            Scribble(4, ((1, 1), (9, 9))),
            Scribble(0, ((100, 100), (200, 100))),
            Scribble(0, ((300, 300),)),
        )
    )


def test_what_people_write_by_hand_needs_no_shape_type_and_may_spell_file_names_as_paths(tmp_path):
    by_hand = {"./images/a.jpg": [{"label": "rust", "points": [[1, 2]]}], "b.jpg": [], "c.jpg": "not asked for"}
    file = written(tmp_path, by_hand)
    assert read_points(file, SIZES, VOCABULARY) == {"a.jpg": PointsLabel((Point(4, 1, 2),)), "b.jpg": PointsLabel()}
    assert read_scribbles(file, SIZES, VOCABULARY)["a.jpg"] == ScribblesLabel((Scribble(4, ((1, 2),)),))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"a.jpg": "rust"}, "its shapes are no JSON list"),
        ({"a.jpg": {"objects": []}}, "its shapes are no JSON list"),
        ({"a.jpg": {"shapes": 3}}, "its shapes is a int, not a list"),
        ({"a.jpg": ["rust"]}, "shape 0 is a str, not an object"),
        ({"a.jpg": [{"points": [[1, 2]]}]}, "shape 0: its label is None, not a text"),
        ({"a.jpg": [{"label": "rust"}]}, "shape 0: its points is missing, not a list"),
        ({"a.jpg": [shape("rust", "point", (1, 2)), {"label": "rust", "points": [[1]]}]}, "shape 1: a point of it has"),
        ({"a.jpg": [{"label": "rust", "points": [[1, "x"]]}]}, "shape 0: y is 'x', not a finite number"),
        ({"a.jpg": [{"label": "rost", "points": [[1, 2]]}]}, "shape 0: category 'rost' is none of crack, rust"),
        ({"a.jpg": [shape("rust", "point", (-1, 2))]}, r"shape 0: \(-1, 2\) is no point of an image"),
        ({"a.jpg": [shape("rust", "polygon", (1, 2), (2, 2), (2, 3))]}, "it is a polygon of 3 points; points are"),
        ({"a.jpg": [shape("rust", "point", (1, 2), (2, 2))]}, "it is a point of 2 points; points are asked for"),
        ({"a.jpg": saved(width=480, height=640)}, "it has 480 x 640 pixels, not 640 x 480"),
        (
            {"a.jpg": [shape("rust", "point", (1, 2), group_id=7), shape("rust", "point", (1, 2), group_id=7)]},
            "shapes 0 and 1 are of group 7, one object: leave one of them",
        ),
        ({}, "a.jpg: the file does not list this image"),
    ],
)
def test_what_cannot_be_is_named_by_file_image_and_place(tmp_path, said, told):
    file = written(tmp_path, {"b.jpg": [], **said})
    with pytest.raises(InvalidDataset, match=told) as caught:
        read_points(file, SIZES, VOCABULARY)
    assert "done.json" in str(caught.value)
    assert "a.jpg" in str(caught.value)


def test_boxes_and_polygons_are_no_strokes(tmp_path):
    file = written(tmp_path, {"a.jpg": [shape("rust", "rectangle", (1, 2), (2, 3))], "b.jpg": []})
    with pytest.raises(InvalidDataset, match=r"it is a rectangle of 2 points; strokes \(linestrip or line\) are asked"):
        read_scribbles(file, SIZES, VOCABULARY)


@settings(max_examples=30, deadline=None)
@given(st.lists(points, max_size=4), st.lists(strokes, max_size=4))
def test_what_is_written_is_read_again(tmp_path_factory, pointed, scribbled):
    folder = tmp_path_factory.mktemp("marks")
    dots, lines = PointsLabel(tuple(pointed)), ScribblesLabel(tuple(scribbled))
    file = written(folder, points_document(VOCABULARY, SIZES, {"a.jpg": dots}))
    assert read_points(file, SIZES, VOCABULARY) == {"a.jpg": dots, "b.jpg": PointsLabel()}
    file = written(folder, scribbles_document(VOCABULARY, SIZES, {"a.jpg": lines}))
    assert read_scribbles(file, SIZES, VOCABULARY) == {"a.jpg": lines, "b.jpg": ScribblesLabel()}
