"""A network that has learnt from boxes, and outlines objects: images in, predictions out, as of any network.

It finds objects by itself. Where people have said which classes an image holds, or how many objects, it goes by that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maskloop.values import ImageProposals, ObjectProposal
from models.bbam.looking import Found, Look, detect, look
from models.bbam.making import Thresholds
from models.bbam.outlining import outlined_at
from models.bbam.prompts import outline_prompts
from models.bbam.recipe import FORMAT, BbamRecipe
from models.boxes.mask_rcnn import build_mask_rcnn
from models.boxes.rcnn_task import build_faster_rcnn
from models.data.recent import Recent
from models.data.samples import ImageToScore
from models.fitted import FittedFromLess, provenance
from models.predictor import Prediction, PromptedImage, evaluating
from models.proposals.from_maps import NAMES
from models.proposals.known import as_counted, image_score, known_classes, maps_uncertainty
from models.training.loop import Progress

MOST_OBJECTS = {True: 100, False: 20}
"""Of an image: that a Mask R-CNN finds, as torchvision has it; and that are explained one by one."""


@dataclass(frozen=True)
class FittedBbam(FittedFromLess[nn.Module, BbamRecipe]):
    """A trained Mask R-CNN; or a detector, whose boxes are explained one by one.

    Args:
        thresholds: of masks that are made of maps.
        recent: the images that people showed objects in last, as the network saw them.
    """

    thresholds: Thresholds = field(default_factory=Thresholds)
    recent: Recent[Look] = field(default_factory=Recent, repr=False, compare=False)

    FORMAT: ClassVar[str] = FORMAT

    def most_objects(self, size: tuple[int, int]) -> int:
        """As many as it outlines at most of any image."""
        return MOST_OBJECTS[self.recipe.student]

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """See `Predictor.propose` and `models.bbam.prompts`."""
        with evaluating(self.network):
            return [outline_prompts(self, image) for image in images]

    def features(
        self, images: Iterable[ImageToScore], *, progress: Progress
    ) -> Iterator[tuple[str, NDArray[np.float32]]]:
        """Ids and features (D,) of images, those of its predictions; `progress` is told the share that is done."""
        waiting = list(images)
        for done, item in enumerate(waiting, start=1):
            with evaluating(self.network):
                seen = look(self.network, item.load(), self.recipe.longest)
            yield item.image_id, seen.features
            progress(done / len(waiting), f"encoded {done} of {len(waiting)} images")

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        """One image at a time, so that others change nothing."""
        for item in images:
            known_classes(item, self.categories)  # an unknown category is refused before any work
        for item in images:
            with evaluating(self.network):
                yield self._prediction(item)

    def _prediction(self, item: ImageToScore) -> Prediction:
        seen = look(self.network, item.load(), self.recipe.longest)
        found = detect(self.network, seen)
        made = [outlined_at(self, seen, found, place) for place in self._chosen(item, found)]
        masks = [one.mask(seen.size) if one.solid.any() else None for one in made]
        kept = [(one, mask) for one, mask in zip(made, masks, strict=True) if mask is not None and mask.area]
        statistics = np.array([one.statistics(len(kept)) for one, _ in kept]).reshape(-1, len(NAMES))
        ious = self.calibrator.predict(statistics)
        proposals = tuple(
            ObjectProposal(self.categories[one.index], mask, float(iou), float(row[0]))
            for (one, mask), iou, row in zip(kept, ious, statistics, strict=True)
        )
        missing = max(0, item.counts.objects - len(kept)) if item.counts else 0
        return Prediction(
            ImageProposals(item.image_id, "", image_score(item, ious), proposals, missing),
            statistics,
            None,
            seen.features,
            maps_uncertainty(item, [one.values[one.solid] for one, _ in kept]),
        )

    def _chosen(self, item: ImageToScore, found: Found) -> list[int]:
        """Places of the detections that are outlined: as many as were counted; else those of classes that may be there
        and of a score."""
        scores, categories = found.scores.tolist(), [self.categories[index] for index in found.classes]
        if item.counts is not None:
            return as_counted(categories, scores, item.counts)
        known = known_classes(item, self.categories)
        likely = [
            place
            for place, (index, score) in enumerate(zip(found.classes, scores, strict=True))
            if score >= self.recipe.threshold and (known is None or index in known)
        ]
        return likely[: MOST_OBJECTS[self.recipe.student]]

    def _description(self) -> dict[str, Any]:
        return {**super()._description(), "thresholds": asdict(self.thresholds)}

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = BbamRecipe.from_dict(description["recipe"])
        network = build_network(recipe, len(description["categories"]))
        network.load_state_dict(dict(tensors))
        return cls(
            network=network.to(device).eval(),
            recipe=recipe,
            **provenance(description),
            thresholds=Thresholds(**description["thresholds"]),
        )


def build_network(recipe: BbamRecipe, classes: int, *, seed: int = 0) -> nn.Module:
    """The network that answers, with random weights, on the CPU."""
    if recipe.student:
        return build_mask_rcnn(recipe.of_student(0, weights="random"), classes, weights="random", seed=seed)
    return build_faster_rcnn(recipe.of_detector(0, weights="random"), classes, weights="random", seed=seed)
