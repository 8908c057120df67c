"""Class maps of patches at many scales, and what they come to: a label for every pixel of an image.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
section 3, as in the authors' program. Scores are raw: not rectified, the linear layer's bias among them. Bilinear
resizing has corners unaligned.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidArgument, InvalidConfig
from models.classification.patches.cutting import Labels, Patch, join_labels
from models.classification.patches.model import FittedPatchClassifier
from models.classification.patches.views import enlarged, network_input
from models.data.sliding import average_windows, sliding_windows
from models.data.windows import Window

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)
AT_ONCE = 32
"""Crops that the network sees together."""
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class PatchMaps:
    """Maps of patches by a trained classifier.

    At each scale a patch is enlarged bicubically, its sides rounded down, and cut as images are cut into patches. Each
    crop is enlarged to the side that the network sees, and its scores are brought back to the crop's size. Where crops
    overlap scores are averaged, then brought back to the patch's size, and summed over scales. A patch of the recipe's
    side makes 1, 4, 4, 9 and 9 crops.

    Args:
        scales: above 0.

    Raises:
        InvalidConfig: there is no scale, or one that is not above 0.
    """

    fitted: FittedPatchClassifier
    scales: tuple[float, ...] = field(default=SCALES)

    def __post_init__(self) -> None:
        if not self.scales or not all(0 < scale < float("inf") for scale in self.scales):
            raise InvalidConfig(f"scales are {list(self.scales)}; one or more are needed, above 0", field="scales")

    @torch.no_grad()
    def scores(self, pixels: Pixels) -> Tensor:
        """(C, h, w) float32 on the CPU, of a patch (h, w, 3) uint8."""
        recipe, size = self.fitted.recipe, (pixels.shape[0], pixels.shape[1])
        total = torch.zeros(self.fitted.classes, *size)
        for scale in self.scales:
            scaled = (max(1, int(size[0] * scale)), max(1, int(size[1] * scale)))
            image = enlarged(pixels, scaled, Image.Resampling.BICUBIC)
            joined = crop_scores(self.fitted, image, recipe.side, recipe.stride)
            total += _resized(joined, size)
        return total

    def labels(self, patch: Patch, *, all_classes: bool = False) -> Labels:
        """(h, w) uint8, the class of the largest score among those that the patch holds.

        Args:
            all_classes: classes that the patch does not hold may be said, too.

        Raises:
            InvalidArgument: the patch holds no class.
        """
        scores = self.scores(patch.pixels)
        if not all_classes:
            scores = present_alone(scores, patch.present)
        return scores.argmax(dim=0).numpy().astype(np.uint8)

    def image_labels(self, size: tuple[int, int], patches: Sequence[Patch], *, all_classes: bool = False) -> Labels:
        """(H, W) uint8 labels of an image of which these are patches; 255 where none is.

        Args:
            size: height and width of the image.
            all_classes: see `labels`.
        """
        made = [self.labels(patch, all_classes=all_classes) for patch in patches]
        return join_labels(size, [patch.window for patch in patches], made, self.fitted.classes)


@torch.no_grad()
def crop_scores(fitted: FittedPatchClassifier, pixels: Pixels, side: int, stride: int) -> Tensor:
    """(C, H, W) float32 scores on the CPU, of an image of any size, by crops; overlaps are averaged.

    The authors validate on whole images by crops of 224 every 224 pixels.

    Args:
        pixels: (H, W, 3) uint8.
        side, stride: of the crops, in pixels, see `models.data.sliding.starts`.
    """
    size = (pixels.shape[0], pixels.shape[1])
    windows = sliding_windows(size, side, stride)
    return average_windows(size, zip(windows, _window_scores(fitted, pixels, windows), strict=True))


def _window_scores(fitted: FittedPatchClassifier, pixels: Pixels, windows: Sequence[Window]) -> Iterator[Tensor]:
    """(C, h, w) of each window, on the CPU."""
    device, seen = fitted.network.head.weight.device, fitted.recipe.input_side
    for start in range(0, len(windows), AT_ONCE):
        part = windows[start : start + AT_ONCE]
        crops = [enlarged(window.of(pixels), (seen, seen)) for window in part]
        maps = fitted.network.maps(network_input(crops, fitted.recipe, device)).cpu()
        yield from (_resized(each, (window.height, window.width)) for window, each in zip(part, maps, strict=True))


def present_alone(scores: Tensor, present: Sequence[int]) -> Tensor:
    """Scores (C, h, w) with those of classes that are not there at minus infinity.

    Raises:
        InvalidArgument: no class is there.
    """
    if not present:
        raise InvalidArgument("a patch that holds no class has no label", field="present")
    kept = torch.full_like(scores, -torch.inf)
    kept[list(present)] = scores[list(present)]
    return kept


def _resized(scores: Tensor, size: tuple[int, int]) -> Tensor:
    if scores.shape[1:] == size:
        return scores
    return F.interpolate(scores[None].float(), size, mode="bilinear", align_corners=False)[0]
