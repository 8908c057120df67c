"""Training of the network on frozen features: dense heads on every view, masks of some objects of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.data import augmentation
from models.data.samples import KnownBy
from models.encoders.taps import join_taps
from models.features import views
from models.features.recipe import PretrainedRecipe
from models.features.task import FeatureTraining
from models.features.views import SPREAD, LabeledView
from models.pretrained import losses, network
from models.pretrained.network import BOX_UNIT, Maps, PyramidNetwork
from models.pretrained.partly_told import settle
from models.pretrained.regions import cut_out
from models.pretrained.targets import DenseTargets, dense_targets, usual_sides

VERSION = 1
"""Of the targets and of what is drawn; raised when a change makes trainings come to other weights."""
OWN_BOXES_FROM = 0.2  # share of the iterations after which some regions are of the network's own boxes
BOX_NOISE = 0.1  # deviation of a training box's sides, in sides of the box
CLASS_WEIGHT = 0.5
CENTRE_WEIGHT = 1.0


@dataclass(frozen=True)
class Objects:
    """Some objects of a batch, N in all, ascending by image.

    Args:
        images: (N,) int64 places in the batch.
        masks: (N, S, S) float32.
        classes: (N,) int64.
        boxes: (N, 4); seeds: (N, 2), a little beside the middle. Both in image sides.
        own: (N,) bool, whose region is to be of the network's own box.
        known_by: (N,) uint8 of `KnownBy`.
        crowded: (B, 1, S, S) float32 in {0, 1}, pixels of crowds of the batch's images; `None` for no pixel.
    """

    images: Tensor
    masks: Tensor
    classes: Tensor
    boxes: Tensor
    seeds: Tensor
    noise: Tensor
    own: Tensor
    known_by: Tensor
    crowded: Tensor | None = None

    def of(self, chosen: Tensor) -> Objects:
        """Those of a mask (N,) bool."""
        parts = {name: getattr(self, name)[chosen] for name in self.__dataclass_fields__ if name != "crowded"}
        return replace(self, **parts)


@dataclass(frozen=True)
class TrainingBatch:
    """What one iteration learns from."""

    taps: list[Tensor]
    targets: DenseTargets
    objects: Objects


@dataclass(frozen=True)
class PyramidTraining(FeatureTraining[PyramidNetwork, TrainingBatch]):
    """Dense heads on every view, masks of some objects of each."""

    @cached_property
    def sides(self) -> NDArray[np.float32]:
        """(C,) of a usual object of each class in image sides, by those that are outlined or boxed."""
        return usual_sides([views[0] for views in self.labels], self.classes)

    @staticmethod
    def versions() -> dict[str, int]:
        """As `FeatureTraining.versions`."""
        return versions()

    def batch(self, seed: int, iteration: int) -> TrainingBatch:
        """One view of each image of the batch, and some of its objects."""
        rng = np.random.default_rng([seed, 1, iteration])
        chosen = self.chosen(seed, iteration, rng)
        taps = join_taps([view.taps for view in chosen], self.device)
        targets = dense_targets(chosen, self.classes, self.device, self.sides)
        return TrainingBatch(taps, targets, self._some_objects(chosen, rng))

    def loss(self, batch: TrainingBatch, done: float) -> Tensor:
        """The sum of all heads' losses."""
        taps = self.network.scaled(batch.taps)
        maps = self.network(taps)
        targets = batch.targets
        centres, centred = settle(targets.centres, targets.centred, maps.centres, targets.marks)
        return (
            losses.semantic_loss(maps.semantic, targets.semantic, targets.told)
            + CENTRE_WEIGHT * losses.centre_loss(maps.centres, centres, centred)
            + losses.somewhere_loss(maps.semantic[:, :-1], targets.somewhere, targets.known)
            + self._box_loss(maps, batch)
            + self._object_losses(maps, taps, batch.objects, done)
        )

    def _box_loss(self, maps: Maps, batch: TrainingBatch) -> Tensor:
        cells = batch.targets.boxed & batch.targets.known
        wanted = batch.targets.boxes.permute(0, 2, 3, 1)[cells] / BOX_UNIT
        return losses.box_loss(maps.boxes.permute(0, 2, 3, 1)[cells], wanted)

    def _object_losses(self, maps: Maps, taps: Sequence[Tensor], objects: Objects, done: float) -> Tensor:
        if done < OWN_BOXES_FROM:
            objects = objects.of(objects.known_by != KnownBy.MARK)
        if not len(objects.images):
            return maps.pyramid.sum() * 0
        size = objects.boxes[:, 2:] - objects.boxes[:, :2]
        boxes = objects.boxes + objects.noise * size.repeat(1, 2)
        if done >= OWN_BOXES_FROM:
            own = maps.boxes_at(objects.images, objects.seeds).detach()
            boxes = torch.where((objects.own | (objects.known_by == KnownBy.MARK))[:, None], own, boxes)
        logits, regions = self.network.masks(maps, objects.images, objects.seeds, boxes)
        said = self.network.classes(maps, taps, objects.images, boxes)
        masks = self._mask_losses(logits, regions, objects)
        return masks + CLASS_WEIGHT * F.cross_entropy(said, objects.classes)

    def _mask_losses(self, logits: Tensor, regions: Tensor, objects: Objects) -> Tensor:
        """Mean over the outlined objects, by their masks, and the boxed ones, by their boxes; a mark tells no mask."""
        outlined, boxed = (objects.known_by == each for each in (KnownBy.OUTLINE, KnownBy.BOX))
        share = boxed.sum() / (boxed | outlined).sum().clamp(min=1)
        by_box = losses.box_mask_loss(logits[boxed], regions[boxed], objects.boxes[boxed])
        by_outline = self._outline_loss(logits[outlined], regions[outlined], objects.of(outlined))
        return share * by_box + (1 - share) * by_outline

    def _outline_loss(self, logits: Tensor, regions: Tensor, objects: Objects) -> Tensor:
        own, cells = torch.arange(len(regions), device=self.device), logits.shape[-1]
        targets = cut_out(objects.masks[:, None], own, regions, cells)[:, 0]
        ignored = None
        if objects.crowded is not None:
            ignored = cut_out(objects.crowded, objects.images, regions, cells)[:, 0] > 0
        return losses.mask_loss(logits, targets, ignored)

    def _some_objects(self, chosen: Sequence[LabeledView], rng: np.random.Generator) -> Objects:
        drawn = [
            (image, place)
            for image, view in enumerate(chosen)
            for place in sorted(rng.permutation(len(view.classes))[: self.recipe.objects].tolist())
        ]
        side = self.recipe.image_size
        masks = np.zeros((len(drawn), side, side), dtype=np.float32)
        for row, (image, place) in enumerate(drawn):
            masks[row] = chosen[image].solid([place])[0]
        numbers = {
            name: np.array([getattr(chosen[image], name)[place] for image, place in drawn], dtype=np.float32)
            for name in ("boxes", "seeds", "areas")
        }
        spread = SPREAD * np.sqrt(numbers["areas"]).reshape(-1, 1)
        seeds = numbers["seeds"].reshape(-1, 2) + spread * rng.normal(size=(len(drawn), 2))

        crowded = None
        if any(view.ignored is not None for view in chosen):
            crowded = np.stack([view.crowded() for view in chosen])[:, None]

        def tensor(values: object, kind: torch.dtype = torch.float32) -> Tensor:
            return torch.as_tensor(np.asarray(values), dtype=kind).to(self.device)

        return Objects(
            tensor([image for image, _ in drawn], torch.int64),
            tensor(masks),
            tensor([chosen[image].classes[place] for image, place in drawn], torch.int64),
            tensor(numbers["boxes"].reshape(-1, 4)),
            tensor(seeds),
            tensor(BOX_NOISE * rng.normal(size=(len(drawn), 4)).clip(-2, 2)),
            tensor(rng.random(len(drawn)) < self.recipe.own_boxes, torch.bool),
            tensor([chosen[image].known_by[place] for image, place in drawn], torch.uint8),
            None if crowded is None else tensor(crowded),
        )


def build_network(channels: Sequence[int], classes: int, recipe: PretrainedRecipe, seed: int) -> PyramidNetwork:
    """The recipe's network with initial weights, from a generator of its own."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = PyramidNetwork(channels, classes, *recipe.build_arguments())
    return network.to(memory_format=torch.channels_last)  # a quarter faster on a CPU


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what a training comes to, see `models.training.fingerprint`."""
    return {
        "pretrained": VERSION,
        "pretrained network": network.VERSION,
        "pretrained views": views.VERSION,
        "augmentation": augmentation.VERSION,
    }
