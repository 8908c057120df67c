"""RIB: the sum of the class maps of a classifier that is fitted to an image without a last activation that saturates.

Lee et al., *Reducing information bottleneck for weakly supervised semantic segmentation*, NeurIPS 2021 (Lee, *Label-
efficient learning for object recognition*, Seoul National University 2023, chapter of RIB). The defaults are those of
the authors' program, which made the published numbers; where the paper reads otherwise an option says so, and
`Rib.paper` takes all of these.

A step looks at the image and its mirror image at four scales, adds their maps to what is returned, and moves the
weights so that the logits of the image's classes grow, and those of other images' classes on crops of these. A logit is
pooled from the places that the class map does not show yet, see `models.localization.gndrp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.network import ImageClassifier
from models.localization.gndrp import Over, gndrp
from models.localization.late_part import LatePart
from models.localization.maps import (
    LEAST,
    SCALES,
    ClassMaps,
    MapMethod,
    check_asked,
    join_scales,
    join_views,
    view_pair,
)
from models.localization.poly_sgd import PolySgd, Weights
from models.localization.rib_crops import LabeledCrops, RibCrops

ENDLESS = 10**9  # steps, over which a poly rate hardly falls
AT_ONCE = 4  # crops that are learnt from at once, for memory's sake


@dataclass(frozen=True)
class Fitted:
    """What fitting to an image comes to.

    Args:
        maps: of the image.
        weights: of the classifier's late part, by name, those of the last maps that count at every scale.
    """

    maps: ClassMaps
    weights: Mapping[str, Tensor]


@dataclass(frozen=True)
class Rib(MapMethod):
    """The options; for COCO the authors take rate 5e-6, tau 0.5, most 1000 and most_spread 0.8.

    Args:
        others: whose crops are fitted besides; `None` for none. The authors have them.
        redraw: whether every step draws its own crops, or all steps share those of the first, which halves the work.
        scales: of the image, each with its mirror image.
        fitted: those of `scales` whose logits count.
        steps: K.
        rate, head_rate: full learning rates of the encoder's stages and of the head.
        sgd: how weights move; without a `horizon` of its own, rates fall over the `steps` as in the program.
        cut: stages of the encoder that are left as they are, besides its stem. The authors' networks cut the gradient
            after the second of four.
        tau: below what share of a map's largest value its places are pooled.
        inclusive, over: see `models.localization.gndrp.gndrp`; the paper has `True` and "region".
        most: m, in logits.
        bound: what m does: the step in which the image's own logits sum to more than m is the last ("stop"), or a logit
            counts up to m ("clamp", the paper).
        spread_above, most_spread: from the second step on, maps of scale 1 (the first where it is not among the scales)
            that are above that share of their largest value, some class's or other's, on more than that share of the
            places end the fitting. 1 for never.
        last_map: whether the maps of the weights after the last step count too, K + 1 in all (the paper).

    Raises:
        InvalidArgument: no step, or a fitted scale that is not looked at.
    """

    others: RibCrops | None = None
    redraw: bool = True
    scales: tuple[float, ...] = SCALES
    fitted: tuple[float, ...] = (1.0, 1.5, 2.0)
    steps: int = 10
    rate: float = 8e-6
    head_rate: float = 8e-5
    sgd: PolySgd = field(default_factory=PolySgd)
    cut: int = 2
    tau: float = 0.4
    inclusive: bool = False
    over: Over = "image"
    most: float = 600.0
    bound: Literal["stop", "clamp"] = "stop"
    spread_above: float = 0.3
    most_spread: float = 0.7
    last_map: bool = False

    PAPER: ClassVar[Mapping[str, Any]] = {
        "inclusive": True,
        "over": "region",
        "bound": "clamp",
        "most_spread": 1.0,  # no rule for maps that spread
        "last_map": True,
        "head_rate": 8e-6,  # theta_k = theta_(k-1) - lr * gradient, nothing else
        "sgd": PolySgd(momentum=0.0, weight_decay=0.0, horizon=ENDLESS),
    }

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise InvalidArgument(f"steps is {self.steps}; at least 1 is needed", field="steps")
        if not self.fitted or not set(self.fitted) <= set(self.scales):
            raise InvalidArgument(f"fitted is {self.fitted}, of scales {self.scales}", field="fitted")

    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`; errors as `fit`."""
        check_asked(classifier, images, classes)
        late = self._late(classifier)
        return [self._fitted(late, pixels, asked).maps for pixels, asked in zip(images, classes, strict=True)]

    def fit(self, classifier: ImageClassifier, pixels: NDArray[np.uint8], classes: Sequence[int]) -> Fitted:
        """As `maps`, of one image, with the weights that were fitted to it.

        Raises:
            InvalidArgument: the classifier's encoder cannot be cut there, or crops are of a class it does not know.
        """
        check_asked(classifier, [pixels], [classes])
        return self._fitted(self._late(classifier), pixels, classes)

    def _late(self, classifier: ImageClassifier) -> LatePart:
        known = classifier.head.out_channels
        if self.others and not all(0 <= index < known for held in self.others.classes for index in held):
            raise InvalidArgument(f"classes of other images are not all of 0 to {known - 1}", field="others")
        return LatePart.of(classifier, self.cut)

    @torch.inference_mode(mode=False)
    @torch.enable_grad()
    def _fitted(self, late: LatePart, pixels: NDArray[np.uint8], asked: Sequence[int]) -> Fitted:
        device, size = late.device, pixels.shape[:2]
        views = {scale: late.before(view_pair(pixels, scale, device)) for scale in self.scales}
        sums = {scale: torch.zeros((), device=device) for scale in self.scales}
        weights, stopped, crops = Weights(late.weights()), False, self._crops(late, pixels, asked, 0)
        seen_whole = weights.values
        watched = 1.0 if 1.0 in self.scales else self.scales[0]
        sgd = self.sgd.over(self.steps)
        for step in range(self.steps + self.last_map):
            last = stopped or step == self.steps - (not self.last_map)  # nobody looks through what it would teach
            lesson, told = _Lesson(self, late, weights.values), 0.0
            for scale in sorted(self.scales, key=lambda each: each != watched):
                taught = scale in self.fitted and not last
                with torch.set_grad_enabled(taught):
                    maps = lesson.maps(views[scale])
                seen = join_views(maps.detach()[:, list(asked)].relu())
                sums[scale] = sums[scale] + seen
                if step and scale == watched and self._has_spread(seen):
                    return Fitted(join_scales(list(sums.values()), asked, size, late.output_stride), seen_whole)
                told += lesson.learn(maps, [asked, asked]) if taught else 0.0
            seen_whole = weights.values
            stopped = self.bound == "stop" and abs(told) > self.most
            if last or (stopped and not self.last_map):
                break
            if step and self.redraw:
                crops = self._crops(late, pixels, asked, step)
            for start in range(0, len(crops.classes), AT_ONCE):
                part = slice(start, start + AT_ONCE)
                lesson.learn(lesson.maps(crops.images[part]), crops.classes[part])
            weights = sgd.step(step, weights, lesson.gradients, self._rates(weights.values))
        return Fitted(join_scales(list(sums.values()), asked, size, late.output_stride), seen_whole)

    def _crops(self, late: LatePart, pixels: NDArray[np.uint8], asked: Sequence[int], step: int) -> LabeledCrops:
        """What the late part is fed of other images' crops."""
        if self.others is None:
            return LabeledCrops(torch.zeros(0), ())
        drawn = self.others.draw(pixels, asked, step, late.device)
        return LabeledCrops(late.before(drawn.images), drawn.classes) if drawn.classes else drawn

    def _rates(self, weights: Mapping[str, Tensor]) -> dict[str, float]:
        return {name: self.head_rate if name.startswith("head.") else self.rate for name in weights}

    def _has_spread(self, maps: Tensor) -> bool:
        """Of (n, h, w) maps of 0 or more."""
        shares = maps / (maps.amax(dim=(1, 2), keepdim=True) + LEAST)
        return bool((shares > self.spread_above).any(dim=0).float().mean() > self.most_spread)


class _Lesson:
    """The gradients of one step, of one batch after the other: the loss is a sum over images."""

    def __init__(self, method: Rib, late: LatePart, weights: Mapping[str, Tensor]) -> None:
        self._method, self._late = method, late
        self._weights = {name: value.detach().requires_grad_() for name, value in weights.items()}
        self.gradients = {name: torch.zeros_like(value) for name, value in weights.items()}

    def maps(self, features: Tensor) -> Tensor:
        """(B, C, h, w) with the step's weights."""
        return self._late.maps(features, self._weights)

    def learn(self, maps: Tensor, classes: Sequence[Sequence[int]]) -> float:
        """Add the gradients of images of such classes; the sum of these classes' logits."""
        method = self._method
        logits = gndrp(maps, method.tau, inclusive=method.inclusive, over=method.over)
        labels = torch.zeros_like(logits)
        for row, held in enumerate(classes):
            labels[row, list(held)] = 1
        counted = logits.clamp(max=method.most) if method.bound == "clamp" else logits
        found = torch.autograd.grad(-(labels * counted).sum(), list(self._weights.values()))
        for name, gradient in zip(self._weights, found, strict=True):
            self.gradients[name] += gradient
        return (labels * logits).sum().item()
