"""What class maps and their refinements cost an image, beside the plain loop of each method's paper.

    python -m benchmarks class_maps [METHOD ...] [--images 1] [--side 64] [--device cpu]

The network is the classifier of `pretrained` with a random head, the images are photographs with two classes each. Each
way runs in a process of its own, in single precision, on one thread: seconds of processor an image (the median of what
fits into a few seconds), and MiB at the peak beyond what was in use before, as Linux tells it. On a GPU: seconds, and
MiB of the GPU. What both ways are given is not counted: of refinements that is maps of classes, affinities or edges,
and probabilities that a CRF has refined. Images of walks are larger, so that there are 1728 cells.
BBAM's have two objects each; the network is a detector with random heads, and steps and regions are few.

Both make the same: first they are compared, some on smaller images, see `benchmarks.weak.cost_cases.Case`. A CRF on the
lattice has the labels of an exact one but for one pixel in twenty. About three minutes on a core.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from benchmarks.weak.cost_cases import CASES, SMALL, Answer, Case, Setting

ENOUGH_S = 3.0
OWN, PLAIN = "own", "plain"


@dataclass(frozen=True)
class Cost:
    """Of one way, an image."""

    seconds: float
    peak_mib: float


def main() -> None:
    """Compare what both ways make, then print what each costs; or, in a process of its own, run one way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks class_maps")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(CASES))
    parser.add_argument("--images", type=int, default=1)
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--way", choices=[OWN, PLAIN], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := [name for name in asked.methods if name not in CASES]:
        parser.error(f"{unknown[0]} is none of {', '.join(CASES)}")
    torch.set_num_threads(1)
    if asked.way:
        case = CASES[asked.methods[0]]
        setting = Setting(asked.images, round(asked.side * case.enlarged), torch.device(asked.device))
        print(run(case, asked.way, setting))
        return
    print("| method | seconds an image | plain loop | times | MiB at the peak | plain loop | answers apart by |")
    print("|---|---|---|---|---|---|---|")
    for name in asked.methods or CASES:
        apart = difference(CASES[name])
        assert apart <= CASES[name].apart, f"{name}: answers differ by {apart:.1e}"
        told = [name, "--images", str(asked.images), "--side", str(asked.side), "--device", asked.device]
        own, plain = (measured([*told, "--way", way]) for way in (OWN, PLAIN))
        times = plain.seconds / own.seconds
        seconds = f"{own.seconds:.3f} | {plain.seconds:.3f} | {times:.1f}"
        print(f"| {name} | {seconds} | {own.peak_mib:.0f} | {plain.peak_mib:.0f} | {apart:.0e} |", flush=True)


def difference(case: Case) -> float:
    """The largest, between what both ways make: of numbers by how much, of labels in what share of the places."""
    given = case.prepare(Setting(2, round(SMALL * case.enlarged), torch.device("cpu"), double=case.double))
    return max(apart(ours, theirs) for ours, theirs in zip(case.own(given), case.plain(given), strict=True))


def apart(ours: Answer, theirs: Answer) -> float:
    """See `difference`."""
    one, other = np.asarray(ours), np.asarray(theirs)
    if one.dtype.kind in "bi":
        return float((one != other).mean())
    return float(np.abs(one - other).max())


def measured(arguments: Sequence[str]) -> Cost:
    """What a way costs in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "class_maps", *arguments]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    printed = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return Cost(*map(float, printed.stdout.split()))


def run(case: Case, way: str, setting: Setting) -> str:
    """Seconds an image, and MiB at the peak beyond what was there before."""
    given, work = case.prepare(setting), case.own if way == OWN else case.plain
    before, taken = forget_peak(setting.device), list[float]()
    while sum(taken) < ENOUGH_S and len(taken) < 15:
        began = clock(setting.device)
        work(given)
        taken.append(clock(setting.device) - began)
    return f"{statistics.median(taken) / setting.number} {peak_mib(setting.device) - before}"


def forget_peak(device: torch.device) -> float:
    """Count from now on; MiB in use."""
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    else:
        Path("/proc/self/clear_refs").write_text("5")
    return peak_mib(device)


def peak_mib(device: torch.device) -> float:
    """Of the process, or of a GPU, since the peak was forgotten."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / 2**20
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def clock(device: torch.device) -> float:
    """Seconds of processor, or of a GPU that has done what it was told to."""
    if device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


if __name__ == "__main__":
    main()
