"""How well networks learn photographs: recipes on seven real sets, from 5 to 40 labels, over seeds.

    python -m benchmarks photographs [--recipes pretrained compact] [--sets ...] [--labels 5 10 20 40] [--seeds 0 1 2]
                                     [--out photographs.csv]

A recipe may have options: `pretrained,encoder_rate=3e-4`.

Each row is one network: AP50, panoptic quality and mean IoU on test images that it has not seen, processor seconds of
its training (labels encoded, no held-out fit), and milliseconds to predict an image whose features are kept. Rows that
the file has already are not computed again. At the end, means over seeds and their deviation, by set and labels.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import torch

from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import SETS, draw
from maskloop.values import Split
from models.annotation.evaluate import evaluate
from models.data.samples import ImageToScore
from models.encoders.feature_store import FeatureStore
from models.features.model import FittedOnFeatures
from models.kinds.load import AnyModel
from models.kinds.networks import fit
from models.kinds.recipes import AnyRecipe, resolve

ALONE: dict[str, object] = {"classes": "predicted", "held_out": 0.0}
OPTIONS = {"compact": ALONE, "recurrent": ALONE}
CPU = torch.device("cpu")
UNSEEN = 40
KEYS = ("recipe", "set", "labels", "seed")
VALUES = ("ap50", "pq", "mean_iou", "train_s", "predict_ms")
Row = dict[str, str]


def main() -> None:
    """Fill the file, then print its means."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks photographs")
    parser.add_argument("--recipes", nargs="+", default=["pretrained", "compact"])
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--labels", nargs="+", type=int, default=[5, 10, 20, 40])
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--out", type=Path, default=Path("photographs.csv"))
    asked = parser.parse_args()
    rows = read_rows(asked.out)
    wanted = [
        (recipe, name, str(labels), str(seed))
        for recipe in asked.recipes
        for seed in asked.seeds
        for labels in asked.labels
        for name in asked.sets
    ]
    for key in wanted:
        if key not in rows:
            rows[key] = {**dict(zip(KEYS, key, strict=True)), **measured(*key)}
            write_rows(asked.out, rows)
            print(" ".join(rows[key].values()), flush=True)
    print_means(rows)


def measured(recipe: str, name: str, labels: str, seed: str) -> Row:
    """One network."""
    setting = draw(name, int(labels), UNSEEN, int(seed))
    with TemporaryDirectory() as folder:
        store = FeatureStore(Path(folder), 1 << 32)
        began = time.process_time()
        model = fit(
            setting.labeled,
            setting.categories,
            recipe_of(recipe),
            seed=int(seed),
            device=CPU,
            checkpoint_dir=None,
            progress=lambda *_: None,
            store=store,
        )
        train_s = time.process_time() - began
        measures = evaluate(model, setting.unseen, Split.TEST, device=CPU, progress=lambda *_: None)
        numbers = (measures.ap50, measures.metrics["pq"], measures.mean_iou, train_s, predict_ms(model, setting))
    return {name: f"{value:.4f}" for name, value in zip(VALUES, numbers, strict=True)}


def recipe_of(text: str) -> AnyRecipe:
    """A recipe by name, with options whose values are numbers."""
    name, *options = text.split(",")
    pairs = [option.partition("=") for option in options]
    return resolve(name, **OPTIONS.get(name, {}), **{key: json.loads(value) for key, _, value in pairs})


def predict_ms(model: AnyModel, setting: Setting) -> float:
    """Milliseconds of processor to predict an image whose features are kept; 0 for networks that keep none."""
    if not isinstance(model, FittedOnFeatures):
        return 0.0
    with TemporaryDirectory() as folder:
        keeping = model.keeping(FeatureStore(Path(folder), 1 << 32))
        images = [
            ImageToScore(item.image_id, partial(getattr, item, "pixels"), None, item.image_id)
            for item in setting.unseen
        ]
        list(keeping.features(images, batch_size=16, progress=lambda *_: None))
        began = time.process_time()
        list(keeping.predict(images, device=CPU, batch_size=16))
        return 1000 * (time.process_time() - began) / len(images)


def read_rows(path: Path) -> dict[tuple[str, ...], Row]:
    """Rows by key."""
    if not path.is_file():
        return {}
    with path.open(newline="") as file:
        return {tuple(row[key] for key in KEYS): row for row in csv.DictReader(file)}


def write_rows(path: Path, rows: dict[tuple[str, ...], Row]) -> None:
    """All rows."""
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, [*KEYS, *VALUES])
        writer.writeheader()
        writer.writerows(rows.values())


def print_means(rows: dict[tuple[str, ...], Row]) -> None:
    """Mean and deviation over seeds, as rows of a Markdown table."""
    groups: dict[tuple[str, ...], list[Row]] = {}
    for key, row in rows.items():
        groups.setdefault((key[1], key[2], key[0]), []).append(row)
    for (name, labels, recipe), group in sorted(
        groups.items(), key=lambda item: (item[0][0], int(item[0][1]), item[0])
    ):
        cells = []
        for value in VALUES:
            numbers = [float(row[value]) for row in group]
            digits = 3 if value in VALUES[:3] else 1
            spread = f" ({statistics.stdev(numbers):.{digits}f})" if len(numbers) > 1 else ""
            cells.append(f"{statistics.mean(numbers):.{digits}f}{spread}")
        print(f"| {name} | {labels} | {recipe} | {len(group)} | {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
