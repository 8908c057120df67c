"""A classifier cut in two: what comes early stays as it is, the late part can be run with other weights."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor, nn
from torch.func import functional_call

from models.classification.network import ImageClassifier


class LatePart(nn.Module):
    """The stages behind a cut and the head of a classifier; its modules are the classifier's own.

    Args:
        early: what comes before the cut.
        stages: of the encoder, behind it.
        head: the classifier's.
        output_stride: pixels of the image along a side of a map's cell.
    """

    def __init__(self, early: nn.Module, stages: nn.Module, head: nn.Conv2d, output_stride: int) -> None:
        super().__init__()
        self.output_stride = output_stride
        self.early = early
        self.stages = stages
        self.head: nn.Conv2d = head

    @classmethod
    def of(cls, classifier: ImageClassifier, cut: int) -> Self:
        """Cut after `cut` of the encoder's four stages; 0 is right behind the stem.

        Raises:
            InvalidArgument: the encoder cannot be cut there.
        """
        return cls(*classifier.encoder.cut(cut), classifier.head, classifier.output_stride)

    @property
    def device(self) -> torch.device:
        """Where the classifier is."""
        return self.head.weight.device

    def weights(self) -> dict[str, Tensor]:
        """Of stages and head, by name, cut off from whatever learns them elsewhere."""
        return {name: value.detach() for name, value in self.named_parameters() if not name.startswith("early.")}

    @torch.no_grad()
    def take(self, weights: Mapping[str, Tensor]) -> None:
        """Make weights, named as `weights` names them, the classifier's own."""
        own = dict(self.named_parameters())
        for name, value in weights.items():
            own[name].copy_(value)

    @torch.no_grad()
    def before(self, images: Tensor) -> Tensor:
        """What the late part is fed, of normalised images (B, 3, H, W); no gradient passes."""
        features: Tensor = self.early(images)
        return features

    def maps(self, features: Tensor, weights: Mapping[str, Tensor]) -> Tensor:
        """(B, C, h, w) float32 class maps, with `weights` in place of the classifier's."""
        maps: Tensor = functional_call(self, dict(weights), (features,))
        return maps.float()

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, h, w) class maps of what `before` gave."""
        maps: Tensor = self.head(self.stages(features))
        return maps
