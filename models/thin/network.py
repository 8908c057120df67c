"""A dense head at full resolution on the taps of a frozen encoder.

A region of a few cells is blind to a crack three pixels wide. Here the pyramid meets the encoder's finest tap and the
picture itself at 1/2, and a pixel shuffle gives full resolution at the cost of 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models.features.pyramid import COARSE, TapNetwork, convolution

VERSION = 1
"""Raised when a change makes trainings come to other weights."""
WIDTH = 32
EMPTY_LOGIT = -3.0  # most pixels are of no object


class DenseNetwork(TapNetwork):
    """Taps to a map for each class.

    Args:
        channels: of the taps, finest first: at 1/2 as many as there are, then at 1/4, 1/8, 1/16 and 1/32.
        classes: of the vocabulary.
    """

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__(channels, WIDTH)
        fine = sum(channels[:-COARSE])
        self.join = nn.Sequential(convolution(WIDTH + fine, WIDTH), convolution(WIDTH, WIDTH))
        self.last = nn.Conv2d(WIDTH, 4 * classes, 1)
        nn.init.constant_(self.last.bias, EMPTY_LOGIT)  # type: ignore[arg-type]

    def forward(self, taps: Sequence[Tensor]) -> Tensor:
        """Taps as the encoder gives them, of pictures or windows of them, to logits (B, classes, S, S)."""
        scaled = self.scaled(taps)
        fine, coarse = scaled[:-COARSE], scaled[-COARSE:]
        wide = F.interpolate(self.pyramid(coarse), scale_factor=2, mode="bilinear", align_corners=False)
        return F.pixel_shuffle(self.last(self.join(torch.cat([wide, *fine], dim=1))), 2)
