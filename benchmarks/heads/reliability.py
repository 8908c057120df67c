"""How far predicted IoU could be relied on in each round of a campaign, before calibration and after.

`python -m benchmarks reliability WORKDIR ...` reads the reports that `al-loop` left in its working directories.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from maskloop.report.report import RoundReport, from_json
from models.metrics.summary import reliability_metrics

MEASURES = ("mae", "ece", "bias", "spearman")


def main() -> None:
    """Print a table for each working directory: error, calibration error and bias x 100, rank correlation."""
    for workdir in sys.argv[1:]:
        report = from_json((Path(workdir) / "report.json").read_bytes())
        print(f"\n{report.setup.command}\n")
        print(
            "| round | labels | test images, their IoU | raw: error | ECE | bias | rho | calibrated: error | ECE "
            "| bias | rho | head |"
        )
        print("|---" * 12 + "|")
        for one in report.rounds:
            print(f"| {one.round} | {one.labeled_images} | {say_round(one)} |")


def say_round(one: RoundReport) -> str:
    """The cells of one round."""
    true = np.array([image.true for image in one.evaluated])
    raw = np.array([image.confidence or 0.0 for image in one.evaluated])
    predicted = np.array([image.predicted for image in one.evaluated])
    cells = [f"{true.size}, {true.mean():.2f}"]
    for scores in (raw, predicted):
        found = reliability_metrics("score", scores, true)
        error, ece, bias, rank = (found.get(f"score_{measure}", 0.0) for measure in MEASURES)
        cells += [f"{100 * error:.1f}", f"{100 * ece:.1f}", f"{100 * bias:+.1f}", f"{rank:.2f}"]
    return " | ".join([*cells, "trusted" if one.head_trusted else "not yet"])


if __name__ == "__main__":
    main()
