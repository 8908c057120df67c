"""The one mask type: COCO run-length encoding (column-major), as pycocotools makes and reads it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.errors import InvalidMask

BoolArray = NDArray[np.bool_]
MAX_PIXELS = 2**28


@dataclass(frozen=True)
class Mask:
    """A binary mask of an image.

    Args:
        height: image height in pixels, at least 1.
        width: image width in pixels, at least 1; height x width is at most `MAX_PIXELS`.
        rle: COCO's compressed run-length string, column-major.

    Raises:
        InvalidMask: the runs do not add up to height x width, or the string is broken.
    """

    height: int
    width: int
    rle: bytes

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or self.height * self.width > MAX_PIXELS:
            raise InvalidMask(f"a mask of {self.height} x {self.width} pixels cannot exist", field="size")
        total = int(_runs(self.rle).sum())
        if total != self.height * self.width:
            raise InvalidMask(
                f"the mask's runs cover {total} pixels, its size {self.height} x {self.width} needs "
                f"{self.height * self.width}",
                field="rle",
            )

    @classmethod
    def from_array(cls, array: BoolArray) -> Mask:
        """Encode `array`, (H, W), bool or {0, 1}."""
        if array.ndim != 2:
            raise InvalidMask(f"a mask has two axes, height and width; this array has shape {array.shape}")
        encoded = coco_mask.encode(np.asfortranarray(array, dtype=np.uint8))
        return cls(array.shape[0], array.shape[1], encoded["counts"])

    @classmethod
    def empty(cls, height: int, width: int) -> Mask:
        """A mask with no pixel set."""
        return cls.from_array(np.zeros((height, width), dtype=np.bool_))

    def to_array(self) -> BoolArray:
        """Decode to (H, W) bool."""
        decoded: BoolArray = coco_mask.decode(self._coco).astype(np.bool_)
        return decoded

    def crop(self, x: int, y: int, width: int, height: int) -> Mask:
        """What a window of the image shows of the mask; the window's upper left pixel is (x, y).

        Only runs are handled, no pixel: the window takes its pixels in the order the mask has them in, so a run that
        ends at the p-th pixel of the mask ends in the window after as many of its pixels as lie before p.

        Raises:
            InvalidMask: the window holds no pixel, or sticks out of the image.
        """
        if not (0 <= x < x + width <= self.width and 0 <= y < y + height <= self.height):
            raise InvalidMask(
                f"a {width} x {height} window at ({x}, {y}) is not inside a mask of {self.width} x {self.height}"
            )
        column, row = np.divmod(np.cumsum(_runs(self.rle)), self.height)
        inside = (column >= x) & (column < x + width)
        ends = (column - x).clip(0, width) * height + (row - y).clip(0, height) * inside
        return _from_ends(ends, width, height)

    @cached_property
    def area(self) -> int:
        """Number of pixels set."""
        return int(coco_mask.area(self._coco))

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Tight box (x, y, width, height) in pixels; all zero when the mask is empty."""
        x, y, width, height = (int(value) for value in coco_mask.toBbox(self._coco))
        return x, y, width, height

    def iou(self, other: Mask) -> float:
        """|A & B| / |A | B| in [0, 1]; 0 when both are empty (Bellver et al., eq. 1).

        Raises:
            InvalidMask: the masks differ in size.
        """
        if (self.height, self.width) != (other.height, other.width):
            raise InvalidMask(
                f"masks of {self.height} x {self.width} and {other.height} x {other.width} cannot be compared"
            )
        if not self.area and not other.area:
            return 0.0
        return float(coco_mask.iou([self._coco], [other._coco], [0])[0, 0])

    @property
    def _coco(self) -> dict[str, object]:
        return {"size": [self.height, self.width], "counts": self.rle}


def _from_ends(ends: NDArray[np.int64], width: int, height: int) -> Mask:
    """The mask whose runs, unset first, end after so many of its width x height pixels; runs may be of length 0."""
    turns, times = np.unique(ends[:-1], return_counts=True)
    turns = turns[(times % 2 == 1) & (turns < width * height)]  # where two runs end together, nothing turns
    counts = np.diff(np.concatenate([[0], turns, [width * height]])).tolist()
    encoded = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)
    return Mask(height, width, encoded["counts"])


def _runs(rle: bytes) -> NDArray[np.int64]:
    """The runs of COCO's compressed string, in pixels: unset, set, unset, ...

    Five bits a character (offset 48), low bits first, bit 6 says "more", bit 5 of the last is the sign; from the
    third run on, a run is stored as the difference to the run before the last. pycocotools decodes without
    checking and writes past its buffer when the runs are wrong, so they are added up here first. Six characters a
    run hold every difference below `MAX_PIXELS`; with seven, pycocotools shifts past 32 bits and reads another number.
    """
    codes = np.frombuffer(rle, dtype=np.uint8).astype(np.int64) - 48
    more = codes & 0x20 != 0
    if not codes.size or codes.min() < 0 or codes.max() > 63 or more[-1]:
        raise InvalidMask("the mask's run-length string is broken", field="rle")
    (ends,) = (~more).nonzero()
    starts = np.concatenate([[0], ends[:-1] + 1])
    lengths = ends - starts + 1
    if lengths.max() > 6:
        raise InvalidMask("the mask's run-length string is broken", field="rle")
    shifts = 5 * (np.arange(codes.size) - np.repeat(starts, lengths))
    runs = np.add.reduceat((codes & 0x1F) << shifts, starts)
    runs -= np.where(codes[ends] & 0x10, 1 << (5 * lengths), 0)
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    if runs.min() < 0 or runs.max() >= 1 << 32:
        raise InvalidMask("the mask's run-length string holds an impossible run", field="rle")
    return runs
