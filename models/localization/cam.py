"""Class activation maps: the class's weights on the last features, rectified.

Zhou et al., *Learning deep features for discriminative localization*, CVPR 2016; at several scales and mirrored as in
Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, CVPR 2019.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.classification.network import ImageClassifier
from models.localization.maps import (
    SCALES,
    ClassMaps,
    MapMethod,
    check_asked,
    check_scales,
    class_maps,
    join_scales,
    join_views,
    look_at_scales,
)


@dataclass(frozen=True)
class Cam(MapMethod):
    """Args:
        scales: of the image, each with its mirror image.
        framed: whether maps are enlarged over whole cells, the last of which stick out of the image, as in IRN's
            program; else over the image itself, as in PSA's.

    Raises:
        InvalidConfig: an impossible scale, or none.
    """

    scales: tuple[float, ...] = SCALES
    framed: bool = True

    def __post_init__(self) -> None:
        check_scales(self.scales)

    @torch.no_grad()
    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`."""
        check_asked(classifier, images, classes)

        def look(pairs: Tensor, asked: Sequence[Sequence[int]], _: float) -> list[Tensor]:
            joined = join_views(class_maps(classifier, pairs).relu())
            return [maps[list(wanted)] for maps, wanted in zip(joined, asked, strict=True)]

        seen = look_at_scales(classifier, images, classes, self.scales, look)
        return [
            join_scales(maps, asked, pixels.shape[:2], classifier.output_stride if self.framed else 1)
            for maps, asked, pixels in zip(seen, classes, images, strict=True)
        ]
