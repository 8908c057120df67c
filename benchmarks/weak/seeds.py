"""Seed quality: how well masks that were made from class labels alone cover what is there, method by method.

    python -m benchmarks seeds [--sets wbc_cells balloons] [--seeds 0] [--methods ...] [--out seeds.jsonl]
    python -m benchmarks seeds --table [--out seeds.jsonl]

A classifier learns which classes 60 images hold. Every method maps 6 others, on which the threshold of the ground is
chosen, and 12 test images, on which mean IoU is measured, the ground among the labels. Classes of an image are known,
as where people have named them. Refinements are of CAM's maps. Pictures are brought to 224 pixels.

W-OoD learns beside images that hold none of the set's classes: of the same set where it has such images, else of
another one, see `benchmarks.data.photograph_sets.OOD_FROM`.

Seconds are of the processor, of one image mapped. Lines that are there already are not computed again. What methods do
with less than their papers is in `benchmarks.weak.seed_methods`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from benchmarks.campaigns.assisted import lines
from benchmarks.weak.seed_methods import METHODS, Drawn
from benchmarks.weak.seed_trial import Shown, Trial
from models.metrics.semantic import class_ious, confusion
from models.proposals.from_maps import THRESHOLDS

SETS = ("wbc_cells", "balloons", "building_facades", "coco_subset")


def measure(trial: Trial, name: str) -> dict[str, Any]:
    """Mean IoU on unseen images at the threshold that suits others, and at the one that would have suited these."""
    draw_one = METHODS[name](trial)
    tuned = [(draw_one(one), one) for one in trial.tuning]
    began = time.process_time()
    drawn = [(draw_one(one), one) for one in trial.unseen]
    seconds = (time.process_time() - began) / len(drawn)
    at = {threshold: mean_of(trial, tuned, threshold) for threshold in THRESHOLDS}
    chosen = max(at, key=lambda threshold: at[threshold])
    best = max(mean_of(trial, drawn, threshold) for threshold in THRESHOLDS)
    return {
        "method": name,
        "threshold": chosen,
        "miou": mean_of(trial, drawn, chosen),
        "miou_best": best,
        "seconds": seconds,
    }


def mean_of(trial: Trial, drawn: Sequence[tuple[Drawn, Shown]], threshold: float) -> float:
    """Mean IoU over the ground and the classes that are there or said."""
    labels = len(trial.categories) + 1
    counts = sum(confusion(labels_at(threshold), one.true, labels) for labels_at, one in drawn)
    return float(np.nanmean(class_ious(np.asarray(counts))))


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks seeds")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--out", type=Path, default=Path("seeds.jsonl"))
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.table:
        print_table(lines(asked.out))
        return
    done = {(line["set"], line["seed"], line["method"]) for line in lines(asked.out)}
    for seed in asked.seeds:
        for name in asked.sets:
            methods = [method for method in asked.methods if (name, seed, method) not in done]
            if not methods:
                continue
            trial = Trial.drawn(name, seed)
            for method in methods:
                line = {"set": name, "seed": seed, **measure(trial, method)}
                with asked.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(*(f"{value:.3f}" if isinstance(value, float) else value for value in line.values()), flush=True)


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Of each method and set, mean IoU over seeds, at the threshold that was chosen and at the best one."""
    sets = sorted({row["set"] for row in rows})
    print(f"| method | {' | '.join(sets)} | seconds an image |\n" + "|---" * (len(sets) + 2) + "|")
    for method in METHODS:
        here = [row for row in rows if row["method"] == method]
        cells = [_cell([row for row in here if row["set"] == name]) for name in sets]
        if here:
            print(f"| {method} | {' | '.join(cells)} | {mean(row['seconds'] for row in here):.2f} |")


def _cell(rows: Sequence[dict[str, Any]]) -> str:
    if not rows:
        return ""
    chosen, best = ([row[key] for row in rows] for key in ("miou", "miou_best"))
    spread = f" ({stdev(chosen):.3f})" if len(rows) > 1 else ""
    return f"{mean(chosen):.3f}{spread}, {len(rows)}; best {mean(best):.3f}"


if __name__ == "__main__":
    main()
