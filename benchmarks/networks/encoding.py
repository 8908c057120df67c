"""What encoding a picture costs beside timm's own forward pass, and what scoring costs once features are kept.

    python -m benchmarks encoding

One thread, 16 pictures of 192 pixels at a time, the default encoder; the three take turns, and ratios are of medians.
Our taps must be timm's, to a thousandth of the largest; all that we add (normalising, float16, copying) counts. The
limit is 1.1 times timm's time. Scoring is the dense maps of a network on kept features; each mask takes half a
millisecond more.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from models.encoders.feature_store import NO_STORE, Taps
from models.encoders.pretrained import load_pretrained
from models.features.model import frozen_encoder
from models.features.recipe import PretrainedRecipe
from models.pretrained.train import build_network

ROUNDS, PICTURES, LIMIT, SAME = 15, 16, 1.1, 1e-3
CPU = torch.device("cpu")


@torch.inference_mode()
def main() -> None:
    """Print milliseconds a picture and both ratios; stop where the limit is passed."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        measure()
    finally:
        torch.set_num_threads(threads)


def measure() -> None:
    """As `main`, with the threads there are."""
    recipe = PretrainedRecipe()
    pixels = torch.rand(PICTURES, 3, recipe.image_size, recipe.image_size, generator=torch.Generator().manual_seed(0))
    theirs = load_pretrained(recipe.encoder, recipe.weights)
    normalised = (pixels - theirs.mean) / theirs.scale
    ours = frozen_encoder(recipe, NO_STORE, CPU, 0)
    network = build_network(ours.channels, 3, recipe, 0).eval()
    kept = ours.encode(pixels)
    check(theirs.trunk(normalised)[-len(kept[0]) :], kept)
    timm_ms, own_ms, maps_ms = by_turns(
        lambda: theirs.trunk(normalised),
        lambda: ours.encode(pixels),
        lambda: network(network.scaled(ours.tensors(kept))),
    )
    print(f"timm {timm_ms:.1f} ms a picture, ours {own_ms:.1f} ({own_ms / timm_ms:.2f} of it; limit {LIMIT})")
    print(f"dense maps from kept features {maps_ms:.1f} ms: the encoder takes {own_ms / maps_ms:.1f} times as long")
    if own_ms > LIMIT * timm_ms:
        raise SystemExit("OVER: encoding takes longer than timm's own forward pass allows")


def check(wanted: Sequence[Tensor], kept: Sequence[Taps]) -> None:
    """Our taps are timm's."""
    for level, tap in enumerate(wanted):
        made = np.stack([taps[level] for taps in kept]).astype(np.float32)
        apart = float(np.abs(made - tap.numpy()).max())
        assert apart <= SAME * float(tap.abs().max()), f"taps at level {level} differ by {apart}"


def by_turns(*calls: Callable[[], object]) -> list[float]:
    """Medians of each call, in milliseconds of processor a picture."""
    taken: list[list[float]] = [[] for _ in calls]
    for _ in range(ROUNDS):
        for times, call in zip(taken, calls, strict=True):
            began = time.process_time()
            call()
            times.append(1000 * (time.process_time() - began) / PICTURES)
    return [statistics.median(times) for times in taken]


if __name__ == "__main__":
    main()
