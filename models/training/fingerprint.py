"""What a training's result depends on, hashed: equal fingerprints, bit for bit equal networks."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.annotation.batches import TrainingSet
from models.annotation.recipe import Recipe


def fingerprint(network: nn.Module, data: TrainingSet, recipe: Recipe, seed: int, device: torch.device) -> str:
    """Of the training that makes of `network`, as it is now, a trained one; hex digits.

    Ids and names are not part of it, nor what `Recipe.shaping` leaves out: they move no weight. The code is, so that
    what another version of Maskloop began or kept is never taken for this one's.

    Args:
        network: before its first iteration.
        data: what it learns from.
    """
    tensors = {}
    for kind, images in enumerate((data.drawn, *(images for images, _ in data.on_top))):
        for place, item in enumerate(images):
            for part in ("image", "masks", "classes"):
                tensors[f"{kind} {part} {place}"] = torch.tensor(getattr(item, part))
    on_top = [number for _, number in data.on_top]
    return training_fingerprint(network, tensors, {**recipe.shaping(), "on top": on_top}, seed, device)


def training_fingerprint(
    network: nn.Module, data: Mapping[str, Tensor], options: Mapping[str, Any], seed: int, device: torch.device
) -> str:
    """Of any training of `network`, as it is now, with these options (JSON-ready) on this data; hex digits."""
    where = [_code(), torch.__version__, _arithmetic(device)]
    description = json.dumps([*where, options, seed], sort_keys=True)
    return digest(description, {**network.state_dict(), **data})


def digest(description: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the description and of every tensor's name, type, shape and bytes."""
    found = hashlib.sha256(description.encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous().cpu()
        found.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        found.update(tensor.numpy().tobytes())
    return found.hexdigest()


@functools.cache
def _code() -> str:
    """Of this package: any line of it may change what a training comes to."""
    sources = sorted(Path(__file__).parents[1].rglob("*.py"))
    return hashlib.sha256(b"".join(source.read_bytes() for source in sources)).hexdigest()


def _arithmetic(device: torch.device) -> str:
    """What decides how sums are rounded: the kind of device and, on a CPU, how sums are cut up."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} {torch.backends.cpu.get_cpu_capability()} {torch.get_num_threads()}"
