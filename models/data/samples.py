"""What a network learns from, and its form at the network's own size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidImage, InvalidLabel
from maskloop.values import BACKGROUND, Box, Counts, ObjectLabel, Scribble
from models.data.strokes import drawn, halfway

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True)
class Example:
    """One labeled image: `pixels` (H, W, 3) uint8 RGB, upright; `objects` with masks of (H, W).

    Crowds that are handed in among the objects are put aside in `crowds`: nobody learns from their pixels. `boxes` are
    of objects that nobody outlined: where in its box such an object is, nobody knows.

    Args:
        marks: a stroke on each object, of one corner where it is a point, and strokes on the ground; `None` where
            nobody marked any.
        present: ids of the categories that are in the image, where nobody said of every pixel what it is of: those of
            the marks, or what labels say without saying where. All others are not there. `None` where outlines and
            boxes are all there is.
        rejected: proposals of networks that people said are no objects, with masks of (H, W).
    """

    image_id: str
    pixels: NDArray[np.uint8]
    objects: tuple[ObjectLabel, ...]
    crowds: tuple[ObjectLabel, ...] = ()
    boxes: tuple[Box, ...] = ()
    marks: tuple[Scribble, ...] | None = None
    present: frozenset[int] | None = None
    rejected: tuple[ObjectLabel, ...] = ()

    def __post_init__(self) -> None:
        if self.marks is not None and self.present is None:
            marked = frozenset(mark.category_id for mark in self.marks) - {BACKGROUND}
            object.__setattr__(self, "present", marked)
        if any(item.crowd for item in self.objects):
            object.__setattr__(self, "crowds", self.crowds + tuple(item for item in self.objects if item.crowd))
            object.__setattr__(self, "objects", tuple(item for item in self.objects if not item.crowd))

    @property
    def labels(self) -> tuple[ObjectLabel, ...]:
        """Objects and crowds."""
        return self.objects + self.crowds

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image, in pixels."""
        return self.pixels.shape[0], self.pixels.shape[1]


class LargeExample(Example):
    """One whose pixels are read anew whenever they are asked for, since few photographs of its size fit into memory.

    Args:
        size: height and width.
        read: gives the pixels.
        said: the other fields of an example.
    """

    _size: tuple[int, int]
    _read: Callable[[], NDArray[np.uint8]]

    def __init__(
        self,
        image_id: str,
        size: tuple[int, int],
        read: Callable[[], NDArray[np.uint8]],
        objects: tuple[ObjectLabel, ...],
        **said: Any,
    ) -> None:
        others = {"crowds": (), "boxes": (), "marks": None, "present": None, "rejected": (), **said}
        for name, value in {"image_id": image_id, "_size": size, "_read": read, "objects": objects, **others}.items():
            object.__setattr__(self, name, value)
        self.__post_init__()

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """Read now; not kept."""
        return self._read()

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the image, in pixels."""
        return self._size


@dataclass(frozen=True)
class ImageToScore:
    """An image that nobody has outlined, or as if nobody had.

    Args:
        load: gives (H, W, 3) uint8 RGB, upright; it is called once, in a thread.
        counts: of its objects, where somebody counted them; count-conditioned networks need them.
        present: ids of the categories that are in it, where somebody has said so; class maps go by them.
        content: a hash of its file, under which what an encoder made of it may be kept; "" for not known.
    """

    image_id: str
    load: Callable[[], NDArray[np.uint8]]
    counts: Counts | None = None
    content: str = ""
    present: frozenset[int] | None = None

    @classmethod
    def of(cls, example: Example, *, counted: bool = True) -> Self:
        """A labeled image with its true counts, or as if nobody had counted."""
        return cls(example.image_id, lambda: example.pixels, Counts.of(example.objects) if counted else None)


class KnownBy(IntEnum):
    """What people drew of an object."""

    OUTLINE = 0
    BOX = 1  # its mask is the ellipse that fits into the box
    MARK = 2  # its mask is a dot halfway along the stroke: told at length where they are, masks leak


@dataclass(frozen=True)
class Prepared:
    """An example as the network sees it, S x S, its n objects in decoding order.

    Args:
        image: (S, S, 3) uint8 RGB.
        masks: (n, S, S) bool.
        classes: (n,) int64 class indices, ascending; larger objects of a class come first.
        known_by: (n,) uint8 of `KnownBy`.
        left_out: objects beyond the recipe's steps, or without a pixel at this size.
        ignored: (S, S) bool, pixels of crowds and of objects left out, where no other is outlined; `None` for no pixel.
        present: (C,) bool, as the example's; `None` where outlines and boxes are all there is.
        ground: (S, S) bool, strokes on the ground; `None` where nobody marked anything.
    """

    image_id: str
    image: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    classes: NDArray[np.int64]
    known_by: NDArray[np.uint8]
    left_out: int
    ignored: NDArray[np.bool_] | None = None
    present: NDArray[np.bool_] | None = None
    ground: NDArray[np.bool_] | None = None


def prepare(example: Example, categories: Sequence[int], size: int, steps: int) -> Prepared:
    """Resize an example to (size, size) and keep its `steps` largest objects, measured at that size.

    The others are objects all the same: their pixels are taught neither as one nor as ground. Images are resized
    bilinearly, masks by nearest neighbour (RSIS does so).

    Raises:
        InvalidLabel: an object is of none of `categories`, or its mask is not of its image's size.
    """
    places = {category_id: index for index, category_id in enumerate(categories)}
    marks = tuple(mark for mark in example.marks or () if mark.category_id != BACKGROUND)
    known: tuple[ObjectLabel | Box | Scribble, ...] = (*example.objects, *example.boxes, *marks)
    named = {item.category_id for item in (*known, *example.crowds)} | (example.present or frozenset())
    for category_id in sorted(named):
        if category_id not in places:
            raise InvalidLabel(f"image {example.image_id}: category {category_id} is not in the vocabulary")
    for item in example.labels:
        if (item.mask.height, item.mask.width) != example.size:
            raise InvalidLabel(f"image {example.image_id}: a mask is not of the image's size")
    classes = np.array([places[item.category_id] for item in known], dtype=np.int64)
    known_by = np.repeat(np.array(KnownBy, np.uint8), [len(example.objects), len(example.boxes), len(marks)])
    masks = np.zeros((len(known), size, size), dtype=np.bool_)
    for index, each in enumerate(known):
        if isinstance(each, Box):
            masks[index] = _ellipse(each, example.size, size)
        elif isinstance(each, Scribble):
            masks[index] = drawn(halfway(each), example.size, size)
        else:
            masks[index] = resize_mask(each.mask.to_array(), size)
    areas = masks.sum(axis=(1, 2))
    largest = np.argsort(-areas, kind="stable")
    kept = largest[:steps][areas[largest[:steps]] > 0]
    kept = kept[np.argsort(classes[kept], kind="stable")]
    outlined = kept[known_by[kept] == KnownBy.OUTLINE]
    return Prepared(
        example.image_id,
        resize_image(example.pixels, size),
        masks[kept],
        classes[kept],
        known_by[kept],
        len(classes) - len(kept),
        _ignored(example.crowds, masks[largest[steps:]], masks[outlined], size),
        None if example.present is None else np.isin(categories, sorted(example.present)),
        None if example.marks is None else _ground(example.marks, example.size, size),
    )


def _ground(marks: Sequence[Scribble], of: tuple[int, int], size: int) -> NDArray[np.bool_]:
    strokes = (drawn(mark, of, size) for mark in marks if mark.category_id == BACKGROUND)
    ground = np.zeros((size, size), dtype=np.bool_)
    for stroke in strokes:
        ground |= stroke
    return ground


def _ellipse(box: Box, of: tuple[int, int], size: int) -> NDArray[np.bool_]:
    """(size, size) bool, a pixel at least: what fits into a box of an image of height and width `of`. It turns as most
    objects do when the picture is turned."""
    places = (np.arange(size) + 0.5) / size
    middle = (box.y + box.height / 2) / of[0], (box.x + box.width / 2) / of[1]
    down = (places - middle[0]) / (box.height / of[0] / 2)
    across = (places - middle[1]) / (box.width / of[1] / 2)
    inside: NDArray[np.bool_] = down[:, None] ** 2 + across[None] ** 2 <= 1
    row, column = (min(int(at * size), size - 1) for at in middle)
    inside[row, column] = True
    return inside


def _ignored(
    crowds: Sequence[ObjectLabel], beyond: NDArray[np.bool_], objects: NDArray[np.bool_], size: int
) -> NDArray[np.bool_] | None:
    """Of crowds and of masks `beyond`, (n, S, S); what an object's outline says of a pixel is known, also there."""
    ignored = np.zeros((size, size), dtype=np.bool_)
    ignored |= beyond.any(axis=0)
    for item in crowds:
        ignored |= resize_mask(item.mask.to_array(), size)
    ignored &= ~objects.any(axis=0)
    return ignored if ignored.any() else None


def resize_image(pixels: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """(H, W, 3) uint8 to (size, size, 3) uint8, bilinear; shrinking averages what it covers."""
    resized = Image.fromarray(pixels).resize((size, size), Image.Resampling.BILINEAR)
    return np.asarray(resized, dtype=np.uint8)


def resize_mask(mask: NDArray[np.bool_], size: int) -> NDArray[np.bool_]:
    """(H, W) bool to (size, size) bool, nearest neighbour at pixel centres."""
    rows, columns = (((np.arange(size) + 0.5) * length / size).astype(np.intp) for length in mask.shape)
    resized: NDArray[np.bool_] = mask[rows[:, None], columns[None, :]]
    return resized


def check_size(found: tuple[int, ...], told: tuple[int, int]) -> None:
    """Raises InvalidImage where a picture's height and width are not those that it is said to have."""
    if found != told:
        raise InvalidImage(
            f"a picture said to be of {told[1]} x {told[0]} pixels is of {found[1]} x {found[0]}", field="size"
        )


def image_tensor(images: Sequence[NDArray[np.uint8]], device: torch.device) -> Tensor:
    """S x S images to (B, 3, S, S) float32 in [0, 1]; `normalise` makes the network's input of it."""
    return torch.from_numpy(np.stack(images)).to(device).permute(0, 3, 1, 2).float() / 255


def normalise(images: Tensor) -> Tensor:
    """(B, 3, S, S) in [0, 1], ImageNet's mean taken out and divided by its deviation."""
    mean = torch.tensor(IMAGENET_MEAN, device=images.device).view(3, 1, 1)
    std = torch.tensor(IMAGENET_STD, device=images.device).view(3, 1, 1)
    return (images - mean) / std


def class_tensor(sequences: Sequence[Sequence[int]], categories: Sequence[int], device: torch.device) -> Tensor:
    """Category ids of each image's steps to class indices (B, T) int64, padded at the end with -1 (no step).

    Raises:
        InvalidLabel: a category is not in the vocabulary.
    """
    places = {category_id: index for index, category_id in enumerate(categories)}
    classes = torch.full((len(sequences), max(map(len, sequences), default=0)), -1, dtype=torch.int64)
    for row, sequence in enumerate(sequences):
        for step, category_id in enumerate(sequence):
            if category_id not in places:
                raise InvalidLabel(f"category {category_id} is not in the vocabulary")
            classes[row, step] = places[category_id]
    return classes.to(device)
