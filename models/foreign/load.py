"""Networks that are not ours, read from where an operator says they are."""

from __future__ import annotations

import torch

from models.foreign.names import ForeignName
from models.foreign.network import ForeignNetwork
from models.foreign.sam import load_sam


def load_foreign(name: ForeignName, device: torch.device) -> ForeignNetwork:
    """Read a network onto `device`.

    Raises:
        InvalidConfig: its package is not installed, it is not there, cannot be read, or is another network.
    """
    name.check()
    return load_sam(name, device)
