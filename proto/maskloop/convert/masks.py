"""Masks, counts, and objects that are boxed, pointed at or stroked."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from maskloop.errors import InvalidLabel
from maskloop.masks import Mask
from maskloop.v1 import masks_pb2 as pb
from maskloop.values import MOST_CATEGORIES, MOST_OBJECTS, Box, Counts, Point, Scribble, check_number


def mask_to_message(mask: Mask) -> pb.Mask:
    """One mask."""
    return pb.Mask(height=mask.height, width=mask.width, rle=mask.rle)


def mask_from_message(message: pb.Mask) -> Mask:
    """One mask.

    Raises:
        InvalidMask: it does not decode.
    """
    return Mask(message.height, message.width, message.rle)


def counts_to_message(counts: Counts) -> pb.CategoryCounts:
    """Counts, by category id."""
    pairs = counts.by_category.items()
    return pb.CategoryCounts(counts=[pb.CategoryCount(category_id=key, count=count) for key, count in pairs])


def counts_from_message(message: pb.CategoryCounts) -> Counts:
    """Counts.

    Raises:
        InvalidLabel: there are too many, a category comes twice, or a count is outside 1 to 10,000.
    """
    if len(message.counts) > MOST_CATEGORIES:
        raise InvalidLabel(
            f"{len(message.counts):,} categories are counted; at most {MOST_CATEGORIES:,} are taken", field="counts"
        )
    by_category: dict[int, int] = {}
    for item in message.counts:
        if item.category_id in by_category:
            raise InvalidLabel(f"category {item.category_id} is counted twice", field="counts")
        if not 1 <= item.count <= MOST_OBJECTS:
            raise InvalidLabel(
                f"category {item.category_id} is counted {item.count} times; 1 to {MOST_OBJECTS:,} are taken",
                field="counts",
            )
        by_category[item.category_id] = item.count
    return Counts(by_category)


def boxes_to_message(boxes: Iterable[Box]) -> pb.Boxes:
    """Boxed objects, in their order."""
    return pb.Boxes(
        boxes=[
            pb.ObjectBox(category_id=item.category_id, x=item.x, y=item.y, width=item.width, height=item.height)
            for item in boxes
        ]
    )


def boxes_from_message(message: pb.Boxes, whose: str) -> tuple[Box, ...]:
    """Boxed objects of the image called `whose`.

    Raises:
        InvalidLabel: there are too many, or one is no box; the message names the image and the box.
    """
    check_number(len(message.boxes), "boxes", whose)
    return tuple(_box(item, f"{whose}, box {place}") for place, item in enumerate(message.boxes))


def _box(item: Any, where: str) -> Box:
    try:
        return Box(item.category_id, item.x, item.y, item.width, item.height)
    except InvalidLabel as error:
        raise InvalidLabel(f"{where}: {error.message}", field="labels.boxes") from error


def points_to_message(points: Iterable[Point]) -> pb.Points:
    """Objects that are pointed at, in their order."""
    return pb.Points(
        points=[pb.ObjectPoint(category_id=item.category_id, point=pb.Point(x=item.x, y=item.y)) for item in points]
    )


def points_from_message(message: pb.Points, whose: str) -> tuple[Point, ...]:
    """Objects that are pointed at in the image called `whose`.

    Raises:
        InvalidLabel: there are too many, or one says no place, or one that cannot be; the message names the image and
            the point.
    """
    check_number(len(message.points), "points", whose)
    return tuple(_point(item, f"{whose}, point {place}") for place, item in enumerate(message.points))


def _point(item: Any, where: str) -> Point:
    if not item.HasField("point"):
        raise InvalidLabel(f"{where}: it says no place", field="labels.points")
    try:
        return Point(item.category_id, item.point.x, item.point.y)
    except InvalidLabel as error:
        raise InvalidLabel(f"{where}: {error.message}", field="labels.points") from error


def scribbles_to_message(scribbles: Iterable[Scribble]) -> pb.Scribbles:
    """Strokes, in their order."""
    return pb.Scribbles(
        scribbles=[
            pb.Scribble(category_id=item.category_id, path=[pb.Point(x=x, y=y) for x, y in item.path])
            for item in scribbles
        ]
    )


def scribbles_from_message(message: pb.Scribbles, whose: str) -> tuple[Scribble, ...]:
    """Strokes in the image called `whose`.

    Raises:
        InvalidLabel: there are too many, or one has no corner or too many, or one that cannot be; the message names the
            image and the stroke.
    """
    check_number(len(message.scribbles), "scribbles", whose)
    return tuple(_scribble(item, f"{whose}, stroke {place}") for place, item in enumerate(message.scribbles))


def _scribble(item: Any, where: str) -> Scribble:
    try:
        return Scribble(item.category_id, tuple((corner.x, corner.y) for corner in item.path))
    except InvalidLabel as error:
        raise InvalidLabel(f"{where}: {error.message}", field="labels.scribbles") from error
