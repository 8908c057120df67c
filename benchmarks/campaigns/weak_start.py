"""What class labels buy at the beginning: campaigns that begin with them, and such that draw from the start.

    python -m benchmarks weak_start [--sets wbc_cells building_facades] [--seeds 0 1 2 3 4] [--out weak_start.jsonl]

All arms label the same images in the same order, by the same simulated person, and are helped by their own network with
proposals and boxes from five labels on. `drawn` draws those five. `class_labels` is first told which classes `TOLD`
images hold, at a second a class; the five are then reviewed with what class maps show. With `class_labels_boxes` class
maps answer boxes as well. With `class_labels_pseudo` every network learns what class maps show in other told images,
too. Five images are one batch: the network of five labels helps with the next ones.

Lines are those of `python -m benchmarks assisted`, with the seconds so far, those of class labels among them.
`--table` prints quality over seconds: by labels, and at equal seconds, from straight lines between an arm's networks.
`--first-batch` trains nothing but class maps, and prints what first batches of several sizes take.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.campaigns.assisted import CPU, LABELS, SIDES, Campaign, Helper, Kept, lines, said, told_of, trained
from benchmarks.campaigns.assisted_table import USUAL, seconds_of
from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import draw
from maskloop.values import Assist, ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.class_maps.fit import fit
from models.class_maps.model import FittedClassMaps
from models.class_maps.recipe import ClassMapsRecipe
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore
from models.encoders.feature_store import FeatureStore
from models.training.cache import NetworkCache

SETS = ("wbc_cells", "building_facades")
TOLD, UNSEEN = 60, 60
ARMS = {
    "drawn": Assist.NONE,
    "class_labels": Assist.PROPOSALS,
    "class_labels_boxes": Assist.BOXES,
    "class_labels_pseudo": Assist.PROPOSALS,
}
"""And the help that class maps give."""
POINTS = (0.25, 0.5, 0.75, 1.0)  # of the seconds that the slower arm takes in all


def main() -> None:
    """Fill the file, or print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks weak_start")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--out", type=Path, default=Path("weak_start.jsonl"))
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--first-batch", action="store_true")
    asked = parser.parse_args()
    if asked.table:
        print_table(lines(asked.out))
        return
    if asked.first_batch:
        first_batches(asked.sets, asked.seeds)
        return
    done = {(line["set"], line["seed"], line["arm"], line["labels"]) for line in lines(asked.out)}
    for seed in asked.seeds:
        for name in asked.sets:
            setting = draw(name, max(TOLD, LABELS[-1]), UNSEEN, seed, SIDES)
            with TemporaryDirectory() as folder:
                kept = Kept(FeatureStore(Path(folder) / "f", 1 << 32), NetworkCache(Path(folder) / "n", 1 << 30))
                for arm in asked.arms:
                    if (name, seed, arm, LABELS[-1]) in done:
                        continue
                    for line in run(name, seed, arm, setting, kept):
                        with asked.out.open("a") as file:
                            file.write(json.dumps(line) + "\n")
                        print(*(line[key] for key in ("set", "seed", "arm", "labels", "seconds", "pq")), flush=True)


def run(name: str, seed: int, arm: str, setting: Setting, kept: Kept) -> Iterator[dict[str, Any]]:
    """The networks of an arm, one after another."""
    helper, labeled, told, model = None, list[Example](), list[dict[str, Any]](), None
    class_label_s, pseudo = 0.0, list[Example]()
    if ARMS[arm] is not Assist.NONE:
        class_label_s = float(TOLD * len(setting.categories))
        weak = class_maps(setting, seed, kept)
        helper = Helper(weak, ARMS[arm], shown_from=0.0, told=True)
        pseudo = pseudo_labeled(setting, weak) if arm == "class_labels_pseudo" else []
    campaign = Campaign(name, seed, "boxes")
    for number in LABELS:
        for example in setting.labeled[len(labeled) : number]:
            label = said(campaign, example, helper)
            labeled.append(replace(example, objects=label.without_review.objects))
            told.append(told_of(label, len(setting.categories)))
        known = {one.image_id for one in labeled}
        others = [one for one in pseudo if one.image_id not in known]
        model = trained(setting, labeled, seed, kept, model, pseudo=others)
        helper = Helper(model, Assist.BOXES)
        measured = evaluate(model, setting.unseen, Split.TEST, device=CPU, progress=lambda *_: None)
        yield {
            "set": name,
            "seed": seed,
            "arm": arm,
            "labels": len(labeled),
            "seconds": class_label_s + seconds_of(told, USUAL),
            "class_label_s": class_label_s,
            "pq": measured.metrics["pq"],
            "ap50": measured.ap50,
            "images": list(told),
        }


def first_batches(sets: Sequence[str], seeds: Sequence[int]) -> None:
    """Print the seconds of first batches of several sizes: drawn, and reviewed with class maps."""
    print("| set | labels | seed | class labels | drawn | proposals | proposals and boxes |\n" + "|---" * 7 + "|")
    for seed in seeds:
        for name in sets:
            setting = draw(name, max(TOLD, LABELS[-1]), 1, seed, SIDES)
            weak = class_maps(setting, seed, None)
            ways = [None, *(Helper(weak, assist, 0.0, told=True) for assist in (Assist.PROPOSALS, Assist.BOXES))]
            took: list[list[float]] = [[] for _ in ways]
            for example in setting.labeled[: LABELS[-1]]:
                for helper, mine in zip(ways, took, strict=True):
                    label = said(Campaign(name, seed, "boxes"), example, helper)
                    mine.append(seconds_of([told_of(label, len(setting.categories))], USUAL))
            for labels in LABELS:
                cells = (f"{sum(mine[:labels]):.0f}" for mine in took)
                told_s = TOLD * len(setting.categories)
                print(f"| {name} | {labels} | {seed} | {told_s} | {' | '.join(cells)} |", flush=True)


def pseudo_labeled(setting: Setting, weak: FittedClassMaps) -> list[Example]:
    """The told images with what class maps show of the classes that they are known to hold."""
    told = {one.image_id: one for one in setting.labeled[:TOLD]}
    items = [
        ImageToScore(key, partial(getattr, one, "pixels"), present=frozenset(item.category_id for item in one.objects))
        for key, one in told.items()
    ]
    found = weak.predict(items, device=CPU, batch_size=1)
    return [
        replace(
            told[each.image_id],
            objects=tuple(ObjectLabel(one.category_id, one.mask) for one in each.proposals.objects),
            crowds=(),
        )
        for each in found
        if each.proposals.objects
    ]


def class_maps(setting: Setting, seed: int, kept: Kept | None) -> FittedClassMaps:
    """The network of class labels alone."""
    known = [
        ClassExample(one.image_id, one.pixels, frozenset(item.category_id for item in one.objects))
        for one in setting.labeled[:TOLD]
    ]
    return fit(
        [],
        setting.categories,
        ClassMapsRecipe(),
        seed=seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        cache=kept.cache if kept else None,
        judged=known,
    )


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """Of each set, arms by labels, and beside `drawn` at equal seconds."""
    print("| set | labels | arm | seeds | seconds | PQ | AP50 |\n|---|---|---|---|---|---|---|")
    for name in sorted({row["set"] for row in rows}):
        for labels in LABELS:
            for arm in ARMS:
                here = [row for row in rows if (row["set"], row["labels"], row["arm"]) == (name, labels, arm)]
                cells = (_told([row[key] for row in here], digits) for key, digits in SHOWN)
                print(f"| {name} | {labels} | {arm} | {len(here)} | {' | '.join(cells)} |")
    print("\n| set | share of drawing's seconds | arm | seeds | PQ - drawn |\n|---|---|---|---|---|")
    for name in sorted({row["set"] for row in rows}):
        for share in POINTS:
            for arm in tuple(ARMS)[1:]:
                seeds = sorted({row["seed"] for row in rows})
                gains = [gain for seed in seeds for gain in _gain(rows, (name, seed, arm), share)]
                print(f"| {name} | {share} | {arm} | {len(gains)} | {_told(gains, 3, '+')} |")


SHOWN = (("seconds", 0), ("pq", 3), ("ap50", 3))


def _gain(rows: Sequence[dict[str, Any]], campaign: tuple[str, int, str], share: float) -> list[float]:
    """Panoptic quality less that of drawing at a share of the seconds that drawing takes; none where one is missing.

    Before its first network, an arm has a quality of 0.
    """
    curves = []
    for arm in ("drawn", campaign[2]):
        mine = [row for row in rows if (row["set"], row["seed"], row["arm"]) == (*campaign[:2], arm)]
        points = sorted((row["seconds"], row["pq"]) for row in mine)
        if len(points) < len(LABELS):
            return []
        curves.append(np.array([(0.0, 0.0), (points[0][0] - 1e-6, 0.0), *points]))
    at = share * curves[0][-1, 0]
    drawn, other = (float(np.interp(at, curve[:, 0], curve[:, 1])) for curve in curves)
    return [other - drawn]


def _told(values: Sequence[float], digits: int, sign: str = "") -> str:
    if not values:
        return "-"
    spread = f" ({stdev(values):.{digits}f})" if len(values) > 1 else ""
    return f"{mean(values):{sign}.{digits}f}{spread}"


if __name__ == "__main__":
    main()
