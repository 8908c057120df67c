"""The image classifier: an encoder at stride 16 or 8, and one map for each class whose mean is the class's logit.

As in class activation mapping (Zhou et al., *Learning deep features for discriminative localization*, 2016): global
average pooling, then a linear layer without bias. Both are linear, so they may change places: logit = mean of the
class's map = head . pooled features.
"""

from __future__ import annotations

from typing import Self

import torch
from torch import Tensor, nn

from models.classification.recipe import ClassifierRecipe
from models.encoders.backbones import Encoder, build_encoder
from models.encoders.last_stages import build_dense_encoder
from models.encoders.names import WIDE_NAMES
from models.encoders.wideresnet import LAST_DILATION

OUTPUT_STRIDE = 16
WIDE_STRIDE = 8
"""Of WideResNet-38, whose last stages do not shrink."""


class ImageClassifier(nn.Module):
    """Images (B, 3, H, W), normalised, of any size, to one logit for each of C classes.

    Args:
        encoder: whose last tap is read.
        classes: C.
        frozen_norm: whether BatchNorm always uses its running statistics, in training too.
        output_stride: pixels of the image along a side of a cell of the last tap, and so of a map.
    """

    def __init__(
        self, encoder: Encoder, classes: int, *, frozen_norm: bool = False, output_stride: int = OUTPUT_STRIDE
    ) -> None:
        super().__init__()
        self.encoder, self.output_stride = encoder, output_stride
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
        """(B, C, H / stride, W / stride) class maps, sides rounded up, not rectified; their means are the logits."""
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
        weights: of the encoder, as `models.encoders.last_stages.build_dense_encoder` takes them.
        seed: of whatever `weights` does not give.

    Raises:
        InvalidConfig: the weights do not exist or do not fit.
        InvalidArgument: the encoder cannot be cut behind its fixed stages.
        Unavailable: torchvision's weights cannot be fetched.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder, stride = build_trunk(recipe.encoder, weights, seed)
        network = ImageClassifier(encoder, classes, frozen_norm=recipe.frozen_norm, output_stride=stride)
    if recipe.frozen_norm:
        encoder.freeze_stem()
    if recipe.fixed_stages:
        encoder.cut(recipe.fixed_stages)[0].requires_grad_(requires_grad=False)
    return network


def build_trunk(name: str, weights: str, seed: int) -> tuple[Encoder, int]:
    """An encoder as classifiers have it, on the CPU, and the stride of its last tap.

    Args:
        name: see `models.encoders.names.DENSE`, or `timm:` and timm's name.
        weights: as `models.encoders.last_stages.build_dense_encoder` takes them.
        seed: of WideResNet-38's initial weights; those of others come from torch's generator as it is.

    Raises:
        InvalidConfig, Unavailable: see there.
    """
    if name in WIDE_NAMES:
        return build_dense_encoder(name, weights, LAST_DILATION, seed), WIDE_STRIDE
    return build_encoder(name, weights, OUTPUT_STRIDE), OUTPUT_STRIDE
