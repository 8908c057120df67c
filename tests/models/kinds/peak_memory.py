"""Trains a recipe on pictures of discs in a process of its own, and prints what memory that took at its peak.

python -m tests.models.kinds.peak_memory RECIPE OPTIONS_JSON IMAGES SIDE
"""

import json
import sys
from contextlib import suppress
from pathlib import Path

import numpy as np
import torch

from maskloop.errors import Cancelled
from maskloop.masks import Mask
from maskloop.values import ObjectLabel
from models.data.samples import Example
from models.kinds.networks import fit
from models.kinds.recipes import resolve
from models.kinds.work import TrainingData, work_of

ENOUGH = 0.9  # of a training, after which its peak is behind


def discs(number: int, side: int) -> list[Example]:
    """Pictures of three discs each on a textured ground; the last ones hold nothing."""
    rows, columns = np.mgrid[:side, :side]
    examples = []
    for place in range(number):
        rng = np.random.default_rng(place)
        pixels = rng.integers(90, 150, size=(side, side, 3), dtype=np.uint8)
        labels = []
        for each in range(3 if place < number - 2 else 0):
            x, y, radius = (each + 0.5) * side / 3, rng.uniform(0.3, 0.7) * side, side / 8
            inside = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
            pixels[inside] = (200, 60, 50)
            labels.append(ObjectLabel(1, Mask.from_array(inside)))
        examples.append(Example(f"{place:04}", pixels, tuple(labels)))
    return examples


def held(field: str) -> int:
    """Bytes, by a field of what the kernel tells of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(field))


def main() -> None:
    """Train, and print the estimate and the peak in bytes."""
    name, options, number, side = sys.argv[1], json.loads(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    torch.set_num_threads(1)
    recipe, examples = resolve(name, **options), discs(number, side)
    data = TrainingData(number, sum(len(each.objects) for each in examples), number * side**2)

    def progress(share: float, _: str) -> None:
        if share >= ENOUGH:
            raise Cancelled("enough")

    with suppress(Cancelled):
        fit(examples, [1], recipe, seed=0, device=torch.device("cpu"), checkpoint_dir=None, progress=progress)
    print(json.dumps({"estimate": work_of(recipe, data).memory, "peak": held("VmHWM")}))


if __name__ == "__main__":
    main()
