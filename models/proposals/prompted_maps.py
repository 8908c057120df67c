"""Class maps outline what people show: what stands out in a box, or around points.

In a box all that exceeds the threshold's share of the largest value there is the object; around points it is the
connected areas that hold them. What lies nearer to a point beside the object than to one on it goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskloop.errors import InvalidPrompt
from maskloop.masks import Mask
from maskloop.values import ObjectProposal, Prompt
from models.data.mask_pieces import cut_off, span, within_box
from models.data.proportions import enlarged, sampled
from models.iou_head.calibrator import Calibrator
from models.proposals.from_maps import EIGHT, closed, mask_statistics

Map = NDArray[np.float32]
Cells = list[tuple[int, int]]
AT_A_POINT = 0.9  # of the map's value there: what an object exceeds where the whole map is low
OTHERS = 64  # bytes of a look besides its arrays


@dataclass(frozen=True)
class SeenMaps:
    """An image that people show objects in.

    Args:
        size: the image's own height and width.
        shape: those of the maps.
        probabilities: (C,) of the classes.
        maps: (h, w) in [0, 1], by class index.
    """

    size: tuple[int, int]
    shape: tuple[int, int]
    probabilities: NDArray[np.float32]
    maps: Mapping[int, Map]

    @property
    def size_bytes(self) -> int:
        """Of its arrays."""
        return OTHERS + self.probabilities.nbytes + sum(one.nbytes for one in self.maps.values())

    def cells(self, prompt: Prompt, *, on_object: bool) -> Cells:
        """Row and column of the cells that the points on the object, or beside it, lie in."""
        (height, width), sides = self.shape, zip(self.shape, self.size, strict=True)
        down, across = (had / wanted for had, wanted in sides)
        points = prompt.on_object if on_object else prompt.beside
        return [(min(int(point.y * down), height - 1), min(int(point.x * across), width - 1)) for point in points]

    def region(self, prompt: Prompt) -> tuple[slice, slice]:
        """Rows and columns of the box, one at least; all of them without a box."""
        if prompt.box is None:
            return slice(None), slice(None)
        x, y, width, height = prompt.box
        return tuple(
            span(start * had / wanted, (start + length) * had / wanted, had)
            for start, length, had, wanted in zip((y, x), (height, width), self.shape, self.size, strict=True)
        )  # type: ignore[return-value]


@dataclass(frozen=True)
class Answering:
    """How prompts are answered.

    Args:
        categories: the vocabulary's ids in the order of class indices.
        threshold: of the ground, in [0, 1].
        closing: diameter in pixels of the disc that closes gaps.
        sure: probability from which a class is taken to be there.
        calibrator: predicts IoU from the mask's statistics.
    """

    categories: tuple[int, ...]
    threshold: float
    closing: int
    sure: float
    calibrator: Calibrator

    def check(self, prompts: Sequence[Prompt]) -> None:
        """Raises InvalidPrompt where a prompt names a category that was not learnt."""
        for place, prompt in enumerate(prompts):
            if prompt.category_id and prompt.category_id not in self.categories:
                raise InvalidPrompt(
                    f"prompt {place} names category {prompt.category_id}, of which this model version has no map; it "
                    "was trained before the category was there",
                    field="prompts.category_id",
                )

    def classes(self, probabilities: NDArray[np.float32], prompt: Prompt) -> Sequence[int]:
        """Class indices that an object may be of: the one that is named, or those that are likely, or the likeliest."""
        if prompt.category_id:
            return [self.categories.index(prompt.category_id)]
        likely = np.flatnonzero(probabilities >= self.sure).tolist()
        return likely or [int(probabilities.argmax())]

    def answer(self, seen: SeenMaps, prompt: Prompt) -> ObjectProposal:
        """The object that a prompt shows, in the maps of the classes that it may be of; empty where there is none."""
        region, on = seen.region(prompt), seen.cells(prompt, on_object=True)

        def shown(index: int) -> float:
            values = seen.maps[index]
            here = np.mean([values[cell] for cell in on]) if on else values[region].mean()
            return float(here * seen.probabilities[index])

        index = max(self.classes(seen.probabilities, prompt), key=shown)
        values, category_id = seen.maps[index], self.categories[index]
        solid = _solid(values, region, on, self.threshold, boxed=prompt.box is not None)
        solid = closed(solid, self.closing) & _inside(solid.shape, region)
        pixels_on, pixels_beside = (
            sorted({point.pixel(*seen.size) for point in points}) for points in (prompt.on_object, prompt.beside)
        )
        mask = cut_off(within_box(enlarged(solid, seen.size), prompt.box), pixels_on, pixels_beside)
        if not mask.area:
            return ObjectProposal(category_id, Mask.empty(*seen.size), 0.0, 0.0)
        likely = float(seen.probabilities[index])
        left = sampled(mask.to_array(), solid.shape)
        row = mask_statistics(values, left if left.any() else solid, likely, self.threshold, 1)
        return ObjectProposal(category_id, mask, float(self.calibrator.predict(row[None])[0]), float(row[0]))


def _solid(values: Map, region: tuple[slice, slice], on: Cells, threshold: float, *, boxed: bool) -> NDArray[np.bool_]:
    """What stands out: (h, w) bool."""
    at = [float(values[cell]) for cell in on]
    level = threshold * float(values[region].max()) if boxed else threshold
    level = min([level, *(AT_A_POINT * value for value in at)])
    solid = np.zeros(values.shape, dtype=np.bool_)
    solid[region] = (values[region] > level) & (values[region] > 0)
    if not on:
        return solid
    numbered, _ = ndimage.label(solid, EIGHT)
    held = {int(numbered[cell]) for cell in on} - {0}
    kept: NDArray[np.bool_] = np.isin(numbered, sorted(held))
    return kept


def _inside(shape: tuple[int, ...], region: tuple[slice, slice]) -> NDArray[np.bool_]:
    inside = np.zeros(shape, dtype=np.bool_)
    inside[region] = True
    return inside
