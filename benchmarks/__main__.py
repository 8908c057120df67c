"""`python -m benchmarks` runs all benchmarks, `python -m benchmarks NAME ...` those named.

`python -m benchmarks house [BEFORE [AFTER]]` measures the sources of commits instead; see `benchmarks.house`.
"""

import importlib
import sys

from benchmarks import house

APART = ("gpu_check", "head_rounds", "photographs", "prior_head", "walls")
"""Take a GPU, or a quarter of an hour and more; run by name alone."""
BENCHMARKS = (
    "scoring",
    "selection",
    "head",
    "forecast",
    "strategies",
    "cold_start",
    "costs",
    "intervals",
    "recommendations",
    "clusters",
    "startup",
    "encoding",
)


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    if sys.argv[1:2] == ["house"]:
        house.main(sys.argv[2:])
        return
    if sys.argv[1:2] and sys.argv[1] in APART:
        importlib.import_module(f"benchmarks.{sys.argv.pop(1)}").main()
        return
    for name in sys.argv[1:] or BENCHMARKS:
        if name not in BENCHMARKS:
            raise SystemExit(f"{name} is none of {', '.join((*BENCHMARKS, *APART))}")
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
