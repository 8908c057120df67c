"""FickleNet's maps: many draws of what a head's windows see, a map of each, their maximum or mean.

Lee et al., *FickleNet: weakly and semi-supervised semantic image segmentation using stochastic inference*, CVPR 2019
(Lee, *Label-efficient learning for object recognition*, Seoul National University 2023, chapter of FickleNet). A map is
Grad-CAM at the features (equation 2.2 there): the features times the gradient of the class's logit, rectified.

The head is linear in what its windows see, so the gradient needs no graph. A feature counts in as many windows as see
it; what it adds to each is computed once, a draw then only says where it does.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.network import ImageClassifier
from models.localization.fickle_head import FickleClassifier
from models.localization.maps import ClassMaps, MapMethod, check_asked, join_scales, view_pair

SEED_FROM = 0.35
TINY = 1e-12


@dataclass(frozen=True)
class FickleNet(MapMethod):
    """The options. The classifier is a `FickleClassifier`, whose own dropout is used.

    Args:
        seed: of all draws; those of an image follow from it and from the image's pixels.
        passes: N, draws of each view, 1 or more.
        aggregate: of the draws' maps, each divided by its largest value.
        gradient: multiplied with the features place by place, as the dissertation prints ("places"), or averaged over
            the places first, as Grad-CAM usually is ("channels").
        scales: of the image.
        mirrored: whether the mirror image is looked at as well.

    Raises:
        InvalidArgument: no pass.
    """

    seed: int = 0
    passes: int = 200
    aggregate: Literal["max", "mean"] = "max"
    gradient: Literal["places", "channels"] = "places"
    scales: tuple[float, ...] = (1.0,)
    mirrored: bool = False

    def __post_init__(self) -> None:
        if self.passes < 1:
            raise InvalidArgument(f"passes is {self.passes}; at least 1 is needed", field="passes")

    @torch.no_grad()
    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`.

        Raises:
            InvalidArgument: the classifier is no `FickleClassifier`.
        """
        check_asked(classifier, images, classes)
        if not isinstance(classifier, FickleClassifier):
            raise InvalidArgument("FickleNet needs a classifier that was trained with its head", field="classifier")
        return [self._maps(classifier, pixels, asked) for pixels, asked in zip(images, classes, strict=True)]

    def _maps(self, classifier: FickleClassifier, pixels: NDArray[np.uint8], asked: Sequence[int]) -> ClassMaps:
        generator, joined = generator_of(self.seed, pixels), []
        for scale in self.scales:
            views = classifier.encoder(view_pair(pixels, scale, classifier.head.weight.device))[-1].float()
            made = self._aggregated(classifier, views[:1], asked, generator)
            if self.mirrored:
                made = made + self._aggregated(classifier, views[1:], asked, generator).flip(-1)
            joined.append(made)
        return join_scales(joined, asked, pixels.shape[:2], classifier.output_stride)

    def _aggregated(
        self, classifier: FickleClassifier, features: Tensor, asked: Sequence[int], generator: torch.Generator
    ) -> Tensor:
        """(n, h, w) of features (1, D, h, w); one draw's maps are in memory at a time."""
        size = (features.shape[2], features.shape[3])
        parts = contributions(features, classifier.head.weight[list(asked)])
        seen_from = windows_of_places(classifier.dropout.window, size).to(features.device)
        made = torch.zeros_like(parts[:, 0])
        for _ in range(self.passes):
            masks = classifier.dropout.masks(1, size, generator)[0].to(features)
            counted = seen(masks, seen_from)
            if self.gradient == "channels":
                counted = counted.mean(dim=(1, 2), keepdim=True)
            maps = (counted * parts).sum(dim=1).relu()
            maps = maps / maps.amax(dim=(1, 2), keepdim=True).clamp(min=TINY)
            made = torch.maximum(made, maps) if self.aggregate == "max" else made + maps / self.passes
        return made


def generator_of(seed: int, pixels: NDArray[np.uint8]) -> torch.Generator:
    """Of all draws for an image (H, W, 3), on the CPU."""
    digest = hashlib.sha256(f"{seed}:".encode() + np.ascontiguousarray(pixels).tobytes()).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "big", signed=True))


def contributions(features: Tensor, weight: Tensor) -> Tensor:
    """What each feature adds to a class in each place of a window, (n, s * s, h, w), of features (1, D, h, w).

    Args:
        weight: (n, D, s, s), the head's of n classes.
    """
    classes, channels, side, _ = weight.shape
    places = weight.permute(0, 2, 3, 1).reshape(classes * side**2, channels, 1, 1)
    return F.conv2d(features, places).view(classes, side**2, *features.shape[2:])


def windows_of_places(window: int, size: tuple[int, int]) -> Tensor:
    """(s * s, h * w) int64: around which place, by rows, the window lies in whose k-th place a feature is.

    h * w where there is no such window.
    """
    height, width = size
    shifts = torch.arange(window) - window // 2
    rows = torch.arange(height) - shifts[:, None]
    columns = torch.arange(width) - shifts[:, None]
    inside = ((rows >= 0) & (rows < height))[:, None, :, None] & ((columns >= 0) & (columns < width))[None, :, None, :]
    around = rows[:, None, :, None] * width + columns[None, :, None, :]
    return torch.where(inside, around, height * width).view(window**2, height * width)


def seen(masks: Tensor, windows: Tensor) -> Tensor:
    """Masks of windows (s * s, h, w) as the features see them: how much each counts in each place of a window."""
    padded = F.pad(masks.flatten(1), (0, 1))
    return padded.gather(1, windows).view(masks.shape)


def fickle_seeds(highest: Tensor, mean: Tensor, above: float = SEED_FROM) -> Tensor:
    """Which class each place is a seed of: (h, w) int64 places among the n classes, -1 for none.

    As remembered of the paper: a class that some draw shows above `above`; of several the one with the highest mean.

    Args:
        highest, mean: (n, h, w) maps of the same draws, by either `aggregate`.
    """
    shown = highest > above
    best = torch.where(shown, mean, -1.0).argmax(dim=0)
    return torch.where(shown.any(dim=0), best, -1)
