"""What a training's result depends on, hashed: equal fingerprints, bit for bit equal networks.

The code is in it by version numbers, not by its text, so that a change elsewhere loses no trained network. Every part
that decides a result has a `VERSION`, which is raised when a change makes trainings come to other weights;
tests/models/training/test_versions.py notices when that is forgotten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import torch
from torch import Tensor, nn

from models.training.determinism import Arithmetic


@dataclass(frozen=True)
class TrainingInputs:
    """What decides a training's result besides initial weights, seed, iterations and arithmetic.

    Ids and names are left out, and every option that moves no weight: these may differ.

    Args:
        options: of the recipe, JSON-ready.
        data: all that is learnt from, each tensor by a name of its own.
        versions: of the parts of the code, by the part's name.
    """

    options: Mapping[str, Any]
    data: Mapping[str, Tensor]
    versions: Mapping[str, int]

    def with_part(self, part: str, version: int) -> Self:
        """The same with one more part of the code."""
        return replace(self, versions={**self.versions, part: version})


def fingerprint(network: nn.Module, inputs: TrainingInputs, iterations: int, seed: int, device: torch.device) -> str:
    """Of the training that makes of `network`, as it is now, a trained one; 64 hex digits.

    Args:
        network: before its first iteration.
        device: where it is trained.
    """
    description = {
        "torch": torch.__version__,
        "arithmetic": Arithmetic.of(device).to_dict(),
        "options": dict(inputs.options),
        "versions": dict(inputs.versions),
        "iterations": iterations,
        "seed": seed,
    }
    weights = {f"weights {name}": tensor for name, tensor in network.state_dict().items()}
    data = {f"data {name}": tensor for name, tensor in inputs.data.items()}
    return digest(json.dumps(description, sort_keys=True), {**weights, **data})


def digest(description: str, tensors: Mapping[str, Tensor]) -> str:
    """SHA-256 of the description and of every tensor's name, type, shape and bytes."""
    hashed = hashlib.sha256(description.encode())
    for name in sorted(tensors):
        tensor = tensors[name].contiguous().cpu()
        hashed.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}".encode())
        hashed.update(tensor.numpy().tobytes())
    return hashed.hexdigest()
