"""OEEM: glands by patch labels alone, and what weighing each pixel of the pseudo-masks is worth.

    python -m benchmarks oeem [--seeds 0 1 2] [--arms plain l_norm ...] [--noise 0.0] [--out oeem.jsonl] [--tiny]

Patches are told which of the two classes they hold (more than 5 % of their pixels), and nothing else is. A classifier
learns it, and its maps make pseudo-masks. A network learns these by one weight map after the other, from the same
initial weights and with the same draws; `full` learns the truth. `--noise` flips that share of the pseudo-masks'
pixels, in blocks.

Sizes are small ones for one core: the packaged encoder for WideResNet-38, 16 images of 85, 120 iterations of each
training, 40 test images of 80, see `benchmarks.weak.oeem_trial.Sizes`. The table that is printed at the end has the
published figures, of other sizes, beside ours. Lines that are there already are not computed again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.campaigns.assisted import lines
from benchmarks.weak.oeem_trial import TINY, Glands, Sizes
from models.segmentation.pixel_weights import WEIGHT_MAPS

ARMS = ("full", *WEIGHT_MAPS)
FIGURES = ("miou", "dice", "f1")
PUBLISHED: dict[str, tuple[float | None, ...]] = {
    "full": (86.84, 92.96, 93.24),
    "plain": (75.64, 86.13, 82.36),
    "c_max": (75.93, None, None),
    "c_diff": (75.43, None, None),
    "l_norm": (77.56, 87.36, 87.35),
    "lc_mix": (77.19, None, None),
    "ohem": (75.49, None, None),
}
"""Mean IoU, Dice and F1 of Tables 1 and 3, in percent."""
PUBLISHED_MASKS = {"cam_miou": 67.92, "pseudo_miou": 70.04}
"""Of Table 2, on the training images; the first as its other rows have it, for its own text is garbled."""


def key_of(line: dict[str, Any]) -> tuple[Any, ...]:
    """What tells a line from others."""
    return line["seed"], line["arm"], line["noise"], json.dumps(line["sizes"], sort_keys=True)


def percent(values: Sequence[float]) -> str:
    """Mean of seeds, and their deviation where there are several."""
    spread = f" ± {100 * np.std(values, ddof=1):.2f}" if len(values) > 1 else ""
    return f"{100 * np.mean(values):.2f}{spread}"


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Ours beside the published figures, by arm; rows are of one noise and of the same sizes."""
    told = [f"{'':<12}{'seeds':>6}" + "".join(f"{name + ', ours':>20}{'published':>11}" for name in FIGURES)]
    for arm in ARMS:
        mine = [row for row in rows if row["arm"] == arm]
        if mine:
            cells = "".join(
                f"{percent([row[name] for row in mine]):>20}{'-' if theirs is None else f'{theirs:.2f}':>11}"
                for name, theirs in zip(FIGURES, PUBLISHED[arm], strict=True)
            )
            told.append(f"{arm:<12}{len(mine):>6}{cells}")
    once = {row["seed"]: row for row in rows}.values()
    for name, theirs in PUBLISHED_MASKS.items():
        told.append(f"{name:<18}{percent([row[name] for row in once]):>20}{theirs:>11.2f}")
    return "\n".join(told)


def fill(path: Path, seed: int, arms: Sequence[str], sizes: Sizes, noise: float) -> None:
    """Add the lines of a seed that are not there."""
    told = {"seed": seed, "noise": noise, "sizes": json.loads(json.dumps(asdict(sizes)))}
    done = {key_of(line) for line in lines(path)}
    wanted = [arm for arm in arms if key_of({**told, "arm": arm}) not in done]
    if not wanted:
        return
    trial, began = Glands.drawn(seed, sizes, noise, lambda *_: None), time.process_time()
    masks = trial.mask_mious
    print(f"seed {seed}: masks in {time.process_time() - began:.0f} s", *(f"{k} {v:.3f}" for k, v in masks.items()))
    for arm in wanted:
        began = time.process_time()
        line = {**told, "arm": arm, **masks, **trial.measure(arm), "seconds": time.process_time() - began}
        with path.open("a") as file:
            file.write(json.dumps(line) + "\n")
        print(arm, *(f"{name} {line[name]:.3f}" for name in FIGURES), f"{line['seconds']:.0f} s", flush=True)


def main() -> None:
    """Fill the file, and print what it holds of these sizes and this noise."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks oeem")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--noise", type=float, default=0.0, help="share of the pseudo-masks' pixels that are flipped")
    parser.add_argument("--images", type=int, default=Sizes().images)
    parser.add_argument("--unseen", type=int, default=Sizes().unseen)
    parser.add_argument("--patch", type=int, default=Sizes().patch, help="side of patches, a multiple of 14")
    parser.add_argument("--patch-iterations", type=int, default=Sizes().patch_iterations)
    parser.add_argument("--iterations", type=int, default=Sizes().iterations)
    parser.add_argument("--scales", nargs="+", type=float, default=list(Sizes().scales))
    parser.add_argument("--read-scales", nargs="+", type=float, default=list(Sizes().read_scales))
    parser.add_argument("--tiny", action="store_true", help="a try in a minute, at no useful size")
    parser.add_argument("--out", type=Path, default=Path("oeem.jsonl"))
    asked = parser.parse_args()
    if not 0 <= asked.noise <= 1:
        raise SystemExit(f"--noise is {asked.noise}; it must be a share, from 0 to 1")
    torch.set_num_threads(1)
    sizes = (
        TINY
        if asked.tiny
        else replace(
            Sizes(),
            images=asked.images,
            unseen=asked.unseen,
            patch=asked.patch,
            patch_iterations=asked.patch_iterations,
            iterations=asked.iterations,
            scales=tuple(asked.scales),
            read_scales=tuple(asked.read_scales),
        )
    )
    for seed in asked.seeds:
        fill(asked.out, seed, asked.arms, sizes, asked.noise)
    same = [
        line
        for line in lines(asked.out)
        if line["noise"] == asked.noise and line["sizes"] == json.loads(json.dumps(asdict(sizes)))
    ]
    print(table(same))


if __name__ == "__main__":
    main()
