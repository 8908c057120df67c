"""Images whose objects somebody has put boxes around, and what is made of a box: two masks, one within the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidLabel
from models.data.samples import Example

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class BoxedImage:
    """An image with the boxes of its objects.

    Args:
        image_id: names it.
        pixels: (H, W, 3) uint8 RGB, upright.
        boxes: (n, 4) float32: left, upper, right, lower, in pixels; n may be 0.
        classes: n class indices, 0 or more.

    Raises:
        InvalidArgument: boxes and classes do not fit, or a box is empty or reaches out of the image.
    """

    image_id: str
    pixels: NDArray[np.uint8]
    boxes: Floats
    classes: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.boxes.shape != (len(self.classes), 4):
            raise InvalidArgument(
                f"image {self.image_id} has boxes {self.boxes.shape} and {len(self.classes)} classes", field="boxes"
            )
        height, width = self.size
        left, upper, right, lower = self.boxes.T
        there = (left >= 0) & (upper >= 0) & (left < right) & (upper < lower) & (right <= width) & (lower <= height)
        if not there.all():
            wrong = self.boxes[~there][0].tolist()
            raise InvalidArgument(f"box {wrong} does not lie in image {self.image_id}", field="boxes")
        if min(self.classes, default=0) < 0:
            raise InvalidArgument(f"image {self.image_id} has a class below 0", field="classes")

    @classmethod
    def of(cls, example: Example, categories: Sequence[int]) -> Self:
        """The boxes of an outlined image's objects; crowds have none.

        Raises:
            InvalidLabel: an object is of none of `categories`.
        """
        unknown = {item.category_id for item in example.objects} - set(categories)
        if unknown:
            raise InvalidLabel(f"image {example.image_id}: category {min(unknown)} is not in the vocabulary")
        shown = [item for item in example.objects if item.mask.area]
        sides = np.array([item.mask.box for item in shown], dtype=np.float32).reshape(-1, 4)
        boxes = np.concatenate([sides[:, :2], sides[:, :2] + sides[:, 2:]], axis=1)
        return cls(example.image_id, example.pixels, boxes, tuple(categories.index(item.category_id) for item in shown))

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]

    def tensor(self, device: torch.device) -> Tensor:
        """(3, H, W) float32 in [0, 1]."""
        return torch.from_numpy(self.pixels.copy()).to(device).permute(2, 0, 1).float() / 255


@dataclass(frozen=True)
class BoxMask:
    """What is known of the object in a box: within `tight` it is, outside of `loose` it is not.

    Args:
        tight: (H, W) bool, T_fg.
        loose: (H, W) bool, T_loose; holds `tight`. In between nobody knows.

    Raises:
        InvalidArgument: they are of different sizes, or `loose` does not hold `tight`.
    """

    tight: Bools
    loose: Bools

    def __post_init__(self) -> None:
        if self.tight.shape != self.loose.shape or (self.tight & ~self.loose).any():
            raise InvalidArgument("a tight mask has to lie in its loose one", field="loose")

    @classmethod
    def certain(cls, mask: Bools) -> Self:
        """A mask of which every pixel is known."""
        return cls(mask, mask)


@dataclass(frozen=True)
class MaskedImage:
    """A boxed image with what is known of each of its objects, in the order of its boxes.

    Raises:
        InvalidArgument: there is not one mask of the image's size for each box.
    """

    image: BoxedImage
    masks: tuple[BoxMask, ...]

    def __post_init__(self) -> None:
        if len(self.masks) != len(self.image.classes) or any(m.tight.shape != self.image.size for m in self.masks):
            raise InvalidArgument(f"image {self.image.image_id} needs a mask of its size for each box", field="masks")


def box_slices(box: Floats) -> tuple[slice, slice]:
    """Rows and columns of the pixels that a box touches."""
    left, upper, right, lower = box
    return slice(int(np.floor(upper)), int(np.ceil(lower))), slice(int(np.floor(left)), int(np.ceil(right)))


def box_pixels(box: Floats, size: tuple[int, int]) -> Bools:
    """(H, W) bool, the pixels that a box touches."""
    inside = np.zeros(size, dtype=np.bool_)
    inside[box_slices(box)] = True
    return inside


def whole_ious(boxes: Tensor, given: Tensor) -> Tensor:
    """As `box_ious`, of boxes whose sides are cut to whole pixels, towards 0, as BBAM's program compares them."""
    return box_ious(boxes.trunc(), given.trunc())


def box_ious(boxes: Tensor, given: Tensor) -> Tensor:
    """(n,) IoU of boxes (n, 4) with one of (4,)."""
    low, high = torch.maximum(boxes[:, :2], given[:2]), torch.minimum(boxes[:, 2:], given[2:])
    shared = (high - low).clamp(min=0).prod(dim=1)
    areas = (boxes[:, 2:] - boxes[:, :2]).clamp(min=0).prod(dim=1)
    return shared / (areas + (given[2:] - given[:2]).prod() - shared).clamp(min=1e-12)
