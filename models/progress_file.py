"""The state of an unfinished training on disk: written whole or not at all, read as data only."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from maskloop.formats.files import write_atomically
from models.examples import Prepared
from models.recipes import Recipe


def fingerprint(prepared: Sequence[Prepared], categories: Sequence[int], recipe: Recipe, seed: int) -> str:
    """What a training's result depends on, hashed: a state of another training is never resumed."""
    digest = hashlib.sha256(json.dumps([recipe.to_dict(), list(categories), seed], sort_keys=True).encode())
    for item in prepared:
        for part in (item.image_id.encode(), item.image.tobytes(), item.masks.tobytes(), item.classes.tobytes()):
            digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()


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
