"""A network of timm's taken apart, where it calls its parts one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import torch
from torch import Tensor, nn


class Painted(nn.Module):
    """Normalised images (B, 3, H, W) as a network of timm's wants them: times `gain`, plus `shift`, (3, 1, 1) each."""

    gain: Tensor
    shift: Tensor

    def __init__(self, gain: Tensor, shift: Tensor) -> None:
        super().__init__()
        self.register_buffer("gain", gain)
        self.register_buffer("shift", shift)

    def forward(self, images: Tensor) -> Tensor:
        """(B, 3, H, W), channels last."""
        return painted(images, self.gain, self.shift)


def painted(images: Tensor, gain: Tensor, shift: Tensor) -> Tensor:
    """See `Painted`."""
    return (images * gain + shift).contiguous(memory_format=torch.channels_last)


def cut_behind(trunk: nn.Module, taps: Sequence[str], place: int) -> tuple[nn.Sequential, nn.Sequential] | None:
    """The parts up to a tap, and those behind it up to the last tap; `None` where the trunk has no part of that name.

    Whether the trunk calls them in the order that it has them in is not known.

    Args:
        trunk: timm's, with `features_only`.
        taps: the names of the parts that taps come from, finest first.
        place: of the tap among them.
    """
    parts = list(_laid_out(trunk, taps))
    names = [name for name, _ in parts]
    wanted = [_flat(taps[place]), _flat(taps[-1])]
    if not set(wanted) <= set(names):
        return None
    first, last = (names.index(name) + 1 for name in wanted)
    modules = [module for _, module in parts]
    return nn.Sequential(*modules[:first]), nn.Sequential(*modules[first:last])


def _laid_out(trunk: nn.Module, taps: Sequence[str]) -> Sequence[tuple[str, nn.Module]]:
    """Parts by name in their order; of a part that holds some a tap comes from, the parts of that."""
    return list(
        chain.from_iterable(
            [(f"{name}_{inner}", module) for inner, module in part.named_children()]
            if any(tap.startswith(f"{name}.") for tap in taps)
            else [(name, part)]
            for name, part in trunk.named_children()
        )
    )


def _flat(tap: str) -> str:
    """timm flattens some trunks: what a tap knows as `stages.0` is called `stages_0` there."""
    return tap.replace(".", "_")
