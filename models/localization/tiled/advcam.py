"""AdvCAM of classifiers whose maps are as fine as the image, for images of any size.

Section "explanations" of Janouskova, Rigotti, Giurgiu, Malossi, *Model-assisted labeling via explainability for visual
inspection of civil infrastructures*, 2022: Grad-CAM at the last layer, which is the class activation map there, and
AdvCAM (Lee, Kim, Yoon, *Anti-adversarially manipulated attributions for weakly and semi-supervised semantic
segmentation*, CVPR 2021) of two iterations, a number that users may change; maps are summed over iterations and
normalised. The paper says no more, so that the rest is options here:

- whether T iterations sum T or T + 1 maps: `last_map`;
- xi, lambda and tau: `step_size`, `relative`, `regulariser`, `threshold`, by default those of AdvCAM's program;
- whether y is the logit or the mean of the rectified map: `rectified`;
- whether maps are regularised and summed raw or divided by their largest value: `normalised`;
- whether growth is summed over pixels, as in AdvCAM, or averaged as y is: `growth`. A sum has as many terms as the
  image has pixels and silences y in a large one, so that the mean is the default;
- by what the sum over iterations is normalised: its largest value in the whole image.

Other classes are held down where the network has some. An image is seen once, without its mirror image and at one
scale; `models.localization.advcam.AdvCam` does both with the same networks.

All that couples distant pixels is of the whole image: the largest values of map and gradient, and the mean. A tile's
part in these is gathered first, so that tiles change nothing but the memory that is needed. Maps are those of the whole
image where half the overlap is the network's reach, and steps where it is twice that; a pixel hardly depends on what
lies near the end of its reach. With steps, an image of H x W pixels takes 36 H W bytes beside one tile's; without, 4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidConfig
from models.classification.network import ImageClassifier
from models.data.samples import image_tensor, normalise
from models.localization.gradcam import TINY
from models.localization.maps import STRIDE, ClassMaps, MapMethod, check_asked
from models.localization.tiled.tiles import Tile, Tiling

GROWTHS = ("mean", "sum")
Pixels = NDArray[np.uint8]


@dataclass(frozen=True)
class TiledAdvCam(MapMethod):
    """Args:
        steps: T; 0 for Grad-CAM alone.
        regulariser: lambda; 0 for none.
        threshold: tau, in [0, 1).
        step_size: xi, of normalised pixels.
        relative: whether the gradient is divided by its largest absolute entry.
        bounded: whether a step leaves pixels within the smallest and largest one before it.
        rectified: whether y is the mean of the rectified map; else the logit.
        normalised: whether maps are divided by their largest value before they are regularised and summed. That value
            is a constant where a gradient is taken.
        growth: "mean" or "sum" over pixels.
        shared: whether maps are divided by how many of the class's weights are above 0, which the weighting of AdvCAM's
            program comes to with one view, see `models.localization.gradcam.official_shares`.
        last_map: whether the image after the last step counts, T + 1 maps; without it T, and one for no step.
        tiling: how images are cut; see this module for how much overlap is needed.

    Raises:
        InvalidConfig: an impossible value.
    """

    steps: int = 2
    regulariser: float = 7.0
    threshold: float = 0.5
    step_size: float = 0.08
    relative: bool = True
    bounded: bool = True
    rectified: bool = True
    normalised: bool = False
    growth: str = "mean"
    shared: bool = False
    last_map: bool = True
    tiling: Tiling = field(default_factory=Tiling)

    PAPER: ClassVar[Mapping[str, Any]] = {
        "step_size": 0.008,
        "relative": False,
        "bounded": False,
        "rectified": False,
        "normalised": True,
        "growth": "sum",
    }
    """As the text of AdvCAM reads; the paper of the U-Net says nothing of these."""
    OFFICIAL: ClassVar[Mapping[str, Any]] = {"growth": "sum", "shared": True, "last_map": False}
    """As far as AdvCAM's program goes with one view at one scale."""

    def __post_init__(self) -> None:
        if self.steps < 0:
            raise InvalidConfig(f"steps is {self.steps}; it must be 0 or more", field="steps")
        if not 0 < self.step_size < math.inf:
            raise InvalidConfig(f"step_size is {self.step_size}; it must be above 0, and finite", field="step_size")
        if not 0 <= self.regulariser < math.inf:
            raise InvalidConfig(
                f"regulariser is {self.regulariser}; it must be 0 or more, and finite", field="regulariser"
            )
        if not 0 <= self.threshold < 1:
            raise InvalidConfig(f"threshold is {self.threshold}; it must be in [0, 1)", field="threshold")
        if self.growth not in GROWTHS:
            raise InvalidConfig(f"growth is {self.growth!r}, none of {', '.join(GROWTHS)}", field="growth")

    def maps(
        self, classifier: ImageClassifier, images: Sequence[Pixels], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`.

        Raises:
            InvalidConfig: the classifier's maps are coarser than images.
        """
        check_asked(classifier, images, classes)
        if classifier.output_stride != 1:
            raise InvalidConfig(f"the classifier's maps are {classifier.output_stride} times coarser than images")
        return [self._mapped(classifier, pixels, asked) for pixels, asked in zip(images, classes, strict=True)]

    def _mapped(self, classifier: ImageClassifier, pixels: Pixels, asked: Sequence[int]) -> ClassMaps:
        device, (height, width) = classifier.head.weight.device, pixels.shape[:2]
        totals: list[Tensor] = []
        strided = torch.empty(len(asked), -(-height // STRIDE), -(-width // STRIDE))
        for row, index in enumerate(asked):
            total = _Climbing(self, classifier, pixels, index).total()
            totals.append(total.div_(total.max().clamp(min=TINY)).float())
            small = F.interpolate(total[None, None], strided.shape[1:], mode="bilinear", align_corners=False)[0, 0]
            strided[row] = small / small.max().clamp(min=TINY)
        whole = totals[0][None] if len(totals) == 1 else torch.stack(totals)
        return ClassMaps(tuple(asked), strided.to(device), whole.to(device))


class _Climbing:
    """One image climbed for one class; whole images lie in the CPU's memory, of the network's precision.

    Args:
        method: its options.
        classifier, pixels, index: see `TiledAdvCam.maps`.
    """

    def __init__(self, method: TiledAdvCam, classifier: ImageClassifier, pixels: Pixels, index: int) -> None:
        self.method, self.classifier, self.pixels, self.index = method, classifier, pixels, index
        self.tiles = list(method.tiling.tiles((pixels.shape[0], pixels.shape[1])))
        self.device, self.precision = classifier.head.weight.device, classifier.head.weight.dtype
        self.size = (pixels.shape[0], pixels.shape[1])
        self.image: Tensor | None = None  # (3, H, W), made when it is changed first
        self.gradient: Tensor | None = None  # likewise; one for all steps
        self.share = 1.0
        if method.shared:
            self.share /= max(1, int((classifier.head.weight[index] > 0).sum()))

    def total(self) -> Tensor:
        """(H, W) sum of maps over steps."""
        method, steps = self.method, self.method.steps
        if not method.last_map:
            steps = max(0, steps - 1)
        total: Tensor | None = None
        first: Tensor | None = None
        for step in range(steps + 1):
            maps, gradient = self._seen(step, first, climbs=step < steps)
            if first is None:
                first, total = maps, maps if steps == 0 else maps.clone()
            else:
                assert total is not None
                total += maps
            del maps  # before the next ones are made
            if gradient is not None:
                self._move(gradient)
        assert total is not None
        return total

    def _seen(self, step: int, first: Tensor | None, *, climbs: bool) -> tuple[Tensor, Tensor | None]:
        """(H, W) maps of the image as it is, and (3, H, W) what it is moved along; in one pass where that is enough."""
        regulated = first is not None and self.method.regulariser > 0
        if climbs and self.gradient is None:
            self.gradient = torch.empty(3, *self.size, dtype=self.precision)
        gradient = self.gradient if climbs else None
        maps = torch.empty(self.size, dtype=self.precision)
        for tile in self.tiles:
            if gradient is None or regulated:
                with torch.no_grad():
                    maps[tile.core] = self._own(self._scores(self._cut(tile)))[tile.core_in_tile].cpu()
            else:
                maps[tile.core] = self._climbed(tile, gradient)[tile.core_in_tile].cpu()
        largest = maps.max().clamp(min=TINY)
        if self.method.normalised:
            maps /= largest
        if gradient is not None and regulated:
            assert first is not None
            for tile in self.tiles:
                self._climbed(tile, gradient, (maps[tile.seen], first[tile.seen], largest))
        return maps, gradient

    @torch.enable_grad()
    def _climbed(self, tile: Tile, gradient: Tensor, before: tuple[Tensor, Tensor, Tensor] | None = None) -> Tensor:
        """Write the core's part of the gradient of H W L; returns the tile's maps (h, w), not normalised.

        Args:
            before: of the tile the maps now, the first ones, and the largest value of the whole image's now.
        """
        method = self.method
        image = self._cut(tile).requires_grad_()
        scores = self._scores(image)
        maps = self._own(scores)
        pooled = scores.relu() if method.rectified else scores
        objective = 2 * pooled[self.index].sum() - pooled.sum()
        if before is not None:
            now, first, largest = (each.to(self.device) for each in before)
            scale = 1.0 if method.normalised else largest
            weight = method.regulariser * (1 if method.growth == "mean" else self.size[0] * self.size[1])
            grown = (maps / largest if method.normalised else maps) - first
            objective = objective - weight * ((now / scale > method.threshold) * grown.abs()).sum()
        (seen,) = torch.autograd.grad(objective, image)
        gradient[(slice(None), *tile.core)] = seen[0][(slice(None), *tile.core_in_tile)].cpu()
        return maps.detach()

    def _scores(self, image: Tensor) -> Tensor:
        """(1, 3, h, w) to (C, h, w)."""
        return self.classifier.maps(image)[0]

    def _own(self, scores: Tensor) -> Tensor:
        return scores[self.index].relu() * self.share

    def _cut(self, tile: Tile) -> Tensor:
        """(1, 3, h, w) on the network's device."""
        if self.image is not None:
            return self.image[(slice(None), *tile.seen)][None].to(self.device, copy=True)
        return self._normalised(tile.seen).to(self.device)

    def _normalised(self, part: tuple[slice, slice]) -> Tensor:
        return normalise(image_tensor([self.pixels[part]], torch.device("cpu"))).to(self.precision)

    def _move(self, gradient: Tensor) -> None:
        """One step along what `_climbed` wrote, which is spoilt."""
        if self.image is None:
            self.image = torch.empty(3, *self.size, dtype=self.precision)
            for tile in self.tiles:
                self.image[(slice(None), *tile.core)] = self._normalised(tile.core)[0]
        bounds = float(self.image.min()), float(self.image.max())
        if self.method.relative:
            scale = float(torch.maximum(gradient.max(), -gradient.min())) + TINY
        else:
            scale = float(self.size[0] * self.size[1])
        self.image += gradient.mul_(self.method.step_size / scale)
        if self.method.bounded:
            self.image.clamp_(*bounds)
