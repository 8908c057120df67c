"""What a comparison was asked for, and what WORKDIR keeps of it: COMPARE_FILE is written before anything else.

A comparison may be gone on with under more arms and seeds than it began with, and with any number of jobs; what
its trials have in common stays.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TypeVar

from maskloop.compare.analysis.arm import Arm
from maskloop.compare.analysis.comparison import DRAWN, RANDOM
from maskloop.errors import InvalidArgument, InvalidConfig
from maskloop.loop.options import DEFAULTS, Options
from maskloop.loop.options.run_file import check_same, read_run_file, write_run_file

COMPARE_FILE = "compare.run.json"
OF_A_TRIAL = {"strategy", "target_iou", "seed", "compare", "server"}
"""Options of `al-loop` that trials do not share, or that a comparison has no use for."""
MOST_SEEDS = 1000
T = TypeVar("T")


@dataclass(frozen=True, order=True)
class TrialName:
    """An arm, spelled as `str(Arm)` does, with a seed."""

    strategy: str
    seed: int

    def __str__(self) -> str:
        return f"{self.strategy}, seed {self.seed}"

    @property
    def arm(self) -> Arm:
        """How it chooses, and how people are helped."""
        return Arm.parse(self.strategy)


@dataclass(frozen=True)
class Grid:
    """Arms and seeds under options that they share.

    Args:
        options: of every trial; its strategy and seed say nothing, and its `assist` is that of arms which name none.
        strategies: the arms, in the order asked for, random first.
        seeds: in the order asked for.
        name: of the comparison in headings; "" for that of the data.

    Raises:
        InvalidArgument: there is no such strategy, option of it or assistance, or a seed comes twice, or there is none,
            or people are to label.
    """

    options: Options
    strategies: tuple[str, ...]
    seeds: tuple[int, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if not self.options.simulated:
            raise InvalidArgument(
                f"--labeler {self.options.labeler}: the people of a comparison are simulated; name ground-truth, or "
                "ground-truth,outlines=0.91 for such as draw no better than people",
                field="labeler",
            )
        for name in self.strategies:
            self.options_of(TrialName(name, 0))
        if not self.seeds or len(set(self.seeds)) < len(self.seeds):
            raise InvalidArgument("--seeds names each seed once, and one at least", field="seeds")

    def options_of(self, name: TrialName) -> Options:
        """The options of one trial; those of the control before it is given more to spend."""
        arm = name.arm
        return replace(
            self.options, strategy=str(arm.strategy), assist=arm.assist or self.options.assist, seed=name.seed
        )

    def names(self) -> tuple[TrialName, ...]:
        """Every trial in the order of work: random with all seeds, then arm by arm: pairs come early."""
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


def arms_of(texts: Iterable[str], assist: str = DRAWN) -> tuple[str, ...]:
    """Arms as trials spell them, random first, each once; `assist` is what they share, and is not named again.

    Raises:
        InvalidArgument: one is not NAME[:OPTION=VALUE,...][+ASSIST], or names no assistance.
    """
    return tuple(dict.fromkeys([RANDOM, *(str(Arm.parse(text).under(assist)) for text in texts)]))


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
    """What is to be done in WORKDIR: `grid`, or with what was begun there also the arms and seeds of that.

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
    check_same(path, {**DEFAULTS, "assist": DRAWN, **kept}, grid.shared_options)
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
