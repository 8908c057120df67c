"""Limits of long work that the server sees to: its deadline, and processes that the kernel ends for want of memory."""

from __future__ import annotations

import logging
import re
import signal
import sys
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import DeadlineExceeded, QueueFull
from maskloop.values import Operation
from service.device.job_files import out_of_memory, read_job

DEATHS_BY_MEMORY = 2
"""Of one job: a second process may be luckier beside other programs, a third is not."""
LOOK_EVERY_S = 0.5
MOST_OF_IT = 0.8  # of the machine's memory, which only a process that is to be ended holds
COUNTERS = ("memory/memory.oom_control", "memory.events")  # of cgroups of either version
LIMITS = ("memory/memory.limit_in_bytes", "memory.max")
RETRY_AFTER_S = 5.0
GIB = 1 << 30
logger = logging.getLogger(__name__)


def check_deadline(spent_s: float, deadline_s: float) -> None:
    """Check that the device may spend more time on an operation.

    Raises:
        DeadlineExceeded: it has spent all.
    """
    if spent_s > deadline_s:
        raise DeadlineExceeded(
            f"the device has spent {spent_s:.0f} s on this operation; operation_deadline_s is {deadline_s:g}"
        )


@dataclass(frozen=True)
class QueueLimits:
    """Unfinished operations at most; more are refused.

    Args:
        in_all: of the server.
        of_project: of one project, so that its queue leaves others room.
    """

    in_all: int
    of_project: int

    def check(self, unfinished: Sequence[Operation], project_id: str) -> None:
        """Check that a project may begin another one.

        Raises:
            QueueFull: too many are waiting.
        """
        own = sum(operation.project_id == project_id for operation in unfinished)
        if len(unfinished) >= self.in_all:
            raise QueueFull(f"{len(unfinished)} operations are waiting", retry_after_s=RETRY_AFTER_S)
        if own >= self.of_project:
            raise QueueFull(f"{own} operations of project {project_id} are waiting", retry_after_s=RETRY_AFTER_S)


@dataclass(frozen=True)
class Kernel:
    """What the kernel tells of memory; nothing where it is no Linux.

    Args:
        processes: folder of what it tells of processes and of the machine.
        groups: folder of what it tells of groups of processes.
    """

    processes: Path = Path("/proc")
    groups: Path = Path("/sys/fs/cgroup")

    def group(self) -> Path:
        """The folder of the group that the server is in, where it can be seen."""
        try:
            own = re.search(r"^0::/(.+)$", (self.processes / "self" / "cgroup").read_text(), re.MULTILINE)
        except OSError:
            own = None
        folder = self.groups / own[1] if own else self.groups
        return folder if folder.is_dir() else self.groups

    def kills(self) -> int:
        """Processes that were ended for want of memory since the machine began, as far as it can be seen from here."""
        told = [self.processes / "vmstat", *(self.group() / name for name in COUNTERS)]
        return sum(_fields(path).get("oom_kill", 0) for path in told)

    def held(self, pid: int) -> int:
        """The most memory that a living process has held, in bytes; 0 where nobody knows."""
        return 1024 * _fields(self.processes / str(pid) / "status").get("VmHWM", 0)

    def memory(self) -> int:
        """Of the machine, or of the server's group if that may have less, in bytes; 0 where nobody knows."""
        machine = 1024 * _fields(self.processes / "meminfo").get("MemTotal", 0)
        limits = [limit for name in LIMITS if (limit := _number(self.group() / name))]
        return min([machine, *limits] if machine else limits, default=0)


class MemoryDeaths:
    """Tells whether a process was ended for want of memory, by what the kernel told of it while it lived.

    Args:
        kernel: tells.
    """

    def __init__(self, kernel: Kernel | None = None) -> None:
        self._kernel = kernel or Kernel()
        self._deaths: Counter[Path] = Counter()
        self._seen = threading.Lock()
        self._pid, self._held, self._kills = 0, 0, 0

    def watch(self, pid: int) -> None:
        """Follow a new process until it ends."""
        with self._seen:
            self._pid, self._held, self._kills = pid, 0, self._kernel.kills()
        if sys.platform == "linux":
            threading.Thread(target=self._follow, args=(pid,), name="memory", daemon=True).start()

    def judge(self, folder: Path, status: int | None) -> None:
        """Judge the death of the process that was watched, at the job of a folder.

        Raises:
            OutOfMemory: it was for want of memory, and not the job's first such death.
        """
        with self._seen:
            held = self._held
            was_told = self._kernel.kills() > self._kills
        memory = self._kernel.memory()
        if status != -signal.SIGKILL or not (was_told or (memory and held > MOST_OF_IT * memory)):
            return
        self._deaths[folder] += 1
        detail = f"the process held {held / GIB:.1f} GiB when the kernel ended it"
        logger.warning("out of memory at the job of %s: %s", folder, detail)
        if self._deaths[folder] >= DEATHS_BY_MEMORY:
            raise out_of_memory(read_job(folder), detail)

    def forget(self, folder: Path) -> None:
        """The job of a folder is over."""
        self._deaths.pop(folder, None)

    def _follow(self, pid: int) -> None:
        over, before = threading.Event(), self._kernel.kills()
        while not over.wait(LOOK_EVERY_S):
            kills, held = self._kernel.kills(), self._kernel.held(pid)
            with self._seen:
                if self._pid != pid or not held:  # another is watched, or it is gone
                    return
                # the count is raised a moment before the process is gone, so the one before that is kept
                self._kills, self._held, before = before, max(held, self._held), kills


def _fields(path: Path) -> Mapping[str, int]:
    """Numbers by their names, a line each; none where the file cannot be read."""
    try:
        return {name: int(value) for name, value in re.findall(r"^(\w+):?\s+(\d+)", path.read_text(), re.MULTILINE)}
    except OSError:
        return {}


def _number(path: Path) -> int:
    try:
        text = path.read_text().strip()
    except OSError:
        return 0
    return int(text) if text.isdigit() else 0
