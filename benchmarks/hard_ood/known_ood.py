"""What images known to hold nothing are worth to the annotation network, over seeds 0-4.

    python -m benchmarks known_ood cells nuclei [SEED ...]    # of MASKLOOP_DATA

For each seed the network learns from LABELED outlined images of the project and from none, 10 or 40 candidates of
which a look has said that they hold nothing, drawn by the seed; in the recipe's share of a batch, and in half of one.
It finds by itself. What is told of it:

- *false*: the share of unseen candidates (the set's test side) for which it proposes anything; *masks*, how many each.
- *mean IoU* and *AP50* on unseen images of the project, which an image more that holds nothing might harm.
- *AP50, all*: on unseen images of the project and unseen candidates together, where false masks count.
"""

from __future__ import annotations

import csv
import dataclasses
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.data.ood_sets import CELLS, OodSet, draw, looks_of_nuclei
from maskloop.datasets.subset import Excerpt
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.formats.images import decode_image
from maskloop.values import Evaluation, Split
from models.annotation.evaluate import evaluate
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.recipe import Recipe, resolve
from models.data.samples import Example, ImageToScore
from models.predictor import Prediction

CPU = torch.device("cpu")
LABELED, KNOWN = 20, (10, 40)
RECIPE = resolve("compact", image_size=32, iterations=150, iou_epochs=1, classes="predicted", held_out=0.0)
SHARES = (RECIPE.empty_share, 0.5)
MEASURES = ("false", "masks", "mean_iou", "ap50", "ap50_all")
COLUMNS = ("set", "seed", "known", "share", *MEASURES)


def main() -> None:
    """A CSV line for each network, then means, deviations and paired differences."""
    torch.set_num_threads(1)
    names = [name for name in sys.argv[1:] if not name.isdigit()]
    seeds = [int(name) for name in sys.argv[1:] if name.isdigit()] or list(range(5))
    writer = csv.DictWriter(sys.stdout, COLUMNS)
    rows = []
    for name in names:
        for seed in seeds:
            for row in run(name, seed):
                writer.writerow(row)
                sys.stdout.flush()
                rows.append(row)
    summarise(rows)


def run(name: str, seed: int) -> Iterator[dict[str, object]]:
    """A row for each network."""
    found = SETS[name](Path(os.environ["MASKLOOP_DATA"]))
    labeled = draw(found.own, LABELED, seed)
    known = draw(found.candidates, max(KNOWN), seed)
    for number, share in [(0, 0.0), *((number, share) for number in KNOWN for share in SHARES)]:
        recipe = dataclasses.replace(RECIPE, empty_share=share)
        model = _fit(found, labeled, known[:number], recipe, seed)
        own, both = (_evaluate(model, images) for images in (found.own_unseen, [*found.own_unseen, *found.unseen]))
        masks = [len(one.proposals.objects) for one in _score(model, found.unseen)]
        yield {
            "set": name,
            "seed": seed,
            "known": number,
            "share": share,
            "false": round(float(np.mean([bool(one) for one in masks])), 4),
            "masks": round(float(np.mean(masks)), 4),
            "mean_iou": round(own.mean_iou, 4),
            "ap50": round(own.ap50, 4),
            "ap50_all": round(both.ap50, 4),
        }


def cells(data: Path) -> OodSet[Example]:
    """Two kinds of white blood cells; candidates show one of the other three."""
    found = read_coco_folder(data / "wbc_cells")
    ids = {category.id for category in found.categories if category.name in CELLS}

    def part(names: Sequence[str], own: bool) -> list[Example]:
        images = [found.by_name[name] for name in names]
        return [_example(one) for one in images if own is any(item.category_id in ids for item in one.objects)]

    empty = [
        [dataclasses.replace(one, objects=()) for one in part(names, False)] for names in (found.train, found.test)
    ]
    return OodSet(
        tuple(category for category in found.categories if category.id in ids),
        part(found.train, True),
        part(found.test, True),
        *empty,
    )


def nuclei(data: Path) -> OodSet[Example]:
    """Crops of fluorescence with 1 to 8 nuclei; candidates are crops of stained and bright-field images."""
    folder = data / "dsb2018_nuclei"
    looks, found = looks_of_nuclei(folder), read_coco_folder(folder)

    def part(own: bool, excerpt: Excerpt) -> Dataset:
        train, test = (
            tuple(name for name in names if (looks[name] == "fluorescence") is own)
            for names in (found.train, found.test)
        )
        images = tuple(found.by_name[name] for name in (*train, *test))
        return excerpt.of(dataclasses.replace(found, images=images, train=train, test=test))

    own = part(True, Excerpt(crop=64, stretch=True, objects=(1, 8), pool_images=100, test_images=60))
    others = part(False, Excerpt(crop=64, stretch=True, pool_images=60, test_images=60))
    sides = [
        [_example(each.by_name[name]) for name in names] for each in (own, others) for names in (each.train, each.test)
    ]
    empty = [[dataclasses.replace(one, objects=()) for one in side] for side in sides[2:]]
    return OodSet(found.categories, *sides[:2], *empty)


SETS = {"cells": cells, "nuclei": nuclei}


def _example(image: DatasetImage) -> Example:
    return Example(image.file_name, decode_image(image.read(), image.file_name).pixels, image.objects)


def _fit(
    found: OodSet[Example], labeled: list[Example], known: list[Example], recipe: Recipe, seed: int
) -> FittedModel:
    return fit(
        labeled,
        [category.id for category in found.categories],
        recipe,
        seed=seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        empty=known,
    )


def _evaluate(model: FittedModel, examples: Sequence[Example]) -> Evaluation:
    return evaluate(model, examples, Split.TEST, device=CPU, progress=lambda *_: None)


def _score(model: FittedModel, examples: Sequence[Example]) -> Iterator[Prediction]:
    return model.predict(map(ImageToScore.of, examples), device=CPU, batch_size=16, progress=lambda *_: None)


def summarise(rows: Sequence[Mapping[str, object]]) -> None:
    """Mean and standard deviation over the seeds, and of the differences to no looks, a line for each way."""
    base = {(row["set"], row["seed"]): row for row in rows if row["known"] == 0}
    for name, known, share in dict.fromkeys((row["set"], row["known"], row["share"]) for row in rows):
        group = [row for row in rows if (row["set"], row["known"], row["share"]) == (name, known, share)]
        told = []
        for measure in MEASURES:
            values = np.array([row[measure] for row in group], float)
            gained = values - np.array([base[name, row["seed"]][measure] for row in group], float)
            told.append(f"{measure} {_spread(values)} ({_spread(gained)})")
        print(f"{name}, {known} looks, share {share}: {'; '.join(told)}")


def _spread(values: NDArray[np.float64]) -> str:
    return f"{values.mean():.3f} ± {values.std(ddof=1) if len(values) > 1 else 0.0:.3f}"


if __name__ == "__main__":
    main()
