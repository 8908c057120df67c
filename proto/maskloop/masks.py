"""The one mask type: COCO run-length encoding (column-major), as pycocotools makes and reads it.

The codec is imported by the methods that need it: NumPy takes longer to load than a command's help takes to print.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from maskloop.errors import InvalidMask

if TYPE_CHECKING:
    from maskloop.mask_codec import BoolArray, NumberArray, Polygon

MAX_PIXELS = 2**28
MOST_RLE_BYTES = 4 * 1024 * 1024
"""Of one mask's runs: about as many as a random pattern of 9 million pixels has. A person's outline has a hundredth."""
LONGEST_RUN_BYTES = 6


@dataclass(frozen=True)
class Mask:
    """A binary mask of an image.

    Args:
        height: image height in pixels, at least 1.
        width: image width in pixels, at least 1; height x width is at most `MAX_PIXELS`.
        rle: COCO's compressed run-length string, column-major; of at most `most_bytes`.

    Raises:
        InvalidMask: the runs do not add up to height x width, or the string is broken or too long.
    """

    height: int
    width: int
    rle: bytes

    def __post_init__(self) -> None:
        if self.height < 1 or self.width < 1 or self.height * self.width > MAX_PIXELS:
            raise InvalidMask(f"a mask of {self.height} x {self.width} pixels cannot exist", field="size")
        if len(self.rle) > self.most_bytes:
            raise InvalidMask(
                f"the mask's runs take {len(self.rle):,} bytes; one of {self.height} x {self.width} pixels takes "
                f"{self.most_bytes:,} at the most",
                field="rle",
            )
        from maskloop.mask_codec import covered

        total = covered(self.rle)
        if total != self.height * self.width:
            raise InvalidMask(
                f"the mask's runs cover {total} pixels, its size {self.height} x {self.width} needs "
                f"{self.height * self.width}",
                field="rle",
            )

    @property
    def most_bytes(self) -> int:
        """Bytes that the runs of a mask of this size may take."""
        return min(MOST_RLE_BYTES, LONGEST_RUN_BYTES + 2 * self.height * self.width)

    @classmethod
    def from_array(cls, array: BoolArray | NumberArray) -> Mask:
        """Encode `array`, (H, W), bool or of 0 and 1 or 255.

        Raises:
            InvalidMask: it has other axes or other values.
        """
        if array.ndim != 2:
            raise InvalidMask(f"a mask has two axes, height and width; this array has shape {array.shape}")
        from maskloop.mask_codec import encode

        return cls(array.shape[0], array.shape[1], encode(array))

    @classmethod
    def from_polygons(cls, polygons: Sequence[Polygon], height: int, width: int) -> Mask:
        """The pixels inside any of `polygons`, as COCO fills them.

        Args:
            polygons: each of three points or more, as (x, y) pairs or as x1, y1, x2, y2, ...; in pixels, (0, 0) at the
                image's upper left corner. Points outside are cut at the border.
            height: of the image, in pixels.
            width: of the image, in pixels.

        Raises:
            InvalidMask: there is no polygon; one has too few points, is no list of numbers, or lies farther outside
                than the image is large; or they cover no pixel.
        """
        from maskloop.mask_codec import fill

        mask = cls(height, width, fill(polygons, height, width))
        if not mask.area:
            raise InvalidMask(f"the polygons cover no pixel of the {width} x {height} image")
        return mask

    @classmethod
    def empty(cls, height: int, width: int) -> Mask:
        """A mask with no pixel set."""
        from maskloop.mask_codec import empty

        return cls.from_array(empty(height, width))

    def to_array(self) -> BoolArray:
        """Decode to (H, W) bool."""
        from maskloop.mask_codec import decode

        return decode(self.height, self.width, self.rle)

    def crop(self, x: int, y: int, width: int, height: int) -> Mask:
        """What a window of the image shows of the mask; the window's upper left pixel is (x, y).

        Raises:
            InvalidMask: the window holds no pixel, or sticks out of the image.
        """
        if not (0 <= x < x + width <= self.width and 0 <= y < y + height <= self.height):
            raise InvalidMask(
                f"a {width} x {height} window at ({x}, {y}) is not inside a mask of {self.width} x {self.height}"
            )
        from maskloop.mask_codec import crop

        return Mask(height, width, crop(self.height, self.rle, x, y, (width, height)))

    @cached_property
    def area(self) -> int:
        """Number of pixels set."""
        from maskloop.mask_codec import area

        return area(self.rle)

    @cached_property
    def box(self) -> tuple[int, int, int, int]:
        """Tight box (x, y, width, height) in pixels; all zero when the mask is empty."""
        from maskloop.mask_codec import box

        return box(self.height, self.width, self.rle)

    @cached_property
    def perimeter(self) -> float:
        """Length of its outline in pixels, of all parts and holes, along the image's border too; 0 when empty."""
        if not self.area:
            return 0.0
        from maskloop.mask_codec import perimeter

        return perimeter(self.height, self.rle)

    @property
    def half_thickness(self) -> float:
        """Twice the area over the perimeter, in pixels: a disc's radius, a long line's width; 0 when empty."""
        return 2 * self.area / self.perimeter if self.area else 0.0

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
        from maskloop.mask_codec import iou

        return iou(self.height, self.width, self.rle, other.rle)
