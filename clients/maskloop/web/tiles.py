"""Photographs in tiles: a pyramid of each that somebody looks at, kept as long as there is room.

Level 0 is the upright image at full resolution; each further level has half the side, rounded up, until both sides fit
into one tile. JPEG files of which only coarser levels are wanted are decoded small to begin with. So a photograph of
12,000 pixels a side is on the screen long before it could be decoded whole.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture

from maskloop.errors import ImageFileChanged, NotFound
from maskloop.formats.images import SHRINKS, decode_image
from maskloop.values import Image

TILE_PX = 512
QUALITY = 90
MOST_BYTES = 512 * 1024 * 1024
DECODED_AT_ONCE = 2
ALWAYS_DECODED_PX = 1024 * 1024
"""A file may have grown to so many pixels: what it is by now is told then."""
Pixels = NDArray[np.uint8]
Read = Callable[[], bytes]


def halved(side: int, level: int) -> int:
    """A side of the image in pixels at a level."""
    return -(-side >> level)


def last_level(width: int, height: int) -> int:
    """The first level whose sides both fit into one tile."""
    level = 0
    while max(halved(width, level), halved(height, level)) > TILE_PX:
        level += 1
    return level


class Pyramid:
    """The levels of one image that were asked for so far.

    Args:
        image: its facts.
        decoding: held while a file is decoded, which takes room.
    """

    def __init__(self, image: Image, decoding: threading.Semaphore) -> None:
        self._image = image
        self._decoding = decoding
        self._levels: dict[int, Pixels] = {}
        self._lock = threading.Lock()

    def level(self, level: int, read: Read) -> Pixels:
        """Pixels of a level, (H, W, 3) uint8 RGB in [0, 255]; one thread makes it, others wait.

        Args:
            level: which.
            read: its file, on behalf of who asks.

        Raises:
            InvalidImage: the file does not decode.
            ImageFileChanged: it is of another size than the image was.
        """
        with self._lock:
            if level not in self._levels:
                finer = max((there for there in self._levels if there < level), default=None)
                if finer is None:
                    finer = self._decode(level, read)
                for coarser in range(finer + 1, level + 1):
                    self._levels[coarser] = _half(self._levels[coarser - 1])
            return self._levels[level]

    @property
    def bytes(self) -> int:
        """What its levels take."""
        return sum(pixels.nbytes for pixels in tuple(self._levels.values()))

    def _decode(self, level: int, read: Read) -> int:
        """Decode the file no finer than needed. Returns the level that came of it."""
        image, shrink = self._image, max(factor for factor in SHRINKS if factor <= 2**level)
        most_pixels = max(image.width * image.height, ALWAYS_DECODED_PX)
        with self._decoding:
            decoded = decode_image(read(), image.file_name, max_pixels=most_pixels, shrink=shrink)
        for made, factor in enumerate(SHRINKS):
            size = (halved(image.width, made), halved(image.height, made))
            if factor <= shrink and (decoded.width, decoded.height) == size:
                self._levels[made] = decoded.pixels
                return made
        raise ImageFileChanged(
            f"the file of image {image.file_name} is not of {image.width} x {image.height} pixels any more",
            field="image_id",
        )


class Tiles:
    """Tiles of images, as JPEG.

    Threads may share it. An image is decoded by one thread at a time. Whether who asks may see it was found
    out before.

    Args:
        most_bytes: what pyramids may take together; the one in use is kept whatever it takes.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes = most_bytes
        self._pyramids: OrderedDict[tuple[str, str], Pyramid] = OrderedDict()
        self._lock = threading.Lock()
        self._decoding = threading.Semaphore(DECODED_AT_ONCE)

    def tile(self, image: Image, level: int, x: int, y: int, read: Read) -> bytes:
        """The tile in column `x` and row `y` of a level; those at the right and lower edge may be smaller.

        Args:
            image: whose.
            level, x, y: which.
            read: the image's file, on behalf of who asks.

        Raises:
            NotFound: there is no such tile.
            InvalidImage, ImageFileChanged: the file is no picture, or another one by now.
        """
        if not 0 <= level <= last_level(image.width, image.height):
            raise NotFound(f"image {image.file_name} has no level {level}")
        left, top = x * TILE_PX, y * TILE_PX
        if not (0 <= left < halved(image.width, level) and 0 <= top < halved(image.height, level)):
            raise NotFound(f"level {level} of image {image.file_name} has no tile in column {x} of row {y}")
        pixels = self._pyramid(image).level(level, read)
        self._make_room()
        return _jpeg(pixels[top : top + TILE_PX, left : left + TILE_PX])

    @property
    def bytes(self) -> int:
        """What the pyramids take."""
        with self._lock:
            return sum(pyramid.bytes for pyramid in self._pyramids.values())

    def _pyramid(self, image: Image) -> Pyramid:
        key = (image.project_id, image.id)
        with self._lock:
            if key not in self._pyramids:
                self._pyramids[key] = Pyramid(image, self._decoding)
            self._pyramids.move_to_end(key)
            return self._pyramids[key]

    def _make_room(self) -> None:
        with self._lock:
            while len(self._pyramids) > 1 and sum(each.bytes for each in self._pyramids.values()) > self._most_bytes:
                self._pyramids.popitem(last=False)


def _half(pixels: Pixels) -> Pixels:
    """(ceil(H / 2), ceil(W / 2), 3): means of two by two pixels, of what there is of them at the edges."""
    return np.asarray(Picture.fromarray(pixels).reduce(2))


def _jpeg(pixels: Pixels) -> bytes:
    """Without subsampled colours, which would blur thin coloured lines."""
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "JPEG", quality=QUALITY, subsampling=0)
    return file.getvalue()
