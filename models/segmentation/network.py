"""PSPNet on an encoder: what a place looks like beside what the whole picture looks like at four sizes.

Zhao, Shi, Qi, Wang, Jia, *Pyramid scene parsing network*, CVPR 2017, with the auxiliary head of fully convolutional
networks (Long, Shelhamer, Darrell, CVPR 2015) on the stage before the last; laid out as in the authors' program of Li
et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022.
Bilinear resizing has corners unaligned.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.encoders.backbones import Encoder
from models.encoders.last_stages import STAGES, build_dense_encoder, finest_is_last, last_stages
from models.segmentation.recipe import SegmentationRecipe

POOLS = (1, 2, 3, 6)


class PspHead(nn.Module):
    """Features (B, D, h, w) to logits (B, C, h, w).

    Args:
        inputs: D.
        width: channels that each pool's features, and then all of them together, are brought to.
        classes: C.
        dropout: share of the channels that the last layer does not see in training.
        pools: cells along a side of each pool.
    """

    def __init__(
        self, inputs: int, width: int, classes: int, dropout: float, *, pools: tuple[int, ...] = POOLS
    ) -> None:
        super().__init__()
        self.pools = nn.ModuleList(
            nn.Sequential(nn.AdaptiveAvgPool2d(cells), _layer(inputs, width, 1)) for cells in pools
        )
        self.joined = _layer(inputs + len(pools) * width, width, 3)
        self.last = _last(width, classes, dropout)

    def forward(self, features: Tensor) -> Tensor:
        """See the class."""
        size = features.shape[2:]
        logits: Tensor = self.last(
            self.joined(torch.cat([features, *(sized(p(features), size) for p in self.pools)], 1))
        )
        return logits


class FcnHead(nn.Sequential):
    """Features (B, D, h, w) to logits (B, C, h, w), by one convolution and the last layer; arguments as `PspHead`."""

    def __init__(self, inputs: int, width: int, classes: int, dropout: float) -> None:
        super().__init__(_layer(inputs, width, 3), _last(width, classes, dropout))


class SegmentationNetwork(nn.Module):
    """Images (B, 3, H, W), normalised, of any size, to logits of C classes.

    The head reads the encoder's last stage if it is as fine as the third last, else the last three side by side, at the
    size of the finest. The auxiliary head reads the last stage but one.

    Args:
        encoder: whose last three taps are used.
        width, dropout: of the head; the auxiliary one has half the width.
        classes: C.
    """

    def __init__(self, encoder: Encoder, width: int, classes: int, dropout: float) -> None:
        super().__init__()
        self.encoder = encoder
        self._fused = not finest_is_last(encoder)
        channels = encoder.channels[-STAGES:]
        self.head = PspHead(sum(channels) if self._fused else channels[-1], width, classes, dropout)
        self.auxiliary = FcnHead(channels[-2], width // 2, classes, dropout)

    def forward(self, images: Tensor) -> Tensor:
        """(B, C, h, w), of the size of the third last tap: H / 8, W / 8, rounded up."""
        logits: Tensor = self.head(self._read(last_stages(self.encoder, images)))
        return logits

    def both(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Logits of the head and of the auxiliary one, (B, C, h, w) each."""
        stages = last_stages(self.encoder, images)
        return self.head(self._read(stages)), self.auxiliary(stages[-2])

    def _read(self, stages: list[Tensor]) -> Tensor:
        return torch.cat(stages, dim=1) if self._fused else stages[-1]


def build_segmentation(
    recipe: SegmentationRecipe, classes: int, *, weights: str = "", seed: int = 0
) -> SegmentationNetwork:
    """The recipe's network on the CPU.

    Args:
        weights: of the encoder.
        seed: of whatever `weights` does not give.

    Raises:
        InvalidConfig: the weights do not exist or do not fit.
        Unavailable: weights cannot be fetched.
    """
    encoder = build_dense_encoder(recipe.encoder, weights, recipe.last_dilation, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return SegmentationNetwork(encoder, recipe.width, classes, recipe.dropout)


def sized(maps: Tensor, size: Any) -> Tensor:
    """(B, C, h, w) bilinearly resized."""
    return maps if maps.shape[2:] == size else F.interpolate(maps, size, mode="bilinear", align_corners=False)


def _layer(inputs: int, outputs: int, kernel: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _last(width: int, classes: int, dropout: float) -> nn.Sequential:
    """At first, no class is much likelier than another."""
    last = nn.Conv2d(width, classes, 1)
    nn.init.normal_(last.weight, std=0.01)
    assert last.bias is not None
    nn.init.zeros_(last.bias)
    return nn.Sequential(nn.Dropout2d(dropout), last)
