"""Allocations that fail are told as want of memory."""

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.errors import OutOfMemory
from maskloop.values import Category
from models.annotation.recipe import resolve
from service.device.job_files import TrainJob
from service.device.memory import is_out_of_memory, told_what_to_lower

JOB = TrainJob(resolve("compact").to_dict(), 3, (Category(1, "square"),), ())
FAR_TOO_MUCH = 1 << 60


@pytest.mark.parametrize(
    "allocate",
    [lambda: torch.empty(FAR_TOO_MUCH, dtype=torch.uint8), lambda: np.empty(FAR_TOO_MUCH, np.uint8)],
    ids=["torch", "numpy"],
)
def test_an_allocation_that_fails_names_what_to_lower(allocate):
    words = r"a smaller batch \(8\), image_size \(64\) or train_steps \(4\) may fit"
    with pytest.raises(OutOfMemory, match=words), told_what_to_lower(JOB):
        allocate()


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        MemoryError("std::bad_alloc"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_every_way_of_saying_it_is_known(error):
    assert is_out_of_memory(error)
    with pytest.raises(OutOfMemory), told_what_to_lower(JOB):
        raise error


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), OSError(errno.ENOENT, "no file"), KeyError("a")])
def test_other_faults_stay_what_they_are(error):
    assert not is_out_of_memory(error)
    with pytest.raises(type(error)), told_what_to_lower(JOB):
        raise error


LIMITED = """
import torch
from service.device.memory import limit_memory
limit_memory(256 << 20)
torch.empty(128 << 20, dtype=torch.uint8)
try:
    torch.empty(512 << 20, dtype=torch.uint8)
except RuntimeError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits are set on Linux alone")
def test_a_limit_makes_allocations_fail():
    root = Path(__file__).parents[3]
    command = [sys.executable, "-c", LIMITED]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=120, check=False)
    assert "DefaultCPUAllocator: can't allocate memory" in done.stdout, done.stderr
