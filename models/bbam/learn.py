"""Everything learns, one after the other: the detector, masks of its boxes, and the Mask R-CNN on these."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from models.bbam.explain import explained
from models.bbam.making import Thresholds, detector_of, iou, masks_in, method_of, segments_of, tight_in
from models.bbam.material import KnownImage, Material
from models.bbam.recipe import BBAM, BbamRecipe
from models.boxes.bbam import ObjectMaps
from models.boxes.boxed import BoxMask, MaskedImage, box_pixels
from models.boxes.detector import FittedDetector, train_detector
from models.boxes.mask_rcnn import train_mask_rcnn
from models.boxes.segments import Segments
from models.training.cache import NetworkCache
from models.training.loop import Progress, part_of

QUANTILES = (0.85, 0.7, 0.5, 0.35, 0.2)
SURE = (0.9, 0.7, 0.5)
"""The usual first: others are taken where they are better by `WORTH`."""
WORTH = 0.005  # of mean IoU
MOST_TRIED = 20  # outlined images whose boxes are explained
DETECTED, EXPLAINED, CHOSEN, MADE = 0.3, 0.7, 0.75, 0.8  # of the progress shown


@dataclass(frozen=True)
class Learnt:
    """What a training comes to.

    Args:
        network: in eval mode: a Mask R-CNN, or a detector where none was wanted.
        thresholds: of masks.
        metrics: "mask_iou" of the masks that thresholds were chosen by, where some were.
    """

    network: nn.Module
    thresholds: Thresholds
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Learning:
    """How networks learn: see `models.training.loop.run`.

    Args:
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where unfinished work leaves what is done; `None` for nowhere.
    """

    categories: tuple[int, ...]
    recipe: BbamRecipe
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    cache: NetworkCache | None

    def learn(
        self, material: Material, tried: Sequence[KnownImage], thresholds: Thresholds | None, progress: Progress
    ) -> Learnt:
        """All of the recipe's networks.

        Args:
            tried: outlined images that thresholds are chosen by, where none are given.

        Raises:
            InvalidArgument: there is no box.
            FailedPrecondition: a loss is no longer finite.
            StorageFull: what is done cannot be kept.
        """
        recipe = self.recipe
        images = [one.image for one in material.images]
        number = sum(bool(image.classes) for image in images)
        detector = train_detector(
            images,
            self.categories,
            recipe.of_detector(number),
            resume_path=self._resume("detector"),
            progress=part_of(progress, 0.0, DETECTED, "detector: "),
            **self._alone(),
        )
        wanted = material.explained(recipe.explained) if recipe.student else ()
        judges = tuple(tried) if thresholds is None and (wanted or not recipe.student) else ()
        maps = self._maps(detector, (*wanted, *judges), part_of(progress, DETECTED, EXPLAINED))
        chosen, metrics = (
            (thresholds, {}) if thresholds else choose(judges, maps, recipe, part_of(progress, EXPLAINED, CHOSEN))
        )
        if not recipe.student:
            return Learnt(detector.network, chosen, metrics)
        made = masked(
            material, {one.image_id for one in wanted}, maps, (recipe, chosen), part_of(progress, CHOSEN, MADE)
        )
        student = train_mask_rcnn(
            made,
            self.categories,
            recipe.of_student(number),
            resume_path=self._resume("masks"),
            progress=part_of(progress, MADE, 1.0, "masks: "),
            start=detector,
            **self._alone(),
        )
        return Learnt(student.network, chosen, metrics)

    def _maps(
        self, detector: FittedDetector, images: Sequence[KnownImage], progress: Progress
    ) -> Mapping[str, ObjectMaps]:
        """By the image's id; none where masks are made without maps."""
        if self.recipe.masks != BBAM:
            return {}
        by_id = {one.image_id: one.image for one in images}
        return explained(
            detector_of(detector.network, self.recipe, self.categories, self.seed),
            [by_id[name] for name in sorted(by_id)],
            method_of(self.recipe),
            seed=self.seed,
            folder=self._folder("maps"),
            progress=progress,
        )

    def _alone(self) -> dict[str, Any]:
        return {"seed": self.seed, "device": self.device, "cache": self.cache}

    def _resume(self, name: str) -> Path | None:
        folder = self._folder(name)
        return folder / "training.pt" if folder else None

    def _folder(self, name: str) -> Path | None:
        if self.checkpoint_dir is None:
            return None
        folder = self.checkpoint_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def choose(
    tried: Sequence[KnownImage], maps: Mapping[str, ObjectMaps], recipe: BbamRecipe, progress: Progress
) -> tuple[Thresholds, dict[str, float]]:
    """Thresholds of largest mean IoU of outlined objects, and that IoU as "mask_iou"; the usual ones without any.

    The quantile is chosen first, then how sure a CRF has to be.
    """
    best = Thresholds.usual(recipe)
    if not tried or recipe.masks != BBAM:
        return best, {}
    quantiles = () if recipe.quantile else QUANTILES[1:]
    sure = SURE[1:] if recipe.refine != "none" else ()
    rounds, done = 1 + len(quantiles) + len(sure), 0

    segments = {one.image_id: segments_of(one.image, recipe) for one in tried}

    def reached(thresholds: Thresholds) -> float:
        nonlocal done
        done += 1
        progress(done / rounds, f"tried threshold {done} of {rounds} on {len(tried)} labeled images")
        return mean_iou(tried, maps, (recipe, thresholds), segments)

    most = reached(best)
    for name, values in (("quantile", quantiles), ("sure", sure)):
        for value in values:
            other = replace(best, **{name: value})
            found = reached(other)
            if found > most + WORTH:
                best, most = other, found
    return best, {"mask_iou": most}


def mean_iou(
    tried: Sequence[KnownImage],
    maps: Mapping[str, ObjectMaps],
    how: tuple[BbamRecipe, Thresholds],
    segments: Mapping[str, Sequence[Segments] | None],
) -> float:
    """Of the tight masks of outlined objects with their outlines."""
    ious = [
        iou(tight_in(one.image, maps[one.image_id], row, how, segments[one.image_id]), true)
        for one in tried
        for row, true in enumerate(one.outlines)
        if true is not None
    ]
    return float(np.mean(ious))


def masked(
    material: Material,
    wanted: set[str],
    maps: Mapping[str, ObjectMaps],
    how: tuple[BbamRecipe, Thresholds],
    progress: Progress,
) -> list[MaskedImage]:
    """Every image with what is known of its objects: an outline, a mask that is made, or that it is in its box.

    Args:
        wanted: ids of the images whose boxes become masks.
        how: masks are made of maps.
    """
    made = []
    for done, one in enumerate(material.images, start=1):
        image = one.image
        masks = [BoxMask(np.zeros(image.size, dtype=np.bool_), box_pixels(box, image.size)) for box in image.boxes]
        if one.image_id in wanted:
            masks = list(masks_in(image, maps.get(one.image_id), *how))
        for row, true in enumerate(one.outlines):
            if true is not None:
                masks[row] = BoxMask.certain(true)
        made.append(MaskedImage(image, tuple(masks)))
        progress(done / len(material.images), f"masks of {done} of {len(material.images)} images")
    return made
