"""Clicks on images, and the clicks that people's verdicts on proposals amount to.

Section "weak labels" of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual
inspection of civil infrastructures*, 2022: one click on a defect, or beside all of them. That rejected proposals and
missed objects become clicks as well is what the paper names as to be done.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import Box, ObjectLabel, Verdict


@dataclass(frozen=True, order=True)
class Click:
    """A point of an image, and what is there.

    Args:
        y, x: row and column of the pixel, from the upper left one on.
        category_id: of the class that it speaks of, and of no other.
        on: whether an object of the class is there; else nothing of the class is.

    Raises:
        InvalidArgument: a coordinate is negative.
    """

    y: int
    x: int
    category_id: int
    on: bool = True

    def __post_init__(self) -> None:
        if self.x < 0 or self.y < 0:
            raise InvalidArgument(f"a click at ({self.x}, {self.y}) is outside every image", field="clicks")


@dataclass(frozen=True)
class ClickedImage:
    """An image with what people clicked on.

    Args:
        image_id: of the image.
        pixels: (H, W, 3) uint8 RGB, upright; crops are cut out of it as they are needed, so that it may be mapped from
            a file.
        clicks: in any order.
        absent: ids of the categories of which it is known to hold nothing.
        objects: those that somebody outlined; their masks are of the image's size.
        boxes: of objects that somebody boxed.
        whole: whether every object that is there is outlined or boxed, so that the rest of the image is ground.

    Raises:
        InvalidArgument: a click is outside the image, or on an object of a category that is absent.
    """

    image_id: str
    pixels: NDArray[np.uint8]
    clicks: tuple[Click, ...] = ()
    absent: frozenset[int] = frozenset()
    objects: tuple[ObjectLabel, ...] = ()
    boxes: tuple[Box, ...] = ()
    whole: bool = False

    def __post_init__(self) -> None:
        height, width = self.pixels.shape[:2]
        for click in self.clicks:
            if click.y >= height or click.x >= width:
                raise InvalidArgument(
                    f"image {self.image_id} of {width} x {height} pixels has a click at ({click.x}, {click.y})",
                    field="clicks",
                )
            if click.on and click.category_id in self.absent:
                raise InvalidArgument(
                    f"image {self.image_id}: a click is on category {click.category_id}, which is said to be absent",
                    field="absent",
                )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def on(self, category_id: int) -> list[Click]:
        """Clicks on objects of a category, in order."""
        return sorted(click for click in self.clicks if click.on and click.category_id == category_id)

    def beside(self, category_id: int) -> list[Click]:
        """Clicks where nothing of a category is, in order."""
        return sorted(click for click in self.clicks if not click.on and click.category_id == category_id)

    def shows(self, category_id: int, top: int, left: int, side: int) -> bool:
        """Whether anything that is known of an object of a category lies in a square: a click, a pixel or a box."""
        bottom, right = min(top + side, self.size[0]), min(left + side, self.size[1])
        if any(top <= click.y < bottom and left <= click.x < right for click in self.on(category_id)):
            return True
        boxes = (box for box in self.boxes if box.category_id == category_id)
        if any(
            box.x < right and left < box.x + box.width and box.y < bottom and top < box.y + box.height for box in boxes
        ):
            return True
        masks = (item.mask for item in self.objects if item.category_id == category_id)
        return any(_reaches_into(mask, (top, left, bottom, right)) for mask in masks)


@dataclass(frozen=True)
class Judged:
    """What became of one proposal, or of an object that nobody proposed.

    Args:
        verdict: of the person.
        category_id: of the proposal that was rejected, else of the object.
        mask: likewise; not empty.
    """

    verdict: Verdict
    category_id: int
    mask: Mask


def inner_point(mask: Mask) -> tuple[int, int]:
    """The pixel (x, y) of a mask that is farthest from all that is outside it, the image's outside included.

    Of several the first one, row by row.

    Raises:
        InvalidArgument: the mask is empty.
    """
    if not mask.area:
        raise InvalidArgument("an empty mask has no point inside", field="mask")
    x, y, _, _ = mask.box
    row, column = _innermost(mask.crop(*mask.box).to_array())
    return x + column, y + row


def clicks_of_verdicts(judged: Iterable[Judged], verdicts: Sequence[Verdict] = tuple(Verdict)) -> tuple[Click, ...]:
    """Clicks, in order and each once, that a review amounts to.

    An object becomes a click on its inner point, whether it was proposed or missed. A rejected proposal becomes one
    beside, at the inner point of what no object of its class covers; none where an object covers all of it.

    Args:
        judged: of one image.
        verdicts: that become clicks; `REJECTED` and `MISSED` alone add only what the network had wrong.

    Raises:
        InvalidArgument: a mask is empty.
    """
    known = list(judged)
    objects = [each for each in known if each.verdict is not Verdict.REJECTED]
    clicks = set()
    for each in known:
        if each.verdict not in verdicts:
            continue
        if each.verdict is Verdict.REJECTED:
            point = _inner_of_rest(
                each.mask, [other.mask for other in objects if other.category_id == each.category_id]
            )
        else:
            point = inner_point(each.mask)
        if point is not None:
            clicks.add(Click(point[1], point[0], each.category_id, each.verdict is not Verdict.REJECTED))
    return tuple(sorted(clicks))


def _inner_of_rest(mask: Mask, others: Iterable[Mask]) -> tuple[int, int] | None:
    """As `inner_point`, of what none of the others covers; `None` where nothing is left."""
    if not mask.area:
        raise InvalidArgument("an empty mask has no point inside", field="mask")
    x, y, wide, high = mask.box
    left = mask.crop(x, y, wide, high).to_array()
    for other in others:
        left &= ~other.crop(x, y, wide, high).to_array()
    if not left.any():
        return None
    row, column = _innermost(left)
    return x + column, y + row


def _reaches_into(mask: Mask, window: tuple[int, int, int, int]) -> bool:
    """Whether a pixel of a mask lies in a window of rows and columns, from the upper left up to the lower right one."""
    x, y, wide, high = mask.box
    top, left = max(window[0], y), max(window[1], x)
    bottom, right = min(window[2], y + high), min(window[3], x + wide)
    return top < bottom and left < right and mask.crop(left, top, right - left, bottom - top).area > 0


def _innermost(inside: NDArray[np.bool_]) -> tuple[int, int]:
    """Row and column in an array that is not empty."""
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column)
