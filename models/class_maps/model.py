"""A classifier whose class maps outline objects: images in, predictions out, as of any network.

What it is told of an image's classes it takes for true; else a class is there from a probability on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidLabel, UnsupportedPrompts
from maskloop.masks import Mask
from maskloop.values import Counts, ImageProposals, ObjectProposal
from models.class_maps.recipe import FORMAT, ClassMapsRecipe
from models.classification.network import ImageClassifier, build_classifier
from models.classification.views import reading_view
from models.data.samples import ImageToScore, image_tensor, normalise
from models.encoders.features import ImageEncoder
from models.fitted import FittedNetwork, provenance
from models.iou_head.mask_statistics import CONFIDENCE
from models.iou_head.uncertainty import LARGEST
from models.iou_head.uncertainty import NAMES as UNCERTAINTIES
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.gradcam import GradCam
from models.localization.maps import ClassMaps, MapMethod
from models.predictor import PROMPTABLE, Prediction, PromptedImage, evaluating
from models.proposals.from_maps import NAMES, MappedMask, MaskMaking, masks_of
from models.refinement.crf.refiner import irn_refiner

NOTHING_HELD = 1.0  # score of an image that is known to hold nothing
NOTHING_SEEN = 0.0  # of one in which nothing was seen: if it holds any, all were missed


@dataclass(frozen=True)
class Mapped:
    """What is made of one image, resized to `pixels` (h, w, 3): maps (n, h, w) of n classes, the probability of each,
    features (D,). `size` is the image's own."""

    pixels: NDArray[np.uint8]
    size: tuple[int, int]
    classes: tuple[int, ...]
    probabilities: tuple[float, ...]
    maps: NDArray[np.float32]
    features: NDArray[np.float32]


@dataclass(frozen=True)
class FittedClassMaps(FittedNetwork[ImageClassifier, ClassMapsRecipe]):
    """A trained classifier with what makes masks of its maps.

    Args:
        threshold: of the ground, in [0, 1].
    """

    threshold: float = 0.3

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
    def method(self) -> MapMethod:
        """The recipe's way of making maps."""
        if self.recipe.method == "advcam":
            return AdvCam(steps=self.recipe.advcam_steps)
        return GradCam() if self.recipe.method == "gradcam" else Cam()

    @property
    def encoder(self) -> ImageEncoder:
        """Reads images into the features of its predictions."""
        recipe = self.recipe.of_classifier()
        return ImageEncoder(self.network.encoder, recipe.image_size, 0, reading_view(recipe))

    @property
    def making(self) -> MaskMaking:
        """How masks are made of maps."""
        recipe = self.recipe
        return MaskMaking(self.threshold, recipe.closing, recipe.least_share, recipe.split)

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """Raises UnsupportedPrompts: class maps know of no box."""
        raise UnsupportedPrompts(
            f"a network of the recipe `{self.recipe.name}` takes no prompts; {PROMPTABLE}", field="model_version"
        )

    def mapped(self, item: ImageToScore, *, present: Sequence[int] | None = None) -> Mapped:
        """The maps of an image, those of the classes that are known to be there, or that are likely.

        Args:
            present: class indices that are there; `None` goes by what the item knows, or else by probabilities.

        Raises:
            InvalidLabel: a counted category is not of the vocabulary.
        """
        pixels = item.load()
        size = (pixels.shape[0], pixels.shape[1])
        device = self.network.head.weight.device
        with evaluating(self.network):
            probabilities, features = self._classify(pixels, device)
            asked = self._asked(item, probabilities) if present is None else tuple(present)
            small = _brought_to(pixels, self.recipe.side or self.recipe.of_classifier().image_size)
            maps = np.zeros((0, *small.shape[:2]), np.float32)
            if asked:
                (made,) = self.method.maps(self.network, [small], [asked])
                maps = made.whole.detach().float().cpu().numpy()
        return Mapped(small, size, asked, tuple(float(probabilities[index]) for index in asked), maps, features)

    def masks(self, mapped: Mapped) -> tuple[MappedMask, ...]:
        """Masks (h, w) in an image's maps, at the maps' size."""
        labels = self._drawn(mapped) if self.recipe.refine == "crf" and mapped.classes else None
        return masks_of(mapped.maps, mapped.classes, mapped.probabilities, self.making, labels)

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

    def _classify(
        self, pixels: NDArray[np.uint8], device: torch.device
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Probabilities (C,) and features (D,), of the view that the classifier reads."""
        recipe = self.recipe.of_classifier()
        square = reading_view(recipe)(pixels, recipe.image_size)
        with torch.no_grad():
            features = self.network.features(normalise(image_tensor([square], device)))
            logits = self.network.head(features[:, :, None, None]).flatten()
        return logits.sigmoid().float().cpu().numpy(), features[0].float().cpu().numpy()

    def _asked(self, item: ImageToScore, probabilities: NDArray[np.float32]) -> tuple[int, ...]:
        known = item.present if item.counts is None else item.counts.by_category
        if known is None:
            return tuple(np.flatnonzero(probabilities >= self.recipe.sure).tolist())
        for category_id in known:
            if category_id not in self.categories:
                raise InvalidLabel(f"category {category_id} is not in the vocabulary")
        return tuple(sorted(self.categories.index(category_id) for category_id in known))

    def _drawn(self, mapped: Mapped) -> NDArray[np.int32]:
        """(h, w) 0 for the ground, k + 1 for the k-th class, along the picture's edges."""
        whole = torch.from_numpy(mapped.maps)
        places = tuple(range(len(mapped.classes)))
        return irn_refiner(self.threshold).refine(mapped.pixels, ClassMaps(places, whole, whole)).labels

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
        network = build_classifier(recipe.of_classifier(), len(description["categories"]))
        network.load_state_dict(dict(tensors))
        return cls(
            network=network.to(device).eval(),
            recipe=recipe,
            **provenance(description),
            threshold=description["threshold"],
        )


def _holds_nothing(item: ImageToScore) -> bool:
    """Whether somebody has said so."""
    known = item.present if item.counts is None else item.counts.by_category
    return known is not None and not known


def enlarged(mask: NDArray[np.bool_], size: tuple[int, int]) -> Mask:
    """A mask (h, w) at an image's own size, nearest neighbour."""
    if mask.shape == size:
        return Mask.from_array(mask)
    rows, columns = (
        np.minimum(((np.arange(wanted) + 0.5) * had / wanted).astype(np.intp), had - 1)
        for wanted, had in zip(size, mask.shape, strict=True)
    )
    return Mask.from_array(mask[rows[:, None], columns[None]])


def _brought_to(pixels: NDArray[np.uint8], side: int) -> NDArray[np.uint8]:
    """The picture, its longer side so many pixels: objects are as large as the classifier has seen them."""
    height, width, _ = pixels.shape
    if max(height, width) == side:
        return pixels
    sides = [max(1, round(length * side / max(height, width))) for length in (width, height)]
    return np.asarray(Image.fromarray(pixels).resize((sides[0], sides[1]), Image.Resampling.BILINEAR), dtype=np.uint8)
