"""The student network against the annotation network: pseudo-labels, how many, a floor, and what their noise costs.

    python -m benchmarks student_network run SET[,SET] SHARE NUMBER[,NUMBER] SEED ...
    python -m benchmarks student_network table < LINES
    python -m benchmarks student_network picture < LINES > FILE.svg

Sets are wbc_cells and dsb2018_nuclei, of MASKLOOP_DATA. `run` prints a CSV line for each network: the first ones of
every set and seed, then their second ones, so that one that is broken off has what it has of all of them. The
annotation network learns from 20 labels drawn by the seed and reads the other pool images; each student network is the
same recipe, seed and iterations on those labels and on pseudo-labels of NUMBER of these, and finds by itself on the
test images. SHARE is the recipe's `pseudo_share`: 0.5 puts four of them on top of the eight labels of a batch, 0 mixes
them. Ways: `off`, all proposals; `true`, what people outlined in the images of `off`: the ceiling; `floor`, those of a
predicted IoU of .7 or more; `told`, TOLD by the annotation network when it is told classes and counts (its weights are
the same). `none` is the annotation network, and the control; `wide` is a control whose batches are as large as those of
the student networks.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from maskloop.datasets.read import read_data
from maskloop.datasets.subset import Excerpt
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.images import decode_image
from maskloop.matching import match_within_class
from maskloop.pages.figures import ARM_COLOURS, ARM_MARKERS, MUTED, drawing
from maskloop.values import Evaluation, HeadState, ImageProposals, ObjectLabel, PseudoLabels, Split
from models.annotation.calibration_data import calibration_set_from_views
from models.annotation.evaluate import evaluate
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.annotation.recipe import Recipe, resolve
from models.data.samples import Example, ImageToScore
from models.iou_head.calibrator import fit_calibrator
from models.proposals.pseudo_labels import pseudo_objects
from selection.draws import draws

CPU = torch.device("cpu")
LABELS, TOLD, FLOOR = 20, 200, 0.7
RECIPE = resolve("compact", image_size=32, iterations=150, iou_epochs=1, classes="predicted", held_out=0.0)
EXCERPTS = {
    "wbc_cells": Excerpt(),
    "dsb2018_nuclei": Excerpt(crop=64, objects=(1, 8), stretch=True, pool_images=400, test_images=120),
}
MEASURES = ("mean_iou", "ap", "ap50", "ap70", "ar", "ar50", "ar70", "f50", "ssim", "iou_mae")
NOISE = ("pseudo_iou", "precision", "recall")
COLUMNS = ("set", "seed", "way", "share", "wanted", "images", "objects", *NOISE, *MEASURES)
WAYS = {
    "true": "what people outlined",
    "told": "told classes and counts",
    "off": "all that is proposed",
    "floor": "predicted IoU .7 or more",
}
Key = tuple[str, str, str, str]
"""Set, share, way and number wanted."""
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
    """Run settings, or make the table or the picture of what was run."""
    made = {"table": table, "picture": picture}.get(sys.argv[1])
    if made:
        print(made(list(csv.DictReader(sys.stdin, COLUMNS))))
        return
    torch.set_num_threads(1)
    share, numbers = float(sys.argv[3]), [int(number) for number in sys.argv[4].split(",")]
    runs = [run(name, int(seed), share, numbers) for seed in sys.argv[5:] for name in sys.argv[2].split(",")]
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


def run(name: str, seed: int, share: float, numbers: Sequence[int]) -> Iterator[dict[str, object]]:
    """Train and measure every network of a set and seed, those of as many pseudo-labels together."""
    setting = draw(name, seed)
    recipe = dataclasses.replace(RECIPE, pseudo_share=share)
    first = _fit(setting, {}, recipe)
    yield _row(setting, "none", 0, first, {})
    if share:
        wide = dataclasses.replace(recipe, batch=recipe.batch + recipe.pseudo_images)
        yield _row(setting, "wide", 0, _fit(setting, {}, wide), {})
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
            yield _row(setting, way, number, _fit(setting, labels, recipe), labels)


def _fit(setting: Setting, pseudo: Labels, recipe: Recipe) -> FittedModel:
    learnt = (dataclasses.replace(one, objects=pseudo[one.image_id]) for one in setting.pool if one.image_id in pseudo)
    return fit(
        setting.labeled,
        setting.categories,
        recipe,
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
    views = calibration_set_from_views(network, model.categories, recipe, labeled, seed=model.seed, device=CPU)
    head = fit_calibrator(views, HeadState.UNTRUSTED)
    return dataclasses.replace(model, network=network.eval(), recipe=recipe, calibrator=head)


def _proposals(model: FittedModel, pool: Sequence[Example]) -> dict[str, ImageProposals]:
    scored = model.predict(map(ImageToScore.of, pool), device=CPU, batch_size=16)
    return {one.proposals.image_id: one.proposals for one in scored}


def _pseudo(setting: Setting, proposals: Mapping[str, ImageProposals], number: int, floor: float) -> Labels:
    """Pseudo-labels of the first `number` pool images that have any."""
    wanted = PseudoLabels(min_predicted_iou=floor)
    found = ((one.image_id, pseudo_objects(proposals[one.image_id], wanted)) for one in setting.pool)
    labels = [(image_id, objects) for image_id, objects in found if objects][:number]
    return {
        image_id: tuple(ObjectLabel(item.category_id, item.mask) for item in objects) for image_id, objects in labels
    }


def _row(setting: Setting, way: str, wanted: int, model: FittedModel, labels: Labels) -> dict[str, object]:
    found = evaluate(model, setting.test, Split.TEST, device=CPU, progress=lambda *_: None)
    return {
        "set": setting.name,
        "seed": setting.seed,
        "way": way,
        "share": model.recipe.pseudo_share if labels else 0.0,
        "wanted": wanted,
        "images": len(labels),
        "objects": sum(map(len, labels.values())),
        **_noise(setting, labels),
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
    groups: dict[Key, list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    gains = {measure: _gains(rows, measure) for measure in ("mean_iou", "ap50")}
    shown = ("images", *NOISE, "mean_iou", "ap50")
    heads = ("set", "share", "way", "wanted", *shown, "mean IoU gained", "AP50 gained")
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for key, group in groups.items():
        cells = [_spread([float(row[name]) for row in group if row[name]], name == "images") for name in shown]
        lines.append(f"| {' | '.join([*key, *cells, *(_spread(found[key]) for found in gains.values())])} |")
    return "\n".join(lines)


def picture(rows: Sequence[Mapping[str, str]]) -> str:
    """Paired differences in AP50 to the control over the number of pseudo-labels, a panel a set and share, as SVG."""
    gains = {key: found for key, found in _gains(rows, "ap50").items() if key[3] != "0"}
    panels = list(dict.fromkeys((name, share) for name, share, _, _ in gains))

    def fill(drawn: Figure) -> None:
        drawn.set_size_inches(8.4, 1 + 2.6 * -(-len(panels) // 2))
        across = drawn.subplots(-(-len(panels) // 2), 2, sharex=True, sharey=True, squeeze=False).ravel()
        for axes, panel in zip(across, panels, strict=False):
            _panel(axes, panel, gains)
        drawn.supylabel("AP50 gained", fontsize=11)
        drawn.supxlabel("images with pseudo-labels", fontsize=11)
        drawn.legend(*across[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)

    words = "AP50 gained by pseudo-labels over their number, mean and standard deviation over seeds"
    return drawing("student-network", words, words, fill).svg


def _panel(axes: Axes, panel: tuple[str, str], gains: Mapping[Key, list[float]]) -> None:
    axes.axhline(0, color=MUTED, linewidth=1)
    axes.set_title(
        f"{panel[0]}, {'on top of the labels' if float(panel[1]) else 'mixed among the labels'}", fontsize=11
    )
    for style, (way, told) in enumerate(WAYS.items()):
        points = sorted((int(key[3]), gain) for key, gain in gains.items() if key[:3] == (*panel, way))
        at = [number + 3 * (style - 1.5) for number, _ in points]  # side by side
        bars = [float(np.std(gain, ddof=1)) if len(gain) > 1 else 0.0 for _, gain in points]
        look: dict[str, Any] = {"color": ARM_COLOURS[style], "marker": ARM_MARKERS[style], "capsize": 3}
        axes.errorbar(at, [np.mean(gain) for _, gain in points], bars, label=told, **look)


def _key(row: Mapping[str, str]) -> Key:
    return row["set"], row["share"], row["way"], row["wanted"]


def _gains(rows: Sequence[Mapping[str, str]], measure: str) -> dict[Key, list[float]]:
    """Differences to the control, paired by seed."""
    control = {(row["set"], row["seed"]): float(row[measure]) for row in rows if row["way"] == "none"}
    gains: dict[Key, list[float]] = {}
    for row in rows:
        gains.setdefault(_key(row), []).append(float(row[measure]) - control[row["set"], row["seed"]])
    return gains


def _spread(values: Sequence[float], whole: bool = False) -> str:
    if not values:
        return ""
    digits = 0 if whole else 3
    return f"{np.mean(values):.{digits}f} ± {np.std(values, ddof=1) if len(values) > 1 else 0.0:.{digits}f}"


if __name__ == "__main__":
    main()
