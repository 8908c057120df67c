"""Class maps by the plain loops of their papers: an image, a scale, a class and a step at a time.

Of `models.localization` they use the views, since AdvCAM's steps switch where a map grows and where it is high, and so
multiply what rounding an image differently comes to; and what is drawn and pooled. The tests of that room compare with
them as well.

All take a classifier in eval mode, an image (H, W, 3) uint8 and class indices, and return maps (n, ceil(H / 4),
ceil(W / 4)) and (n, H, W) of the classifier's precision.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.classification.network import ImageClassifier
from models.localization.fickle_head import FickleClassifier
from models.localization.ficklenet import FickleNet, generator_of
from models.localization.gndrp import gndrp
from models.localization.maps import view_pair
from models.localization.rib import Rib

SCALES = (0.5, 1.0, 1.5, 2.0)
Pixels = NDArray[np.uint8]
Maps = tuple[Tensor, Tensor]


@torch.no_grad()
def plain_cam(classifier: ImageClassifier, pixels: Pixels, classes: Sequence[int]) -> Maps:
    """Rectified class maps of both views, at four scales."""
    seen = []
    for scale in SCALES:
        maps = classifier.maps(_views(classifier, pixels, scale)).relu()
        seen.append(torch.stack([maps[0, index] + maps[1, index].flip(-1) for index in classes]))
    return merge(seen, pixels, classifier.output_stride)


def plain_grad_cam(
    classifier: ImageClassifier,
    pixels: Pixels,
    classes: Sequence[int],
    *,
    weighting: str = "averaged",
    tap: int = 4,
    scales: Sequence[float] = SCALES,
) -> Maps:
    """A forward and a backward pass for each scale and class."""
    seen = []
    for scale in scales:
        made = []
        for index in classes:
            taps = classifier.encoder(_views(classifier, pixels, scale).requires_grad_())
            taps[tap].retain_grad()
            score = classifier.head(taps[-1])[:, index]
            (score.relu() if weighting == "official" else score).sum().backward()
            features, gradient = taps[tap].detach(), taps[tap].grad
            if weighting == "averaged":
                gradient = gradient.mean(dim=(2, 3), keepdim=True)
            if weighting == "official":
                gradient = gradient.sum(dim=(2, 3), keepdim=True) / ((gradient > 0).sum().item() + 1e-12)
            first, second = (features * gradient).sum(dim=1).relu()
            made.append(first + second.flip(-1))
            classifier.zero_grad()
        seen.append(torch.stack(made))
    return merge(seen, pixels, classifier.output_stride)


def plain_adv_cam(
    classifier: ImageClassifier,
    pixels: Pixels,
    classes: Sequence[int],
    *,
    steps: int = 27,
    scales: Sequence[float] = SCALES,
) -> Maps:
    """For each step a forward pass, a backward pass for the weights of channels, and one for the image."""
    seen = []
    for scale in scales:
        wanted = steps
        if scale == 0.5 and steps > 5:
            wanted = steps // 2 if steps > 10 else 5
        seen.append(torch.stack([_climb(classifier, pixels, scale, index, wanted) for index in classes]))
    return merge([(2 if steps > 10 else 1) * maps for maps in seen], pixels, classifier.output_stride)


def _climb(classifier: ImageClassifier, pixels: Pixels, scale: float, index: int, steps: int) -> Tensor:
    image, total, first = _views(classifier, pixels, scale), torch.tensor(0.0), None
    for _ in range(steps):
        image.requires_grad_()
        features = classifier.encoder(image)[-1]
        features.retain_grad()
        maps = classifier.head(features).relu()
        maps[:, index].sum().backward(retain_graph=True)
        slope: Any = features.grad
        weights = slope.sum(dim=(2, 3), keepdim=True) / ((slope > 0).sum().item() + 1e-12)
        views = (weights.detach() * features).sum(dim=1).relu()
        joined = views[0] + views[1].flip(-1)
        first = joined.detach() if first is None else first
        total = total + joined.detach()
        high = joined.detach() / joined.detach().max() > 0.5
        scores = maps.mean(dim=(2, 3))
        loss = (2 * scores[:, index] - scores.sum(dim=1)).sum() - 7 * (high * (joined - first).abs()).sum()
        image.grad = None
        loss.backward()
        gradient: Any = image.grad
        with torch.no_grad():
            moved = image + 0.08 * gradient / (gradient.abs().max() + 1e-12)
            image = moved.clamp(image.min(), image.max())
        classifier.zero_grad()
    return total


def plain_rib(classifier: ImageClassifier, pixels: Pixels, classes: Sequence[int], method: Rib) -> Maps:
    """A copy of the whole classifier learns, a view at a time; without the rules that end its steps early."""
    network, others = copy.deepcopy(classifier), method.others
    early, late = network.encoder.cut(method.cut)
    early.requires_grad_(False)
    late.requires_grad_(True)
    rates = [(list(late.parameters()), method.rate), ([network.head.weight], method.head_rate)]
    groups = [{"params": learnt, "full": rate} for learnt, rate in rates]
    optimizer = torch.optim.SGD(groups, lr=1.0, momentum=method.sgd.momentum, weight_decay=method.sgd.weight_decay)
    seen: dict[float, Tensor | float] = dict.fromkeys(method.scales, 0.0)
    for step in range(method.steps):
        optimizer.zero_grad()
        for scale in method.scales:
            views = []
            for image in view_pair(pixels, scale, network.head.weight.device):
                maps = network.maps(image[None])
                views.append(maps[0, list(classes)].detach().relu())
                if scale in method.fitted:
                    torch.autograd.backward(-gndrp(maps, method.tau)[0, list(classes)].sum())
            seen[scale] = seen[scale] + views[0] + views[1].flip(-1)
        if others is not None:
            drawn = others.draw(pixels, classes, step if method.redraw else 0, network.head.weight.device)
            for image, held in zip(drawn.images, drawn.classes, strict=True):
                torch.autograd.backward(-gndrp(network.maps(image[None]), method.tau)[0, list(held)].sum())
        for group in optimizer.param_groups:
            group["lr"] = group["full"] * (1 - min(step, method.steps - 1) / method.steps) ** 0.9
        optimizer.step()
    return merge([maps for maps in seen.values() if isinstance(maps, Tensor)], pixels, classifier.output_stride)


def plain_fickle_net(classifier: FickleClassifier, pixels: Pixels, classes: Sequence[int], method: FickleNet) -> Maps:
    """For each draw its windows side by side, a convolution over them, and a backward pass for each class."""
    generator = generator_of(method.seed, pixels)
    features = classifier.encoder(_views(classifier, pixels, 1.0)[:1])[-1].detach().requires_grad_()
    highest = torch.zeros(len(classes), *features.shape[2:], device=features.device)
    for _ in range(method.passes):
        masks = classifier.dropout.masks(1, (features.shape[2], features.shape[3]), generator).to(features)
        scores = classifier.through(features, masks).sum(dim=(0, 2, 3))
        for row, index in enumerate(classes):
            (gradient,) = torch.autograd.grad(scores[index], features, retain_graph=True)
            made = (features * gradient).detach().sum(dim=1)[0].relu()
            highest[row] = torch.maximum(highest[row], made / made.max().clamp(min=1e-12))
    return merge([highest], pixels, classifier.output_stride)


def _views(classifier: ImageClassifier, pixels: Pixels, scale: float) -> Tensor:
    head = classifier.head.weight
    return view_pair(pixels, scale, head.device).to(head.dtype)


def merge(seen: Sequence[Tensor], pixels: Pixels, stride: int) -> Maps:
    """Maps (n, h, w) of all scales summed at a quarter of the image's size and at its own; the largest value is 1.

    Args:
        stride: of the maps, pixels.
    """
    height, width = pixels.shape[:2]
    quarter = math.ceil(height / 4), math.ceil(width / 4)
    frame = math.ceil(height / stride) * stride, math.ceil(width / stride) * stride
    strided, framed = (
        torch.stack([F.interpolate(maps[None], size, mode="bilinear", align_corners=False)[0] for maps in seen]).sum(0)
        for size in (quarter, frame)
    )
    whole = framed[:, :height, :width]
    return strided / (strided.amax((1, 2), True) + 1e-5), whole / (whole.amax((1, 2), True) + 1e-5)
