"""The state of an unfinished training on disk: written whole or not at all, read as data only."""

from __future__ import annotations

import io
from pathlib import Path

import torch
from torch import nn

from maskloop.formats.files import write_atomically


def save_progress(
    path: Path, identity: str, network: nn.Module, optimizer: torch.optim.Optimizer, iteration: int
) -> None:
    """Replace the state at `path` in one move.

    Raises:
        StorageFull: the disk is full; the state before is kept.
    """
    buffer = io.BytesIO()
    state = {
        "identity": identity,
        "iteration": iteration,
        "network": network.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    torch.save(state, buffer)
    write_atomically(path, buffer.getvalue())


def load_progress(path: Path, identity: str, network: nn.Module, optimizer: torch.optim.Optimizer) -> int:
    """Restore the state at `path` and return the next iteration; 0 when there is none of this very training."""
    if not path.is_file():
        return 0
    device = next(network.parameters()).device
    state = torch.load(path, map_location=device, weights_only=True)
    if state["identity"] != identity:
        return 0
    network.load_state_dict(state["network"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["iteration"])
