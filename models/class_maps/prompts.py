"""Class maps outline what people show: what stands out in a box, or around points.

A class is mapped as if the image held nothing else, so that a prompt's answer depends on no other prompt. In a box all
that exceeds the threshold's share of the largest value there is the object; around points it is the connected areas
that hold them. What lies nearer to a point beside the object than to one on it goes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from maskloop.errors import InvalidPrompt
from maskloop.masks import Mask
from maskloop.values import ObjectProposal, Prompt
from models.class_maps.mapping import Pixels, classify, refined, unrefined
from models.data.mask_pieces import cut_off, span, within_box
from models.data.proportions import brought_to, enlarged, sampled
from models.data.samples import check_size
from models.predictor import PromptedImage
from models.proposals.from_maps import EIGHT, closed, mask_statistics

if TYPE_CHECKING:
    from models.class_maps.model import FittedClassMaps

Map = NDArray[np.float32]
Cells = list[tuple[int, int]]
AT_A_POINT = 0.9  # of the map's value there: what an object exceeds where the whole map is low
OTHERS = 64  # bytes of a look besides its arrays


@dataclass(frozen=True)
class Seen:
    """An image that people show objects in: `pixels` (h, w, 3) at the maps' size, probabilities (C,), and the maps
    (h, w) of the classes that were asked for so far. `size` is the image's own."""

    pixels: Pixels
    size: tuple[int, int]
    probabilities: NDArray[np.float32]
    maps: Mapping[int, Map]

    @property
    def size_bytes(self) -> int:
        """Of its arrays."""
        return OTHERS + self.pixels.nbytes + sum(one.nbytes for one in self.maps.values())

    def cells(self, prompt: Prompt, *, on_object: bool) -> Cells:
        """Row and column of the cells that the points on the object, or beside it, lie in."""
        sides = zip(self.pixels.shape, self.size, strict=False)
        down, across = (had / wanted for had, wanted in sides)
        height, width = self.pixels.shape[:2]
        points = prompt.on_object if on_object else prompt.beside
        return [(min(int(point.y * down), height - 1), min(int(point.x * across), width - 1)) for point in points]

    def region(self, prompt: Prompt) -> tuple[slice, slice]:
        """Rows and columns of the box, one at least; all of them without a box."""
        if prompt.box is None:
            return slice(None), slice(None)
        x, y, width, height = prompt.box
        return tuple(
            span(start * had / wanted, (start + length) * had / wanted, had)
            for start, length, had, wanted in zip((y, x), (height, width), self.pixels.shape, self.size, strict=False)
        )  # type: ignore[return-value]


def outline_prompts(model: FittedClassMaps, image: PromptedImage) -> tuple[ObjectProposal, ...]:
    """A proposal for each prompt, in their order; as `models.predictor.Predictor.propose`.

    Args:
        model: its networks in eval mode.

    Raises:
        InvalidImage: the image is not of the size that it is said to be of.
        InvalidPrompt: a prompt names a category that the networks have not learnt.
    """
    for place, prompt in enumerate(image.prompts):
        if prompt.category_id and prompt.category_id not in model.categories:
            raise InvalidPrompt(
                f"prompt {place} names category {prompt.category_id}, of which this model version has no map; it was "
                "trained before the category was there",
                field="prompts.category_id",
            )
    seen = _seen(model, image)
    return tuple(_answer(model, seen, prompt) for prompt in image.prompts)


def _seen(model: FittedClassMaps, image: PromptedImage) -> Seen:
    """Looked at with all classes that are asked for; kept in memory under the hash of the image's file."""
    item = image.item
    seen = model.recent.get(item.content) if item.content else None
    if seen is None:
        pixels = item.load()
        check_size(pixels.shape[:2], image.size)
        probabilities, _ = classify(model.network, model.recipe, pixels)
        seen = Seen(brought_to(pixels, model.recipe.map_side), image.size, probabilities, {})
    check_size(seen.size, image.size)
    wanted = {index for prompt in image.prompts for index in _classes(model, seen, prompt)}
    maps = {**seen.maps, **{index: _map(model, seen, index) for index in sorted(wanted - set(seen.maps))}}
    seen = Seen(seen.pixels, seen.size, seen.probabilities, maps)
    if item.content:
        model.recent.keep(item.content, seen, seen.size_bytes)
    return seen


def _map(model: FittedClassMaps, seen: Seen, index: int) -> Map:
    source = unrefined(model.network, model.recipe, model.seed, seen.pixels, [index])
    whole: Map = refined(model.network, seen.pixels, source)[0]
    return whole


def _classes(model: FittedClassMaps, seen: Seen, prompt: Prompt) -> Sequence[int]:
    """Class indices that an object may be of: the one that is named, or those that are likely, or the likeliest."""
    if prompt.category_id:
        return [model.categories.index(prompt.category_id)]
    likely = np.flatnonzero(seen.probabilities >= model.recipe.sure).tolist()
    return likely or [int(seen.probabilities.argmax())]


def _answer(model: FittedClassMaps, seen: Seen, prompt: Prompt) -> ObjectProposal:
    region, on = seen.region(prompt), seen.cells(prompt, on_object=True)

    def shown(index: int) -> float:
        values = seen.maps[index]
        here = np.mean([values[cell] for cell in on]) if on else values[region].mean()
        return float(here * seen.probabilities[index])

    index = max(_classes(model, seen, prompt), key=shown)
    values, category_id = seen.maps[index], model.categories[index]
    solid = _solid(values, region, on, model.threshold, boxed=prompt.box is not None)
    solid = closed(solid, model.recipe.closing) & _inside(solid.shape, region)
    pixels_on, pixels_beside = (
        sorted({point.pixel(*seen.size) for point in points}) for points in (prompt.on_object, prompt.beside)
    )
    mask = cut_off(within_box(enlarged(solid, seen.size), prompt.box), pixels_on, pixels_beside)
    if not mask.area:
        return ObjectProposal(category_id, Mask.empty(*seen.size), 0.0, 0.0)
    likely = float(seen.probabilities[index])
    left = sampled(mask.to_array(), solid.shape)
    row = mask_statistics(values, left if left.any() else solid, likely, model.threshold, 1)
    iou = float(model.calibrator.predict(row[None])[0])
    return ObjectProposal(category_id, mask, iou, float(row[0]))


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
