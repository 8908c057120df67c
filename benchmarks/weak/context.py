"""Where the ground gives the object away: CAM with and without W-OoD, on pictures made for it.

    python -m benchmarks context [--seeds 0 1 2] [--iterations 200] [--recipe compact]

Discs come on water alone and squares on rails alone, so that a classifier can go by the ground (see
`benchmarks.weak.context_set`). W-OoD trains it on, beside pictures of water and rails without an object. Measured on
unseen pictures, seed by seed: IoU of the map with the object where both are together, the threshold chosen on others;
the map's mean on the object over its mean on the ground; and how often the object decides, where the ground is that of
the other category.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from statistics import mean, stdev
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.weak.context_set import CATEGORIES, ContextPicture, context_set
from benchmarks.weak.seed_trial import CPU, silent
from models.classification.network import ImageClassifier
from models.classification.recipe import resolve_classifier
from models.classification.train import train_classifier
from models.classification.wood import WoodOptions, train_wood
from models.data.samples import image_tensor, normalise, resize_image
from models.localization.cam import Cam
from models.proposals.from_maps import THRESHOLDS

TUNED = 10  # pictures that the threshold is chosen on
Figures = dict[str, float]


def main() -> None:
    """Print a line for each seed, and the means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks context")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--recipe", default="compact")
    asked = parser.parse_args()
    rows: dict[str, list[Figures]] = {"CAM": [], "W-OoD, CAM": []}
    print("| seed | training | IoU of the object | object over ground | the object decides |\n|---|---|---|---|---|")
    for seed in asked.seeds:
        for name, figures in measured(seed, asked.recipe, asked.iterations).items():
            rows[name].append(figures)
            print(f"| {seed} | {name} | {' | '.join(f'{value:.2f}' for value in figures.values())} |", flush=True)
    for name, of_seeds in rows.items():
        cells = (told([figures[key] for figures in of_seeds]) for key in of_seeds[0])
        print(f"| mean | {name} | {' | '.join(cells)} |")


def measured(seed: int, recipe: str, iterations: int) -> dict[str, Figures]:
    """Both trainings, with one seed."""
    pictures = context_set(seed)
    own = resolve_classifier(recipe, image_size=64, iterations=iterations, batch=8, held_out=0.0)
    examples = [picture.example() for picture in pictures.training]
    alone: dict[str, Any] = {"seed": seed, "device": CPU}
    plain = train_classifier(examples, CATEGORIES, own, checkpoint_dir=None, progress=silent, **alone)
    ood = [picture.example() for picture in pictures.ood]
    wood = train_wood(plain, [*examples, *ood], WoodOptions(), resume_path=None, progress=silent, **alone)
    return {
        name: figures_of(network, pictures.unseen["together"], pictures.unseen["swapped"])
        for name, network in (("CAM", plain.network), ("W-OoD, CAM", wood.network))
    }


def figures_of(
    network: ImageClassifier, together: Sequence[ContextPicture], swapped: Sequence[ContextPicture]
) -> Figures:
    """IoU at the threshold that suits `TUNED` pictures, the ratio of means, and the share of decisions."""
    maps = [map_of(network, picture) for picture in together]
    at = {threshold: mean_iou(maps[:TUNED], together[:TUNED], threshold) for threshold in THRESHOLDS}
    chosen = max(at, key=lambda threshold: at[threshold])
    pairs = list(zip(maps, together, strict=True))[TUNED:]
    on, off = (
        mean(float(values[getattr(picture, name)].mean()) for values, picture in pairs)
        for name in ("object_mask", "ground_mask")
    )
    with torch.no_grad():
        seen = image_tensor([resize_image(picture.pixels, 64) for picture in swapped], CPU)
        likeliest = network(normalise(seen)).argmax(dim=1).tolist()
    decided = mean(CATEGORIES[index] == picture.category for index, picture in zip(likeliest, swapped, strict=True))
    return {"iou": mean_iou(maps[TUNED:], together[TUNED:], chosen), "ratio": on / max(off, 1e-9), "decided": decided}


def map_of(network: ImageClassifier, picture: ContextPicture) -> NDArray[np.float32]:
    """CAM of the category that is there, at the picture's size."""
    (maps,) = Cam().maps(network, [picture.pixels], [[CATEGORIES.index(picture.category)]])
    whole: NDArray[np.float32] = maps.whole[0].detach().numpy()
    return whole


def mean_iou(maps: Sequence[NDArray[np.float32]], pictures: Sequence[ContextPicture], threshold: float) -> float:
    """Of what is above the threshold with the object."""
    ious = []
    for values, picture in zip(maps, pictures, strict=True):
        shown = values > threshold
        ious.append(float((shown & picture.object_mask).sum() / (shown | picture.object_mask).sum()))
    return mean(ious)


def told(values: Sequence[float]) -> str:
    """Mean and sample deviation."""
    return f"{mean(values):.2f} ({stdev(values):.2f})" if len(values) > 1 else f"{mean(values):.2f}"


if __name__ == "__main__":
    main()
