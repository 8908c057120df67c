"""Disks with hardly any room, or none to write on."""

import resource
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def limited_files() -> Iterator[None]:
    """No file of this process may grow beyond 4 KiB: what a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def mounted(folder: Path, options: str) -> Iterator[Path]:
    """A file system of its own at a folder, which is made; the test is skipped where nobody may mount."""
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("mounting a disk needs the rights to mount")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
