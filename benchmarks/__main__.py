"""`python -m benchmarks` runs all benchmarks, `python -m benchmarks NAME ...` those named.

`python -m benchmarks NAME ARGUMENT ...` runs one with arguments of its own; what they are is in its file, which lies in
one of the rooms beside this one.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from pathlib import Path

from maskloop.spelling import did_you_mean

BENCHMARKS = (
    "scoring",
    "selection",
    "head",
    "forecast",
    "strategies",
    "cold_start",
    "kinds",
    "costs",
    "intervals",
    "recommendations",
    "clusters",
    "startup",
    "encoding",
    "prompts",
)
APART = (
    "annotators",
    "assisted",
    "assisted_choices",
    "assisted_table",
    "boxes",
    "class_maps",
    "clicks",
    "context",
    "counts",
    "gpu_check",
    "hard_ood",
    "head_rounds",
    "house",
    "imports",
    "known_ood",
    "method_pictures",
    "mixed_kinds",
    "nuclei_looks",
    "oeem",
    "one_round",
    "one_round_table",
    "page",
    "photographs",
    "prior_head",
    "prompted_masks",
    "reliability",
    "seeds",
    "student_network",
    "toy_bottleneck",
    "waiting",
    "walls",
    "warm_retraining",
    "weak_start",
)
"""Take a GPU, arguments, or a quarter of an hour and more; run by name alone."""


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    for name, *arguments in asked(sys.argv[1:]):
        sys.argv[1:] = arguments
        importlib.import_module(module_of(name)).main()


def asked(words: Sequence[str]) -> list[list[str]]:
    """The benchmarks to run, each with its arguments."""
    if not words:
        return [[name] for name in BENCHMARKS]
    known = (*BENCHMARKS, *APART)
    if words[0] not in known:
        raise SystemExit(f"{words[0]} is none of {', '.join(known)}{did_you_mean(words[0], known)}")
    return [[name] for name in words] if all(word in known for word in words) else [list(words)]


def module_of(name: str) -> str:
    """The module of a benchmark, whichever its room."""
    (path,) = Path(__file__).parent.glob(f"*/{name}.py")
    return f"benchmarks.{path.parent.name}.{name}"


if __name__ == "__main__":
    main()
