"""Arithmetic that repeats itself bit for bit, for as long as a training runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch


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
