"""U-Nets whose maps outline objects: images of any size in, predictions out, as of any network.

What it is told of an image's categories it takes for true; else a category is there from a probability on. One that
nobody has clicked on has no network, and is never seen. Masks of two categories may share pixels: each network says
only what is of its own category.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.values import ImageProposals, ObjectProposal
from models.data.recent import Recent
from models.data.samples import ImageToScore, check_size, image_tensor, normalise, resize_image
from models.encoders.features import ImageEncoder
from models.fitted import FittedFromLess, provenance
from models.iou_head.mask_statistics import CONFIDENCE
from models.localization.tiled.tiles import Tiling
from models.predictor import Prediction, PromptedImage, evaluating
from models.proposals.defect_masks import DefectMaking
from models.proposals.from_maps import NAMES
from models.proposals.known import as_counted, image_score, known_classes, maps_uncertainty
from models.proposals.prompted_maps import Answering, SeenMaps
from models.unet_maps.networks import FrontEncoder, UnetNetworks, map_of, probability, read_networks, scores_of
from models.unet_maps.objects import MappedObject, objects_in
from models.unet_maps.recipe import FORMAT, GRAIN, OVERLAP, UnetMapsRecipe

FEATURES_SIDE = 224  # of the square that features are read from, pixels
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class Mapped:
    """What a category's network makes of an image: a map (H, W) in [0, 1], and the probability that it is there."""

    values: NDArray[np.float32]
    likely: float


@dataclass(frozen=True)
class FittedUnetMaps(FittedFromLess[UnetNetworks, UnetMapsRecipe]):
    """Trained networks with what makes masks of their maps.

    Args:
        crop: side of the crops that they learnt from, in pixels.
        threshold: of the ground, in [0, 1].
        recent: maps of the images that people showed objects in last.
    """

    crop: int = 96
    threshold: float = 0.5
    recent: Recent[SeenMaps] = field(default_factory=Recent, repr=False, compare=False)

    FORMAT: ClassVar[str] = FORMAT

    @property
    def encoder(self) -> ImageEncoder:
        """Reads images into the features of its predictions."""
        return ImageEncoder(FrontEncoder(self.network.front), FEATURES_SIDE, 0)

    @property
    def tiling(self) -> Tiling:
        """How images are cut."""
        return Tiling(self.recipe.tile, OVERLAP, GRAIN)

    @property
    def making(self) -> DefectMaking:
        """How masks are made of maps."""
        return DefectMaking(self.threshold, self.recipe.closing, self.recipe.least_area)

    @property
    def answering(self) -> Answering:
        """How prompts are answered."""
        recipe = self.recipe
        return Answering(self.categories, self.threshold, recipe.closing, recipe.sure, self.calibrator)

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """See `Predictor.propose` and `models.proposals.prompted_maps`."""
        with evaluating(self.network):
            return [self._outlined(image) for image in images]

    def mapped(self, pixels: Pixels, category_id: int, *, least: float = 0.0) -> Mapped | None:
        """A category's map of an image (H, W, 3); `None` where it has no network, or is less likely than `least`."""
        if category_id not in self.network.learnt:
            return None
        with evaluating(self.network):
            network = self.network.of(category_id)
            scores = scores_of(network, pixels, self.tiling)
            likely = probability(scores, float(network.bias.detach()[0]), self.crop)
            if likely < least:
                return None
            return Mapped(map_of(network, pixels, scores, self.recipe.steps, self.tiling), likely)

    def prediction(self, item: ImageToScore) -> Prediction:
        """What the networks make of an image, one after the other."""
        known = known_classes(item, self.categories)
        pixels, found = item.load(), list[MappedObject]()
        asked = range(len(self.categories)) if known is None else known
        for category_id in (self.categories[index] for index in asked):
            mapped = self.mapped(pixels, category_id, least=self.recipe.sure if known is None else 0.0)
            if mapped is not None:
                found += objects_in(mapped.values, category_id, mapped.likely, self.making)
        found = [one.among(len(found)) for one in found]
        of, sureness = [one.category_id for one in found], [one.statistics[CONFIDENCE] for one in found]
        return self._told(item, [found[place] for place in as_counted(of, sureness, item.counts)], pixels)

    def _told(self, item: ImageToScore, found: Sequence[MappedObject], pixels: Pixels) -> Prediction:
        statistics = np.array([one.statistics for one in found]).reshape(-1, len(NAMES))
        ious = self.calibrator.predict(statistics)
        proposals = tuple(
            ObjectProposal(one.category_id, one.mask, float(iou), float(row[CONFIDENCE]))
            for one, iou, row in zip(found, ious, statistics, strict=True)
        )
        missed = max(0, item.counts.objects - len(found)) if item.counts else 0
        return Prediction(
            ImageProposals(item.image_id, "", image_score(item, ious), proposals, missed),
            statistics,
            None,
            self._features(pixels),
            maps_uncertainty(item, [one.values for one in found]),
        )

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        for item in images:
            yield self.prediction(item)

    def _outlined(self, image: PromptedImage) -> tuple[ObjectProposal, ...]:
        self.answering.check(image.prompts)
        seen = self._seen(image)
        return tuple(self.answering.answer(seen, prompt) for prompt in image.prompts)

    def _seen(self, image: PromptedImage) -> SeenMaps:
        """Maps of the categories that prompts name, of all where one names none; kept in memory under the hash of the
        image's file."""
        item, named = image.item, {prompt.category_id for prompt in image.prompts}
        wanted = [index for index, key in enumerate(self.categories) if 0 in named or key in named]
        seen = self.recent.get(item.content) if item.content else None
        if seen is None or not set(wanted) <= set(seen.maps):
            pixels = item.load()
            check_size(pixels.shape[:2], image.size)
            before = seen or SeenMaps(image.size, image.size, np.zeros(len(self.categories), np.float32), {})
            seen = self._looked(pixels, before, [index for index in wanted if index not in before.maps])
            if item.content:
                self.recent.keep(item.content, seen, seen.size_bytes)
        check_size(seen.size, image.size)
        return seen

    def _looked(self, pixels: Pixels, before: SeenMaps, wanted: Sequence[int]) -> SeenMaps:
        """With maps of more categories."""
        maps, likely = dict(before.maps), before.probabilities.copy()
        for index in wanted:
            mapped = self.mapped(pixels, self.categories[index])
            maps[index] = np.zeros(before.shape, np.float32) if mapped is None else mapped.values
            likely[index] = 0.0 if mapped is None else mapped.likely
        return replace(before, maps=maps, probabilities=likely)

    def _features(self, pixels: Pixels) -> NDArray[np.float32]:
        with evaluating(self.network), torch.no_grad():
            square = normalise(image_tensor([resize_image(pixels, FEATURES_SIDE)], self.network.device))
            return self.encoder.features(square)[0].cpu().numpy()

    def _description(self) -> dict[str, Any]:
        own = {"learnt": self.network.learnt, "crop": self.crop, "threshold": self.threshold}
        return {**super()._description(), **own}

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = UnetMapsRecipe.from_dict(description["recipe"])
        own = replace(recipe.of_network(), weights="")
        return cls(
            network=read_networks(own, description["learnt"], tensors, device),
            recipe=recipe,
            **provenance(description),
            **{name: description[name] for name in ("crop", "threshold")},
        )
