"""Pooling of what a class map does not show yet: global non-discriminative region pooling.

Lee et al., *Reducing information bottleneck for weakly supervised semantic segmentation*, NeurIPS 2021 (Lee, *Label-
efficient learning for object recognition*, Seoul National University 2023, chapter of RIB).
"""

from __future__ import annotations

from typing import Literal

from torch import Tensor

Over = Literal["image", "region"]


def gndrp(maps: Tensor, tau: float, *, inclusive: bool = False, over: Over = "image") -> Tensor:
    """The mean of each class map over its places of low activation, (B, C), differentiable in their values.

    A place is low where the map's value is less than `tau` of its largest, each map by itself and not rectified. Which
    places are low is not differentiated.

    Args:
        maps: (B, C, h, w) float.
        tau: in [0, 1].
        inclusive: whether a value of exactly `tau` is low, as the paper writes; it is not in the authors' program.
        over: what the sum is divided by, all h x w places as in the authors' program ("image"), or as many as are low,
            as the paper writes ("region"); where none is low the result is 0 either way.
    """
    share = (maps / maps.amax(dim=(2, 3), keepdim=True)).detach()
    low = share <= tau if inclusive else share < tau
    sums = (maps * low).sum(dim=(2, 3))
    return sums / (maps[0, 0].numel() if over == "image" else low.sum(dim=(2, 3)).clamp(min=1))
