"""Memory of the device's process: how much it may take, and how it is told that it was too little."""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from service.device.job_files import Job, out_of_memory

SIGNS = (
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
    "CUDA out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
    "cudaErrorMemoryAllocation",
    "MPS backend out of memory",
)
"""Words by which torch says it with no class of its own."""


def limit_memory(most: int) -> None:
    """Have allocations fail by which this process would hold more than `most` bytes beside what it holds now.

    It counts data on Linux, not files that are mapped. Elsewhere nothing is limited; nor is it with 0.
    """
    if most and sys.platform == "linux":
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
        limit = pages * resource.getpagesize() + most
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an allocation failed, on the device or beside it."""
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    if isinstance(error, RuntimeError):
        return isinstance(error, torch.OutOfMemoryError) or any(sign in str(error) for sign in SIGNS)
    return isinstance(error, MemoryError)


@contextmanager
def told_what_to_lower(job: Job | None = None) -> Iterator[None]:
    """An allocation that fails is nobody's fault of programming: it says what would make the job smaller.

    Raises:
        OutOfMemory: in the place of whatever torch, numpy or the system raised.
    """
    try:
        yield
    except (MemoryError, RuntimeError, OSError) as error:
        if not is_out_of_memory(error):
            raise
        refusal = out_of_memory(job)
    else:
        return
    gc.collect()  # what the failed job held goes with its frames
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    raise refusal
