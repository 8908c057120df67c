"""The image classifier: an encoder at output stride 16, and one map for each class whose mean is the class's logit.

As in class activation mapping (Zhou et al., *Learning deep features for discriminative localization*, 2016): global
average pooling, then a linear layer without bias. Both are linear, so they may change places: logit = mean of the
class's map = head . pooled features.
"""

from __future__ import annotations

from typing import ClassVar, Self

import torch
from torch import Tensor, nn

from models.classification.recipe import ClassifierRecipe
from models.encoders.backbones import Encoder, build_encoder

OUTPUT_STRIDE = 16


class ImageClassifier(nn.Module):
    """Images (B, 3, H, W), normalised, of any size, to one logit for each of C classes.

    Args:
        encoder: whose last tap is at stride 16.
        classes: C.
        frozen_norm: whether BatchNorm always uses its running statistics, in training too.
    """

    output_stride: ClassVar[int] = OUTPUT_STRIDE
    """Pixels of the image along a side of a map's cell."""

    def __init__(self, encoder: Encoder, classes: int, *, frozen_norm: bool = False) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Conv2d(encoder.channels[-1], classes, 1, bias=False)
        self._frozen_norm = frozen_norm

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C)."""
        logits: Tensor = self.head(self.features(images)[:, :, None, None])
        return logits.flatten(1)

    def features(self, images: Tensor) -> Tensor:
        """(B, D) the last tap's mean over the image."""
        last: Tensor = self.encoder(images)[-1]
        return last.float().mean(dim=(2, 3))

    def maps(self, images: Tensor) -> Tensor:
        """(B, C, H / 16, W / 16) class maps, sides rounded up, not rectified; their means are the logits."""
        maps: Tensor = self.head(self.encoder(images)[-1])
        return maps

    def train(self, mode: bool = True) -> Self:
        """As of any module, but frozen BatchNorm stays in eval mode."""
        super().train(mode)
        if self._frozen_norm:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self


def build_classifier(recipe: ClassifierRecipe, classes: int, *, weights: str = "", seed: int = 0) -> ImageClassifier:
    """The recipe's network on the CPU.

    Args:
        weights: of the encoder, as `models.encoders.backbones.build_encoder` takes them.
        seed: of whatever `weights` does not give.

    Raises:
        InvalidConfig: the weights do not exist or do not fit.
        InvalidArgument: the encoder cannot be cut behind its fixed stages.
        Unavailable: torchvision's weights cannot be fetched.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = build_encoder(recipe.encoder, weights, OUTPUT_STRIDE)
        network = ImageClassifier(encoder, classes, frozen_norm=recipe.frozen_norm)
    if recipe.frozen_norm:
        encoder.freeze_stem()
    if recipe.fixed_stages:
        encoder.cut(recipe.fixed_stages)[0].requires_grad_(requires_grad=False)
    return network
