"""The network that learnt masks: images of any size in, predictions out, as of any network.

It reads images by tiles at the scale that it learnt at. What it is told of an image's classes it takes for true: their
probabilities are then what is left when no other class is there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.values import ImageProposals, ObjectProposal
from models.data.proportions import enlarged
from models.data.recent import Recent
from models.data.samples import ImageToScore, check_size, image_tensor, normalise, resize_image
from models.encoders.features import ImageEncoder
from models.fitted import FittedFromLess, provenance
from models.iou_head.mask_statistics import CONFIDENCE
from models.oeem.layout import Layout
from models.oeem.learn import segmentation_recipe
from models.oeem.recipe import FORMAT, READ_SCALES, OeemRecipe
from models.predictor import Prediction, PromptedImage, evaluating
from models.proposals.from_maps import NAMES, MappedMask, MaskMaking, masks_of
from models.proposals.known import as_counted, image_score, known_classes, maps_uncertainty
from models.proposals.prompted_maps import Answering, SeenMaps
from models.segmentation.network import SegmentationNetwork, build_segmentation
from models.segmentation.predict import Reading, image_probabilities

LEAST = 1e-12  # of what classes that may be there add up to
Maps = NDArray[np.float32]


@dataclass(frozen=True)
class Mapped:
    """What is made of one image: maps (n, h, w) of n classes at the scale of learning, the largest value of each, and
    features (D,). `size` is the image's own."""

    size: tuple[int, int]
    classes: tuple[int, ...]
    maps: Maps
    features: NDArray[np.float32]

    @property
    def probabilities(self) -> tuple[float, ...]:
        """That a class is somewhere in the image."""
        return tuple(float(one.max()) for one in self.maps)


@dataclass(frozen=True)
class FittedOeem(FittedFromLess[SegmentationNetwork, OeemRecipe]):
    """A trained network with what makes masks of its maps.

    Args:
        side: of the patches it learnt from, in pixels of the project's images.
        tile: side of what it sees at once, in pixels at the scale of learning.
        threshold: of the ground, in [0, 1].
        recent: maps of the images that people showed objects in last.
    """

    side: int = 0
    tile: int = 0
    threshold: float = 0.5
    recent: Recent[SeenMaps] = field(default_factory=Recent, repr=False, compare=False)

    FORMAT: ClassVar[str] = FORMAT

    @property
    def encoder(self) -> ImageEncoder:
        """Reads images into the features of its predictions."""
        return ImageEncoder(self.network.encoder, self.tile, 0)

    @property
    def layout(self) -> Layout:
        """The scale of learning."""
        return Layout(self.side, self.recipe.input_side)

    @property
    def reading(self) -> Reading:
        """How images are read at that scale."""
        own = segmentation_recipe(self.recipe, self.tile, 1)
        scales = READ_SCALES[self.recipe.read_scales]
        return Reading(scales, True, own.tile, own.tile_stride, own.window, own.window_stride)

    @property
    def making(self) -> MaskMaking:
        """How masks are made of maps."""
        recipe = self.recipe
        return MaskMaking(self.threshold, recipe.closing, recipe.least_share, recipe.split)

    @property
    def answering(self) -> Answering:
        """How prompts are answered."""
        return Answering(self.categories, self.threshold, self.recipe.closing, self.threshold, self.calibrator)

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """See `Predictor.propose` and `models.proposals.prompted_maps`; each class as if no other were there."""
        found = []
        for image in images:
            self.answering.check(image.prompts)
            seen = self._seen(image)
            found.append(tuple(self.answering.answer(seen, prompt) for prompt in image.prompts))
        return found

    def mapped(self, item: ImageToScore, *, present: Sequence[int] | None = None) -> Mapped:
        """The maps of an image, those of the classes that are known to be there, or of all.

        Args:
            present: class indices that are there; `None` goes by what the item knows.

        Raises:
            InvalidLabel: a category that is said to be there is not of the vocabulary.
        """
        known = known_classes(item, self.categories) if present is None else tuple(present)
        pixels = item.load()
        classes = tuple(range(len(self.categories))) if known is None else known
        small = self.layout.zoomed(pixels)
        maps = np.zeros((0, *small.shape[:2]), np.float32)
        if classes:
            maps = among(self._probabilities(small), classes, ground=self.recipe.ground)
        return Mapped((pixels.shape[0], pixels.shape[1]), classes, maps, self._features(pixels))

    def masks(self, mapped: Mapped) -> tuple[MappedMask, ...]:
        """Masks (h, w) in an image's maps, at the maps' size."""
        labels = None
        if not self.recipe.ground and mapped.classes:
            labels = (mapped.maps.argmax(axis=0) + 1).astype(np.int32)
        return masks_of(mapped.maps, mapped.classes, mapped.probabilities, self.making, labels)

    def prediction(self, item: ImageToScore, mapped: Mapped) -> Prediction:
        """What the network makes of an image."""
        found = self.masks(mapped)
        of = [self.categories[one.class_index] for one in found]
        found = tuple(
            found[place] for place in as_counted(of, [one.statistics[CONFIDENCE] for one in found], item.counts)
        )
        statistics = np.array([one.statistics for one in found]).reshape(-1, len(NAMES))
        ious = self.calibrator.predict(statistics)
        proposals = tuple(
            ObjectProposal(self.categories[one.class_index], enlarged(one.mask, mapped.size), float(iou), float(row[0]))
            for one, iou, row in zip(found, ious, statistics, strict=True)
        )
        solid = [place for place, one in enumerate(proposals) if one.mask.area]
        kept = tuple(proposals[place] for place in solid)
        sides = dict(zip(mapped.classes, mapped.maps, strict=True))
        return Prediction(
            ImageProposals(
                item.image_id,
                "",
                image_score(item, ious[solid]),
                kept,
                max(0, item.counts.objects - len(kept)) if item.counts else 0,
            ),
            statistics[solid],
            None,
            mapped.features,
            maps_uncertainty(item, [sides[one.class_index][one.mask] for one in found]),
        )

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        for item in images:
            yield self.prediction(item, self.mapped(item))

    def _seen(self, image: PromptedImage) -> SeenMaps:
        item = image.item
        seen = self.recent.get(item.content) if item.content else None
        if seen is None:
            pixels = item.load()
            check_size(pixels.shape[:2], image.size)
            likely, ground = self._probabilities(self.layout.zoomed(pixels)), self.recipe.ground
            alone = {index: among(likely, [index], ground=ground)[0] for index in range(len(self.categories))}
            peaks = likely[ground:].max(axis=(1, 2))
            seen = SeenMaps(image.size, (likely.shape[1], likely.shape[2]), peaks, alone)
            if item.content:
                self.recent.keep(item.content, seen, seen.size_bytes)
        check_size(seen.size, image.size)
        return seen

    def _probabilities(self, small: NDArray[np.uint8]) -> Maps:
        """(L, h, w) of the network's labels, the ground among them where there is one."""
        with evaluating(self.network), torch.no_grad():
            made: Maps = image_probabilities(self.network, small, self.reading, self._device).cpu().numpy()
        return made

    def _features(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        with evaluating(self.network), torch.no_grad():
            square = normalise(image_tensor([resize_image(pixels, self.tile)], self._device))
            return self.encoder.features(square)[0].cpu().numpy()

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _description(self) -> dict[str, Any]:
        return {**super()._description(), "side": self.side, "tile": self.tile, "threshold": self.threshold}

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = OeemRecipe.from_dict(description["recipe"])
        own = segmentation_recipe(recipe, description["tile"], 1)
        network = build_segmentation(own, len(description["categories"]) + recipe.ground)
        network.load_state_dict(dict(tensors))
        return cls(
            network=network.to(device).eval(),
            recipe=recipe,
            **provenance(description),
            **{name: description[name] for name in ("side", "tile", "threshold")},
        )


def among(likely: Maps, classes: Sequence[int], *, ground: bool) -> Maps:
    """(n, h, w) maps of some classes, in [0, 1]: what is left to them and to the ground when no other class is there.

    Args:
        likely: (L, h, w) probabilities of all labels, the ground's first where there is one.
        classes: indices of one class or more; without a ground, a class alone keeps its own probability.
    """
    own = likely[[index + ground for index in classes]]
    if not ground and len(classes) == 1:
        return own
    whole = own.sum(axis=0) + (likely[0] if ground else 0.0)
    made: Maps = (own / np.maximum(whole, LEAST)).astype(np.float32)
    return made
