"""What help saved: the campaigns of `python -m benchmarks assisted`, priced.

    python -m benchmarks assisted_table assisted.jsonl [more.jsonl ...]

Seconds are those of the cost model: a class check 1, an outline 79, a look 1.5, a removal or a change of class 2, a box
7, mending by the bands of Janouskova et al. Means and sample deviations are over seeds. At equal numbers of labels both
arms have labeled the same images; quality is of networks that learnt from the arm's own labels.

The last table takes an arm's seconds to the panoptic quality that drawing has at a number of labels, from the arm's
curve of means over seeds with straight lines between its points, as a share of the seconds of drawing. Quality that the
arm never reaches is told as such. Curves are made monotone first (isotonic regression): a network of more labels that
is worse is noise.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import replace
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
from sklearn.isotonic import isotonic_regression

from benchmarks.campaigns.assisted import lines
from maskloop.costs.cost_model import CostModel
from maskloop.values import REVIEWS, CorrectionForm, Origin, OutlinePrice, Rejection, ReviewPrices, Verdict

HELPED = ("proposals", "boxes", "pseudo", "k_means")
"""Arms in the order of the tables, those that there are."""
USUAL = CostModel(1)
PRICES: Mapping[str, CostModel] = {
    "as planned": USUAL,
    "mending by 1.2 (1 - IoU)": CostModel(1, reviews=replace(REVIEWS, correction=CorrectionForm.CONTINUOUS)),
    "outline 40 s": CostModel(1, OutlinePrice(40.0)),
    "outline 158 s": CostModel(1, OutlinePrice(158.0)),
    "look, removal x 2": CostModel(1, reviews=ReviewPrices(look_s=3.0, reject_s=4.0, reclassify_s=4.0)),
    "look, removal x 1/2": CostModel(1, reviews=ReviewPrices(look_s=0.75, reject_s=1.0, reclassify_s=1.0)),
    "box 14 s": CostModel(1, reviews=ReviewPrices(box_s=14.0)),
    "box 3.5 s": CostModel(1, reviews=ReviewPrices(box_s=3.5)),
}
Line = dict[str, Any]
Key = tuple[str, int, str, int]
"""Set, seed, arm and labels."""


def main() -> None:
    """Print the tables."""
    rows: dict[Key, Line] = {}
    for path in sys.argv[1:]:
        for line in lines(Path(path)):
            rows[line["set"], line["seed"], line["arm"], line["labels"]] = line
    if not rows:
        raise SystemExit("no line in any of the files")
    print_saved(rows)
    print_sensitivity(rows)
    print_reviews(rows)
    print_time_to_quality(rows)


def seconds_of(images: Iterable[Mapping[str, Any]], costs: CostModel) -> float:
    """What labels took, priced."""
    return sum(_label_s(image, costs) for image in images)


def _label_s(image: Mapping[str, Any], costs: CostModel) -> float:
    seconds = float(image["absent"])
    for item in image["objects"]:
        verdict = Verdict(item.get("verdict", Verdict.MISSED))
        if verdict is Verdict.MISSED:
            seconds += costs.outline.fixed_s + costs.outline.length_s * item["length"]
        else:
            origin = Origin(verdict, "some", item["prompted"], item["iou"], item["reclassified"])
            seconds += costs.begun_s(origin, item["length"])
    return seconds + sum(costs.rejected_s(Rejection("some", prompted)) for prompted in image["rejected"])


def print_saved(rows: Mapping[Key, Line]) -> None:
    """Seconds of each arm as a share of drawing, and what its networks are worth beside those of drawing."""
    print("| set | labels | arm | seeds | seconds as a share of drawing | PQ drawn | PQ - drawn | AP50 - drawn |")
    print("|---|---|---|---|---|---|---|---|")
    for name, labels, arm in _cells(rows):
        pairs = _pairs(rows, name, labels, arm)
        shares = [seconds_of(other["images"], USUAL) / seconds_of(drawn["images"], USUAL) for drawn, other in pairs]
        quality = [[other[key] - drawn[key] for drawn, other in pairs] for key in ("pq", "ap50")]
        drawn_pq = [drawn["pq"] for drawn, _ in pairs]
        print(
            f"| {name} | {labels} | {arm} | {len(pairs)} | {_told(shares, 2)} | {_told(drawn_pq)} | "
            f"{_told(quality[0], sign='+')} | {_told(quality[1], sign='+')} |"
        )


def print_sensitivity(rows: Mapping[Key, Line]) -> None:
    """The share of seconds over the whole campaign, with other prices."""
    print("\n| prices | " + " | ".join(f"{name}, {arm}" for name, arm in product(_sets(rows), _arms(rows))) + " |")
    print("|---" * (1 + len(_arms(rows)) * len(_sets(rows))) + "|")
    for words, costs in PRICES.items():
        cells = []
        for name, arm in product(_sets(rows), _arms(rows)):
            most = max((key[3] for key in rows if key[0] == name and key[2] == arm), default=0)
            pairs = _pairs(rows, name, most, arm)
            shares = [seconds_of(other["images"], costs) / seconds_of(drawn["images"], costs) for drawn, other in pairs]
            cells.append(_told(shares, 2) if shares else "-")
        print(f"| {words} | {' | '.join(cells)} |")


def print_reviews(rows: Mapping[Key, Line]) -> None:
    """What became of objects and proposals, by the number of labels that the network had learnt from."""
    print("\n| set | network of | arm | accepted | mended (IoU) | drawn | of these boxed before | removed an image |")
    print("|---|---|---|---|---|---|---|---|")
    for name, labels, arm in _cells(rows):
        before = max((key[3] for key in rows if key[0] == name and key[3] < labels), default=0)
        if not before:
            continue
        images = [image for _, line in _pairs(rows, name, labels, arm) for image in line["images"][before:labels]]
        objects = [item for image in images for item in image["objects"]]
        of = {verdict: [item for item in objects if item.get("verdict") == verdict] for verdict in Verdict}
        ious = [item["iou"] for item in of[Verdict.MODIFIED]]
        boxed = sum(item.get("prompted", False) for item in objects) / max(1, len(objects))
        print(
            f"| {name} | {before} | {arm} | {len(of[Verdict.ACCEPTED]) / max(1, len(objects)):.2f} | "
            f"{len(ious) / max(1, len(objects)):.2f} ({mean(ious) if ious else 0:.2f}) | "
            f"{len(of[Verdict.MISSED]) / max(1, len(objects)):.2f} | {boxed:.2f} | "
            f"{mean(len(image['rejected']) for image in images) if images else 0:.1f} |"
        )


def print_time_to_quality(rows: Mapping[Key, Line]) -> None:
    """Seconds to the quality of drawing, as a share of drawing's."""
    print("\n| set | arm | seeds | quality of drawn labels | PQ | seconds as a share of drawing |")
    print("|---|---|---|---|---|---|")
    for name, arm in product(_sets(rows), _arms(rows)):
        seeds = _ended(rows, name, "drawn") & _ended(rows, name, arm)
        if seeds:
            drawn, helped = (_curve(rows, name, each, seeds) for each in ("drawn", arm))
            for labels, (drawn_s, quality) in sorted(drawn.items())[1:]:
                share = _reached(helped, quality, drawn_s)
                print(f"| {name} | {arm} | {len(seeds)} | {labels} | {quality:.3f} | {share} |")


def _ended(rows: Mapping[Key, Line], name: str, arm: str) -> set[int]:
    """Seeds whose campaign came to its end."""
    most = max(key[3] for key in rows if key[0] == name)
    return {key[1] for key in rows if key[0] == name and key[2:] == (arm, most)}


def _curve(rows: Mapping[Key, Line], name: str, arm: str, seeds: Set[int]) -> dict[int, tuple[float, float]]:
    """Mean seconds and monotone mean panoptic quality by labels."""
    by_labels: dict[int, list[Line]] = defaultdict(list)
    for (set_name, seed, its, labels), line in rows.items():
        if set_name == name and its == arm and seed in seeds:
            by_labels[labels].append(line)
    ordered = sorted(by_labels)
    quality = isotonic_regression([mean(line["pq"] for line in by_labels[labels]) for labels in ordered])
    seconds = [mean(seconds_of(line["images"], USUAL) for line in by_labels[labels]) for labels in ordered]
    return {labels: (at_s, float(value)) for labels, at_s, value in zip(ordered, seconds, quality, strict=True)}


def _reached(curve: Mapping[int, tuple[float, float]], quality: float, drawn_s: float) -> str:
    points = [curve[labels] for labels in sorted(curve)]
    if points[-1][1] < quality:
        return f"not reached (PQ {points[-1][1]:.3f} at {points[-1][0] / drawn_s:.2f})"
    values, seconds = np.array([point[1] for point in points]), np.array([point[0] for point in points])
    place = int(np.argmax(values >= quality))
    if place == 0 or values[place] == values[place - 1]:
        return f"{seconds[place] / drawn_s:.2f}"
    way = (quality - values[place - 1]) / (values[place] - values[place - 1])
    return f"{(seconds[place - 1] + way * (seconds[place] - seconds[place - 1])) / drawn_s:.2f}"


def _pairs(rows: Mapping[Key, Line], name: str, labels: int, arm: str) -> list[tuple[Line, Line]]:
    seeds = sorted({key[1] for key in rows})
    keys = [((name, seed, "drawn", labels), (name, seed, arm, labels)) for seed in seeds]
    return [(rows[drawn], rows[other]) for drawn, other in keys if drawn in rows and other in rows]


def _cells(rows: Mapping[Key, Line]) -> list[tuple[str, int, str]]:
    numbers = sorted({(key[0], key[3]) for key in rows})
    return [(*number, arm) for number in numbers for arm in _arms(rows) if _pairs(rows, *number, arm)]


def _arms(rows: Mapping[Key, Line]) -> list[str]:
    there = {key[2] for key in rows}
    return [arm for arm in HELPED if arm in there]


def _sets(rows: Mapping[Key, Line]) -> list[str]:
    return sorted({key[0] for key in rows})


def _told(values: Sequence[float], digits: int = 3, sign: str = "") -> str:
    spread = f" ({stdev(values):.{digits}f})" if len(values) > 1 else ""
    return f"{mean(values):{sign}.{digits}f}{spread}"


if __name__ == "__main__":
    main()
