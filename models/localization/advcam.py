"""AdvCAM: class maps summed over an image that is changed, step by step, so that more of its class is seen.

Section 3 of Lee, *Label-efficient learning for object recognition*, Seoul National University 2023; Lee, Kim, Yoon,
*Anti-adversarially manipulated attributions for weakly and semi-supervised semantic segmentation*, CVPR 2021. The
authors' program and their text differ, see `AdvCam`. A step is in `models.localization.climbing`.

The program weights channels by a gradient and then climbs by another one. At the last tap the weights have a closed
form, so that one backward pass a step is enough here, and none of it reaches the classifier's parameters.

Steps switch where a map passes the threshold or its first value, so they multiply what is rounded. In double precision
two ways to compute them agree. In single precision they part after a handful of steps: after 27, maps of three pictures
differed from those in double precision by 0.01 to 0.08, and by 0.4 where the weights were random.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean
from models.classification.network import ImageClassifier
from models.localization.climbing import Climb
from models.localization.maps import (
    SCALES,
    ClassMaps,
    MapMethod,
    check_asked,
    check_scales,
    join_scales,
    look_at_scales,
)

READINGS: Mapping[str, Climb] = {
    "official": Climb(),
    "paper": Climb(step_size=0.008, relative=False, normalised=True, official=False),
}


@dataclass(frozen=True)
class AdvCam(MapMethod):
    """Args:
        scales: of the image, each with its mirror image, climbed apart from each other.
        steps: T.
        regulariser: lambda; 0 for none.
        threshold: tau, in [0, 1).
        compat: "official" as the authors' program, or "paper" as the text. The program makes fewer steps at scale 0.5,
            see `steps_at`, and has scores, maps and pixels of its own, see `Climb.official`. The options below are as
            either says unless they are given, the program's value first.
        step_size: xi, 0.08 or 0.008.
        relative: whether gradients are divided by their largest entry: yes or no.
        normalised: whether maps are regularised and summed over steps divided by their largest value: no or yes.
        last_map: whether the image after the last step counts: no (T maps) or yes (T + 1).

    Raises:
        InvalidConfig: an impossible value.
    """

    scales: tuple[float, ...] = SCALES
    steps: int = 27
    regulariser: float = 7.0
    threshold: float = 0.5
    compat: str = "official"
    step_size: float | None = None
    relative: bool | None = None
    normalised: bool | None = None
    last_map: bool | None = None

    OFFICIAL: ClassVar[Mapping[str, Any]] = {"compat": "official"}
    PAPER: ClassVar[Mapping[str, Any]] = {"compat": "paper"}

    def __post_init__(self) -> None:
        check_scales(self.scales)
        if self.steps < 1:
            raise InvalidConfig(f"steps is {self.steps}; it must be 1 or more", field="steps")
        if self.compat not in READINGS:
            near = did_you_mean(self.compat, READINGS)
            raise InvalidConfig(f"compat is {self.compat!r}, none of {', '.join(READINGS)}{near}", field="compat")
        self.climb()

    def climb(self) -> Climb:
        """How a step is made, what is not given filled in."""
        said = {name: getattr(self, name) for name in ("step_size", "relative", "normalised")}
        given = {name: value for name, value in said.items() if value is not None}
        return replace(READINGS[self.compat], regulariser=self.regulariser, threshold=self.threshold, **given)

    def steps_at(self, scale: float) -> int:
        """T at a scale: in the program, half as many at scale 0.5, of ten or fewer five, of five or fewer all."""
        if self.compat != "official" or scale != 0.5 or self.steps <= 5:
            return self.steps
        return self.steps // 2 if self.steps > 10 else 5

    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`."""
        check_asked(classifier, images, classes)
        jobs = [(pixels, index) for pixels, asked in zip(images, classes, strict=True) for index in asked]

        def look(pairs: Tensor, asked: Sequence[Sequence[int]], scale: float) -> list[Tensor]:
            targets = torch.tensor([index for (index,) in asked], device=pairs.device)
            return list(self._climbed(classifier, pairs, targets, self.steps_at(scale))[:, None])

        pictures, targets = [pixels for pixels, _ in jobs], [(index,) for _, index in jobs]
        seen = iter(look_at_scales(classifier, pictures, targets, self.scales, look))
        made = []
        for pixels, asked in zip(images, classes, strict=True):
            by_scale = zip(*(next(seen) for _ in asked), strict=True)
            joined = [torch.cat(maps) for maps in by_scale]
            made.append(join_scales(joined, asked, pixels.shape[:2], classifier.output_stride))
        return made

    def _climbed(self, classifier: ImageClassifier, pairs: Tensor, targets: Tensor, steps: int) -> Tensor:
        """(k, 2, 3, h, w) view pairs and (k,) classes to (k, h', w') sums of maps over steps.

        The image after the last map is not made: nobody would look at it.
        """
        climb, official = self.climb(), self.compat == "official"
        last_map = not official if self.last_map is None else self.last_map
        total: Tensor | float = 0.0
        first: Tensor | None = None
        for _ in range(steps if last_map else steps - 1):
            maps, pairs = climb.step(classifier, pairs, targets, first)
            first = maps if first is None else first
            total = total + maps
        total = total + climb.look(classifier, pairs, targets)
        # The program's weight of 2, meant for the fewer steps at scale 0.5, holds at every scale. It matters beside the
        # little that is added to a map's largest value.
        return 2 * total if official and self.steps > 10 else total
