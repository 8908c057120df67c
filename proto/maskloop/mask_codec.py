"""COCO's run-length strings: what pycocotools encodes and decodes, checked before it does.

Apart from `maskloop.masks`, so that a program which only names masks need not load NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.errors import InvalidMask

BoolArray = NDArray[np.bool_]
NumberArray = NDArray[np.number]
Polygon = Sequence[Sequence[float]] | Sequence[float] | NDArray[np.number]
"""Points as (x, y) pairs, or x1, y1, x2, y2, ..."""
OFFSET, MORE, SIGN = 48, 0x20, 0x10  # of a character
LONGEST = 6  # characters of a run
PIECE = 1 << 16  # characters that are decoded at once: little memory, and other threads have their turn in between


def encode(array: BoolArray | NumberArray) -> bytes:
    """The compressed string of a mask, (H, W), bool or of the two values 0 and 1 or 0 and 255.

    Raises:
        InvalidMask: it holds other values, as probabilities or indices of objects do.
    """
    if array.dtype != np.bool_ and not (np.isin(array, (0, 1)).all() or np.isin(array, (0, 255)).all()):
        raise InvalidMask("a mask is bool, or 0 and 1; this array holds other values", field="mask")
    encoded: bytes = coco_mask.encode(np.asfortranarray(array, dtype=np.uint8))["counts"]
    return encoded


def fill(polygons: Sequence[Polygon], height: int, width: int) -> bytes:
    """The compressed string of the pixels inside any of the polygons.

    Raises:
        InvalidMask: as `Mask.from_polygons`, but for the area.
    """
    if height < 1 or width < 1 or not len(polygons):
        raise InvalidMask(f"a mask from {len(polygons)} polygons on {width} x {height} pixels cannot be made")
    checked = [_points(polygon, place, height, width) for place, polygon in enumerate(polygons)]
    filled: bytes = coco_mask.merge(coco_mask.frPyObjects(checked, height, width))["counts"]
    return filled


def _points(polygon: Polygon, place: int, height: int, width: int) -> list[float]:
    """x1, y1, x2, y2, ... of one polygon. pycocotools walks every pixel of every edge, so none may lead far away."""
    try:
        points = np.asarray(polygon, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidMask(f"polygon {place} is no list of (x, y) points: {error}", field="polygons") from error
    if points.ndim == 1 and points.size % 2 == 0:
        points = points.reshape(-1, 2)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) < 3:
        raise InvalidMask(
            f"polygon {place} is of shape {points.shape}; three points or more are needed, (x, y) each",
            field="polygons",
        )
    if not bool((np.abs(points / (width, height) - 0.5) <= 1.5).all()):  # NaN is not
        raise InvalidMask(f"polygon {place} has a point far outside the {width} x {height} image", field="polygons")
    return [float(value) for value in points.ravel()]


def empty(height: int, width: int) -> BoolArray:
    """An array, (H, W) bool, with no pixel set."""
    return np.zeros((height, width), dtype=np.bool_)


def decode(height: int, width: int, rle: bytes) -> BoolArray:
    """The mask, (H, W) bool."""
    decoded: BoolArray = coco_mask.decode(_coco(height, width, rle)).astype(np.bool_)
    return decoded


def area(rle: bytes) -> int:
    """Number of pixels set."""
    total = place = 0
    for piece in _pieces(rle):
        total += int(piece[(place + 1) % 2 :: 2].sum())
        place += piece.size
    return total


def box(height: int, width: int, rle: bytes) -> tuple[int, int, int, int]:
    """Tight box (x, y, width, height) in pixels; all zero when the mask is empty."""
    x, y, wide, high = (int(value) for value in coco_mask.toBbox(_coco(height, width, rle)))
    return x, y, wide, high


def perimeter(height: int, rle: bytes) -> float:
    """Length in pixels of all boundaries of a mask of this height; whatever lies outside its image is unset.

    Cauchy and Crofton's formula with four directions: how often rows, columns and diagonals enter or leave the mask
    (Legland, Kieu, Devaux, *Computation of Minkowski measures on 2D and 3D binary images*, 2007). Unlike the number of
    pixel edges, it takes a slanting line for as long as it is, within 6 %.

    Only runs are handled, no pixel: neighbours in a direction lie a fixed distance apart in the order of the runs, so
    as often as the mask is entered or left, it differs from itself moved by that distance.
    """
    turns, high = _turns(height, rle), height + 1
    straight = _difference(turns, 1) + _difference(turns, high)
    falling, rising = _difference(turns, high + 1), _difference(turns, high - 1)
    return float(np.pi / 8 * (straight + (falling + rising) / np.sqrt(2)))


def _turns(height: int, rle: bytes) -> NDArray[np.int64]:
    """Where the mask begins and ends to be set, ascending, counted down its columns; below each column stands an unset
    row more, so that no pixel has a neighbour in another column's other end."""
    edges = np.cumsum(runs(rle))
    starts, ends = edges[: edges.size // 2 * 2 : 2], edges[1::2]
    starts, ends = starts[ends > starts], ends[ends > starts]
    first, parts = starts // height, (ends - 1) // height - starts // height + 1
    turns = np.empty((int(parts.sum()), 2), dtype=np.int64)
    last = np.cumsum(parts) - 1  # of a run's parts, one in each column it reaches into
    columns = np.arange(len(turns)) + np.repeat(first - (last - parts + 1), parts)
    turns[:, 0] = columns * (height + 1)
    turns[:, 1] = turns[:, 0] + height
    turns[last - parts + 1, 0] = starts + first
    turns[last, 1] = ends + first + parts - 1
    return turns.ravel()


def _difference(turns: NDArray[np.int64], distance: int) -> int:
    """In how many places a mask with these turns differs from itself moved by so many places."""
    both = np.concatenate([turns, turns + distance])
    both.sort(kind="stable")  # which merges what is sorted already
    return int(both[1::2].sum() - both[::2].sum())


def iou(height: int, width: int, first: bytes, second: bytes) -> float:
    """|A & B| / |A | B| of two masks of one size, of which one at least has a pixel set."""
    return float(coco_mask.iou([_coco(height, width, first)], [_coco(height, width, second)], [0])[0, 0])


def crop(height: int, rle: bytes, x: int, y: int, width_height: tuple[int, int]) -> bytes:
    """The string of a window of a mask of this height; the window's upper left pixel is (x, y).

    Only runs are handled, no pixel: the window takes its pixels in the order the mask has them in, so a run that ends
    at the p-th pixel of the mask ends in the window after as many of its pixels as lie before p.
    """
    width, high = width_height
    column, row = np.divmod(np.cumsum(runs(rle)), height)
    inside = (column >= x) & (column < x + width)
    ends = (column - x).clip(0, width) * high + (row - y).clip(0, high) * inside
    return _from_ends(ends, width, high)


def covered(rle: bytes) -> int:
    """How many pixels the runs cover together.

    Raises:
        InvalidMask: the string is broken.
    """
    return sum(int(piece.sum()) for piece in _pieces(rle))


def runs(rle: bytes) -> NDArray[np.int64]:
    """The runs of COCO's compressed string, in pixels: unset, set, unset, ...

    Raises:
        InvalidMask: the string is broken.
    """
    return np.concatenate(list(_pieces(rle)))


def _pieces(rle: bytes) -> Iterator[NDArray[np.int64]]:
    """The runs, some thousands at a time.

    Five bits a character (offset 48), low bits first, bit 6 says "more", bit 5 of the last is the sign; from the
    third run on, a run is stored as the difference to the run before the last. pycocotools decodes without
    checking and writes past its buffer when the runs are wrong, so they are added up here first. Six characters a
    run hold every difference below `MAX_PIXELS`; with seven, pycocotools shifts past 32 bits and reads another number.
    """
    codes = np.frombuffer(rle, dtype=np.uint8) - np.uint8(OFFSET)  # what is below goes round, to above 63
    if not codes.size or codes.max() > 63 or codes[-1] & MORE:
        raise InvalidMask("the mask's run-length string is broken", field="rle")
    before = [0, 0]  # the last runs of even and of odd places
    place = begin = 0
    while begin < codes.size:
        piece = codes[begin : begin + PIECE]
        ends = np.flatnonzero(piece < MORE)
        values = _differences(piece, ends)
        for number in (0, 1):
            whole = values[number if place + number else 2 :: 2]  # no run is told by its difference to the first of all
            if whole.size:
                whole[0] += before[(place + number) % 2]
                np.cumsum(whole, out=whole)
                before[(place + number) % 2] = int(whole[-1])
        if values.min() < 0 or values.max() >= 1 << 32:
            raise InvalidMask("the mask's run-length string holds an impossible run", field="rle")
        place += values.size
        begin += int(ends[-1]) + 1
        yield values


def _differences(codes: NDArray[np.uint8], ends: NDArray[np.intp]) -> NDArray[np.int64]:
    """The numbers whose last characters stand at `ends`.

    Raises:
        InvalidMask: one has more than six characters.
    """
    lengths = ends + 1
    lengths[1:] -= lengths[:-1].copy()
    longest = int(lengths.max()) if ends.size else LONGEST + 1
    if longest > LONGEST:
        raise InvalidMask("the mask's run-length string is broken", field="rle")
    last = codes[ends].astype(np.int64)
    values: NDArray[np.int64] = (last & 0x0F) - (last & SIGN)
    for back in range(1, longest):
        (longer,) = (lengths > back).nonzero()
        values[longer] = (values[longer] << 5) + (codes[ends[longer] - back] & 0x1F)
    return values


def _from_ends(ends: NDArray[np.int64], width: int, height: int) -> bytes:
    """The string of the mask whose runs, unset first, end after so many of its width x height pixels.

    Runs may be of length 0.
    """
    turns, times = np.unique(ends[:-1], return_counts=True)
    turns = turns[(times % 2 == 1) & (turns < width * height)]  # where two runs end together, nothing turns
    counts = np.diff(np.concatenate([[0], turns, [width * height]])).tolist()
    encoded: bytes = coco_mask.frPyObjects({"size": [height, width], "counts": counts}, height, width)["counts"]
    return encoded


def _coco(height: int, width: int, rle: bytes) -> dict[str, object]:
    return {"size": [height, width], "counts": rle}
