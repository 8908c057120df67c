"""Outlined objects, and what they began as."""

from __future__ import annotations

from maskloop.convert.masks import mask_from_message, mask_to_message
from maskloop.convert.reviews import origin_from_message, origin_to_message, review_from_message, review_to_message
from maskloop.convert.scalars import optional
from maskloop.errors import InvalidArgument, InvalidLabel, InvalidMask
from maskloop.v1 import masks_pb2 as pb
from maskloop.values import MOST_MASK_BYTES, FullLabel, ObjectLabel, check_number


def full_label_to_message(content: FullLabel) -> pb.ObjectMasks:
    """The objects in their order, and what became of proposals."""
    objects = [
        pb.ObjectMask(
            category_id=item.category_id,
            mask=mask_to_message(item.mask),
            crowd=item.crowd,
            origin=None if item.origin is None else origin_to_message(item.origin),
        )
        for item in content.objects
    ]
    return pb.ObjectMasks(objects=objects, review=None if content.review is None else review_to_message(content.review))


def full_label_from_message(message: pb.ObjectMasks, whose: str) -> FullLabel:
    """A full label of the image called `whose`.

    Raises:
        InvalidMask: a mask does not decode, or all together are too large; the message names the image and the object.
        InvalidLabel: there are too many objects, or what is said of proposals contradicts itself; named alike.
    """
    check_number(len(message.objects), "objects", whose)
    mask_bytes = sum(len(item.mask.rle) for item in message.objects)
    if mask_bytes > MOST_MASK_BYTES:
        raise InvalidMask(
            f"{whose}: its masks' runs take {mask_bytes:,} bytes; those of one label take at most {MOST_MASK_BYTES:,}",
            field="labels.full.objects.mask.rle",
        )
    objects = tuple(_object(item, f"{whose}, object {place}") for place, item in enumerate(message.objects))
    review = optional(message, "review")
    try:
        return FullLabel(objects, None if review is None else review_from_message(review))
    except InvalidLabel as error:
        raise InvalidLabel(f"{whose}: {error.message}", field=error.field) from error


def _object(message: pb.ObjectMask, where: str) -> ObjectLabel:
    try:
        origin = optional(message, "origin")
        return ObjectLabel(
            message.category_id,
            mask_from_message(message.mask),
            message.crowd,
            None if origin is None else origin_from_message(origin),
        )
    except InvalidMask as error:
        raise InvalidMask(f"{where}: {error.message}", field=f"mask.{error.field}") from error
    except InvalidArgument as error:  # InvalidLabel, too
        raise type(error)(f"{where}: {error.message}", field=error.field) from error
