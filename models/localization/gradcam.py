"""Grad-CAM: features weighted by how the class's score changes with them, rectified.

Eq. 2.2 of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023:
ReLU(sum over k of f_k * dS_c/df_k). As it is printed the gradient multiplies cell by cell; usually it is averaged over
space first (Selvaraju et al., *Grad-CAM: visual explanations from deep networks via gradient-based localization*, ICCV
2017). The program of AdvCAM (Lee, Kim, Yoon, *Anti-adversarially manipulated attributions for weakly and
semi-supervised semantic segmentation*, CVPR 2021) weights in a third way, which `official_shares` has in closed form.

S_c is the sum of the class's map, its logit times the number of cells, so that all scales count alike. At the last tap
all three are then the class activation map, the third one up to a factor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidConfig
from models.classification.network import ImageClassifier
from models.localization.maps import (
    SCALES,
    ClassMaps,
    MapMethod,
    check_asked,
    check_scales,
    in_pairs,
    join_scales,
    join_views,
    look_at_scales,
)

WEIGHTINGS = ("averaged", "elementwise", "official")
LAST_TAP = 4
TINY = 1e-12  # added to a number of cells before a division by it


@dataclass(frozen=True)
class GradCam(MapMethod):
    """Args:
        scales: of the image, each with its mirror image.
        weighting: "averaged", the gradient over space; "elementwise", as eq. 2.2 is printed; or "official", as AdvCAM's
            program: S_c is the sum of the rectified map, and a channel's weight its gradient's sum over space, divided
            by how many entries of the gradient are positive in both views.
        tap: of the encoder, whose features are weighted; 0 is the finest of five, 4 the last.

    Raises:
        InvalidConfig: an impossible scale, weighting or tap.
    """

    scales: tuple[float, ...] = SCALES
    weighting: str = "averaged"
    tap: int = LAST_TAP

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"weighting": "official"}
    PAPER: ClassVar[Mapping[str, Any]] = {"weighting": "elementwise"}

    def __post_init__(self) -> None:
        check_scales(self.scales)
        if self.weighting not in WEIGHTINGS:
            raise InvalidConfig(f"weighting is {self.weighting!r}, none of {', '.join(WEIGHTINGS)}", field="weighting")
        if not 0 <= self.tap <= LAST_TAP:
            raise InvalidConfig(f"tap is {self.tap}; an encoder has 0 to {LAST_TAP}", field="tap")

    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`.

        Raises:
            InvalidConfig: the classifier does not look through that tap.
        """
        check_asked(classifier, images, classes)
        seen = look_at_scales(
            classifier, images, classes, self.scales, lambda pairs, asked, _: self._look(classifier, pairs, asked)
        )
        return [
            join_scales(maps, asked, pixels.shape[:2], classifier.output_stride)
            for maps, asked, pixels in zip(seen, classes, images, strict=True)
        ]

    @torch.enable_grad()
    def _look(self, classifier: ImageClassifier, pairs: Tensor, asked: Sequence[Sequence[int]]) -> list[Tensor]:
        """One backward pass a turn: of every image its first class, then of those with more their second one."""
        with torch.set_grad_enabled(self.tap < LAST_TAP):
            taps: list[Tensor] = classifier.encoder(pairs.flatten(0, 1).requires_grad_(self.tap < LAST_TAP))
        features = taps[self.tap]
        if self.tap == LAST_TAP:
            features.requires_grad_()
        scores = in_pairs(classifier.head(taps[-1]))
        sums = (scores.relu() if self.weighting == "official" else scores).sum(dim=(1, 3, 4))
        made: list[list[Tensor]] = [[] for _ in asked]
        for turn in range(max(map(len, asked))):
            places = [place for place, wanted in enumerate(asked) if len(wanted) > turn]
            score = sums[places, [asked[place][turn] for place in places]].sum()
            (gradient,) = torch.autograd.grad(score, features, retain_graph=True, allow_unused=True)
            if gradient is None:
                raise InvalidConfig(f"the classifier's score does not depend on tap {self.tap}", field="tap")
            maps = self._weighted(in_pairs(features.detach()), in_pairs(gradient))
            for place in places:
                made[place].append(join_views(maps[place, :, None])[0])
        return [torch.stack(maps) for maps in made]

    def _weighted(self, features: Tensor, gradient: Tensor) -> Tensor:
        """(k, 2, D, h, w) features and gradient to (k, 2, h, w) maps."""
        if self.weighting == "averaged":
            gradient = gradient.mean(dim=(3, 4), keepdim=True)
        if self.weighting == "official":
            gradient = official_weights(gradient)[..., None, None]
        return (gradient * features).sum(dim=2).relu()


def official_weights(gradient: Tensor) -> Tensor:
    """Weights of channels as AdvCAM's program makes them of a gradient.

    Args:
        gradient: (..., 2, D, h, w) of S_c by the features of both views.

    Returns:
        (..., 2, D): sums over space, divided by the number of positive entries of both views together.
    """
    positive = (gradient > 0).sum(dim=(-4, -3, -2, -1)).to(gradient.dtype)
    return gradient.sum(dim=(-2, -1)) / (positive[..., None, None] + TINY)


def official_shares(scores: Tensor, weights: Tensor) -> Tensor:
    """What AdvCAM's program multiplies a rectified class map by, without a backward pass.

    The gradient of the sum of a rectified map is the class's weights in every cell where the map is positive. With n_b
    such cells in view b and P positive weights, `official_weights` is the class's weights times n_b / (P (n_1 + n_2)),
    and the map the rectified class map times that.

    Args:
        scores: (..., 2, h, w) maps of one class in both views, not rectified.
        weights: (..., D) of the class in the head.

    Returns:
        (..., 2), no part of the graph.
    """
    cells = (scores.detach() > 0).sum(dim=(-2, -1)).to(scores.dtype)
    positive = (weights.detach() > 0).sum(dim=-1, keepdim=True)
    return cells / (positive * cells.sum(dim=-1, keepdim=True) + TINY)
