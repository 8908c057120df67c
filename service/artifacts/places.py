"""What callers are told of a file that the server cannot write or read: not where it lies. The log tells that."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager

from maskloop.errors import MaskloopError, NotFound, StorageFull

logger = logging.getLogger(__name__)


@contextmanager
def places_untold() -> Iterator[None]:
    """Errors that name a place on the server's disk are told without it."""
    try:
        yield
    except MaskloopError as error:
        if not any(map(os.path.isabs, (error.field, error.details.get("path", "")))):
            raise
        logger.warning("%s", error.message)
        raise type(error)(_words(error)) from error


def _words(error: MaskloopError) -> str:
    if isinstance(error, StorageFull):
        return "the server's disk is full; nothing was kept"
    which = "is gone" if isinstance(error, NotFound) else "cannot be used"
    return f"a file of the server's {which}; its log says which"
