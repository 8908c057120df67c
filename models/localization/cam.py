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

from models.classification.network import ImageClassifier
from models.localization.maps import SCALES, ClassMaps, MapMethod, check_asked, join_scales, join_views, view_pair


@dataclass(frozen=True)
class Cam(MapMethod):
    """Args: scales: of the image, each with its mirror image."""

    scales: tuple[float, ...] = SCALES

    @torch.no_grad()
    def maps(
        self, classifier: ImageClassifier, images: Sequence[NDArray[np.uint8]], classes: Sequence[Sequence[int]]
    ) -> list[ClassMaps]:
        """See `MapMethod.maps`."""
        check_asked(classifier, images, classes)
        device = classifier.head.weight.device
        made = []
        for pixels, asked in zip(images, classes, strict=True):
            seen = [classifier.maps(view_pair(pixels, scale, device)).float().relu() for scale in self.scales]
            kept = [join_views(pair[:, list(asked)]) for pair in seen]
            made.append(join_scales(kept, asked, pixels.shape[:2]))
        return made
