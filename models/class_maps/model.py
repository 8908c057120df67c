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

from maskloop.errors import InvalidLabel
from maskloop.values import Counts, ImageProposals, ObjectProposal
from models.class_maps.mapping import Mapped, enlarged, look
from models.class_maps.networks import ClassMapNetworks, read_networks
from models.class_maps.prompts import Seen, outline_prompts
from models.class_maps.recipe import FORMAT, ClassMapsRecipe
from models.classification.views import reading_view
from models.data.recent import Recent
from models.data.samples import ImageToScore
from models.encoders.features import ImageEncoder
from models.fitted import FittedNetwork, provenance
from models.iou_head.mask_statistics import CONFIDENCE
from models.iou_head.uncertainty import LARGEST
from models.iou_head.uncertainty import NAMES as UNCERTAINTIES
from models.predictor import Prediction, PromptedImage, evaluating
from models.proposals.from_maps import NAMES, MappedMask, MaskMaking, masks_of
from models.refinement.crf.refiner import irn_refiner

NOTHING_HELD = 1.0  # score of an image that is known to hold nothing
NOTHING_SEEN = 0.0  # of one in which nothing was seen: if it holds any, all were missed


@dataclass(frozen=True)
class FittedClassMaps(FittedNetwork[ClassMapNetworks, ClassMapsRecipe]):
    """Trained networks with what makes masks of their maps.

    Args:
        threshold: of the ground, in [0, 1].
        recent: maps of the images that people showed objects in last.
    """

    threshold: float = 0.3
    recent: Recent[Seen] = field(default_factory=Recent, repr=False, compare=False)

    FORMAT: ClassVar[str] = FORMAT

    @property
    def needs_counts(self) -> bool:
        """It never has to be told what there is."""
        return False

    @property
    def uses_counts(self) -> bool:
        """Counts say which classes are there."""
        return True

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
            ImageProposals(item.image_id, "", self._score(item, ious[solid]), kept, missing),
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
        known = item.present if item.counts is None else item.counts.by_category
        if known is None:
            return tuple(np.flatnonzero(probabilities >= self.recipe.sure).tolist())
        for category_id in known:
            if category_id not in self.categories:
                raise InvalidLabel(f"category {category_id} is not in the vocabulary")
        return tuple(sorted(self.categories.index(category_id) for category_id in known))

    def _as_counted(self, found: Sequence[MappedMask], counts: Counts | None) -> tuple[MappedMask, ...]:
        """As many masks of each category as were counted, the surest; all where nobody counted."""
        if counts is None:
            return tuple(found)
        kept: list[int] = []
        for category_id, number in counts.by_category.items():
            index = self.categories.index(category_id)
            mine = [place for place, one in enumerate(found) if one.class_index == index]
            kept += sorted(mine, key=lambda place: -found[place].statistics[CONFIDENCE])[:number]
        return tuple(found[place] for place in sorted(kept))

    def _score(self, item: ImageToScore, ious: NDArray[np.float64]) -> float:
        """Mean predicted IoU (Bellver et al., eq. 2), with nothing for objects that were counted and missed."""
        if item.counts is not None:
            there = max(len(ious), item.counts.objects)
            return float(ious.sum() / there) if there else NOTHING_HELD
        return float(ious.mean()) if len(ious) else NOTHING_HELD if _holds_nothing(item) else NOTHING_SEEN

    def _uncertainty(self, item: ImageToScore, mapped: Mapped, found: Sequence[MappedMask]) -> dict[str, float]:
        """Means over the masks, the maps taken for probabilities."""
        if not found:
            nothing = _holds_nothing(item)
            return {name: 0.0 if nothing else most for name, most in zip(UNCERTAINTIES, LARGEST, strict=True)}
        sides = dict(zip(mapped.classes, mapped.maps, strict=True))
        means = []
        for one in found:
            p = np.clip(sides[one.class_index][one.mask].astype(np.float64), 1e-7, 1 - 1e-7)
            doubt = np.minimum(p, 1 - p)
            entropy = -(p * np.log2(p) + (1 - p) * np.log2(1 - p))
            means.append([entropy.mean(), 2 * doubt.mean(), doubt.mean()])
        return dict(zip(UNCERTAINTIES, np.mean(means, axis=0).tolist(), strict=True))

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


def _holds_nothing(item: ImageToScore) -> bool:
    """Whether somebody has said so."""
    known = item.present if item.counts is None else item.counts.by_category
    return known is not None and not known
