"""torchvision's detectors on the one training loop.

Ren, He, Girshick, Sun, *Faster R-CNN: towards real-time object detection with region proposal networks*, 2015.
torchvision draws regions and sides of images from torch's global generator. Every batch has a draw of its own, and the
generator is put back after it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor, nn

from maskloop.errors import InvalidArgument
from models.boxes.backbone import LEVELS, build_pyramid, region_pool
from models.boxes.boxed import BoxedImage, MaskedImage
from models.boxes.recipe import DetectorRecipe
from models.data.samples import IMAGENET_MEAN, IMAGENET_STD
from models.training.epochs import places_of
from models.training.fingerprint import TrainingInputs
from models.training.loop import LoopSettings, Task

VERSION = 1
"""Of networks, batches and losses; raised when a change makes trainings come to other weights."""
REGION = 7  # cells along a side of a region that the box head looks at
Target = dict[str, Tensor]


@dataclass(frozen=True)
class RcnnBatch:
    """Images (3, H, W) in [0, 1] of any sizes, what is in each as torchvision's detectors take it, and a draw."""

    images: list[Tensor]
    targets: list[Target]
    draw: int


@dataclass(frozen=True)
class RcnnTask(Task[nn.Module, RcnnBatch]):
    """Training of a detector.

    Args:
        items: by their ids, ascending; all masked or none.
    """

    items: tuple[BoxedImage | MaskedImage, ...]
    recipe: DetectorRecipe

    @classmethod
    def of(
        cls, network: nn.Module, items: Sequence[BoxedImage | MaskedImage], classes: int, recipe: DetectorRecipe
    ) -> Self:
        """The recipe's training of `network`, which is on its device.

        Raises:
            InvalidArgument: there is no box, an image is there twice, or a class is not below `classes`.
        """
        by_id = {_image(item).image_id: item for item in items}
        if len(by_id) < len(items):
            raise InvalidArgument("an image is there twice", field="images")
        told = {index for item in items for index in _image(item).classes}
        if not told:
            raise InvalidArgument("there is no box to train a detector on", field="images")
        if max(told) >= classes:
            raise InvalidArgument(f"class {max(told)} is not below {classes}", field="classes")
        return cls(network, loop_settings(recipe), tuple(by_id[name] for name in sorted(by_id)), recipe)

    def inputs(self) -> TrainingInputs:
        """All images in their order, whatever their ids."""
        data: dict[str, Tensor] = {}
        for place, item in enumerate(self.items):
            image = _image(item)
            data[f"{place} pixels"] = torch.from_numpy(image.pixels.copy())
            data |= {f"{place} {name}": tensor.cpu() for name, tensor in _target(item, self.device).items()}
        return TrainingInputs(self.recipe.shaping(), data, versions())

    def optimizer(self) -> torch.optim.Optimizer:
        """AdamW or SGD, the encoder at a rate of its own; without one it does not train."""
        recipe, network = self.recipe, self.network
        backbone: Any = network.backbone
        inner = {id(parameter) for parameter in backbone.encoder.parameters()}
        parts: tuple[list[nn.Parameter], ...] = ([], []) if recipe.encoder_factor else ([],)
        for parameter in network.parameters():
            if id(parameter) not in inner:
                parts[0].append(parameter)
            elif recipe.encoder_factor:
                parts[1].append(parameter)
            else:
                parameter.requires_grad_(False)
        factors = (1.0, recipe.encoder_factor)
        groups = [{"params": part, "rate": factor * recipe.rate} for part, factor in zip(parts, factors, strict=False)]
        if recipe.optimiser == "sgd":
            return torch.optim.SGD(groups, recipe.rate, momentum=recipe.momentum, weight_decay=recipe.weight_decay)
        return torch.optim.AdamW(groups, lr=recipe.rate, weight_decay=recipe.weight_decay, fused=True)

    def batch(self, seed: int, iteration: int) -> RcnnBatch:
        """Images as they lie or mirrored."""
        rng = np.random.default_rng([seed, 1, iteration])
        images, targets = [], []
        for place in places_of(len(self.items), self.recipe.batch, seed, iteration):
            pixels, target = _image(self.items[place]).tensor(self.device), _target(self.items[place], self.device)
            if self.recipe.flip and rng.integers(2):
                pixels, target = mirrored(pixels, target)
            images.append(pixels)
            targets.append(target)
        return RcnnBatch(images, targets, int(rng.integers(2**62)))

    def loss(self, batch: RcnnBatch, done: float) -> Tensor:
        """The sum of torchvision's losses."""
        with drawn(batch.draw, self.device):
            losses: dict[str, Tensor] = self.network(batch.images, batch.targets)
        return torch.stack(list(losses.values())).sum()


def build_faster_rcnn(recipe: DetectorRecipe, classes: int, *, weights: str, seed: int) -> nn.Module:
    """The recipe's network on the CPU, for `classes` classes beside the ground.

    Args:
        weights: of the encoder.
        seed: of whatever these do not give.
    """
    from torchvision.models.detection import FasterRCNN
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead

    sizes = tuple((recipe.anchor * 2**level,) for level in range(len(LEVELS) + 1))
    with drawn(seed, torch.device("cpu")):
        network: nn.Module = FasterRCNN(
            build_pyramid(recipe.encoder, weights, recipe.width),
            min_size=recipe.sides,
            max_size=recipe.longest,
            image_mean=list(IMAGENET_MEAN),
            image_std=list(IMAGENET_STD),
            rpn_anchor_generator=AnchorGenerator(sizes, ((0.5, 1.0, 2.0),) * len(sizes)),
            rpn_pre_nms_top_n_train=2 * recipe.regions,
            rpn_pre_nms_top_n_test=recipe.regions,
            rpn_post_nms_top_n_train=recipe.regions,
            rpn_post_nms_top_n_test=recipe.regions,
            box_roi_pool=region_pool(REGION, recipe.anchor),
            box_head=TwoMLPHead(recipe.width * REGION**2, recipe.head),
            box_predictor=FastRCNNPredictor(recipe.head, classes + 1),
            box_batch_size_per_image=recipe.sampled,
        )
    return network


def loop_settings(recipe: DetectorRecipe) -> LoopSettings:
    """How the loop trains by a recipe, which is without torch, so that a server's desk can read it."""
    drops = tuple(share for share in (recipe.drop, recipe.second_drop) if share < 1)
    decay: Any = recipe.schedule
    return LoopSettings(recipe.warmup, decay, recipe.clip, recipe.checkpoint_every, mixed_precision=False, drops=drops)


def versions() -> dict[str, int]:
    """Of the parts of the code that decide what a training comes to, see `models.training.fingerprint`."""
    return {"boxes": VERSION}


def mirrored(pixels: Tensor, target: Target) -> tuple[Tensor, Target]:
    """An image (3, H, W) and what is in it, left and right changed."""
    width = pixels.shape[-1]
    left, upper, right, lower = target["boxes"].unbind(dim=1)
    made = {**target, "boxes": torch.stack([width - right, upper, width - left, lower], dim=1)}
    if "masks" in target:
        made["masks"] = target["masks"].flip(-1)
    return pixels.flip(-1), made


@contextmanager
def drawn(seed: int, device: torch.device) -> Iterator[None]:
    """torch's global generators begin with a seed, and go on afterwards as if nothing had been drawn."""
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(seed)
        yield


def _image(item: BoxedImage | MaskedImage) -> BoxedImage:
    return item.image if isinstance(item, MaskedImage) else item


def _target(item: BoxedImage | MaskedImage, device: torch.device) -> Target:
    """Boxes (n, 4) and labels (n,), class indices from 1 on; of a masked image (2 n, H, W) uint8 masks: all tight ones,
    then all loose ones."""
    image = _image(item)
    target = {
        "boxes": torch.from_numpy(image.boxes.copy()).to(device),
        "labels": torch.tensor([index + 1 for index in image.classes], dtype=torch.int64, device=device),
    }
    if isinstance(item, MaskedImage):
        rows = [mask.tight for mask in item.masks] + [mask.loose for mask in item.masks]
        masks = np.array(rows, dtype=np.uint8).reshape(-1, *image.size)
        target["masks"] = torch.from_numpy(masks).to(device)
    return target
