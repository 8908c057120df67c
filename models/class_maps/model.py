"""A classifier whose class maps outline objects: images in, predictions out, as of any network.

What it is told of an image's classes it takes for true; else a class is there from a probability on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.values import Counts, ImageProposals, ObjectProposal
from models.class_maps.mapping import Mapped, look
from models.class_maps.networks import ClassMapNetworks, read_networks
from models.class_maps.prompts import Seen, outline_prompts
from models.class_maps.recipe import FORMAT, ClassMapsRecipe
from models.classification.views import reading_view
from models.data.proportions import enlarged
from models.data.recent import Recent
from models.data.samples import ImageToScore
from models.encoders.features import ImageEncoder
from models.fitted import FittedFromLess, provenance
from models.iou_head.mask_statistics import CONFIDENCE
from models.predictor import Prediction, PromptedImage, evaluating
from models.proposals.from_maps import NAMES, MappedMask, MaskMaking, masks_of
from models.proposals.known import as_counted, image_score, known_classes, maps_uncertainty
from models.proposals.prompted_maps import Answering
from models.refinement.crf.refiner import irn_refiner


@dataclass(frozen=True)
class FittedClassMaps(FittedFromLess[ClassMapNetworks, ClassMapsRecipe]):
    """Trained networks with what makes masks of their maps.

    Args:
        threshold: of the ground, in [0, 1].
        recent: maps of the images that people showed objects in last.
    """

    threshold: float = 0.3
    recent: Recent[Seen] = field(default_factory=Recent, repr=False, compare=False)

    FORMAT: ClassVar[str] = FORMAT

    @property
    def encoder(self) -> ImageEncoder:
        """Reads images into the features of its predictions."""
        recipe = self.recipe.of_classifier()
        return ImageEncoder(self.network.classifier.encoder, recipe.image_size, 0, reading_view(recipe))

    @property
    def making(self) -> MaskMaking:
        """How masks are made of maps."""
        recipe = self.recipe
        return MaskMaking(self.threshold, recipe.closing, recipe.least_share, recipe.split)

    @property
    def answering(self) -> Answering:
        """How prompts are answered."""
        recipe = self.recipe
        return Answering(self.categories, self.threshold, recipe.closing, recipe.sure, self.calibrator)

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """See `Predictor.propose` and `models.class_maps.prompts`."""
        with evaluating(self.network):
            return [outline_prompts(self, image) for image in images]

    def mapped(self, item: ImageToScore, *, present: Sequence[int] | None = None) -> Mapped:
        """The maps of an image, those of the classes that are known to be there, or that are likely.

        Args:
            present: class indices that are there; `None` goes by what the item knows, or else by probabilities.

        Raises:
            InvalidLabel: a counted category is not of the vocabulary.
        """

        def asked(probabilities: NDArray[np.float32]) -> tuple[int, ...]:
            return self._asked(item, probabilities) if present is None else tuple(present)

        with evaluating(self.network):
            return look(self.network, self.recipe, self.seed, item.load(), asked)

    def masks(self, mapped: Mapped) -> tuple[MappedMask, ...]:
        """Masks (h, w) in an image's maps, at the maps' size."""
        labels = objects = None
        if self.recipe.refine == "crf" and mapped.classes:
            labels = self.drawn(mapped)
        if self.recipe.split == "displacement" and mapped.source is not None and self.network.refinement is not None:
            with evaluating(self.network), torch.no_grad():
                objects = self.network.refinement.objects(mapped.pixels, mapped.source, self.threshold)
        return masks_of(mapped.maps, mapped.classes, mapped.probabilities, self.making, labels, objects=objects)

    def drawn(self, mapped: Mapped) -> NDArray[np.int32]:
        """(h, w) 0 for the ground, k + 1 for the k-th class, along the picture's edges, as a CRF draws it."""
        return irn_refiner(self.threshold).refine(mapped.pixels, mapped.numbered).labels

    def prediction(self, item: ImageToScore, mapped: Mapped) -> Prediction:
        """What the network makes of an image."""
        found = self._as_counted(self.masks(mapped), item.counts)
        statistics = np.array([one.statistics for one in found]).reshape(-1, len(NAMES))
        ious = self.calibrator.predict(statistics)
        proposals = tuple(
            ObjectProposal(self.categories[one.class_index], enlarged(one.mask, mapped.size), float(iou), float(row[0]))
            for one, iou, row in zip(found, ious, statistics, strict=True)
        )
        solid = [place for place, one in enumerate(proposals) if one.mask.area]
        kept = tuple(proposals[place] for place in solid)
        missing = max(0, item.counts.objects - len(kept)) if item.counts else 0
        return Prediction(
            ImageProposals(item.image_id, "", image_score(item, ious[solid]), kept, missing),
            statistics[solid],
            None,
            mapped.features,
            self._uncertainty(item, mapped, found),
        )

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        for item in images:
            yield self.prediction(item, self.mapped(item))

    def _asked(self, item: ImageToScore, probabilities: NDArray[np.float32]) -> tuple[int, ...]:
        known = known_classes(item, self.categories)
        return tuple(np.flatnonzero(probabilities >= self.recipe.sure).tolist()) if known is None else known

    def _as_counted(self, found: Sequence[MappedMask], counts: Counts | None) -> tuple[MappedMask, ...]:
        """As many masks of each category as were counted, the surest; all where nobody counted."""
        of = [self.categories[one.class_index] for one in found]
        return tuple(found[place] for place in as_counted(of, [one.statistics[CONFIDENCE] for one in found], counts))

    def _uncertainty(self, item: ImageToScore, mapped: Mapped, found: Sequence[MappedMask]) -> dict[str, float]:
        sides = dict(zip(mapped.classes, mapped.maps, strict=True))
        return maps_uncertainty(item, [sides[one.class_index][one.mask] for one in found])

    def _description(self) -> dict[str, Any]:
        return {**super()._description(), "threshold": self.threshold}

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = ClassMapsRecipe.from_dict(description["recipe"])
        return cls(
            network=read_networks(recipe, len(description["categories"]), tensors, device),
            recipe=recipe,
            **provenance(description),
            threshold=description["threshold"],
        )
