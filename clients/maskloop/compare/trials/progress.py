"""What a person sees while a comparison goes on: trials done, a line for each slot, time left.

On a terminal one live panel under the sentences that stay; elsewhere the sentences alone, one for each trial.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from maskloop.errors import Cancelled
from maskloop.loop.progress import BAR_WIDTH, REFRESH_HZ, Progress
from maskloop.pages.wording import say_time

WIDEST = 100


class SlotProgress(Progress):
    """What one slot is at; rounds pass in silence. Asked to stop, it raises where the slot tells something.

    Args:
        clock: seconds that never go back.
        stopping: is set when the person wants to stop.
    """

    def __init__(self, clock: Callable[[], float], stopping: threading.Event) -> None:
        super().__init__(clock)
        self._stopping = stopping
        self._trial = ""
        self._trial_begun = clock()

    def begin_trial(self, name: str) -> None:
        """Another trial begins."""
        self._trial, self._trial_begun = name, self._clock()
        self.standing.done = 0

    def end_trial(self) -> None:
        """No trial is at work."""
        self._trial = ""
        self.phase("idle")

    @property
    def trial_s(self) -> float:
        """Seconds since the trial began; 0 where none is at work."""
        return self._clock() - self._trial_begun if self._trial else 0.0

    def begin(self) -> None:
        """The board has its place."""

    def end(self) -> None:
        """The board has its place."""

    def show(self) -> None:
        """The board draws it.

        Raises:
            Cancelled: the person wants to stop.
        """
        if self._stopping.is_set():
            raise Cancelled("the comparison was stopped")

    def note(self, sentence: str) -> None:
        """Rounds pass in silence."""

    def line(self) -> str:
        """Where it stands."""
        now = self.standing
        if not self._trial:
            return now.phase
        return f"{self._trial}, round {now.done + 1}: {now.phase}, {say_time(self.phase_s)} {now.detail}"[
            :WIDEST
        ].rstrip()


class Board:
    """All slots of a comparison; `with` it around the work. Threads may share it.

    Args:
        console: where it is shown.
        clock: seconds that never go back.
    """

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        self._console = console
        self._clock = clock
        self._stopping = threading.Event()
        self._slots: list[SlotProgress] = []
        self._took_s: list[float] = []
        self._done = self._expected = 0
        self._live = ExitStack()

    def expect(self, done: int, expected: int, slots: int) -> list[SlotProgress]:
        """How many trials there are, and how many of them are done. Returns what each slot tells."""
        self._done, self._expected = done, expected
        self._slots = [SlotProgress(self._clock, self._stopping) for _ in range(slots)]
        return self._slots

    def stop(self) -> None:
        """Have every slot stop where it next tells something."""
        self._stopping.set()

    def trial_done(self, sentence: str, seconds: float) -> None:
        """A trial ended after so many seconds."""
        self._done += 1
        self._took_s.append(seconds)
        left = f"; about {say_time(self.left_s)} left" if self._done < self._expected else ""
        self.note(f"{self._done} of {self._expected}: {sentence}{left}")

    @property
    def left_s(self) -> float:
        """Seconds to the end, by the mean trial so far; 0 before the first."""
        if not self._took_s:
            return 0.0
        mean_s = sum(self._took_s) / len(self._took_s)
        begun_s = sum(min(slot.trial_s, mean_s) for slot in self._slots)
        return max(0.0, (self._expected - self._done) * mean_s - begun_s) / len(self._slots)

    def note(self, sentence: str) -> None:
        """Tell a sentence that stays."""
        self._console.print(sentence, highlight=False, soft_wrap=True, markup=False)

    def __enter__(self) -> Board:
        if self._console.is_terminal:
            panel = Live(
                get_renderable=self._panel, console=self._console, refresh_per_second=REFRESH_HZ, transient=True
            )
            self._live.enter_context(panel)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.close()

    def _panel(self) -> RenderableType:
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="dim")
        rows.add_column()
        if self._expected:
            left = f", about {say_time(self.left_s)} left" if self._took_s else ""
            rows.add_row("trials", f"{self._done} of {self._expected}{left}")
            rows.add_row("", ProgressBar(total=self._expected, completed=self._done, width=BAR_WIDTH))
        for number, slot in enumerate(self._slots, 1):
            rows.add_row(f"slot {number}", Text(slot.line()))
        return Group(rows)
