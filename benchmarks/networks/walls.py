"""Large photographs, from a campaign to a prediction: walls of 5,000 x 4,000 pixels with a crack 6 pixels wide.

    python -m benchmarks walls [--labels 6] [--folder walls]

Makes the walls, runs `al-loop` on them (real server, simulated people), and has `maskloop predict` outline a wall that
no training saw, and one of 12,000 x 9,000 pixels. Checks that each crack is found, as one object, and prints seconds
and the largest memory of the prediction's process. Its peer is the same network that sees photographs whole
(`tile=100000`). About a quarter of an hour on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image as Picture
from scipy import ndimage

from maskloop.formats.coco.writing import write_coco
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

THICK = 6  # pixels
TEST = 2
AL_LOOP = ("-c", "from maskloop.cli.al_loop import main; main()")
PREDICT = ("-m", "service", "predict")
CRACK = Category(1, "crack")
LEAST_IOU, MOST_MIB = 0.5, 1536


@dataclass(frozen=True)
class Wall:
    """A photograph of a wall, and its crack."""

    file_name: str
    width: int
    height: int
    crack: Mask


def main() -> None:
    """Make, train, predict, check."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks walls")
    parser.add_argument("--labels", type=int, default=6)
    parser.add_argument("--folder", type=Path, default=Path("walls"))
    asked = parser.parse_args()
    folder: Path = asked.folder
    data = [make(folder / "data/images", seed, 4000, 5000) for seed in range(asked.labels + 2 + TEST)]
    masks = {wall.file_name: [ObjectLabel(CRACK.id, wall.crack)] for wall in data}
    write_coco(folder / "data/annotations.json", [CRACK], data, masks)
    for name, part in (("train.txt", data[:-TEST]), ("test.txt", data[-TEST:])):
        (folder / "data" / name).write_text("".join(f"{wall.file_name}\n" for wall in part))
    unseen = [make(folder / "unseen", 100, 4000, 5000), make(folder / "unseen", 101, 9000, 12000)]
    for recipe in ("pretrained", "pretrained,tile=100000"):
        run = folder / ("whole" if "tile" in recipe else "windows")
        began = time.monotonic()
        campaign = ["--budget", f"{asked.labels}images", "--initial", f"{asked.labels}images", "--strategy", "random"]
        told([*AL_LOOP, "--data", f"coco:{folder / 'data'}", "--recipe", recipe, *campaign, "--workdir", str(run)])
        print(f"{recipe}: campaign of {asked.labels} labels {time.monotonic() - began:.0f} s", flush=True)
        for wall in unseen:
            check(recipe, run, folder / "unseen" / wall.file_name, wall)


def check(recipe: str, run: Path, picture: Path, wall: Wall) -> None:
    """Predict one wall; of windows, the crack must be found within the memory."""
    began = time.monotonic()
    out = run / picture.stem
    peak_mib = told([*PREDICT, str(run / "model.safetensors"), str(picture), "--out", str(out)])
    seconds = time.monotonic() - began
    found = json.loads((out / "predictions.coco.json").read_text())["annotations"]
    coded = [Mask(wall.height, wall.width, item["segmentation"]["counts"].encode()) for item in found]
    best = max((mask.iou(wall.crack) for mask in coded), default=0.0)
    print(
        f"{recipe}: {wall.width} x {wall.height}: {len(found)} objects, IoU of the crack {best:.2f}, "
        f"{seconds:.0f} s, {peak_mib:.0f} MiB",
        flush=True,
    )
    if "tile" not in recipe:
        assert best >= LEAST_IOU, "the crack was not found"
        assert sum(mask.iou(wall.crack) > 0 for mask in coded) == 1, "the crack was counted more than once"
        assert wall.width > 5000 or peak_mib <= MOST_MIB, "more memory than promised"


def told(arguments: Sequence[str]) -> float:
    """Run Python with these arguments; the largest memory of the process itself, in MiB."""
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(arguments)} failed")
    return usage.ru_maxrss / 1024


def make(folder: Path, seed: int, height: int, width: int) -> Wall:
    """A rough wall with stains, and a dark crack that wanders; written as a JPEG."""
    rng = np.random.default_rng(seed)
    stains = ndimage.zoom(rng.normal(0, 12, (height // 100 + 1, width // 100 + 1)).astype(np.float32), 100, order=1)
    ground = ndimage.uniform_filter(rng.standard_normal((height, width), dtype=np.float32), 3)
    ground *= 40
    ground += 150 + stains[:height, :width]
    drift = 3 * ndimage.gaussian_filter1d(rng.normal(0, 400, width), 200)
    middle = height / 2 + np.cumsum(rng.normal(0, 1.2, width)) + drift
    begin = int(rng.integers(0, width // 3))
    drawn = np.zeros((height, width), dtype=np.bool_)
    for column in range(begin, begin + width // 2):
        top = int(np.clip(middle[column], 0, height - THICK))
        drawn[top : top + THICK, column] = True
    ground[drawn] -= 45
    folder.mkdir(parents=True, exist_ok=True)
    name = f"wall-{seed:03}.jpg"
    Picture.fromarray(ground.clip(0, 255).astype(np.uint8)).convert("RGB").save(folder / name, quality=90)
    return Wall(name, width, height, Mask.from_array(drawn))


if __name__ == "__main__":
    main()
