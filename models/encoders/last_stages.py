"""Encoders whose last three stages are read together, at one size.

As Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
fuse those of a WideResNet-38, which has them at 1/8 of the image. Any other encoder may take its place: its coarser
stages are enlarged.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from models.encoders.backbones import Encoder, build_encoder
from models.encoders.names import WIDE_NAMES
from models.encoders.wideresnet import build_wideresnet38

STAGES = 3


def build_dense_encoder(name: str, weights: str, last_dilation: int, seed: int) -> Encoder:
    """An encoder by name, on the CPU; of others than WideResNet-38 the last tap is at 1/16.

    Args:
        name: of `WIDE_NAMES`, or as `models.encoders.backbones.build_encoder` takes it.
        weights: "" or "random" for initial ones; else as there, of WideResNet-38 a file.
        last_dilation: of WideResNet-38's last stage.
        seed: of initial weights.

    Raises:
        InvalidConfig: there is no such encoder, or the weights do not exist or do not fit.
        Unavailable: weights cannot be fetched.
    """
    if name in WIDE_NAMES:
        narrow = int(name.partition("/")[2] or 1)
        return build_wideresnet38(weights, last_dilation=last_dilation, narrow=narrow, seed=seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build_encoder(name, weights, 16)


def last_stages(encoder: Encoder, images: Tensor) -> list[Tensor]:
    """The last three taps of images (B, 3, H, W), each (B, channels[k], h, w) with h and w of the finest of them.

    Coarser ones are enlarged bilinearly, corners unaligned.
    """
    stages = encoder(images)[-STAGES:]
    size = stages[0].shape[-2:]
    return [stage if stage.shape[-2:] == size else _enlarged(stage, size) for stage in stages]


def finest_is_last(encoder: Encoder) -> bool:
    """Whether the last tap is as fine as the third last; the encoder is left in the mode it was in."""
    training, example = encoder.training, next(encoder.parameters())
    with torch.no_grad():
        taps = encoder.eval()(torch.zeros(1, 3, 64, 64, device=example.device))
    encoder.train(training)
    return bool(taps[-1].shape[-1] == taps[-STAGES].shape[-1])


def _enlarged(stage: Tensor, size: Any) -> Tensor:
    return F.interpolate(stage, size, mode="bilinear", align_corners=False)
