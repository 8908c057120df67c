"""Which device torch computes on."""

from __future__ import annotations

import torch

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean

KINDS = ("cpu", "cuda", "mps", "xpu")
"""That torch can train on, each followed by `:N` for the N-th of several."""


def find_device(name: str) -> torch.device:
    """The device of that name; "auto" is the first GPU if there is one, else the CPU.

    Raises:
        InvalidConfig: there is none of that name, or torch cannot use it.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    if name.partition(":")[0] not in KINDS:
        near = did_you_mean(name, ("auto", *KINDS))
        raise InvalidConfig(f"device {name!r} is none of auto, {', '.join(KINDS)}{near}", field="device")
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        why = str(error).splitlines()[0].partition(". ")[0]
        raise InvalidConfig(
            f"device {name!r} cannot be used: {why}; auto takes a GPU if there is one, else the CPU", field="device"
        ) from error
