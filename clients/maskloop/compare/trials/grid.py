"""What a comparison was asked for, and what WORKDIR keeps of it: COMPARE_FILE is written before anything else.

A comparison may be gone on with under more strategies and seeds than it began with, and with any number of jobs; what
its trials have in common stays.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from maskloop.compare.analysis.comparison import RANDOM
from maskloop.errors import InvalidArgument, InvalidConfig
from maskloop.loop.options import DEFAULTS, Options
from maskloop.loop.options.run_file import check_same, read_run_file, write_run_file
from maskloop.values import Strategy

COMPARE_FILE = "compare.run.json"
OF_A_TRIAL = {"strategy", "target_iou", "seed", "compare", "server", "labeler"}
"""Options of `al-loop` that trials do not share, or that a comparison has no use for."""
MOST_SEEDS = 1000
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class TrialName:
    """A strategy, spelled as `str(Strategy)` does, with a seed."""

    strategy: str
    seed: int

    def __str__(self) -> str:
        return f"{self.strategy}, seed {self.seed}"


@dataclass(frozen=True)
class Grid:
    """Strategies and seeds under options that they share.

    Args:
        options: of every trial; its strategy and seed say nothing.
        strategies: in the order asked for, random first.
        seeds: in the order asked for.
        name: of the comparison in headings; "" for that of the data.

    Raises:
        InvalidArgument: there is no such strategy or option of it, or a seed comes twice, or there is none.
    """

    options: Options
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    name: str = ""

    def __post_init__(self) -> None:
        for name in self.strategies:
            self.options_of(TrialName(name, 0))
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise InvalidArgument("--seeds names each seed once, and one at least", field="seeds")

    def options_of(self, name: TrialName) -> Options:
        """The options of one trial."""
        return replace(self.options, strategy=name.strategy, seed=name.seed)

    def names(self) -> tuple[TrialName, ...]:
        """Every trial in the order of work: random with all seeds, then strategy by strategy: pairs come early."""
        return tuple(TrialName(strategy, seed) for strategy in self.strategies for seed in self.seeds)

    @property
    def shared_options(self) -> dict[str, object]:
        """The options that hold for every trial, by name."""
        return {name: value for name, value in asdict(self.options).items() if name not in OF_A_TRIAL}


@dataclass(frozen=True)
class Begun:
    """A comparison that WORKDIR holds: its id, its grid, and the commands that it was begun and extended by."""

    run_id: str
    grid: Grid
    command: str


def strategies_of(texts: Iterable[str]) -> tuple[str, ...]:
    """Strategies as trials spell them, random first, each once.

    Raises:
        InvalidArgument: one is not NAME[:OPTION=VALUE,...].
    """
    return tuple(dict.fromkeys([RANDOM, *(str(Strategy.parse(text)) for text in texts)]))


def seeds_of(text: str) -> tuple[int, ...]:
    """Read `0-4`, `0,3,7` or `0-4,9`.

    Raises:
        InvalidArgument: it is none of these.
    """
    seeds: list[int] = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < first + MOST_SEEDS:
            raise InvalidArgument(f"--seeds {text!r} is not like 0-4 or 0,3,7", field="seeds")
        seeds += range(first, last + 1)
    return tuple(seeds)


def find_grid(workdir: Path, grid: Grid, command: str, *, resume: bool) -> Begun:
    """What is to be done in WORKDIR: `grid`, or with what was begun there also the strategies and seeds of that.

    Raises:
        FailedPrecondition: there is a comparison and `resume` is off, or the folder holds other things.
        InvalidConfig: other options differ from those it was begun with; names them.
    """
    path = workdir / COMPARE_FILE
    kept = read_run_file(path, {"run_id", "command", "strategies", "seeds"}, resume=resume)
    if kept is None:
        return Begun(str(uuid.uuid4()), grid, command)
    strategies, seeds = kept["strategies"], kept["seeds"]
    if not (isinstance(strategies, list) and isinstance(seeds, list)):
        raise InvalidConfig(f"{path} is no comparison of ours", field=str(path))
    check_same(path, {**DEFAULTS, **kept}, grid.shared_options)
    both = replace(
        grid,
        strategies=_joined(strategies, grid.strategies),
        seeds=_joined(seeds, grid.seeds),
        name=grid.name or str(kept.get("name", "")),
    )
    more = (list(both.strategies), list(both.seeds)) != (strategies, seeds)
    return Begun(str(kept["run_id"]), both, f"{kept['command']} && {command}" if more else str(kept["command"]))


def keep_grid(workdir: Path, begun: Begun) -> None:
    """Write COMPARE_FILE.

    Raises:
        FailedPrecondition: the folder cannot be made or written to.
    """
    grid = begun.grid
    head = {"run_id": begun.run_id, "command": begun.command, "name": grid.name}
    asked = {"strategies": grid.strategies, "seeds": grid.seeds}
    write_run_file(workdir / COMPARE_FILE, {**head, **asked, **grid.shared_options})


def _joined(first: Sequence[T], more: Sequence[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys([*first, *more]))
