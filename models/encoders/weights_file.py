"""Weights in files: data only, nothing in them is run."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from maskloop.errors import InvalidConfig


def read_weights(path: Path) -> dict[str, Any]:
    """A state dict from a safetensors or torch file; data only, nothing in it is run.

    Raises:
        InvalidConfig: the file is none, no regular one, or holds no weights.
    """
    try:
        _check_regular(path)
        if path.suffix == ".safetensors":
            return dict(safetensors.torch.load_file(path))
        return dict(torch.load(path, map_location="cpu", weights_only=True))
    except MemoryError:
        raise
    except Exception as error:
        raise InvalidConfig(f"weights {path} cannot be read: {error}", field="weights") from error


def is_counter(name: str) -> bool:
    """Whether it names how many batches a norm has seen, which old files do not tell and nothing reads."""
    return name.endswith("num_batches_tracked")


def _check_regular(path: Path) -> None:
    """Opening a pipe or a device would wait for ever, or never end."""
    file = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise InvalidConfig(f"weights {path} are no regular file", field="weights")
    finally:
        os.close(file)
