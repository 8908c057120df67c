"""Points and strokes on images, as a JSON file of LabelMe's shapes by file name.

    {"a.jpg": [{"label": "crack", "points": [[412, 230.5]], "shape_type": "point"}], "b.jpg": []}

A point is a `point`; a stroke is a `linestrip`, a `line` or a `point`. `shape_type` may be left out. In place of the
list there may be the whole document that LabelMe (5 and later) saves beside a picture. Pixels are counted from the left
and the upper edge, as LabelMe does; edges lie between pixels. A stroke on the ground has the name `_background_`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from maskloop.errors import InvalidArgument, InvalidDataset
from maskloop.formats.answers import read_answers
from maskloop.formats.problems import Problems
from maskloop.formats.tools.fields import list_at, object_at, points_at, text_at
from maskloop.formats.unknown_names import no_category
from maskloop.values import BACKGROUND, Category, Point, PointsLabel, Scribble, ScribblesLabel

GROUND = "_background_"
"""What LabelMe calls what holds no object."""
POINT, LINE, STROKE = "point", "line", "linestrip"

Sizes = Mapping[str, tuple[int, int]]
Mark = TypeVar("Mark")
Corners = tuple[tuple[float, float], ...]


def read_points(file: Path, expected: Sizes, categories: Iterable[Category]) -> dict[str, PointsLabel]:
    """The points on the `expected` images, {file name: (width, height)}; categories go by name, other images are
    ignored.

    Raises:
        InvalidDataset: the file is no JSON object, or does not hold together for an expected image; names up to ten.
    """
    ids = {category.name: category.id for category in categories}
    marks = _read(file, expected, ids, (POINT,), lambda category_id, corners: Point(category_id, *corners[0]))
    return {name: PointsLabel(points) for name, points in marks.items()}


def read_scribbles(file: Path, expected: Sizes, categories: Iterable[Category]) -> dict[str, ScribblesLabel]:
    """The strokes on the `expected` images, as `read_points` reads points; those on the ground too."""
    ids = {GROUND: BACKGROUND} | {category.name: category.id for category in categories}
    marks = _read(file, expected, ids, (STROKE, LINE, POINT), Scribble)
    return {name: ScribblesLabel(strokes) for name, strokes in marks.items()}


def points_document(
    categories: Iterable[Category], file_names: Iterable[str], points: Mapping[str, PointsLabel]
) -> dict[str, object]:
    """What `read_points` reads, of these images; one without `points` has none."""
    names = {category.id: category.name for category in categories}
    empty = PointsLabel()
    return {
        name: [_shape(names[item.category_id], [(item.x, item.y)]) for item in points.get(name, empty).points]
        for name in file_names
    }


def scribbles_document(
    categories: Iterable[Category], file_names: Iterable[str], scribbles: Mapping[str, ScribblesLabel]
) -> dict[str, object]:
    """What `read_scribbles` reads, of these images; one without `scribbles` has none."""
    names = {BACKGROUND: GROUND} | {category.id: category.name for category in categories}
    empty = ScribblesLabel()
    return {
        name: [_shape(names[item.category_id], item.path) for item in scribbles.get(name, empty).scribbles]
        for name in file_names
    }


def _shape(label: str, corners: Sequence[tuple[float, float]]) -> dict[str, object]:
    kind = POINT if len(corners) == 1 else STROKE
    return {"label": label, "points": [list(corner) for corner in corners], "shape_type": kind}


def _read(
    file: Path,
    expected: Sizes,
    ids: Mapping[str, int],
    kinds: Sequence[str],
    mark: Callable[[int, Corners], Mark],
) -> dict[str, tuple[Mark, ...]]:
    """The marks on each image: what `mark` makes of the category and the corners of each shape of these kinds."""
    said = read_answers(file, expected, _object_or_list)
    problems = Problems(file)
    marks: dict[str, tuple[Mark, ...]] = {}
    for name, size in expected.items():
        with problems.about(name):
            shapes = _shapes(said[name], size)
            made = []
            for place, shape in enumerate(shapes):
                try:
                    made.append(mark(*_corners(shape, ids, kinds)))
                except InvalidArgument as error:
                    raise InvalidDataset(f"shape {place}: {error.message}") from error
            _check_groups(shapes)
            marks[name] = tuple(made)
    problems.raise_if_any()
    return marks


def _object_or_list(said: object) -> Mapping[str, Any] | list[Any]:
    """Raises InvalidDataset where it is neither a list of shapes nor a document of LabelMe."""
    if isinstance(said, dict) and "shapes" in said:
        return said
    if not isinstance(said, list):
        raise InvalidDataset("its shapes are no JSON list")
    return said


def _shapes(said: Mapping[str, Any] | list[Any], size: tuple[int, int]) -> list[Mapping[str, Any]]:
    if isinstance(said, list):
        return [object_at(shape, f"shape {place}") for place, shape in enumerate(said)]
    told = said.get("imageWidth"), said.get("imageHeight")
    if None not in told and told != size:
        raise InvalidDataset(f"it has {told[0]} x {told[1]} pixels, not {size[0]} x {size[1]}")
    return _shapes(list_at(said["shapes"], "its shapes"), size)


def _corners(shape: Mapping[str, Any], ids: Mapping[str, int], kinds: Sequence[str]) -> tuple[int, Corners]:
    name = text_at(shape.get("label"), "its label")
    if name not in ids:
        raise InvalidDataset(no_category(name, [each for each in ids if each != GROUND]))
    corners = tuple(points_at(shape.get("points"), "its points"))
    kind = shape.get("shape_type") or (POINT if len(corners) == 1 else STROKE)
    if kind not in kinds or (kind == POINT and len(corners) != 1):
        asked = "points" if kinds == (POINT,) else "strokes (linestrip or line)"
        raise InvalidDataset(f"it is a {kind} of {len(corners)} points; {asked} are asked for")
    return ids[name], corners


def _check_groups(shapes: Sequence[Mapping[str, Any]]) -> None:
    """LabelMe's groups are parts of one object, which has one mark."""
    groups: dict[tuple[str, str], int] = {}
    for place, shape in enumerate(shapes):
        group = shape.get("group_id")
        if group is None or shape["label"] == GROUND:
            continue
        first = groups.setdefault((str(shape["label"]), str(group)), place)
        if first != place:
            raise InvalidDataset(f"shapes {first} and {place} are of group {group}, one object: leave one of them")
