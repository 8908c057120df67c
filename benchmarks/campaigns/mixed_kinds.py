"""What boxes beside outlines buy: campaigns of equal seconds on real sets, with and without boxes of further images.

    python -m benchmarks mixed_kinds [--sets ...] [--seeds 0 1 2 3 4] [--arms ...] [--labels 20] [--out FILE]

Every arm may spend the seconds that drawing the first `--labels` images takes. A third of them is the first batch, of
five images at least, which people draw; a network learns from it, and helps with the rest in the arms that are helped.
Outlined images are the same ones in the same order, boxed images are others. Arms with boxes spend a share of the
seconds of both parts on these, at 7 s a box, until all images are boxed. A boxed image may be outlined later on.

People are simulated as in `python -m benchmarks assisted`, boxes are off by a twentieth. Each line of the file is one
network: what it had cost, and its quality on test images that no arm labels. `--table` prints them.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import mean, stdev
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.campaigns.assisted import CPU, SIDES, UNSEEN, Campaign, Helper, Kept, lines, said, told_of, trained
from benchmarks.campaigns.assisted_table import USUAL, seconds_of
from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import draw
from maskloop.costs.cost_model import SECONDS_A_BOX
from maskloop.labelers import Person
from maskloop.labelers.outlines import draw_box
from maskloop.values import Assist, Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example
from models.encoders.feature_store import FeatureStore
from models.training.cache import NetworkCache

SETS = ("dsb2018_nuclei", "balloons", "building_facades", "wbc_cells", "glas_glands")
POOL, FIRST, FIRST_SHARE = 300, 5, 1 / 3
ARMS = {
    "drawn": (Assist.NONE, 0.0),
    "drawn, half boxes": (Assist.NONE, 0.5),
    "drawn, 3/4 boxes": (Assist.NONE, 0.75),
    "helped": (Assist.BOXES, 0.0),
    "helped, half boxes": (Assist.BOXES, 0.5),
    "helped, boxes first": (Assist.BOXES, 0.5),
}
"""The help that people get after the first batch, and the share of the seconds that boxes get. In the last arm a
network that has learnt from boxes alone helps with the first batch as well."""


@dataclass
class Bought:
    """What an arm has: outlined images and boxed ones by id, and the seconds that each kind took."""

    outlined: dict[str, Example] = field(default_factory=dict)
    boxed: dict[str, Example] = field(default_factory=dict)
    outlines_s: float = 0.0
    boxes_s: float = 0.0

    def all_boxed(self, setting: Setting) -> bool:
        """Whether no image is left to box."""
        return len(self.boxed.keys() | self.outlined.keys()) == len(setting.labeled)

    @property
    def examples(self) -> list[Example]:
        return [*self.outlined.values(), *(one for key, one in self.boxed.items() if key not in self.outlined)]


def main() -> None:
    """Fill the file, or print its table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks mixed_kinds")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2, 3, 4])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--labels", type=int, default=20)
    parser.add_argument("--out", type=Path, default=Path("mixed_kinds.jsonl"))
    parser.add_argument("--table", action="store_true")
    asked = parser.parse_args()
    if asked.table:
        print_table(lines(asked.out))
        return
    done = {tuple(line[key] for key in ("set", "seed", "arm", "budget", "part")) for line in lines(asked.out)}
    for seed in asked.seeds:
        for name in asked.sets:
            setting = draw(name, POOL, UNSEEN, seed, SIDES)
            with TemporaryDirectory() as folder:
                kept = Kept(FeatureStore(Path(folder) / "f", 1 << 32), NetworkCache(Path(folder) / "n", 1 << 30))
                for arm in asked.arms:
                    if (name, seed, arm, asked.labels, 2) in done:
                        continue
                    for line in run(Campaign(name, seed, arm), asked.labels, setting, kept):
                        with asked.out.open("a") as file:
                            file.write(json.dumps(line) + "\n")
                        print(
                            *(f"{value:.3f}" if isinstance(value, float) else value for value in line.values()),
                            flush=True,
                        )


def run(campaign: Campaign, labels: int, setting: Setting, kept: Kept) -> Iterator[dict[str, Any]]:
    """The two networks of an arm."""
    assist, share = ARMS[campaign.arm]
    budget_s = sum(outlined(campaign, example, None, setting)[1] for example in setting.labeled[:labels])
    bought, helper, previous = Bought(), None, None
    for part, end_s in ((1, FIRST_SHARE * budget_s), (2, budget_s)):
        buy_boxes(campaign, bought, setting, share * end_s)
        if campaign.arm == "helped, boxes first" and not bought.outlined:
            helper = Helper(trained(setting, bought.examples, campaign.seed, kept, None), assist, shown_from=0.0)
        buy_outlines(campaign, bought, setting, helper, end_s if bought.all_boxed(setting) else (1 - share) * end_s)
        previous = trained(setting, bought.examples, campaign.seed, kept, previous)
        measured = evaluate(previous, setting.unseen, Split.TEST, device=CPU, progress=lambda *_: None)
        yield {
            "set": campaign.set_name,
            "seed": campaign.seed,
            "arm": campaign.arm,
            "budget": labels,
            "part": part,
            "outlined": len(bought.outlined),
            "boxed": len(bought.boxed),
            "seconds": bought.outlines_s + bought.boxes_s,
            "of": budget_s,
            "pq": measured.metrics["pq"],
            "ap50": measured.ap50,
        }
        helper = Helper(previous, assist)


def buy_boxes(campaign: Campaign, bought: Bought, setting: Setting, end_s: float) -> None:
    """Boxes of images from the end of the order, until they have taken so long or there is none left."""
    person = Person(campaign.outline_iou, campaign.accept_iou, campaign.seed)
    for example in reversed(setting.labeled):
        if example.image_id in bought.boxed or example.image_id in bought.outlined:
            continue
        present = len({item.category_id for item in example.objects})
        cost_s = len(setting.categories) - present + SECONDS_A_BOX * len(example.objects)
        if bought.boxes_s + cost_s > end_s:
            return
        boxes = tuple(draw_box(item, person, example.image_id) for item in example.objects)
        bought.boxed[example.image_id] = replace(example, objects=(), boxes=boxes)
        bought.boxes_s += cost_s


def buy_outlines(campaign: Campaign, bought: Bought, setting: Setting, helper: Helper | None, end_s: float) -> None:
    """Full labels in the order, `FIRST` at least, until they have taken so long; where all is boxed, boxes among it."""
    for example in setting.labeled:
        if example.image_id in bought.outlined:
            continue
        label, cost_s = outlined(campaign, example, helper, setting)
        spent_s = bought.outlines_s + (bought.boxes_s if bought.all_boxed(setting) else 0.0)
        if spent_s + cost_s > end_s and len(bought.outlined) >= FIRST:
            return
        bought.outlined[example.image_id] = label
        bought.outlines_s += cost_s


def outlined(campaign: Campaign, example: Example, helper: Helper | None, setting: Setting) -> tuple[Example, float]:
    """An image as the person outlines it, and the seconds that takes."""
    label = said(campaign, example, helper)
    return (
        replace(example, objects=label.without_review.objects),
        seconds_of([told_of(label, len(setting.categories))], USUAL),
    )


def print_table(rows: Sequence[dict[str, Any]]) -> None:
    """By set, arms at equal seconds, and each beside `drawn` and `helped` seed by seed."""
    print("| set | part | arm | seeds | outlined | boxed | seconds | PQ | AP50 | PQ - no boxes | AP50 - no boxes |")
    print("|---" * 11 + "|")
    by_key = {(row["set"], row["seed"], row["arm"], row["budget"], row["part"]): row for row in rows}
    for name, budget, part in sorted({(row["set"], row["budget"], row["part"]) for row in rows}):
        for arm in ARMS:
            here = [
                row for row in rows if (row["set"], row["arm"], row["budget"], row["part"]) == (name, arm, budget, part)
            ]
            if not here:
                continue
            base = arm.partition(",")[0]
            beside = [
                (row, other)
                for row in here
                if (other := by_key.get((name, row["seed"], base, budget, part))) is not None and base != arm
            ]
            shown = (
                *(f"{mean(row[key] for row in here):.0f}" for key in ("outlined", "boxed")),
                f"{mean(row['seconds'] / row['of'] for row in here):.2f}",
                *(told([row[key] for row in here]) for key in ("pq", "ap50")),
                *(told([row[key] - other[key] for row, other in beside], "+") for key in ("pq", "ap50")),
            )
            print(f"| {name}, {budget} | {part} | {arm} | {len(here)} | {' | '.join(shown)} |")


def told(values: Sequence[float], sign: str = "") -> str:
    """Mean and sample deviation; "" of none."""
    if not values:
        return ""
    return f"{mean(values):{sign}.3f}" + (f" ({stdev(values):.3f})" if len(values) > 1 else "")


if __name__ == "__main__":
    main()
