"""What every network on frozen taps begins with: its taps standardised, and one pyramid made of the coarse ones.

Lin et al., *Feature pyramid networks for object detection*.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

GROUPS = 8
COARSE = 4  # taps at 1/4 to 1/32; those before them are at 1/2


class TapNetwork(nn.Module):
    """Laterals of the coarse taps, summed from the coarsest up, and two convolutions.

    Args:
        channels: of the taps, finest first: at 1/2 as many as there are, then at 1/4, 1/8, 1/16 and 1/32.
        width: channels of the pyramid.
    """

    def __init__(self, channels: Sequence[int], width: int) -> None:
        super().__init__()
        for place, number in enumerate(channels):
            self.register_buffer(f"tap_mean_{place}", torch.zeros(number))
            self.register_buffer(f"tap_scale_{place}", torch.ones(number))
        self.laterals = nn.ModuleList(nn.Conv2d(number, width, 1) for number in channels[-COARSE:])
        self.smooth = nn.Sequential(convolution(width, width), convolution(width, width))

    def standardise(self, means: Sequence[Tensor], scales: Sequence[Tensor]) -> None:
        """Set what is taken out of each tap's channels, and what they are divided by."""
        for place, (mean, scale) in enumerate(zip(means, scales, strict=True)):
            getattr(self, f"tap_mean_{place}").copy_(mean)
            getattr(self, f"tap_scale_{place}").copy_(scale)

    def scaled(self, taps: Sequence[Tensor]) -> list[Tensor]:
        """The taps with the means of their channels taken out and divided by their deviations."""
        return [
            (tap.float() - getattr(self, f"tap_mean_{place}").view(-1, 1, 1))
            / getattr(self, f"tap_scale_{place}").view(-1, 1, 1)
            for place, tap in enumerate(taps)
        ]

    def pyramid(self, coarse: Sequence[Tensor]) -> Tensor:
        """Scaled taps at 1/4 to 1/32 to (B, width, S / 4, S / 4)."""
        joined = self.laterals[-1](coarse[-1])
        for lateral, tap in zip(list(self.laterals)[-2::-1], list(coarse)[-2::-1], strict=True):
            joined = lateral(tap) + F.interpolate(joined, size=tap.shape[-2:], mode="bilinear", align_corners=False)
        smoothed: Tensor = self.smooth(joined)
        return smoothed


def convolution(inputs: int, outputs: int) -> nn.Sequential:
    """Three by three, with a norm that asks for no other picture, and a ReLU."""
    layer = nn.Conv2d(inputs, outputs, 3, padding=1)
    return nn.Sequential(layer, nn.GroupNorm(GROUPS, outputs), nn.ReLU(inplace=True))
