"""Which head tells best how good masks are on unseen images: every head of `benchmarks.heads.heads` on every setting.

`python -m benchmarks head` compares on the demo's pictures in some minutes;
`python -m benchmarks head --data demo wbc_cells nuclei --labels 20 40 80 --seeds 0 1` takes hours. Networks and what
they read are kept in `--cache`, and are not made again.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from itertools import product
from pathlib import Path

import numpy as np
import torch

from benchmarks.data.head_data import draw
from benchmarks.heads.head_rows import FOLDS, Network, read_setting
from benchmarks.heads.heads import DEFAULT, HEADS, OUT_OF_FOLD, Head
from models.iou_head.calibrator import Floats
from models.metrics.agreement import bias, expected_calibration_error, mean_absolute_error, spearman

Measured = dict[str, list[Floats]]  # by head, one row a setting: the four columns


def main() -> None:
    """Print a line for each setting, then the heads' table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks head")
    parser.add_argument("--data", nargs="+", default=["demo"])
    parser.add_argument("--labels", nargs="+", type=int, default=[40])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0])
    parser.add_argument("--folds", type=int, choices=(1, FOLDS), default=1)
    parser.add_argument("--cache", type=Path, default=Path("runs/head"))
    asked = parser.parse_args()
    torch.set_num_threads(1)
    heads = OUT_OF_FOLD if asked.folds == FOLDS else HEADS
    measured: Measured = {name: [] for name in heads}
    print("| data, labels, seed | unseen, their IoU | Spearman: default | confidence | paper's | error | constant's |")
    print("|---|---|---|---|---|---|---|")
    for name, labels, seed in product(asked.data, asked.labels, asked.seeds):
        networks = read_setting(draw(name, labels, seed), labels, seed, asked.folds, asked.cache)
        found = measure(networks, {**HEADS, **heads})
        for head, rows in measured.items():
            rows.append(found[head])
        print(f"| {name}, {labels}, {seed} | {say_setting(networks, found)} |", flush=True)
    print_table(measured)


def measure(networks: list[Network], heads: Mapping[str, Head]) -> dict[str, Floats]:
    """Error, rank correlation (0 where undefined), calibration error and bias of every head's image scores, x 100."""
    unseen = networks[0]["unseen"].seen
    true = unseen.image_means(unseen.ious)
    found = {name: head(networks) for name, head in heads.items()}
    return {
        name: 100
        * np.array(
            [
                mean_absolute_error(score, true),
                spearman(score, true) or 0.0,
                expected_calibration_error(score, true),
                bias(score, true),
            ]
        )
        for name, score in found.items()
    }


def say_setting(networks: list[Network], found: Mapping[str, Floats]) -> str:
    """The cells of one setting."""
    unseen = networks[0]["unseen"].seen
    ranks = [f"{found[name][1] / 100:.2f}" for name in (DEFAULT, "raw confidence", "the paper's head")]
    errors = [f"{found[name][0]:.1f}" for name in (DEFAULT, "constant")]
    return " | ".join([f"{unseen.images}, {unseen.ious.mean():.2f}", *ranks, *errors])


def print_table(measured: Measured) -> None:
    """Means over the settings, and in how many of them a head's error is below the default's."""
    print("\n| head | error | Spearman | ECE | bias | abs. bias | error less than the default's |")
    print("|---|---|---|---|---|---|---|")
    for name, rows in measured.items():
        error, rank, ece, off = np.mean(rows, axis=0)
        wins = sum(mine[0] < default[0] for mine, default in zip(rows, measured[DEFAULT], strict=True))
        cells = f"{error:.1f} ± {np.std([mine[0] for mine in rows]):.1f} | {rank / 100:.2f} | {ece:.1f} | {off:+.1f}"
        print(f"| {name} | {cells} | {np.mean([abs(row[3]) for row in rows]):.1f} | {wins} of {len(rows)} |")


if __name__ == "__main__":
    main()
