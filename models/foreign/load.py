"""Networks that are not ours, read from where an operator says they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch

from models.foreign.maskrcnn import load_maskrcnn
from models.foreign.names import ForeignName
from models.foreign.network import ForeignNetwork
from models.foreign.onnx_network import load_onnx
from models.foreign.sam import load_sam

LOADERS: Mapping[str, Callable[[ForeignName, torch.device], ForeignNetwork]] = {
    "sam": load_sam,
    "sam2": load_sam,
    "maskrcnn": load_maskrcnn,
    "onnx": load_onnx,
}


def load_foreign(name: ForeignName, device: torch.device) -> ForeignNetwork:
    """Read a network onto `device`.

    Raises:
        InvalidConfig: its package is not installed, it is not there, cannot be read, or is another network.
    """
    name.check()
    return LOADERS[name.kind](name, device)
