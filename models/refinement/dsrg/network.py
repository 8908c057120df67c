"""The network of deep seeded region growing: dilated branches on the taps of a frozen encoder."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from models.features.pyramid import TapNetwork

DILATIONS = (6, 12, 18, 24)


class DsrgNetwork(TapNetwork):
    """Taps at 1/8, 1/16 and 1/32 to logits of the ground and of each class at 1/8: a pyramid and four dilated branches,
    whose logits are summed.

    Args:
        channels: of the taps, finest first.
        width: of the pyramid and the branches.
        classes: C.
    """

    def __init__(self, channels: Sequence[int], width: int, classes: int) -> None:
        super().__init__(channels, width)
        self.branches = nn.ModuleList(_branch(width, classes + 1, dilation) for dilation in DILATIONS)

    def forward(self, taps: Sequence[Tensor]) -> Tensor:
        """(B, C + 1, S / 8, S / 8)."""
        features = self.pyramid(self.scaled(taps))
        logits: Tensor = torch.stack([branch(features) for branch in self.branches]).sum(dim=0)
        return logits


def _branch(width: int, labels: int, dilation: int) -> nn.Sequential:
    """At first, no label is much likelier than another."""
    first, last = (
        nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation),
        nn.Conv2d(width, labels, 1, bias=False),
    )
    nn.init.normal_(last.weight, std=0.01)
    return nn.Sequential(first, nn.ReLU(inplace=True), last)
