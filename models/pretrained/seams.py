"""Objects that several windows of one image show: each is given once, and whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

from pycocotools import mask as coco_mask

from maskloop.masks import Mask
from models.data.mask_pieces import united
from models.data.windows import Window

SAME = 0.5  # share of the smaller mask, within what both windows show, from which on two masks are of one object
BORDER = 2  # pixels from a window's inner side within which a mask was cut off there


@dataclass(frozen=True)
class Piece:
    """A candidate's mask in the whole image, and the window in which it was seen; `sure` is its confidence."""

    window: Window
    mask: Mask
    sure: float

    @property
    def cut(self) -> bool:
        """Whether the object may go on beyond the window."""
        x, y, wide, high = self.mask.box
        window = self.window
        return (
            (window.left > 0 and x < window.left + BORDER)
            or (window.top > 0 and y < window.top + BORDER)
            or (window.left + window.width < self.mask.width and x + wide > window.left + window.width - BORDER)
            or (window.top + window.height < self.mask.height and y + high > window.top + window.height - BORDER)
        )


def join(pieces: Sequence[Piece]) -> list[tuple[int, Mask]]:
    """The objects: the place of the piece that speaks for each, and its mask.

    Of an object that windows show whole, the surest piece is it. What was cut off at windows' sides is joined with what
    agrees with it where both windows look; its largest piece speaks for it.
    """
    order = sorted(range(len(pieces)), key=lambda place: -pieces[place].sure)
    whole: list[int] = []
    for place in order:
        if not pieces[place].cut and not any(_same(pieces[place], pieces[other]) for other in whole):
            whole.append(place)
    parts = [
        place
        for place in order
        if pieces[place].cut and not any(_same(pieces[place], pieces[other]) for other in whole)
    ]
    joined = [_union(pieces, group) for group in _groups(pieces, parts)]
    return [*((place, pieces[place].mask) for place in whole), *joined]


def _groups(pieces: Sequence[Piece], places: Sequence[int]) -> list[list[int]]:
    """Those that are of one object, directly or through others."""
    groups: list[list[int]] = []
    for place in places:
        near = [group for group in groups if any(_same(pieces[place], pieces[other]) for other in group)]
        apart = [group for group in groups if group not in near]
        groups = [*apart, [place, *chain.from_iterable(near)]]
    return groups


def _union(pieces: Sequence[Piece], group: Sequence[int]) -> tuple[int, Mask]:
    largest = max(group, key=lambda place: pieces[place].mask.area)
    return largest, united([pieces[place].mask for place in group])


def _same(one: Piece, other: Piece) -> bool:
    """Whether two pieces of different windows show one object."""
    if one.window == other.window or not _touch(one.mask.box, other.mask.box):
        return False
    both = coco_mask.merge([_coded(one.mask), _coded(other.mask)], intersect=True)
    shared = int(coco_mask.area(both))
    if not shared:
        return False
    left, top = max(one.window.left, other.window.left), max(one.window.top, other.window.top)
    right = min(one.window.left + one.window.width, other.window.left + other.window.width)
    bottom = min(one.window.top + one.window.height, other.window.top + other.window.height)
    within = [piece.mask.crop(left, top, right - left, bottom - top).area for piece in (one, other)]
    return shared >= SAME * min(within)


def _touch(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return (
        one[0] < other[0] + other[2]
        and other[0] < one[0] + one[2]
        and one[1] < other[1] + other[3]
        and other[1] < one[1] + one[3]
    )


def _coded(mask: Mask) -> dict[str, object]:
    return {"size": [mask.height, mask.width], "counts": mask.rle}
