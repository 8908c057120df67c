"""How good masks of prompts are, beside what the network finds by itself: on photographs that no training saw.

    python -m benchmarks prompted_masks [--sets balloons dsb2018_nuclei ...] [--labels 20] [--seed 0]

Twenty labels teach a network of the default recipe. Then every object of the unseen photographs is shown to it: by its
true box, by a box whose sides are each off by up to 5 % (a hand's), by a point at random on it, and by the box with
such a point and two points beside it. Printed are mean IoUs, and the mean error of the predicted IoU.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch

from benchmarks.data.photograph_sets import SETS, draw
from maskloop.values import ObjectLabel, Prompt, PromptPoint
from models.data.samples import Example, ImageToScore
from models.encoders.feature_store import FeatureStore
from models.kinds.load import AnyModel
from models.kinds.networks import fit
from models.kinds.recipes import resolve
from models.predictor import PromptedImage

UNSEEN, MOST = 25, 30  # photographs, and objects of one
CPU = torch.device("cpu")
Show = Callable[[Example, ObjectLabel, np.random.Generator], Prompt]


def main() -> None:
    """Print a row for each set."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks prompted_masks")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    print(f"mean IoU of objects (mean absolute error of the predicted IoU); {asked.labels} labels, seed {asked.seed}")
    print("| set | objects | found alone | " + " | ".join(WAYS) + " |")
    print("|---|---|---|" + "---|" * len(WAYS))
    for name in asked.sets:
        setting = draw(name, asked.labels, UNSEEN, asked.seed)
        with TemporaryDirectory() as folder:
            model = fit(
                setting.labeled,
                setting.categories,
                resolve("pretrained"),
                seed=asked.seed,
                device=CPU,
                checkpoint_dir=None,
                progress=lambda *_: None,
                store=FeatureStore(Path(folder), 1 << 32),
            )
            alone = found_alone(model, setting.unseen)
            cells = [told(*shown(model, setting.unseen, show)) for show in WAYS.values()]
        print(f"| {name} | {len(alone)} | {np.mean(alone):.3f} | " + " | ".join(cells) + " |", flush=True)


def told(ious: np.ndarray, predicted: np.ndarray) -> str:
    """A cell of the table."""
    return f"{ious.mean():.3f} ({np.abs(predicted - ious).mean():.3f})"


def found_alone(model: AnyModel, unseen: list[Example]) -> list[float]:
    """Of every object that is shown, its IoU with the best mask that the network finds by itself."""
    items = [ImageToScore.of(example, counted=False) for example in unseen]
    found = {made.image_id: made.proposals.objects for made in model.predict(items, device=CPU, batch_size=8)}
    return [
        max((made.mask.iou(item.mask) for made in found[example.image_id]), default=0.0)
        for example in unseen
        for item in example.objects[:MOST]
    ]


def shown(model: AnyModel, unseen: list[Example], show: Show) -> tuple[np.ndarray, np.ndarray]:
    """True and predicted IoU of every object; one stream of numbers for each photograph, whatever the way."""
    ious, predicted = [], []
    for place, example in enumerate(unseen):
        rng = np.random.default_rng(place)
        objects = example.objects[:MOST]
        prompts = tuple(show(example, item, rng) for item in objects)
        (made,) = model.propose([PromptedImage(ImageToScore.of(example, counted=False), example.size, prompts)])
        ious += [proposal.mask.iou(item.mask) for proposal, item in zip(made, objects, strict=True)]
        predicted += [proposal.predicted_iou for proposal in made]
    return np.array(ious), np.array(predicted)


def true_box(example: Example, item: ObjectLabel, rng: np.random.Generator) -> Prompt:
    """Around the object, tight."""
    return Prompt(box=item.mask.box)


def hand_drawn(example: Example, item: ObjectLabel, rng: np.random.Generator) -> Prompt:
    """Each side off by up to 5 %, and inside the image."""
    (height, width), (x, y, wide, high) = example.size, item.mask.box
    left, right = np.clip(np.array([x, x + wide]) + rng.uniform(-0.05, 0.05, 2) * wide, 0, width)
    upper, lower = np.clip(np.array([y, y + high]) + rng.uniform(-0.05, 0.05, 2) * high, 0, height)
    return Prompt(box=(float(left), float(upper), float(right - left), float(lower - upper)))


def click(example: Example, item: ObjectLabel, rng: np.random.Generator) -> Prompt:
    """Any pixel of the object."""
    return Prompt(points=(anywhere(item.mask.to_array(), rng, on_object=True),))


def box_and_points(example: Example, item: ObjectLabel, rng: np.random.Generator) -> Prompt:
    """The tight box, a pixel of the object, and two of those in and around the box that are beside it."""
    solid = item.mask.to_array()
    (height, width), (x, y, wide, high) = example.size, item.mask.box
    near = np.zeros((height, width), dtype=np.bool_)
    near[max(0, y - high // 4) : y + high + high // 4 + 1, max(0, x - wide // 4) : x + wide + wide // 4 + 1] = True
    points = [anywhere(solid, rng, on_object=True)]
    if (near & ~solid).any():
        points += [anywhere(near & ~solid, rng, on_object=False) for _ in range(2)]
    return Prompt(box=item.mask.box, points=tuple(points))


def anywhere(solid: np.ndarray, rng: np.random.Generator, *, on_object: bool) -> PromptPoint:
    """The middle of any of these pixels."""
    row, column = rng.choice(np.argwhere(solid))
    return PromptPoint(column + 0.5, row + 0.5, on_object)


WAYS: Mapping[str, Show] = {
    "true box": true_box,
    "box by hand": hand_drawn,
    "a point": click,
    "box and 3 points": box_and_points,
}

if __name__ == "__main__":
    main()
