"""From class maps to masks that people review.

A pixel belongs to the class whose map is largest there, or to the ground where no map exceeds a threshold. The area of
each class is closed, cut into objects, and what is too small goes. The threshold is swept on labeled images, and never
on those that quality is measured by. How good a mask is, a head says that learns from labeled images, as the annotation
networks' do: it reads what the map is like inside the mask and around it.

Closing, components and the area filter are those of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via
explainability for visual inspection of civil infrastructures*, 2022, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskloop.errors import InvalidArgument
from models.metrics.semantic import Counts, confusion, mean_iou

Floats = NDArray[np.float32]
THRESHOLDS = tuple(round(0.05 * step, 2) for step in range(1, 19))
EIGHT = np.ones((3, 3), dtype=np.bool_)
SPLITS = ("components", "watershed", "displacement")
RING = 5  # pixels around a mask that are compared with it
NAMES = (
    "confidence",  # mean of the map inside the mask x probability of the class
    "inside",  # mean of the map inside the mask
    "peak",  # its largest value there
    "class",  # probability that the classifier gives the class
    "sure",  # share of the mask where the map exceeds the threshold by a tenth
    "contrast",  # mean inside less mean of a ring around the mask
    "extent",  # share of its box that the mask fills
    "root_area",  # side of a square of the mask's area, in image sides
    "objects",  # number of masks in the image / 20
)
"""Of the statistics that a head reads; the first is what masks are ranked by without one."""


@dataclass(frozen=True)
class MaskMaking:
    """How masks are made of maps.

    Args:
        threshold: of the ground, in [0, 1].
        closing: diameter in pixels of the disc that closes gaps; 0 or 1 closes none.
        least_share: of the image; what covers less goes. In [0, 1].
        split: "components" for an object a connected area, "watershed" for one a summit of the map as well;
            "displacement" where something else tells objects apart.

    Raises:
        InvalidArgument: a value outside its range, by name.
    """

    threshold: float = 0.3
    closing: int = 5
    least_share: float = 0.001
    split: str = "components"

    def __post_init__(self) -> None:
        for name in ("threshold", "least_share"):
            if not 0 <= getattr(self, name) <= 1:
                raise InvalidArgument(f"{name} is {getattr(self, name)}, outside [0, 1]", field=name)
        if not 0 <= self.closing <= 201:
            raise InvalidArgument(f"closing is {self.closing}; 0 to 201 pixels", field="closing")
        if self.split not in SPLITS:
            raise InvalidArgument(f"split is {self.split!r}, none of {', '.join(SPLITS)}", field="split")


@dataclass(frozen=True)
class MappedMask:
    """A mask made of a map: the class's index, (H, W) bool, and (K,) float64 statistics as `NAMES` has them."""

    class_index: int
    mask: NDArray[np.bool_]
    statistics: NDArray[np.float64]


def label_map(maps: Floats, threshold: float) -> NDArray[np.int32]:
    """(n, H, W) maps to (H, W): 0 for the ground, k + 1 where map k is largest and above the threshold.

    Of maps that are equally large the first counts.
    """
    if not len(maps):
        return np.zeros(maps.shape[1:], dtype=np.int32)
    return np.where(maps.max(axis=0) > threshold, maps.argmax(axis=0) + 1, 0).astype(np.int32)


def masks_of(
    maps: Floats,
    classes: Sequence[int],
    probabilities: Sequence[float],
    making: MaskMaking,
    labels: NDArray[np.int32] | None = None,
    *,
    objects: Sequence[tuple[int, NDArray[np.bool_]]] | None = None,
) -> tuple[MappedMask, ...]:
    """The masks in an image's maps, by class, then by where they begin; no two of one class share a pixel.

    Args:
        maps: (n, H, W) in [0, 1].
        classes: the class index of each map.
        probabilities: what the classifier gives each of these classes, in [0, 1].
        making: how.
        labels: (H, W) as `label_map` has them, where something finer than the threshold drew them.
        objects: places among the maps and masks (H, W) of single objects, where something told them apart.
    """
    if objects is None:
        objects = _cut(maps, label_map(maps, making.threshold) if labels is None else labels, making)
    least = max(1.0, making.least_share * maps[0].size) if len(maps) else 1.0
    found = [(place, mask) for place, mask in objects if mask.sum() >= least]
    return tuple(
        MappedMask(
            classes[place], mask, mask_statistics(maps[place], mask, probabilities[place], making.threshold, len(found))
        )
        for place, mask in found
    )


def sweep(
    labeled: Iterable[tuple[Floats, NDArray[np.integer]]], thresholds: Sequence[float] = THRESHOLDS
) -> tuple[float, dict[float, float]]:
    """The threshold of largest mean IoU over labeled images, the lowest of several, and the mean IoU at each.

    Args:
        labeled: maps (C, H, W) of all classes of the vocabulary, 0 of those that an image is not labeled with, and true
            labels (H, W), 0 for the ground, 1 + class index, 255 for unknown. Gone through once.
        thresholds: that are tried.

    Raises:
        InvalidArgument: there is no image, or no threshold.
    """
    counts: dict[float, Counts] = {}
    for maps, true in labeled:
        for threshold in thresholds:
            seen = confusion(label_map(maps, threshold), true, len(maps) + 1)
            counts[threshold] = counts.get(threshold, np.zeros_like(seen)) + seen
    if not counts:
        raise InvalidArgument("a threshold is swept on labeled images, and there is none", field="labeled")
    ious = {threshold: mean_iou(seen) for threshold, seen in counts.items()}
    return max(sorted(ious), key=lambda threshold: ious[threshold]), ious


def _cut(maps: Floats, labels: NDArray[np.int32], making: MaskMaking) -> list[tuple[int, NDArray[np.bool_]]]:
    """Each class's area, its gaps closed, cut into pieces."""
    areas = (closed(labels == place + 1, making.closing) for place in range(len(maps)))
    return [(place, piece) for place, area in enumerate(areas) for piece in _pieces(area, maps[place], making.split)]


def closed(area: NDArray[np.bool_], diameter: int) -> NDArray[np.bool_]:
    """An area (H, W) and the gaps that a disc of so many pixels does not fit into."""
    if diameter < 2 or not area.any():
        return area
    reach = diameter // 2
    offsets = np.arange(-reach, reach + 1)
    disc = offsets[:, None] ** 2 + offsets[None] ** 2 <= (diameter / 2) ** 2
    framed = np.pad(area, reach)
    closed: NDArray[np.bool_] = ndimage.binary_closing(framed, disc)[reach:-reach, reach:-reach]
    return closed | area


def _pieces(area: NDArray[np.bool_], values: Floats, split: str) -> list[NDArray[np.bool_]]:
    numbered, count = ndimage.label(area, EIGHT)
    if split == "watershed" and count:
        numbered, count = _watershed(area, values)
    return [numbered == number for number in range(1, count + 1)]


def _watershed(area: NDArray[np.bool_], values: Floats) -> tuple[NDArray[np.int32], int]:
    """Areas around the summits of the smoothed map that lie in `area`."""
    from skimage.feature import peak_local_max
    from skimage.segmentation import watershed

    apart = max(3, round(0.05 * max(area.shape)))
    smooth = ndimage.gaussian_filter(values.astype(np.float64), apart / 3)
    numbered, count = ndimage.label(area, EIGHT)
    summits = peak_local_max(smooth, min_distance=apart, labels=numbered, exclude_border=False)
    markers = np.zeros(area.shape, dtype=np.int32)
    markers[tuple(summits.T)] = np.arange(1, len(summits) + 1)
    for number in range(1, count + 1):  # an area without a summit of its own is one object
        if not markers[numbered == number].any():
            place = np.argmax(np.where(numbered == number, smooth, -np.inf))
            markers[np.unravel_index(place, area.shape)] = markers.max() + 1
    return watershed(-smooth, markers, mask=area), int(markers.max())


def mask_statistics(
    values: Floats, mask: NDArray[np.bool_], probability: float, threshold: float, number: int
) -> NDArray[np.float64]:
    """Statistics (K,) of a mask, as `NAMES` has them.

    Args:
        values: (H, W) the map, in [0, 1].
        mask: (H, W), not empty.
        probability: that the classifier gives the class.
        threshold: of the ground.
        number: of masks in the image.
    """
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (rows[-1] - rows[0] + 1) * (columns[-1] - columns[0] + 1)
    inside = float(values[mask].mean())
    ring = ndimage.binary_dilation(mask, EIGHT, iterations=RING) & ~mask
    around = float(values[ring].mean()) if ring.any() else 0.0
    return np.array([
        inside * probability,
        inside,
        float(values[mask].max()),
        probability,
        float((values[mask] > threshold + 0.1).mean()),
        inside - around,
        mask.sum() / box,
        np.sqrt(mask.mean()),
        number / 20,
    ])  # fmt: skip
