"""An encoder's taps as the networks of this room lay them on one grid."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from models.encoders.backbones import Encoder

MULTIPLE = 32  # of pixels: sides of images that every encoder's taps cover exactly


def tap_strides(encoder: Encoder) -> tuple[int, ...]:
    """Pixels along the side of a cell of each tap; the encoder is left in eval mode."""
    device = next(encoder.parameters()).device
    with torch.no_grad():
        taps = encoder.eval()(torch.zeros(1, 3, 2 * MULTIPLE, 2 * MULTIPLE, device=device))
    return tuple(2 * MULTIPLE // tap.shape[-1] for tap in taps)


def enlarged(maps: Tensor, factor: int, size: tuple[int, int]) -> Tensor:
    """(B, C, h, w) bilinearly enlarged, corners unaligned, and cut to `size` on the right and at the bottom."""
    if factor > 1:
        maps = F.interpolate(maps, scale_factor=factor, mode="bilinear", align_corners=False)
    return maps[..., : size[0], : size[1]]


def filled(images: Tensor, height: int, width: int) -> Tensor:
    """(..., h, w) filled with zeros on the right and at the bottom to (..., height, width)."""
    return F.pad(images, (0, width - images.shape[-1], 0, height - images.shape[-2]))


def rounded_up(length: int, multiple: int) -> int:
    """To the next multiple."""
    return -(-length // multiple) * multiple
