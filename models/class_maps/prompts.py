"""Class maps outline what people show, see `models.proposals.prompted_maps`.

A class is mapped as if the image held nothing else, so that a prompt's answer depends on no other prompt.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maskloop.values import ObjectProposal
from models.class_maps.mapping import Pixels, classify, refined, unrefined
from models.data.proportions import brought_to
from models.data.samples import check_size
from models.predictor import PromptedImage
from models.proposals.prompted_maps import Map, SeenMaps

if TYPE_CHECKING:
    from models.class_maps.model import FittedClassMaps


@dataclass(frozen=True)
class Seen(SeenMaps):
    """With the image's `pixels` (h, w, 3) at the maps' size, and maps of the classes that were asked for so far."""

    pixels: Pixels

    @property
    def size_bytes(self) -> int:
        """Of its arrays."""
        return super().size_bytes + self.pixels.nbytes


def outline_prompts(model: FittedClassMaps, image: PromptedImage) -> tuple[ObjectProposal, ...]:
    """A proposal for each prompt, in their order; as `models.predictor.Predictor.propose`.

    Args:
        model: its networks in eval mode.

    Raises:
        InvalidImage: the image is not of the size that it is said to be of.
        InvalidPrompt: a prompt names a category that the networks have not learnt.
    """
    model.answering.check(image.prompts)
    seen = _seen(model, image)
    return tuple(model.answering.answer(seen, prompt) for prompt in image.prompts)


def _seen(model: FittedClassMaps, image: PromptedImage) -> Seen:
    """Looked at with all classes that are asked for; kept in memory under the hash of the image's file."""
    item = image.item
    seen = model.recent.get(item.content) if item.content else None
    if seen is None:
        pixels = item.load()
        check_size(pixels.shape[:2], image.size)
        probabilities, _ = classify(model.network, model.recipe, pixels)
        small = brought_to(pixels, model.recipe.map_side)
        seen = Seen(image.size, (small.shape[0], small.shape[1]), probabilities, {}, small)
    check_size(seen.size, image.size)
    wanted = {index for prompt in image.prompts for index in model.answering.classes(seen.probabilities, prompt)}
    maps = {**seen.maps, **{index: _map(model, seen, index) for index in sorted(wanted - set(seen.maps))}}
    seen = replace(seen, maps=maps)
    if item.content:
        model.recent.keep(item.content, seen, seen.size_bytes)
    return seen


def _map(model: FittedClassMaps, seen: Seen, index: int) -> Map:
    source = unrefined(model.network, model.recipe, model.seed, seen.pixels, [index])
    whole: Map = refined(model.network, seen.pixels, source)[0]
    return whole
