"""A detector of linear parts in double precision, and pictures of rectangles in boxes."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import nn
from torchvision.models.detection import FasterRCNN
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign

from models.boxes.boxed import BoxedImage, BoxMask, MaskedImage
from models.boxes.detector import FittedDetector
from models.boxes.recipe import DetectorRecipe, MaskRecipe

CATEGORIES = (3, 8)
CPU = torch.device("cpu")
TINY: dict[str, Any] = {
    "encoder": "compact",
    "weights": "random",
    "smallest": 64,
    "shortest": 64,
    "longest": 96,
    "width": 16,
    "head": 16,
    "anchor": 8,
    "sampled": 16,
    "regions": 20,
    "iterations": 6,
    "batch": 2,
    "warmup": 2,
    "checkpoint_every": 2,
}
DETECTOR, MASKS = DetectorRecipe(**TINY), MaskRecipe(**TINY)


def pictures(number: int, seed: int = 0) -> list[BoxedImage]:
    """Dark noise with one or two bright blocks, red of class 0 or blue of class 1."""
    rng, made = np.random.default_rng(seed), []
    for place in range(number):
        size = ((64, 80), (72, 64))[place % 2]
        pixels = rng.integers(0, 50, (*size, 3), dtype=np.uint8)
        boxes, classes = [], []
        for slot in range(1 + place % 2):
            top, left = int(rng.integers(2, 12)) + 30 * slot, int(rng.integers(2, 30))
            high, wide = int(rng.integers(14, 22)), int(rng.integers(16, 30))
            kind = int(rng.integers(2))
            pixels[top : top + high, left : left + wide] = (230, 40, 40) if kind == 0 else (40, 60, 230)
            boxes.append((left, top, left + wide, top + high))
            classes.append(kind)
        made.append(BoxedImage(f"picture {place}", pixels, np.array(boxes, dtype=np.float32), tuple(classes)))
    return made


def masked(image: BoxedImage) -> MaskedImage:
    """The middle of each box is known to be of its object, and what is beside the box not to be."""
    masks = []
    for left, upper, right, lower in image.boxes.astype(int):
        tight, loose = np.zeros(image.size, dtype=bool), np.zeros(image.size, dtype=bool)
        loose[upper:lower, left:right] = True
        tight[upper + 4 : lower - 4, left + 4 : right - 4] = True
        masks.append(BoxMask(tight, loose))
    return MaskedImage(image, tuple(masks))


class LinearBackbone(nn.Module):
    """Cells of 4 x 4 pixels, each seen alone."""

    def __init__(self) -> None:
        super().__init__()
        self.out_channels = 6
        self.cells = nn.Conv2d(3, self.out_channels, 4, stride=4)

    def forward(self, images):
        return {"0": self.cells(images)}


def linear_detector(bias: float = 1.0, seed: int = 0) -> FittedDetector:
    """Of linear heads on linear features; a `bias` for class 0 makes it find all that is in a box."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = FasterRCNN(
            LinearBackbone(),
            min_size=64,
            max_size=96,
            rpn_anchor_generator=AnchorGenerator(((16,),), ((1.0,),)),
            box_roi_pool=MultiScaleRoIAlign(["0"], 3, 2),
            box_head=nn.Flatten(),
            box_predictor=FastRCNNPredictor(6 * 9, len(CATEGORIES) + 1),
        )
    with torch.no_grad():
        network.roi_heads.box_predictor.cls_score.bias += torch.tensor([0.0, bias, 0.0])
    return FittedDetector(network.double().eval(), DETECTOR, CATEGORIES, 0, ())
