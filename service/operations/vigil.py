"""Whether a process of the server's own still works, while an answer of it is awaited.

A thread of that process that says so would prove nothing of the one that works. What counts is that it reports, or that
the kernel charges it with time of the processor.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import astuple, dataclass
from pathlib import Path

from service.operations.child import DeviceDiedError

MOST_BETWEEN_LOOKS_S = 5.0
"""More than that passed because this process stood still itself, and so perhaps did the other."""
LEAST_WORK = 0.003  # of the time: a process that waits for images of a slow network still works more


@dataclass(frozen=True)
class Patience:
    """When a process is taken for hung, in seconds, each above 0.

    Args:
        start_s: it has begun, and does not take work yet.
        still_s: it says nothing, and uses no time of the processor.
        silent_s: it says nothing, though it uses the processor.
        stop_s: it does not let go of work that nobody wants any more.
        look_every_s: how often this is looked at.
        hangs_in_a_row: hung processes that leave work no further, after which it is given up; 1 or more.

    Raises:
        ValueError: a number that is too small.
    """

    start_s: float = 600.0
    still_s: float = 180.0
    silent_s: float = 3600.0
    stop_s: float = 30.0
    look_every_s: float = 1.0
    hangs_in_a_row: int = 3

    def __post_init__(self) -> None:
        if not all(value > 0 for value in astuple(self)):
            raise ValueError(f"{self} has a number that is not above 0")


DEFAULT = Patience()


class HungError(DeviceDiedError):
    """The process is there and does nothing; it must be killed."""


class Vigil:
    """The wait for one word of a process.

    Args:
        pid: of the process.
        still_s: as `Patience`.
        silent_s: as `Patience`.
        clock: seconds that never go back.
        worked: seconds of the processor that a process has used, `None` where nobody knows.
    """

    def __init__(
        self,
        pid: int,
        *,
        still_s: float,
        silent_s: float,
        clock: Callable[[], float] = time.monotonic,
        worked: Callable[[int], float | None] | None = None,
    ) -> None:
        self._pid = pid
        self._most_still_s = still_s
        self._most_silent_s = silent_s
        self._clock = clock
        self._worked = worked or seconds_worked
        self._silent_s = self._still_s = 0.0
        self._last_s = clock()
        self._work_s = self._worked(pid)

    def look(self) -> None:
        """Call this again and again until the word is there.

        Raises:
            HungError: the process is taken for hung.
        """
        now_s = self._clock()
        passed_s = min(now_s - self._last_s, MOST_BETWEEN_LOOKS_S)
        self._last_s = now_s
        self._silent_s += passed_s
        self._still_s += passed_s
        work_s = self._worked(self._pid)
        if work_s is None or self._work_s is None or work_s - self._work_s >= LEAST_WORK * self._most_still_s:
            self._work_s, self._still_s = work_s, 0.0
        if self._still_s > self._most_still_s:
            raise HungError(f"did nothing for {self._most_still_s:g} s and was killed")
        if self._silent_s > self._most_silent_s:
            raise HungError(f"said nothing for {self._most_silent_s:g} s and was killed")


def seconds_worked(pid: int) -> float | None:
    """Seconds of the processor that a process and its ended children have used, as Linux's /proc tells."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
