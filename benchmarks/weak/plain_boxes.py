"""BBAM as its paper's loop reads: one object and one region at a time, each region with a pass of the whole network.

Slow and obvious, written from the formulas. What a detector is made of is torchvision's. Boxes, choice, mask and loss
are computed here anew.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from models.boxes.bbam import Bbam
from models.boxes.boxed import BoxedImage
from models.boxes.detector import FittedDetector
from models.boxes.positives import box_rng

OFFSET_WEIGHTS = (10.0, 10.0, 5.0, 5.0)
Box = list[float]


def plain_bbam(detector: FittedDetector, image: BoxedImage, row: int, method: Bbam, seed: int) -> Tensor:
    """(h, w) the map of one object."""
    network: Any = detector.network
    pixels, (height, width) = detector.input(image)
    down, across = height / image.size[0], width / image.size[1]
    box = [float(side) * share for side, share in zip(image.boxes[row], (across, down) * 2, strict=True)]
    label = image.classes[row] + 1
    moves = box_rng(seed, image.boxes[row], image.classes[row]).uniform(
        -method.reach, method.reach, (method.jitters, 4)
    )
    regions = [moved(box, move, width, height) for move in moves.tolist()]
    with torch.no_grad():
        told = [looked(network, pixels, region, (height, width)) for region in regions]
    border = None if method.said("whole") else (width, height)
    made = [
        decoded(region, offsets[label].tolist(), border) for region, (offsets, _) in zip(regions, told, strict=True)
    ]
    overlaps = [whole_iou(each, box) if method.said("whole") else iou(each, box) for each in made]
    positives: list[int] = []
    for least in method.said("ious"):
        positives = [
            place for place, overlap in enumerate(overlaps) if overlap > least and int(told[place][1].argmax()) == label
        ]
        if len(positives) > method.most:
            break
    positives = positives[: method.most]
    found = [made[place] for place in positives]
    rows, columns = cells(method, box, found, (height, width))
    mask = torch.zeros(rows, columns, dtype=pixels.dtype)
    stride = stride_of(method, box, found, (height, width))
    for left, upper, right, lower in found:
        if method.said("whole"):
            mask[int(upper / stride) : int(lower / stride), int(left / stride) : int(right / stride)] = 1
            continue
        for y in range(rows):
            for x in range(columns):
                down_there = y * height / rows < lower and (y + 1) * height / rows > upper
                if down_there and x * width / columns < right and (x + 1) * width / columns > left:
                    mask[y, x] = 1
    if not positives:
        return mask
    mask.requires_grad_()
    adam = torch.optim.Adam([mask], lr=method.rate)
    for _ in range(method.iterations):
        adam.zero_grad()
        for place in positives:
            whole = F.interpolate(mask[None, None], (height, width), mode="bilinear", align_corners=True)
            shown = F.pad(whole, (0, pixels.shape[3] - width, 0, pixels.shape[2] - height))
            offsets, probabilities = looked(network, pixels * shown, regions[place], (height, width))
            torch.autograd.backward(distance(method, label, told[place], (offsets, probabilities)) / len(positives))
        torch.autograd.backward(
            method.regulariser * mask.abs().sum() + method.said("variation") * roughness(method, mask)
        )
        adam.step()
        with torch.no_grad():
            mask.clamp_(0, 1)
    return mask.detach()


def moved(box: Box, move: Box, width: int, height: int) -> Box:
    wide, high = box[2] - box[0], box[3] - box[1]
    sides = [side + share * by for side, share, by in zip(box, move, (wide, high, wide, high), strict=True)]
    return [min(max(side, 0.0), most) for side, most in zip(sides, (width, height, width, height), strict=True)]


def looked(network: Any, pixels: Tensor, region: Box, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
    """Offsets (C + 1, 4) and probabilities (C + 1,) of a region."""
    heads = network.roi_heads
    seen = heads.box_roi_pool(network.backbone(pixels), [torch.tensor([region], dtype=pixels.dtype)], [size])
    logits, offsets = heads.box_predictor(heads.box_head(seen))
    return offsets[0].reshape(-1, 4), logits[0].softmax(dim=0)


def decoded(region: Box, offsets: Box, border: tuple[int, int] | None) -> Box:
    """The box that offsets make of a region, cut at an image's border, its width and height, if there is one."""
    wide, high = region[2] - region[0], region[3] - region[1]
    across, down, wider, higher = (each / weight for each, weight in zip(offsets, OFFSET_WEIGHTS, strict=True))
    x, y = region[0] + wide / 2 + across * wide, region[1] + high / 2 + down * high
    wide, high = wide * math.exp(wider), high * math.exp(higher)
    sides = [x - wide / 2, y - high / 2, x + wide / 2, y + high / 2]
    return [min(max(side, 0.0), most) for side, most in zip(sides, border * 2, strict=True)] if border else sides


def whole_iou(one: Box, other: Box) -> float:
    return iou([float(int(side)) for side in one], [float(int(side)) for side in other])


def iou(one: Box, other: Box) -> float:
    wide, high = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    shared = max(wide, 0.0) * max(high, 0.0)
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return shared / (areas - shared)


def stride_of(method: Bbam, box: Box, found: list[Box], size: tuple[int, int]) -> float:
    """Pixels of a cell."""
    boxes = found if method.said("area") == "found" and found else [box]
    area = float(np.mean([(each[2] - each[0]) * (each[3] - each[1]) for each in boxes])) / (size[0] * size[1])
    return method.least_stride + method.stride_slope * math.sqrt(area)


def cells(method: Bbam, box: Box, found: list[Box], size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns of the mask."""
    stride = stride_of(method, box, found, size)
    rows, columns = (max(1, math.ceil(s / stride) if method.said("round_up") else math.floor(s / stride)) for s in size)
    return rows, columns


def distance(method: Bbam, label: int, whole: tuple[Tensor, Tensor], part: tuple[Tensor, Tensor]) -> Tensor:
    """Of what the heads say of a region of the whole image and of the changed one."""
    box = (whole[0][label] - part[0][label]).abs()
    of_class = (whole[1][label] - part[1][label]).abs()
    total = torch.zeros((), dtype=box.dtype)
    if method.box_head:
        total = total + (box.mean() / 2 if method.said("mean") else box.sum())
    if method.class_head:
        total = total + (of_class / 2 if method.said("mean") else of_class)
    return total


def roughness(method: Bbam, mask: Tensor) -> Tensor:
    """Total variation: rows, columns, and both diagonals there and back."""
    total = (mask[1:] - mask[:-1]).abs().pow(method.variation_power).sum()
    total = total + (mask[:, 1:] - mask[:, :-1]).abs().pow(method.variation_power).sum()
    for one, other in (
        (mask[1:, 1:], mask[:-1, :-1]),
        (mask[:-1, :-1], mask[1:, 1:]),
        (mask[1:, :-1], mask[:-1, 1:]),
        (mask[:-1, 1:], mask[1:, :-1]),
    ):
        total = total + (one - other).abs().pow(method.variation_power).sum()
    return total
