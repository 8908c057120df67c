"""Arithmetic that repeats itself bit for bit, for as long as a training runs, and what it depends on.

docs/decisions/0020-what-a-seed-promises.md says what carries over from machine to machine.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Self

import torch


@dataclass(frozen=True)
class Arithmetic:
    """What decides how a training's sums are rounded, besides torch's version.

    Args:
        device: "cpu", or the GPU's name.
        cpu_capability: the vector instructions that torch uses on this CPU, such as "AVX512".
        threads: torch threads on the CPU, 1 or more; a sum that several share is cut up between them.
    """

    device: str
    cpu_capability: str
    threads: int

    @classmethod
    def of(cls, device: torch.device) -> Self:
        """Of this process, for trainings on `device`."""
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
        return cls(name, torch.backends.cpu.get_cpu_capability(), torch.get_num_threads())

    def to_dict(self) -> dict[str, Any]:
        """A JSON-ready dict; `from_dict` reads it."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any] | None) -> Self | None:
        """The inverse of `to_dict`; `None` for files of versions that did not record it."""
        return cls(values["device"], values["cpu_capability"], values["threads"]) if values else None


@contextmanager
def repeatable(device: torch.device) -> Iterator[None]:
    """Deterministic kernels while a training runs; the settings before are put back."""
    filling: Any = torch.utils.deterministic  # a module with a property, which type checkers do not see
    before = torch.are_deterministic_algorithms_enabled(), torch.backends.cudnn.benchmark
    filled = filling.fill_uninitialized_memory
    if device.type == "cuda":
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # cuBLAS repeats itself only with this
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    filling.fill_uninitialized_memory = False  # with NaN, for a debugger
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(before[0])
        torch.backends.cudnn.benchmark = before[1]
        filling.fill_uninitialized_memory = filled


@contextmanager
def drawn_from(draw: int, device: torch.device) -> Iterator[None]:
    """Torch's own draws, such as dropout's, from a seed; its generators are put back afterwards.

    Args:
        draw: in [0, 2^63).
        device: whose draws are meant, beside the CPU's.
    """
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        torch.manual_seed(draw)
        yield
