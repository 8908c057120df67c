"""What class maps cost an image, beside the plain loop of each method's paper, and that both make the same maps.

    python -m benchmarks class_maps [METHOD ...] [--images 2] [--side 96] [--device cpu]

The network is the classifier of `pretrained` with a random head, the images are photographs with two classes each. Each
way runs in a process of its own, in single precision, on one thread: seconds of processor an image (the median of what
fits into ten seconds), and MiB at the peak beyond what a process has that made no map. On a GPU: seconds, and MiB of
the GPU. The maps are compared in double precision on a small image, since steps that switch multiply what is rounded.
About seven minutes on a core.

A method joins by a line in `METHODS`.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from skimage import data
from torch import Tensor

from benchmarks.weak.plain_maps import plain_adv_cam, plain_cam, plain_grad_cam
from models.classification.network import ImageClassifier, build_classifier
from models.classification.recipe import resolve_classifier
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.gradcam import GradCam
from models.localization.maps import MapMethod

Pixels = NDArray[np.uint8]
PlainLoop = Callable[[ImageClassifier, Pixels, Sequence[int]], tuple[Tensor, Tensor]]
METHODS: Mapping[str, tuple[MapMethod, PlainLoop]] = {
    "cam": (Cam(), plain_cam),
    "grad_cam": (GradCam(), plain_grad_cam),
    "adv_cam": (AdvCam(), plain_adv_cam),
}
PHOTOGRAPHS = (data.astronaut, data.coffee, data.chelsea)
CLASSES, ASKED = 4, (0, 2)
SAME, SMALL = 1e-4, 48  # largest difference of maps; the longer side of the image that they are compared on
ENOUGH_S = 10.0
OWN, PLAIN, NOTHING = "own", "plain", "nothing"


@dataclass(frozen=True)
class Cost:
    """Of one way, an image."""

    seconds: float
    peak_mib: float


def main() -> None:
    """Compare maps, then print what each way costs; or, in a process of its own, run one way."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks class_maps")
    parser.add_argument("methods", nargs="*", metavar="METHOD", help=", ".join(METHODS))
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--side", type=int, default=96)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--way", choices=[OWN, PLAIN, NOTHING], help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if unknown := [name for name in asked.methods if name not in METHODS]:
        parser.error(f"{unknown[0]} is none of {', '.join(METHODS)}")
    torch.set_num_threads(1)
    images = photographs(asked.images, asked.side)
    if asked.way:
        print(run(asked.methods[0], asked.way, images, torch.device(asked.device)))
        return
    for name in asked.methods or METHODS:
        apart = difference(name)
        assert apart <= SAME, f"{name}: maps differ by {apart:.1e}"
        told = [name, "--images", str(asked.images), "--side", str(asked.side), "--device", asked.device]
        floor, own, plain = (measured([*told, "--way", way]) for way in (NOTHING, OWN, PLAIN))
        costs = [f"{cost.seconds:.2f} s, {cost.peak_mib - floor.peak_mib:.0f} MiB" for cost in (own, plain)]
        ratio = plain.seconds / own.seconds
        print(
            f"{name}: {costs[0]} an image; plain loop {costs[1]}, {ratio:.1f} times the seconds; maps {apart:.0e} apart"
        )


def difference(name: str) -> float:
    """The largest, between the maps of both ways."""
    method, plain = METHODS[name]
    network, images = classifier().double(), photographs(2, SMALL)
    worst = 0.0
    for made, pixels in zip(method.maps(network, images, [ASKED] * len(images)), images, strict=True):
        for ours, theirs in zip((made.strided, made.whole), plain(network, pixels, ASKED), strict=True):
            worst = max(worst, float((ours - theirs).abs().max()))
    return worst


def measured(arguments: Sequence[str]) -> Cost:
    """What a way costs in a process of its own."""
    command = [sys.executable, "-m", "benchmarks", "class_maps", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    printed = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    seconds, gpu_mib = map(float, printed.split())
    return Cost(seconds, gpu_mib or usage.ru_maxrss / 1024)


def run(name: str, way: str, images: Sequence[Pixels], device: torch.device) -> str:
    """Seconds an image, and MiB of the GPU at the peak, 0 on a CPU."""
    method, plain = METHODS[name]
    network = classifier().to(device)
    ways: Mapping[str, Callable[[], object]] = {
        OWN: lambda: method.maps(network, images, [ASKED] * len(images)),
        PLAIN: lambda: [plain(network, pixels, ASKED) for pixels in images],
        NOTHING: lambda: None,
    }
    taken: list[float] = []
    while sum(taken) < ENOUGH_S and len(taken) < 15:
        began = clock(device)
        ways[way]()
        taken.append(clock(device) - began)
    peak = torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else 0.0
    return f"{statistics.median(taken) / len(images)} {peak}"


def clock(device: torch.device) -> float:
    """Seconds of processor, or of a GPU that has done what it was told to."""
    if device.type != "cuda":
        return time.process_time()
    torch.cuda.synchronize(device)
    return time.perf_counter()


def classifier() -> ImageClassifier:
    """The recipe's, with a head that has learnt nothing."""
    recipe = resolve_classifier("pretrained")
    return build_classifier(recipe, CLASSES, weights=recipe.weights).eval()


def photographs(number: int, side: int) -> list[Pixels]:
    """Photographs of two sizes in turn, the longer side `side` pixels."""
    sizes = [(side, 3 * side // 4), (3 * side // 4, side)]
    return [
        np.asarray(Image.fromarray(PHOTOGRAPHS[place % len(PHOTOGRAPHS)]()).resize(sizes[place // 2 % 2]))
        for place in range(number)
    ]


if __name__ == "__main__":
    main()
