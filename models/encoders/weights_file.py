"""Weights in files: data only, nothing in them is run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from maskloop.errors import InvalidConfig


def read_weights(path: Path) -> dict[str, Any]:
    """A state dict from a safetensors or torch file; data only, nothing in it is run."""
    try:
        if path.suffix == ".safetensors":
            return dict(safetensors.torch.load_file(path))
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except Exception as error:
        raise InvalidConfig(f"weights {path} cannot be read: {error}", field="weights") from error
