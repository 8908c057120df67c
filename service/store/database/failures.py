"""What databases raise, as errors of ours. Callers learn nothing of the place; the log does."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError

from maskloop.errors import Aborted, FailedPrecondition, MaskloopError, StorageFull, Unavailable

DISK_FULL = "53100"
OVERTAKEN = ("40001", "40P01")  # serialization failure, deadlock
DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
NO_ROOM = ("SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE")
"""SQLite tells a full disk from a quota that is used up or a file that may not grow; all are the same here."""
AGAIN_AFTER_S = 0.1
logger = logging.getLogger(__name__)


@contextmanager
def errors_made_ours(place: str = "") -> Iterator[None]:
    """What a database raises is one of ours.

    Args:
        place: what the operator, who starts the server, is told of the database; "" where callers read the error.

    Raises:
        Aborted: another change came first; nothing was changed, and the call may be repeated.
        StorageFull: the disk is full; nothing was changed.
        FailedPrecondition: the database is damaged.
        Unavailable: it cannot be reached, or stayed locked.
    """
    try:
        yield
    except DBAPIError as error:
        ours = _made_ours(error, place)
        if ours is None:
            raise
        if not place:
            logger.warning("the database: %s", said(error))
        raise ours from error


def is_overtaken(error: DBAPIError) -> bool:
    """Whether another change came first, of which this server does not know."""
    return isinstance(error, IntegrityError) or getattr(error.orig, "sqlstate", None) in OVERTAKEN


def said(error: DBAPIError) -> str:
    """The driver's own words, in one line."""
    return " ".join(str(error.orig).split())


def _made_ours(error: DBAPIError, place: str) -> MaskloopError | None:
    which = f"the database {place}".strip()
    if is_overtaken(error):
        return Aborted("another change came first; nothing was changed", retry_after_s=AGAIN_AFTER_S)
    if getattr(error.orig, "sqlstate", None) == DISK_FULL or _sqlite_name(error) in NO_ROOM:
        return StorageFull("the database's disk is full; nothing was changed")
    if _sqlite_name(error) in DAMAGED:
        return FailedPrecondition(f"{which} is damaged ({said(error)}); restore it from a backup", field="database")
    if isinstance(error, OperationalError | InterfaceError) or error.connection_invalidated:
        why = f": {said(error)}" if place else "; the server's log says why"
        return Unavailable(f"{which} is not to be had{why}", retry_after_s=1.0)
    return None


def _sqlite_name(error: DBAPIError) -> str:
    return getattr(error.orig, "sqlite_errorname", "")
