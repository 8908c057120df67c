"""Pictures of what each method that makes masks from class labels, or from boxes, does, step by step.

    python -m benchmarks method_pictures [METHOD ...] [--set photographs] [--seed 0] [--out DIR] [--cache DIR]

Sets are `photographs`, which anybody may be shown, `demo:photos`, and folders in the one that MASKLOOP_DATA names.
Pictures of `docs/weak` are `photographs`. One classifier is trained, and a network more for some methods, each for a
minute or two on a core; with a cache they are there the next time. A method joins by a line in `STRIPS`.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import torch

from benchmarks.pictures import box_strips, click_strips, map_strips, patch_strips, refinement_strips
from benchmarks.pictures.material import PHOTOGRAPHS, Material
from models.training.cache import NetworkCache

ROOMS = (map_strips, refinement_strips, box_strips, patch_strips, click_strips)
STRIPS = {name: strip for room in ROOMS for name, strip in room.STRIPS.items()}
CACHE_BYTES = 1 << 30


def main() -> None:
    """Draw all, or those named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks method_pictures")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(STRIPS))
    parser.add_argument("--set", default=PHOTOGRAPHS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=Path("method_pictures"))
    parser.add_argument("--cache", type=Path)
    asked = parser.parse_args()
    if unknown := [name for name in asked.methods if name not in STRIPS]:
        parser.error(f"{unknown[0]} is none of {', '.join(STRIPS)}")
    torch.set_num_threads(1)
    cache = NetworkCache(asked.cache, CACHE_BYTES) if asked.cache else None
    material = Material.of(asked.set, asked.seed, cache)
    for name in asked.methods or STRIPS:
        began = time.process_time()
        STRIPS[name](material).write(asked.out, name)
        print(f"{name}: {time.process_time() - began:.0f} s of processor", flush=True)


if __name__ == "__main__":
    main()
