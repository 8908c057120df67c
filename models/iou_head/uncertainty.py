"""How undecided probability maps are: the usual measures of uncertainty sampling, for masks.

Each pixel is a choice of two with p = sigmoid(logit) (Settles, *Active learning literature survey*, section 3.1):
entropy in bits, margin 1 - |2p - 1|, least confidence 1 - max(p, 1 - p). All are larger where less is certain, 0 at
p = 0 and 1, and largest at 1/2. For two choices the margin is twice the least confidence, so that these two
rank images alike; both are here because both names are asked for.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor

NAMES = ("entropy", "margin", "least_confidence")
LARGEST = (1.0, 1.0, 0.5)  # of a pixel at p = 1/2
OPEN = 0.1  # probability above which a pixel may be the object's


def mask_uncertainty(logits: Tensor, classes: Tensor) -> Tensor:
    """Uncertainty of each step's map, on the maps' own device.

    It is the mean over the pixels where p > .1, the object and its surroundings: almost everywhere else p is nearly 0
    and nothing is asked, so that a mean over all pixels would measure how large the object is. A map without such a
    pixel shows nothing of an object that is there, and counts as one of p = 1/2 throughout.

    Args:
        logits: (B, T, S, S) of the steps' masks.
        classes: (B, T) int64, -1 for no step.

    Returns:
        (B, T, 3) float32, the columns of `NAMES` in [0, 1]; rows of no step are zero.
    """
    maps = logits.float().flatten(2)
    valid = (classes >= 0)[..., None]
    asked = (maps > math.log(OPEN / (1 - OPEN))) & valid
    pixels = asked.sum(-1, keepdim=True)
    away = maps.abs()  # both measures are even in the logit, and stable for large ones in this form
    doubt = away.neg().sigmoid()  # min(p, 1 - p)
    entropy = (F.softplus(-away) + away * doubt) / math.log(2)
    sums = torch.stack([(measure * asked).sum(-1) for measure in (entropy, 2 * doubt, doubt)], -1)
    means = torch.where(pixels > 0, sums / pixels.clamp(min=1), sums.new_tensor(LARGEST))
    return means.clamp(max=1) * valid
