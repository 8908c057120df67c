"""Files and entries of a data set that cannot be read: what becomes of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class OnBad(StrEnum):
    """The data set is refused, or read without them."""

    STOP = "stop"
    SKIP = "skip"


@dataclass(frozen=True)
class PassedOver:
    """A file or an entry that was not read, by its name for a person, and why."""

    name: str
    why: str
