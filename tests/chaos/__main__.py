"""`make chaos`: drawn requests and storms against real servers on loopback, bounded by calls, kills and seconds.

    python -m tests.chaos --seed 1 --calls 100000 --kills 1000 --seconds 3600 --database sqlite

Ends with a table, and with 1 where a promise was broken: what, with which seed, and where the files lie. A seed draws
the same requests and the same faults again; which of them meet is up to the machine.
"""

from __future__ import annotations

import argparse
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos.bombardment import bombard
from tests.chaos.fuzzing import Fuzzer
from tests.chaos.storm import Weathered, plan, weather
from tests.chaos.world import World, has_postgres

CALLS_AT_ONCE = 10_000
KILLS_AT_ONCE = 40
LINE_EVERY_S = 10.0
MOST_SHOWN = 10
BROKEN, IMPOSSIBLE = 1, 2


@dataclass
class Sums:
    """What one database went through."""

    calls: int = 0
    codes: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    kills: int = 0
    work: int = 0
    rounds: int = 0
    most_bytes: int = 0
    seconds: float = 0.0
    broken: list[str] = field(default_factory=list)


def main() -> None:
    """See the module."""
    options = _options()
    databases = ("sqlite", "postgresql") if options.database == "both" else (options.database,)
    if "postgresql" in databases and not has_postgres():
        print("chaos: PostgreSQL's programs (initdb, postgres) are not installed", file=sys.stderr)
        sys.exit(IMPOSSIBLE)
    until = time.monotonic() + options.seconds
    print(f"chaos: seed {options.seed}", flush=True)
    sums = {}
    for database in databases:
        share = 10 if database == "postgresql" and len(databases) > 1 else 1  # a tenth where both have their turn
        sums[database] = _endure(database, options, options.calls // share, options.kills // share, until)
    _table(sums, options)
    sys.exit(BROKEN if any(each.broken for each in sums.values()) else 0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**9), help="draws the same again")
    parser.add_argument("--calls", type=int, default=20_000, help="drawn requests")
    parser.add_argument("--kills", type=int, default=80, help="processes to kill")
    parser.add_argument("--seconds", type=float, default=1800.0, help="begin nothing after so many")
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="sqlite")
    parser.add_argument("--folder", type=Path, default=None, help="where the files lie; kept")
    return parser.parse_args()


def _endure(database: str, options: argparse.Namespace, calls: int, kills: int, until: float) -> Sums:
    """Bombardments and storms in turn, each with a seed of its own and in a folder of its own."""
    sums = Sums()
    postgres = database == "postgresql"
    folder = options.folder or Path(tempfile.mkdtemp(prefix="chaos-"))
    while (sums.calls < calls or sums.kills < kills) and time.monotonic() < until:
        seed = options.seed + sums.rounds
        if sums.calls < calls:
            here = folder / f"{database}-{seed}-calls"
            with World(here, seed, postgres=postgres) as world:
                world.begin()
                fuzzed = bombard(world, seed, min(CALLS_AT_ONCE, calls - sums.calls), _Progress(database).calls)
            sums.calls += sum(fuzzed.calls.values())
            sums.codes += fuzzed.codes
            sums.work += fuzzed.work
            sums.seconds += fuzzed.seconds
            _keep(sums, fuzzed.broken, fuzzed.most_bytes, seed, here)
        if sums.kills < kills and time.monotonic() < until:
            here = folder / f"{database}-{seed}-kills"
            faults = plan(seed, min(KILLS_AT_ONCE, kills - sums.kills), postgres=postgres)
            with World(here, seed, postgres=postgres) as world:
                world.begin()
                told = weather(world, seed, faults, _Progress(database).kills)
            sums.kills += told.kills
            sums.faults += told.faults
            sums.work += len(told.calls)
            sums.seconds += told.seconds
            _keep(sums, told.broken, told.most_bytes, seed, here)
        sums.rounds += 1
    return sums


def _keep(sums: Sums, broken: list[str], most_bytes: int, seed: int, folder: Path) -> None:
    """Add to the sums; the files of what went well are not needed any more."""
    sums.most_bytes = max(sums.most_bytes, most_bytes)
    if broken:
        sums.broken += [f"seed {seed}: {line}; see {folder}" for line in broken]
        print("\n".join(sums.broken[-len(broken) :][:MOST_SHOWN]), flush=True)
    else:
        shutil.rmtree(folder, ignore_errors=True)


class _Progress:
    """A line every some seconds."""

    def __init__(self, database: str) -> None:
        self._database = database
        self._told_at = time.monotonic()

    def calls(self, fuzzer: Fuzzer) -> None:
        self._say(f"{sum(fuzzer.calls.values())} calls, {len(fuzzer.wrong)} wrong")

    def kills(self, told: Weathered) -> None:
        self._say(f"seed {told.seed}: {told.kills} kills, {sum(told.faults.values())} faults")

    def _say(self, line: str) -> None:
        if time.monotonic() - self._told_at > LINE_EVERY_S:
            self._told_at = time.monotonic()
            print(f"chaos: {self._database}: {line}", flush=True)


def _table(sums: dict[str, Sums], options: argparse.Namespace) -> None:
    print(f"\nseed {options.seed}")
    print(f"{'':24}" + "".join(f"{name:>14}" for name in sums))
    rows = {
        "drawn calls": [f"{each.calls:,}" for each in sums.values()],
        "calls of people": [f"{each.work:,}" for each in sums.values()],
        "kills": [f"{each.kills:,}" for each in sums.values()],
        **{
            f"  {name}": [f"{each.faults[name]:,}" for each in sums.values()]
            for name in sorted({name for each in sums.values() for name in each.faults})
        },
        "most MiB of a server": [f"{each.most_bytes / 2**20:.0f}" for each in sums.values()],
        "seconds": [f"{each.seconds:.0f}" for each in sums.values()],
        "broken promises": [f"{len(each.broken):,}" for each in sums.values()],
    }
    for name, values in rows.items():
        print(f"{name:24}" + "".join(f"{value:>14}" for value in values))
    for name, each in ((name, each) for name, each in sums.items() if each.codes):
        print(f"{name} answered: " + ", ".join(f"{code} {number:,}" for code, number in each.codes.most_common()))
    for each in sums.values():
        print("\n".join(each.broken[:MOST_SHOWN]))


if __name__ == "__main__":
    main()
