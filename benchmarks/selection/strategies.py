"""Every strategy's ranking of a million and ten million images, and a batch of 10 after it, beside the plain way.

The plain way is the simplest numpy, Python or faiss that gives the same answer, which is asserted; for clusterings, an
answer that covers the pool as well: ours may be 5 % worse at most. Where the plain way would take hours, it makes the
first images alone, and its time for all is told by proportion, as "~". Each runs in a process of its own, so that peak
memory (`ru_maxrss`, features of 128 float32 and all else in it) is its own. Rankings are compared by the processor time
of all their threads, which a busy machine leaves alone, and by the clock told besides.

`python -m benchmarks strategies 1000000 core_set k_means` runs some.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.selection.plain_strategies import PLAIN, check
from benchmarks.selection.strategy_pools import pool_for
from maskloop.values import Strategy
from selection.candidates import Candidates
from selection.select import Limits, Quote, select_batch
from selection.strategies import rank_pool

SIZES = (1_000_000, 10_000_000)
TEXTS = (
    "mask_guided", "mask_guided:per_second=yes", "mask_guided:diverse=yes", "expected_gain", "dropout:prefer=nearest",
    "entropy", "random", "stratified_random", "mix", "core_set", "k_means", "typicality", "cold_start",
)  # fmt: skip
SEED = 7
BATCHES = 200
GIB = 2**20  # of ru_maxrss's KiB


def main() -> None:
    """Print one line for each strategy and size."""
    numbers = [int(text) for text in sys.argv[1:] if text.isdigit()]
    texts = [text for text in sys.argv[1:] if not text.isdigit()]
    print(
        "| strategy | images | ranking, s | of processor | peak, GiB | walk, s | 10 images, ms "
        "| plain, of processor | peak, GiB | ratio |"
    )
    print("|---|---|---|---|---|---|---|---|---|---|")
    for size in numbers or SIZES:
        for text in texts or TEXTS:
            print(line(text, size), flush=True)


def line(text: str, size: int) -> str:
    """One strategy, ranked by us and then plainly, each in its own process."""
    with tempfile.TemporaryDirectory() as folder:
        ours, plain = (_run(part, text, size, folder) for part in ("ours", "plain"))
    about = "~" if plain["share"] < 1 else ""
    whole_s = plain["busy"] / plain["share"]
    return (
        f"| {text} | {size:,} | {ours['seconds']:.1f} | {ours['busy']:.2f} | {ours['peak']:.1f} | {ours['walk']:.2f} "
        f"| {ours['batch']:.2f} | {about}{whole_s:.2f} | {plain['peak']:.1f} | {ours['busy'] / whole_s:.2f} |"
    )


def _run(part: str, text: str, size: int, folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.selection.strategies", "--only", part, text, str(size), folder]
    patient = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}  # threads that wait sleep
    figures: dict[str, Any] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, env=patient).stdout
    )
    return figures


def ours(text: str, size: int, folder: Path) -> dict[str, float]:
    """Rank by the strategy, then choose batches; leaves the order in the folder."""
    pool = pool_for(Strategy.parse(text).needs, size)
    begun = time.process_time()
    seconds, ranked = timed(lambda: rank_pool(pool, Strategy.parse(text), SEED))
    told = {"seconds": seconds, "busy": time.process_time() - begun, "peak": peak()}
    np.save(folder / "order.npy", ranked.by_id)
    walk_s, candidates = timed(lambda: Candidates(ranked))
    batches = [timed(lambda: take(candidates))[0] for _ in range(BATCHES)]
    return {**told, "walk": walk_s, "batch": 1e3 * float(np.median(batches))}


def take(candidates: Candidates) -> None:
    """Choose 10 images, and close them."""
    limits = Limits(left_s=np.inf, images=10)
    for pick in select_batch(candidates, limits, lambda _: Quote(80, 80)).picks:
        candidates.close(pick.image_id)


def plain(text: str, size: int, folder: Path) -> dict[str, float]:
    """Rank plainly, and compare with our order: `share` of the ranking is what the plain way made."""
    pool = pool_for(Strategy.parse(text).needs, size)
    begun = time.process_time()
    order, share = PLAIN[text](pool, SEED)
    told = {"busy": time.process_time() - begun, "peak": peak(), "share": share}
    check(text, pool, np.argsort(np.load(folder / "order.npy")), order)
    return told


def peak() -> float:
    """GiB at most in memory so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / GIB


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """(seconds, answer)."""
    begun = time.perf_counter()
    answer = call()
    return time.perf_counter() - begun, answer


if __name__ == "__main__":
    if sys.argv[1:2] == ["--only"]:
        part, text, size, folder = sys.argv[2:]
        print(json.dumps({"ours": ours, "plain": plain}[part](text, int(size), Path(folder))))
    else:
        main()
