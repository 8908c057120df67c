"""What labels say, as JSON: of each kind how it is written and how it is read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from maskloop.errors import InvalidLabel
from maskloop.values import (
    Box,
    BoxesLabel,
    Counts,
    ImageLevelLabel,
    LabelContent,
    OodAnswer,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    SupervisionKind,
)
from maskloop.web.documents.outlines import full_document, read_full
from maskloop.web.documents.reading import Part

Document = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """One kind of label between values and JSON."""

    write: Callable[[Any], Document]
    read: Callable[[Part], LabelContent]


def content_document(content: LabelContent) -> Document:
    """What a label says, for a browser."""
    return CONTENT_FORMS[content.kind].write(content)


def read_content(part: Part, kind: SupervisionKind) -> LabelContent:
    """What a label of that kind says.

    Raises:
        InvalidArgument, InvalidLabel, InvalidMask: it cannot be read, or cannot be; names the place.
    """
    return CONTENT_FORMS[kind].read(part)


def _boxes(content: BoxesLabel) -> Document:
    return {
        "boxes": [
            {"category": item.category_id, "box": [item.x, item.y, item.width, item.height]} for item in content.boxes
        ]
    }


def _read_boxes(part: Part) -> BoxesLabel:
    (boxes,) = part.fields("boxes")
    return BoxesLabel(tuple(map(_read_box, boxes.items())))


def _read_box(part: Part) -> Box:
    category, box = part.fields("category", "box")
    x, y, width, height = (side.number() for side in box.exactly(4))
    with part.named():
        return Box(category.integer(1), x, y, width, height)


def _points(content: PointsLabel) -> Document:
    return {"points": [{"category": item.category_id, "point": [item.x, item.y]} for item in content.points]}


def _read_points(part: Part) -> PointsLabel:
    (points,) = part.fields("points")
    return PointsLabel(tuple(map(_read_point, points.items())))


def _read_point(part: Part) -> Point:
    category, point = part.fields("category", "point")
    x, y = (value.number() for value in point.exactly(2))
    with part.named():
        return Point(category.integer(1), x, y)


def _scribbles(content: ScribblesLabel) -> Document:
    return {
        "scribbles": [
            {"category": item.category_id, "path": [list(corner) for corner in item.path]} for item in content.scribbles
        ]
    }


def _read_scribbles(part: Part) -> ScribblesLabel:
    (scribbles,) = part.fields("scribbles")
    return ScribblesLabel(tuple(map(_read_scribble, scribbles.items())))


def _read_scribble(part: Part) -> Scribble:
    category, path = part.fields("category", "path")
    corners = tuple((x.number(), y.number()) for x, y in (corner.exactly(2) for corner in path.items()))
    with part.named():
        return Scribble(category.integer(0), corners)


def _counts(content: Counts) -> Document:
    return {"counts": [{"category": key, "count": count} for key, count in content.by_category.items()]}


def _read_counts(part: Part) -> Counts:
    (counts,) = part.fields("counts")
    by_category: dict[int, int] = {}
    for item in counts.items():
        category, count = item.fields("category", "count")
        if category.integer(1) in by_category:
            raise InvalidLabel(f"{item.where}: category {category.value} is counted twice", field=category.where)
        by_category[category.integer(1)] = count.integer()
    return Counts(by_category)


def _image_level(content: ImageLevelLabel) -> Document:
    return {"categories": list(content.present)}


def _read_image_level(part: Part) -> ImageLevelLabel:
    (categories,) = part.fields("categories")
    with categories.named():
        return ImageLevelLabel(tuple(item.integer(1) for item in categories.items()))


def _ood(content: OodAnswer) -> Document:
    return {"category": content.category_id}


def _read_ood(part: Part) -> OodAnswer:
    (category,) = part.fields("category")
    return OodAnswer(category.integer(0))


CONTENT_FORMS: Mapping[SupervisionKind, Form] = MappingProxyType(
    {
        SupervisionKind.IMAGE_LEVEL: Form(_image_level, _read_image_level),
        SupervisionKind.COUNTS: Form(_counts, _read_counts),
        SupervisionKind.POINTS: Form(_points, _read_points),
        SupervisionKind.SCRIBBLES: Form(_scribbles, _read_scribbles),
        SupervisionKind.BOXES: Form(_boxes, _read_boxes),
        SupervisionKind.FULL: Form(full_document, read_full),
        SupervisionKind.OOD_CHECK: Form(_ood, _read_ood),
    }
)
"""Every kind of label on the page."""
