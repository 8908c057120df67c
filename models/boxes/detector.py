"""A Faster R-CNN trained on boxes, in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn

from models.boxes.boxed import BoxedImage, Floats
from models.boxes.rcnn_task import RcnnTask, build_faster_rcnn
from models.boxes.recipe import DetectorRecipe
from models.training.cache import NetworkCache
from models.training.loop import Progress, run
from models.training.model_file import InOneFile


class Detections(NamedTuple):
    """Of one image, the surest first: boxes (n, 4) float32 in its pixels, class indices, scores (n,) in [0, 1]."""

    boxes: Floats
    classes: tuple[int, ...]
    scores: Floats


class Input(NamedTuple):
    """An image as the detector sees it.

    Args:
        pixels: (1, 3, h, w) float, normalised: 0 is the mean colour. Filled up with zeros to multiples of 32.
        size: height and width without what was filled up.
    """

    pixels: Tensor
    size: tuple[int, int]


@dataclass(frozen=True)
class FittedDetector(InOneFile):
    """A trained detector.

    Args:
        network: torchvision's `FasterRCNN`, in eval mode; class 0 is the ground.
        categories: the vocabulary's ids in the order of class indices.
        seed: of the training.
        snapshot: ids of the images it learnt from, sorted.
    """

    FORMAT: ClassVar[str] = "maskloop.detector.1"

    network: nn.Module
    recipe: DetectorRecipe
    categories: tuple[int, ...]
    seed: int
    snapshot: tuple[str, ...]

    @property
    def device(self) -> torch.device:
        """Where the network is."""
        return next(self.network.parameters()).device

    @torch.no_grad()
    def detect(self, image: BoxedImage) -> Detections:
        """What it finds by itself; the image's boxes are not looked at."""
        (found,) = self.network([image.tensor(self.device)])
        classes = tuple(label - 1 for label in found["labels"].tolist())
        return Detections(found["boxes"].cpu().numpy(), classes, found["scores"].cpu().numpy())

    def input(self, image: BoxedImage) -> Input:
        """The image as the network sees it; in the precision of the network."""
        return detector_input(self.network, image)

    def _description(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(),
            "categories": self.categories,
            "seed": self.seed,
            "snapshot": self.snapshot,
        }

    def _tensors(self) -> dict[str, Tensor]:
        return self.network.state_dict()

    @classmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe = DetectorRecipe.from_dict(description["recipe"])
        network = build_faster_rcnn(recipe, len(description["categories"]), weights="random", seed=0)
        network.load_state_dict(dict(tensors))
        categories, snapshot = tuple(description["categories"]), tuple(description["snapshot"])
        return cls(network.to(device).eval(), recipe, categories, description["seed"], snapshot)


def train_detector(
    images: Sequence[BoxedImage],
    categories: Sequence[int],
    recipe: DetectorRecipe,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
) -> FittedDetector:
    """Train a detector on the images' boxes.

    Args:
        images: their order has no influence; some may hold no box.
        categories: the vocabulary's ids in the order of class indices.
        resume_path, progress, cache: see `models.training.loop.run`.

    Raises:
        InvalidArgument: there is no box, an image is there twice, or a class is not of the vocabulary.
        FailedPrecondition: the loss is no longer finite.
        StorageFull: a checkpoint cannot be written.
    """
    network = build_faster_rcnn(recipe, len(categories), weights=recipe.weights, seed=seed).to(device)
    task = RcnnTask.of(network, images, len(categories), recipe)
    trained = run(task, recipe.iterations, seed, resume_path=resume_path, cache=cache, progress=progress)
    return FittedDetector(trained, recipe, tuple(categories), seed, tuple(sorted(item.image_id for item in images)))


def detector_input(network: nn.Module, image: BoxedImage) -> Input:
    """An image as a network of torchvision's sees it in eval mode."""
    transform: Any = network.transform
    parameter = next(network.parameters())
    made, _ = transform([image.tensor(parameter.device).to(parameter.dtype)])
    height, width = made.image_sizes[0]
    return Input(made.tensors, (int(height), int(width)))


def scaled_boxes(boxes: Floats, size: tuple[int, int], to: tuple[int, int]) -> Tensor:
    """(n, 4) float64 boxes of an image of (height, width) in one of another size."""
    down, across = to[0] / size[0], to[1] / size[1]
    return torch.from_numpy(boxes).double() * torch.tensor([across, down, across, down], dtype=torch.float64)
