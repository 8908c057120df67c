"""Measures of thin structures: how well outlines and centrelines agree.

A crack three pixels wide that is drawn two pixels aside has an IoU of .2, and is found all the same. A region's overlap
cannot say so; these measures can. They look at all of a category's pixels in an image together, since where one crack
ends and the next begins is a matter of taste. Pixels are counted over all images, so that wrong masks in images without
any object count as well. Measures are means over categories.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from maskloop.masks import Mask
from maskloop.matching import Proposals, Truths, coco_rle
from models.metrics.average_precision import harmonic_mean
from models.metrics.skeleton import skeleton

TOLERANCE = 2.0
"""Pixels of the image by which outlines and centrelines may be off (Zou et al., *CrackTree*, 2012)."""
Bools = NDArray[np.bool_]
Points = NDArray[np.int64]


@dataclass(frozen=True)
class Traces:
    """Pixels of the outlines and centrelines of true and drawn masks, of one image or summed over several.

    Args:
        true_outline, drawn_outline: how many; `..._met`: those of them with the other outline within the tolerance.
        true_line, drawn_line: likewise of centrelines; `..._inside`: those of them inside of the other mask.
        true_line_near: those with a drawn pixel within the tolerance.
    """

    true_outline: int = 0
    true_outline_met: int = 0
    drawn_outline: int = 0
    drawn_outline_met: int = 0
    true_line: int = 0
    true_line_inside: int = 0
    true_line_near: int = 0
    drawn_line: int = 0
    drawn_line_inside: int = 0

    def __add__(self, other: Traces) -> Traces:
        return Traces(*(mine + theirs for mine, theirs in zip(astuple(self), astuple(other), strict=True)))

    @property
    def boundary_f1(self) -> float:
        """Harmonic mean of the shares of both outlines that are met (Csurka et al., *What is a good evaluation measure
        for semantic segmentation?*, 2013); 0 for nothing."""
        return harmonic_mean(
            _share(self.drawn_outline_met, self.drawn_outline), _share(self.true_outline_met, self.true_outline)
        )

    @property
    def cl_dice(self) -> float:
        """Harmonic mean of the shares of both centrelines inside of the other mask (Shit et al., *clDice – a novel
        topology-preserving loss function for tubular structure segmentation*, 2021, eqs. 1 and 2); 0 for nothing."""
        return harmonic_mean(
            _share(self.drawn_line_inside, self.drawn_line), _share(self.true_line_inside, self.true_line)
        )

    @property
    def length_found(self) -> float:
        """Share of the true centreline, its length counted in pixels, that is near a drawn mask; 0 for nothing."""
        return _share(self.true_line_near, self.true_line)


def thin_metrics(truths: Truths, proposals: Proposals, tolerance: float = TOLERANCE) -> dict[str, float]:
    """`boundary_f1` and `cl_dice`, means over the categories in truth or proposals; `length_found`, over true ones.

    Outlines and centrelines on crowds are left out, of whatever category.

    One image is decoded at a time, and of it no more than the box of a category's masks.

    Args:
        tolerance: pixels of the image.
    """
    totals: dict[int, Traces] = defaultdict(Traces)
    for image_id, there in truths.items():
        offered = proposals.get(image_id, ())
        crowds = [item.mask for item in there if item.crowd]
        objects = [item for item in there if not item.crowd]
        for category_id in {item.category_id for item in objects} | {item.category_id for item in offered}:
            true = [item.mask for item in objects if item.category_id == category_id]
            drawn = [item.mask for item in offered if item.category_id == category_id]
            one, other, crowd = _unions(true, drawn, crowds)
            totals[category_id] += trace(one, other, tolerance, crowd)
    return {
        "boundary_f1": _mean([each.boundary_f1 for each in totals.values()]),
        "cl_dice": _mean([each.cl_dice for each in totals.values()]),
        "length_found": _mean([each.length_found for each in totals.values() if each.true_line]),
    }


def trace(true: Bools, drawn: Bools, tolerance: float, ignored: Bools | None = None) -> Traces:
    """Of two masks (H, W) of the same window of an image; what lies on `ignored` pixels (H, W) does not count."""
    counted = np.ones_like(true) if ignored is None else ~ignored
    whole, drawn_whole = outline_of(true), outline_of(drawn)
    outline, drawn_outline, line, drawn_line = (
        points[counted[tuple(points.T)]] for points in (whole, drawn_whole, centreline_of(true), centreline_of(drawn))
    )
    inside = drawn[tuple(line.T)]
    return Traces(
        true_outline=len(outline),
        true_outline_met=int(near(outline, drawn_whole, tolerance).sum()),
        drawn_outline=len(drawn_outline),
        drawn_outline_met=int(near(drawn_outline, whole, tolerance).sum()),
        true_line=len(line),
        true_line_inside=int(inside.sum()),
        true_line_near=int((inside | near(line, drawn_whole, tolerance)).sum()),
        drawn_line=len(drawn_line),
        drawn_line_inside=int(true[tuple(drawn_line.T)].sum()),
    )


def outline_of(mask: Bools) -> Points:
    """Row and column, (n, 2), of the pixels of a mask (H, W) that touch its outside, the window's edge included, by one
    of their four sides."""
    wide = np.pad(mask, 1)
    surrounded = wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]
    return np.argwhere(mask & ~surrounded)


def centreline_of(mask: Bools) -> Points:
    """Row and column, (n, 2), of the skeleton of a mask (H, W)."""
    return np.argwhere(skeleton(mask))


def near(points: Points, others: Points, tolerance: float) -> Bools:
    """Which of `points` (n, 2) have one of `others` (m, 2) no farther than the tolerance, in pixels: (n,)."""
    from scipy.spatial import KDTree  # takes a second to import

    if not len(points) or not len(others):
        return np.zeros(len(points), dtype=np.bool_)
    distances, _ = KDTree(others).query(points, distance_upper_bound=tolerance + 1)
    within: Bools = distances <= tolerance
    return within


def _unions(true: list[Mask], drawn: list[Mask], crowds: list[Mask]) -> tuple[Bools, Bools, Bools]:
    """Each in the window that holds the first two; at least one of their masks is there."""
    first = (true or drawn)[0]
    whole = _union([*true, *drawn], first)
    if not whole.area:
        return (np.zeros((0, 0), dtype=np.bool_),) * 3
    one, two, three = (_union(masks, first).crop(*whole.box).to_array() for masks in (true, drawn, crowds))
    return one, two, three


def _union(masks: list[Mask], like: Mask) -> Mask:
    if not masks:
        return Mask.empty(like.height, like.width)
    return Mask(like.height, like.width, coco_mask.merge([coco_rle(mask) for mask in masks])["counts"])


def _share(met: int, total: int) -> float:
    return met / total if total else 0.0


def _mean(values: list[float]) -> float:
    return float(np.mean(values)) if values else 0.0
