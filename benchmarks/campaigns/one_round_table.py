"""What a trial of choosing found: the networks of `python -m benchmarks one_round`, each arm beside random.

    python -m benchmarks one_round_table one_round.jsonl [more.jsonl ...]

An arm is compared with random draw by draw: both begin with the same labels. Differences are means with 95 % intervals
of Student's t. "could show" is the difference that would be found in 80 of 100 such trials at a level of 5 %: (1.96 +
.84) standard errors. Panoptic quality was named as the measure to go by before anything was run; AP50 stands beside it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

from scipy import stats

from benchmarks.campaigns.assisted import lines

RANDOM, POSITIVE = "random", "random*2"
POWERED = 1.96 + 0.84
Lines = Mapping[tuple[str, int, int, str], dict[str, Any]]


def main() -> None:
    """Print a table for every set and number of first labels."""
    rows = {
        (line["set"], line["labels"], line["draw"], line["arm"]): line
        for path in sys.argv[1:]
        for line in lines(Path(path))
    }
    if not rows:
        raise SystemExit("no line in any of the files")
    for name, labels in sorted({key[:2] for key in rows}):
        print_trial(rows, name, labels)


def print_trial(rows: Lines, name: str, labels: int) -> None:
    """One set with so many first labels."""
    of = {key[2:]: line for key, line in rows.items() if key[:2] == (name, labels)}
    random = {draw: line for (draw, arm), line in of.items() if arm == RANDOM}
    print(f"\n{name}, {labels} labels, then as many seconds as {labels} more take\n")
    print("| arm | draws | images | objects | seconds | PQ | PQ - random | could show | AP50 - random |")
    print("|---|---|---|---|---|---|---|---|---|")
    for arm in dict.fromkeys(arm for _, arm in of):
        draws = sorted(draw for draw, its in of if its == arm and draw in random)
        its = [of[draw, arm] for draw in draws]
        pq, ap50 = ([of[draw, arm][key] - random[draw][key] for draw in draws] for key in ("pq", "ap50"))
        share = mean(line["seconds"] for line in its) / mean(random[draw]["seconds"] for draw in draws)
        told = [interval(pq), could_show(pq), interval(ap50)] if arm != RANDOM else ["", "", ""]
        numbers = [f"{mean(line[key] for line in its):.0f}" for key in ("bought", "objects")]
        quality = f"{mean(line['pq'] for line in its):.3f}"
        print("| " + " | ".join([arm, str(len(draws)), *numbers, f"{share:.2f}", quality, *told]) + " |")
    print(f"\n{verdict(of, random)}")


def interval(differences: Sequence[float]) -> str:
    """The mean difference, and where it should lie."""
    low, high = bounds(differences)
    return f"{mean(differences):+.3f} [{low:+.3f}, {high:+.3f}]"


def bounds(differences: Sequence[float]) -> tuple[float, float]:
    """A 95 % interval of the mean difference."""
    if len(differences) < 2:
        return -math.inf, math.inf
    reach = float(stats.t.ppf(0.975, len(differences) - 1)) * standard_error(differences)
    return mean(differences) - reach, mean(differences) + reach


def could_show(differences: Sequence[float]) -> str:
    """The difference that such a trial would mostly find."""
    return f"{POWERED * standard_error(differences):.3f}" if len(differences) > 1 else "-"


def standard_error(differences: Sequence[float]) -> float:
    """Of the mean."""
    return stdev(differences) / math.sqrt(len(differences))


def verdict(of: Mapping[tuple[int, str], dict[str, Any]], random: Mapping[int, dict[str, Any]]) -> str:
    """Whether the trial could have found anything at all."""
    gained = [line["pq"] - random[draw]["pq"] for (draw, arm), line in of.items() if arm == POSITIVE and draw in random]
    if gained and bounds(gained)[0] > 0:
        return "The positive control shows."
    return "The positive control does not show: nothing can be said of the other arms."


if __name__ == "__main__":
    main()
