"""What a person sees while a run goes on: phase and its progress, time left, budget left.

On a terminal one live panel; elsewhere a line when something begins or moves, so that logs stay readable.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from maskloop.loop.record.ledger import Ledger
from maskloop.pages.wording import say_time
from maskloop.values import Operation

WAITING = "label"
"""The phase in which people work, and the machine does not."""
LINE_EVERY_S = 10.0
REFRESH_HZ = 8
BAR_WIDTH = 40


@dataclass
class Standing:
    """Where a run stands; `done` and `expected` count rounds over all arms, student networks as one more each; times
    are in seconds."""

    arm: str = ""
    phase: str = "begin"
    detail: str = ""
    fraction: float | None = None
    phase_left_s: float | None = None
    budget_left: str = ""
    done: int = 0
    expected: int = 0
    round_s: float = 0.0

    def left_s(self, round_elapsed_s: float) -> float:
        """Machine seconds to the end of the run, by the mean round so far or, before the first, by the forecast.

        The present round takes at least as long as its present phase says it will.
        """
        if self.done >= self.expected:
            return self.phase_left_s or 0.0
        later_s = (self.expected - self.done - 1) * self.round_s
        return later_s + max(self.round_s - round_elapsed_s, self.phase_left_s or 0.0)


class Progress(ABC):
    """Is told what goes on. Made once a run; `with` it around everything that takes time.

    Args:
        clock: seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self.standing = Standing()
        self._clock = clock
        self._told_to: Callable[[Standing], None] = lambda standing: None
        self._phase_begun = clock()
        self._waited_s = 0.0
        self._round_begun = self._rounds_begun = self._busy_s()

    def expect(self, rounds: int, round_s: float) -> None:
        """How many rounds are to come over all arms, and how long one should take."""
        self.standing.expected, self.standing.round_s = rounds, round_s
        self._rounds_begun = self._round_begun = self._busy_s()

    def tell(self, told_to: Callable[[Standing], None]) -> None:
        """Have somebody else told as well, of every phase and of what is bought."""
        self._told_to = told_to

    def arm(self, name: str) -> None:
        """Another arm begins."""
        self.standing.arm = name
        self.standing.budget_left = ""
        self.phase("open")

    def phase(self, name: str, detail: str = "") -> None:
        """Another phase begins."""
        self._waited_s = self._clock() - self._busy_s()
        now = self.standing
        now.phase, now.detail, now.fraction, now.phase_left_s = name, detail, None, None
        self._phase_begun = self._clock()
        self._told_to(now)
        self.show()

    def operation(self, operation: Operation) -> None:
        """How far the server's work is."""
        self.standing.phase_left_s = operation.eta_s
        self.share(self.standing.phase, operation.progress, operation.message)

    def share(self, phase: str, fraction: float, detail: str = "") -> None:
        """How far a phase is, in [0, 1]."""
        if phase != self.standing.phase:
            self.phase(phase, detail)
        self.standing.fraction, self.standing.detail = fraction, detail
        self.show()

    def spent(self, ledger: Ledger) -> None:
        """Something was bought."""
        budget = ledger.budget
        if budget.seconds is not None:
            self.standing.budget_left = f"{say_time(ledger.left_s)} of {say_time(budget.seconds)}"
        else:
            self.standing.budget_left = f"{ledger.left_images:.0f} of {budget.images} images"
        self._told_to(self.standing)
        self.show()

    def round_done(self, sentence: str) -> None:
        """A round ended; the sentence says what it brought."""
        now = self.standing
        now.done += 1
        now.expected = max(now.expected, now.done)
        self._round_begun = self._busy_s()
        now.round_s = (self._round_begun - self._rounds_begun) / now.done
        self.note(sentence)

    @property
    def left_s(self) -> float:
        """Machine seconds to the end of the run, as far as can be told."""
        return self.standing.left_s(self._busy_s() - self._round_begun)

    @property
    def phase_s(self) -> float:
        """Seconds since the phase began."""
        return self._clock() - self._phase_begun

    def _busy_s(self) -> float:
        """The clock, which stands still while people are waited for: rounds are as long as the machine takes."""
        waiting_s = self.phase_s if self.standing.phase == WAITING else 0.0
        return self._clock() - self._waited_s - waiting_s

    @abstractmethod
    def begin(self) -> None:
        """Put up what is shown."""

    @abstractmethod
    def end(self) -> None:
        """Take it down."""

    @abstractmethod
    def show(self) -> None:
        """Something changed."""

    @abstractmethod
    def note(self, sentence: str) -> None:
        """Tell a sentence that stays."""

    def __enter__(self) -> Progress:
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()


class LiveProgress(Progress):
    """One panel on a terminal, kept moving."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._spinner = Spinner("dots")
        self._live = Live(get_renderable=self._panel, console=console, refresh_per_second=REFRESH_HZ, transient=True)

    def show(self) -> None:
        """The panel draws itself, several times a second."""

    def note(self, sentence: str) -> None:
        """A line above the panel."""
        self._live.console.print(sentence, highlight=False, markup=False)

    def begin(self) -> None:
        """Put the panel up."""
        self._live.start()

    def end(self) -> None:
        """Take the panel down."""
        self._live.stop()

    def _panel(self) -> RenderableType:
        now = self.standing
        rows = Table.grid(padding=(0, 2))
        rows.add_column(style="dim")
        rows.add_column()
        self._spinner.update(text=Text(f"{now.phase}, {say_time(self.phase_s)} {now.detail}"[:100]))
        rows.add_row(now.arm, self._spinner)
        if now.fraction is not None:
            rows.add_row("", ProgressBar(total=1.0, completed=now.fraction, width=BAR_WIDTH))
        if now.budget_left:
            rows.add_row("budget left", now.budget_left)
        if now.expected:
            rounds = f"{say_time(self.left_s)} (round {min(now.done + 1, now.expected)} of about {now.expected})"
            rows.add_row("time left", rounds)
        return Group(rows)


class LineProgress(Progress):
    """Plain lines: one when a phase begins, and at most one every few seconds while it goes on."""

    def __init__(self, console: Console, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        self._console = console
        self._told = ("", "", "")
        self._told_at = clock()

    def begin(self) -> None:
        """Lines need no place."""

    def end(self) -> None:
        """Lines stay."""

    def show(self) -> None:
        """A line, unless the same phase had one just now. A phase without a share tells whatever is new in it."""
        now = self.standing
        what = (now.arm, now.phase, now.detail if now.fraction is None else "")
        if what == self._told and self._clock() - self._told_at < LINE_EVERY_S:
            return
        self._told, self._told_at = what, self._clock()
        share = "" if now.fraction is None else f" {now.fraction:.0%}"
        budget = f", budget left {now.budget_left}" if now.budget_left else ""
        left = f", time left {say_time(self.left_s)}" if now.expected else ""
        who = f"{now.arm}: " if now.arm else ""
        self.note(f"{who}{now.phase}{share} {now.detail}".rstrip() + budget + left)

    def note(self, sentence: str) -> None:
        """A line."""
        self._console.print(sentence, highlight=False, soft_wrap=True, markup=False)


def progress_on(console: Console, clock: Callable[[], float]) -> Progress:
    """The panel on a terminal, lines elsewhere."""
    return LiveProgress(console, clock) if console.is_terminal else LineProgress(console, clock)
