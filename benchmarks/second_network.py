"""The second network against the annotation network: pseudo-labels, how many, a floor, and what their noise costs.

    python -m benchmarks.second_network run SET[,SET] NUMBER[,NUMBER] SEED ...
    python -m benchmarks.second_network table < LINES

Sets are wbc_cells and dsb2018_nuclei, of MASKLOOP_DATA. `run` prints a CSV line for each network: the first one of
every set and seed, then their second ones, so that one that is broken off has what it has of all of them. The
annotation network learns from 20 labels drawn by the seed and reads the other pool images; each second network is the
same recipe, seed and iterations on those labels and on pseudo-labels of NUMBER of these, and finds by itself on the
test images. Ways: `off`, all proposals; `true`, what people outlined in the images of `off`: the ceiling; `floor`,
those of a predicted IoU of .7 or more; `told`, TOLD by the annotation network when it is told classes and counts (its
weights are the same). `none` is the annotation network, and the control.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from maskloop.formats.datasets import DatasetImage
from maskloop.formats.excerpts import Excerpt
from maskloop.formats.images import decode_image
from maskloop.loop.data import read_data
from maskloop.matching import match_within_class
from maskloop.values import Evaluation, HeadState, ImageProposals, ObjectLabel, PseudoLabels, Split
from models.calibration import fit_calibrator
from models.checkpoints import FittedModel
from models.evaluation import evaluate
from models.examples import Example
from models.fitting import fit
from models.network import build_network
from models.observing import image_of, observe_views
from models.pseudo_labels import pseudo_objects
from models.recipes import resolve
from models.scoring import score_images
from selection.random_order import draws

CPU = torch.device("cpu")
LABELS, TOLD, FLOOR = 20, 200, 0.7
RECIPE = resolve("compact", image_size=32, iterations=150, iou_epochs=1, classes="predicted", held_out=0.0)
EXCERPTS = {
    "wbc_cells": Excerpt(),
    "dsb2018_nuclei": Excerpt(crop=64, objects=(1, 8), stretch=True, pool_images=400, test_images=120),
}
MEASURES = ("mean_iou", "ap", "ap50", "ap70", "ar", "ar50", "ar70", "f50", "ssim", "iou_mae")
NOISE = ("pseudo_iou", "precision", "recall")
COLUMNS = ("set", "seed", "way", "wanted", "images", "objects", *NOISE, "seconds", *MEASURES)
Labels = Mapping[str, tuple[ObjectLabel, ...]]


@dataclass(frozen=True)
class Setting:
    """One set and seed: labeled images, the others of the pool in the order of their draws, and test images."""

    name: str
    seed: int
    categories: tuple[int, ...]
    labeled: tuple[Example, ...]
    pool: tuple[Example, ...]
    test: tuple[Example, ...]


def main() -> None:
    """Run settings, or make the table of what was run."""
    if sys.argv[1:2] == ["table"]:
        print(table(list(csv.DictReader(sys.stdin, COLUMNS))))
        return
    torch.set_num_threads(1)
    numbers = [int(number) for number in sys.argv[3].split(",")]
    runs = [run(name, int(seed), numbers) for seed in sys.argv[4:] for name in sys.argv[2].split(",")]
    while runs:
        for one in list(runs):
            row = next(one, None)
            if row is None:
                runs.remove(one)
            else:
                _print(row)


def _print(row: Mapping[str, object]) -> None:
    line = io.StringIO(newline="")
    csv.DictWriter(line, COLUMNS, lineterminator="\n").writerow(row)
    print(line.getvalue(), end="", flush=True)


def draw(name: str, seed: int) -> Setting:
    """Labels of a set drawn by a seed; the test images are the same for all seeds."""
    data = read_data(f"coco:{Path(os.environ['MASKLOOP_DATA']) / name}", Path(), 0, EXCERPTS[name])
    ids = np.array([image.file_name for image in data.pool], dtype=np.bytes_)
    pool = [_example(data.pool[place]) for place in np.argsort(draws(ids, seed), kind="stable")]
    categories = tuple(category.id for category in data.dataset.categories)
    test = tuple(map(_example, data.test))
    return Setting(name, seed, categories, tuple(pool[:LABELS]), tuple(pool[LABELS:]), test)


def run(name: str, seed: int, numbers: Sequence[int]) -> Iterator[dict[str, object]]:
    """Train and measure every network of a set and seed, those of as many pseudo-labels together."""
    setting = draw(name, seed)
    begun = time.process_time()
    first = _fit(setting, {})
    yield _row(setting, "none", 0, first, {}, time.process_time() - begun)
    finds, told = (_proposals(model, setting.pool) for model in (first, _told(first, setting.labeled)))
    for number in numbers:
        off = _pseudo(setting, finds, number, 0.0)
        ways = {
            "off": off,
            "true": {one.image_id: one.objects for one in setting.pool if one.image_id in off},
            "floor": _pseudo(setting, finds, number, FLOOR),
        }
        if number == TOLD:
            ways["told"] = _pseudo(setting, told, number, 0.0)
        for way, labels in ways.items():
            begun = time.process_time()
            second = _fit(setting, labels)
            yield _row(setting, way, number, second, labels, time.process_time() - begun)


def _fit(setting: Setting, pseudo: Labels) -> FittedModel:
    learnt = (dataclasses.replace(one, objects=pseudo[one.image_id]) for one in setting.pool if one.image_id in pseudo)
    return fit(
        setting.labeled,
        setting.categories,
        RECIPE,
        seed=setting.seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        pseudo=learnt,
    )


def _told(model: FittedModel, labeled: Sequence[Example]) -> FittedModel:
    """The same weights as a network that is told classes and counts, with a head for that."""
    recipe = dataclasses.replace(model.recipe, classes="fed")
    network = build_network(recipe, len(model.categories))
    network.load_state_dict(model.network.state_dict())
    views = observe_views(network, model.categories, recipe, labeled, seed=model.seed, device=CPU)
    head = fit_calibrator(views, HeadState.UNTRUSTED)
    return dataclasses.replace(model, network=network.eval(), recipe=recipe, calibrator=head)


def _proposals(model: FittedModel, pool: Sequence[Example]) -> dict[str, ImageProposals]:
    scored = score_images(model, map(image_of, pool), device=CPU, batch_size=16)
    return {one.proposals.image_id: one.proposals for one in scored}


def _pseudo(setting: Setting, proposals: Mapping[str, ImageProposals], number: int, floor: float) -> Labels:
    """Pseudo-labels of the first `number` pool images that have any."""
    wanted = PseudoLabels(min_predicted_iou=floor)
    found = ((one.image_id, pseudo_objects(proposals[one.image_id], wanted)) for one in setting.pool)
    labels = [(image_id, objects) for image_id, objects in found if objects][:number]
    return {
        image_id: tuple(ObjectLabel(item.category_id, item.mask) for item in objects) for image_id, objects in labels
    }


def _row(
    setting: Setting, way: str, wanted: int, model: FittedModel, labels: Labels, seconds: float
) -> dict[str, object]:
    found = evaluate(model, setting.test, Split.TEST, device=CPU, progress=lambda *_: None)
    return {
        "set": setting.name,
        "seed": setting.seed,
        "way": way,
        "wanted": wanted,
        "images": len(labels),
        "objects": sum(map(len, labels.values())),
        **_noise(setting, labels),
        "seconds": f"{seconds:.1f}",
        **{name: f"{_measure(found, name):.4f}" for name in MEASURES},
    }


def _noise(setting: Setting, labels: Labels) -> dict[str, str]:
    """How good pseudo-labels are: mean IoU with the objects they are paired with, precision and recall at IoU .5."""
    truths = {example.image_id: example.objects for example in setting.pool}
    pairs = [match_within_class(objects, truths[image_id])[1] for image_id, objects in labels.items()]
    ious = np.concatenate(pairs) if pairs else np.zeros(0)
    objects = sum(len(truths[image_id]) for image_id in labels)
    found = float((ious >= 0.5).sum())
    shares = (ious.mean(), found / len(ious), found / objects) if len(ious) else ()
    return dict(zip(NOISE, (f"{share:.3f}" for share in shares), strict=False))


def _measure(found: Evaluation, name: str) -> float:
    return float(getattr(found, name) if hasattr(found, name) else found.metrics[name])


def _example(image: DatasetImage) -> Example:
    return Example(image.file_name, decode_image(image.read(), image.file_name).pixels, image.objects)


def table(rows: Sequence[Mapping[str, str]]) -> str:
    """Means and standard deviations over seeds, and the paired differences in AP50 to the control, as Markdown."""
    groups: dict[tuple[str, str, str], list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault((row["set"], row["way"], row["wanted"]), []).append(row)
    control = {(row["set"], row["seed"]): float(row["ap50"]) for row in rows if row["way"] == "none"}
    shown = ("images", *NOISE, "mean_iou", "ap", "ap50", "ar50", "f50", "ssim")
    lines = [f"| set | way | wanted | {' | '.join(shown)} | AP50 gained |", "|---" * (len(shown) + 4) + "|"]
    for key, group in groups.items():
        gained = [float(row["ap50"]) - control[row["set"], row["seed"]] for row in group]
        cells = [_spread([float(row[name]) for row in group if row[name]], name == "images") for name in shown]
        lines.append(f"| {' | '.join([*key, *cells, _spread(gained)])} |")
    return "\n".join(lines)


def _spread(values: Sequence[float], whole: bool = False) -> str:
    if not values:
        return ""
    digits = 0 if whole else 3
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1) if len(values) > 1 else 0.0:.{digits}f}"


if __name__ == "__main__":
    main()
