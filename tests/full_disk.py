"""A disk with hardly any room, for whoever writes files."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def limited_files() -> Iterator[None]:
    """No file of this process may grow beyond 4 KiB: what a quota does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
