"""One step of anti-adversarial climbing: an image is changed so that its class is seen better, and by more of it.

Section 3 of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023; Lee, Kim, Yoon,
*Anti-adversarially manipulated attributions for weakly and semi-supervised semantic segmentation*, CVPR 2021. With x_t
the image after t steps, y its scores and R its map of class c,

    x_(t+1) = x_t + xi * dL/dx,  L = y_c - sum over other classes of y_k - lambda * sum of M * |R(x_t) - R(x_0)|,

where M is 1 in cells where R(x_t), divided by its largest value, is above tau. The last term keeps what is seen already
from outgrowing the rest. An image and its mirror image are climbed together, as one tensor with one map.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from maskloop.errors import InvalidConfig
from models.classification.network import ImageClassifier
from models.localization.gradcam import TINY, official_shares
from models.localization.maps import class_maps, join_views


@dataclass(frozen=True)
class Climb:
    """How steps are made. The defaults are those of the authors' program, with which the numbers were published.

    Args:
        step_size: xi, of normalised pixels.
        relative: whether the gradient is divided by its largest absolute entry in both views.
        regulariser: lambda; 0 for none.
        threshold: tau, in [0, 1).
        normalised: whether maps are divided by their largest value before they are regularised and handed out; else
            only to find M.
        official: whether, as in the program, y is the mean of the rectified class map, R the map of
            `GradCam(weighting="official")`, whose weights no gradient passes through, and pixels stay within the
            smallest and largest one of both views. Else y is the logit, R the rectified class map, and pixels are free.

    Raises:
        InvalidConfig: an impossible value.
    """

    step_size: float = 0.08
    relative: bool = True
    regulariser: float = 7.0
    threshold: float = 0.5
    normalised: bool = False
    official: bool = True

    def __post_init__(self) -> None:
        if not 0 < self.step_size < math.inf:
            raise InvalidConfig(f"step_size is {self.step_size}; it must be above 0, and finite", field="step_size")
        if not 0 <= self.regulariser < math.inf:
            raise InvalidConfig(
                f"regulariser is {self.regulariser}; it must be 0 or more, and finite", field="regulariser"
            )
        if not 0 <= self.threshold < 1:
            raise InvalidConfig(f"threshold is {self.threshold}; it must be in [0, 1)", field="threshold")

    @torch.enable_grad()
    def step(
        self, classifier: ImageClassifier, pairs: Tensor, targets: Tensor, first: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """The maps of images, and the images after a step; one forward and one backward pass.

        No parameter of the classifier gets a gradient. Each image's step is its own, whatever is beside it.

        Args:
            pairs: (k, 2, 3, h, w) images and their mirror images, normalised.
            targets: (k,) int64, the class that each is climbed for.
            first: (k, h', w') their maps before the first step, for the regulariser; `None` in the first step, where
                it and its gradient are 0.

        Returns:
            (k, h', w') maps of `pairs`, both views joined as the image lies, and (k, 2, 3, h, w).
        """
        pairs = pairs.detach().requires_grad_()
        scores = class_maps(classifier, pairs)
        maps = self._joined(classifier, scores, targets)
        objective = self._score(scores, targets)
        if first is not None:
            objective = objective - self.regulariser * self._growth(maps, first)
        (gradient,) = torch.autograd.grad(objective.sum(), pairs)
        return maps.detach(), self._moved(pairs.detach(), gradient)

    @torch.no_grad()
    def look(self, classifier: ImageClassifier, pairs: Tensor, targets: Tensor) -> Tensor:
        """The maps alone, as of `step`."""
        return self._joined(classifier, class_maps(classifier, pairs), targets)

    def _joined(self, classifier: ImageClassifier, scores: Tensor, targets: Tensor) -> Tensor:
        """(k, 2, C, h', w') class maps to (k, h', w')."""
        own = _of(scores, targets)
        views = own.relu()
        if self.official:
            views = views * official_shares(own, classifier.head.weight.flatten(1)[targets])[..., None, None]
        joined = join_views(views[:, :, None])[:, 0]
        return joined / _largest(joined).clamp(min=TINY) if self.normalised else joined

    def _score(self, scores: Tensor, targets: Tensor) -> Tensor:
        """(k,) y_c less those of other classes, summed over both views."""
        pooled = (scores.relu() if self.official else scores).mean(dim=(3, 4))
        return (2 * _of(pooled, targets) - pooled.sum(dim=2)).sum(dim=1)

    def _growth(self, maps: Tensor, first: Tensor) -> Tensor:
        """(k,) how far maps are from the first ones where they are high; no gradient passes through where that is."""
        high = maps.detach() / _largest(maps.detach()) > self.threshold  # nowhere in a map of zeros, which gives NaN
        return (high * (maps - first).abs()).sum(dim=(1, 2))

    def _moved(self, pairs: Tensor, gradient: Tensor) -> Tensor:
        every = (1, 2, 3, 4)
        if self.relative:
            gradient = gradient / (gradient.abs().amax(dim=every, keepdim=True) + TINY)
        moved = pairs + self.step_size * gradient
        if not self.official:
            return moved
        return moved.clamp(pairs.amin(dim=every, keepdim=True), pairs.amax(dim=every, keepdim=True))


def _of(values: Tensor, targets: Tensor) -> Tensor:
    """(k, 2, C, ...) to (k, 2, ...), each row's of its own class."""
    return values[torch.arange(len(targets), device=values.device), :, targets]


def _largest(maps: Tensor) -> Tensor:
    return maps.amax(dim=(1, 2), keepdim=True)
