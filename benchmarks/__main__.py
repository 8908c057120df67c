"""`python -m benchmarks` runs all benchmarks, `python -m benchmarks NAME ...` those named."""

import importlib
import sys

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
)


def main() -> None:
    """Run the benchmarks named on the command line, or all."""
    for name in sys.argv[1:] or BENCHMARKS:
        if name not in BENCHMARKS:
            raise SystemExit(f"{name} is none of {', '.join(BENCHMARKS)}")
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
