"""An image of any size as overlapping tiles, each of which answers for its own middle.

A tile is seen whole, and what is kept of it is its core: the pixels that are more central in it than in any other tile.
The cores of all tiles cover the image once. Tiles begin at multiples of a grain, so that a network with strides sees
the same cells in a tile as in the image. Where half the overlap is no less than the network's reach, the kept values
are those of the whole image, and no seam shows.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from maskloop.errors import InvalidConfig


@dataclass(frozen=True)
class Stretch:
    """A tile along one side of an image: pixels `begin` to `end` are seen, `first` to `last` of these are kept."""

    begin: int
    end: int
    first: int
    last: int


@dataclass(frozen=True)
class Tile:
    """Rows and columns of a tile."""

    rows: Stretch
    columns: Stretch

    @property
    def seen(self) -> tuple[slice, slice]:
        """Of the image."""
        return slice(self.rows.begin, self.rows.end), slice(self.columns.begin, self.columns.end)

    @property
    def core(self) -> tuple[slice, slice]:
        """What is kept, in the image."""
        return slice(self.rows.first, self.rows.last), slice(self.columns.first, self.columns.last)

    @property
    def core_in_tile(self) -> tuple[slice, slice]:
        """The same, in the tile."""
        rows, columns = (slice(each.first - each.begin, each.last - each.begin) for each in (self.rows, self.columns))
        return rows, columns


@dataclass(frozen=True)
class Tiling:
    """How images are cut.

    Args:
        side: of a tile, pixels; 0 for the whole image as one.
        overlap: of neighbouring tiles, pixels; more in the last of a row or column, which ends where the image does.
        grain: sides, overlaps and beginnings are multiples of twice this and this, pixels.

    Raises:
        InvalidConfig: a side that is no multiple of the grain, an overlap that is none of twice the grain, or one of
            half a side and more.
    """

    side: int = 512
    overlap: int = 128
    grain: int = 4

    def __post_init__(self) -> None:
        if self.side < 0 or self.side % self.grain:
            raise InvalidConfig(f"side is {self.side}, not 0 or a multiple of {self.grain}", field="side")
        if self.overlap < 0 or self.overlap % (2 * self.grain):
            raise InvalidConfig(f"overlap is {self.overlap}, no multiple of {2 * self.grain}", field="overlap")
        if self.side and 2 * self.overlap >= self.side:
            raise InvalidConfig(f"overlap is {self.overlap}, half of side {self.side} or more", field="overlap")

    def tiles(self, size: tuple[int, int]) -> Iterator[Tile]:
        """Of an image of (height, width), row by row."""
        rows, columns = (self._stretches(length) for length in size)
        for down, across in product(rows, columns):
            yield Tile(down, across)

    def _stretches(self, length: int) -> list[Stretch]:
        if not self.side or length <= self.side:
            return [Stretch(0, length, 0, length)]
        step = self.side - self.overlap
        last = -(-(length - self.side) // self.grain) * self.grain
        begins = [*range(0, last, step), last]
        ends = [*(begin + self.side for begin in begins[:-1]), length]
        # Halfway between one tile's beginning and the end of that before it, a pixel is as central in both.
        borders = [0, *((ends[place] + begins[place + 1]) // 2 for place in range(len(begins) - 1)), length]
        return [Stretch(begins[place], ends[place], borders[place], borders[place + 1]) for place in range(len(begins))]
