"""A dense head at full resolution on the taps of a frozen encoder.

A region of a few cells is blind to a crack three pixels wide. Here the pyramid meets the encoder's finest tap and the
picture itself at 1/2, and a pixel shuffle gives full resolution at the cost of 1/2.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VERSION = 1
"""Raised when a change makes trainings come to other weights."""
GROUPS = 8
WIDTH = 32
COARSE = 4  # taps at 1/4 to 1/32; those before them are at 1/2
EMPTY_LOGIT = -3.0  # most pixels are of no object


class DenseNetwork(nn.Module):
    """Taps to a map for each class.

    Args:
        channels: of the taps, finest first: at 1/2 as many as there are, then at 1/4, 1/8, 1/16 and 1/32.
        classes: of the vocabulary.
    """

    def __init__(self, channels: Sequence[int], classes: int) -> None:
        super().__init__()
        for place, number in enumerate(channels):
            self.register_buffer(f"tap_mean_{place}", torch.zeros(number))
            self.register_buffer(f"tap_scale_{place}", torch.ones(number))
        self.laterals = nn.ModuleList(nn.Conv2d(number, WIDTH, 1) for number in channels[-COARSE:])
        self.smooth = nn.Sequential(_convolution(WIDTH, WIDTH), _convolution(WIDTH, WIDTH))
        fine = sum(channels[:-COARSE])
        self.join = nn.Sequential(_convolution(WIDTH + fine, WIDTH), _convolution(WIDTH, WIDTH))
        self.last = nn.Conv2d(WIDTH, 4 * classes, 1)
        nn.init.constant_(self.last.bias, EMPTY_LOGIT)  # type: ignore[arg-type]

    def standardise(self, means: Sequence[Tensor], scales: Sequence[Tensor]) -> None:
        """Set what is taken out of each tap's channels, and what they are divided by."""
        for place, (mean, scale) in enumerate(zip(means, scales, strict=True)):
            getattr(self, f"tap_mean_{place}").copy_(mean)
            getattr(self, f"tap_scale_{place}").copy_(scale)

    def forward(self, taps: Sequence[Tensor]) -> Tensor:
        """Taps as the encoder gives them, of pictures or windows of them, to logits (B, classes, S, S)."""
        scaled = [
            (tap - getattr(self, f"tap_mean_{place}").view(-1, 1, 1))
            / getattr(self, f"tap_scale_{place}").view(-1, 1, 1)
            for place, tap in enumerate(taps)
        ]
        fine, coarse = scaled[:-COARSE], scaled[-COARSE:]
        joined = self.laterals[-1](coarse[-1])
        for lateral, tap in zip(list(self.laterals)[-2::-1], coarse[-2::-1], strict=True):
            joined = lateral(tap) + F.interpolate(joined, size=tap.shape[-2:], mode="bilinear", align_corners=False)
        wide = F.interpolate(self.smooth(joined), scale_factor=2, mode="bilinear", align_corners=False)
        return F.pixel_shuffle(self.last(self.join(torch.cat([wide, *fine], dim=1))), 2)


def _convolution(inputs: int, outputs: int) -> nn.Sequential:
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1)
    return nn.Sequential(convolution, nn.GroupNorm(GROUPS, outputs), nn.ReLU(inplace=True))
