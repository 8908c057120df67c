"""Which device torch computes on."""

from __future__ import annotations

import torch

from maskloop.errors import InvalidConfig


def find_device(name: str) -> torch.device:
    """The device of that name; "auto" is the first GPU if there is one, else the CPU.

    Raises:
        InvalidConfig: torch cannot use it.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise InvalidConfig(f"device {name!r} cannot be used: {str(error).splitlines()[0]}", field="device") from error
