"""Projects and images."""

from __future__ import annotations

from maskloop.convert.costs import (
    outline_price_from_message,
    outline_price_to_message,
    review_prices_from_message,
    review_prices_to_message,
)
from maskloop.convert.full_labels import full_label_from_message, full_label_to_message
from maskloop.convert.masks import (
    boxes_from_message,
    boxes_to_message,
    points_from_message,
    points_to_message,
    scribbles_from_message,
    scribbles_to_message,
)
from maskloop.convert.scalars import (
    check_text,
    enum_from_message,
    enum_to_message,
    optional,
    time_from_message,
    time_to_message,
)
from maskloop.v1 import projects_pb2 as pb
from maskloop.values import OUTLINE_FLAT, REVIEWS, Category, FullLabel, Image, ImageImport, Project, Split


def category_to_message(category: Category) -> pb.Category:
    """One class."""
    return pb.Category(id=category.id, name=category.name, added_at=time_to_message(category.added_at))


def category_from_message(message: pb.Category) -> Category:
    """One class.

    Raises:
        InvalidArgument: its id is below 1 or its name empty.
    """
    name = check_text(message.name, "categories.name")
    return Category(message.id, name, time_from_message(message, "added_at"))


def project_to_message(project: Project) -> pb.Project:
    """One project."""
    return pb.Project(
        id=project.id,
        display_name=project.display_name,
        categories=map(category_to_message, project.categories),
        active_model=project.active_model,
        etag=project.etag,
        created_at=time_to_message(project.created_at),
        outline_price=outline_price_to_message(project.outline_price),
        review_prices=review_prices_to_message(project.review_prices),
    )


def project_from_message(message: pb.Project) -> Project:
    """One project."""
    price, reviews = optional(message, "outline_price"), optional(message, "review_prices")
    return Project(
        id=message.id,
        display_name=message.display_name,
        categories=tuple(map(category_from_message, message.categories)),
        active_model=message.active_model,
        etag=message.etag,
        created_at=time_from_message(message, "created_at"),
        outline_price=OUTLINE_FLAT if price is None else outline_price_from_message(price),
        review_prices=REVIEWS if reviews is None else review_prices_from_message(reviews),
    )


def image_to_message(image: Image) -> pb.Image:
    """One image's facts."""
    return pb.Image(
        id=image.id,
        project_id=image.project_id,
        file_name=image.file_name,
        uri=image.uri,
        width=image.width,
        height=image.height,
        sha256=image.sha256,
        split=enum_to_message(image.split),
    )


def image_from_message(message: pb.Image) -> Image:
    """One image's facts."""
    return Image(
        id=message.id,
        project_id=message.project_id,
        file_name=message.file_name,
        uri=message.uri,
        width=message.width,
        height=message.height,
        sha256=message.sha256,
        split=enum_from_message(Split, message.split, "split"),
    )


def image_import_to_message(item: ImageImport) -> pb.ImageImport:
    """One image to bring in."""
    source = {"uri": item.uri} if item.data is None else {"data": item.data}
    label = None if item.objects is None else full_label_to_message(FullLabel(item.objects))
    return pb.ImageImport(
        file_name=item.file_name,
        split=enum_to_message(item.split),
        label=label,
        boxes=None if item.boxes is None else boxes_to_message(item.boxes),
        points=None if item.points is None else points_to_message(item.points),
        scribbles=None if item.scribbles is None else scribbles_to_message(item.scribbles),
        **source,
    )


def image_import_from_message(message: pb.ImageImport) -> ImageImport:
    """One image to bring in.

    Raises:
        InvalidArgument: it has no name, no source or no split, or a pool image has a full label.
        InvalidLabel: it has labels of two kinds, or a box, a point or a stroke that is none.
        InvalidMask: a mask of its label does not decode.
    """
    name = check_text(message.file_name, "images.file_name")
    label, boxes = optional(message, "label"), optional(message, "boxes")
    points, scribbles = optional(message, "points"), optional(message, "scribbles")
    return ImageImport(
        file_name=name,
        split=enum_from_message(Split, message.split, "images.split"),
        uri=check_text(message.uri, "images.uri"),
        data=optional(message, "data"),
        objects=None if label is None else full_label_from_message(label, f"image {name}").objects,
        boxes=None if boxes is None else boxes_from_message(boxes, f"image {name}"),
        points=None if points is None else points_from_message(points, f"image {name}"),
        scribbles=None if scribbles is None else scribbles_from_message(scribbles, f"image {name}"),
    )
