"""Help with pseudo-labels, and help with chosen images: further arms beside those of `python -m benchmarks assisted`.

    python -m benchmarks assisted_choices [--sets ...] [--seeds 0 1 2] [--arms pseudo k_means] [--out choices.jsonl]

Both work as the arm `boxes` does, and begin with the same five images. `k_means` then asks for the images that the
network of its labels so far would choose by that strategy, out of the whole set. `pseudo` asks for the same images as
`boxes`, and its networks learn as well from pseudo-labels of what the network before is sure of, three images a label.

Lines are those of `assisted`, and the same tables read them: give them the files of both.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.campaigns.assisted import (
    CPU,
    LABELS,
    SETS,
    SIDES,
    UNSEEN,
    Campaign,
    Helper,
    Kept,
    Promptable,
    append,
    line_of,
    lines,
    said,
    told_of,
    trained,
)
from benchmarks.campaigns.one_round_arms import Trial, sure
from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import draw
from maskloop.values import Assist, Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example
from models.encoders.feature_store import FeatureStore
from models.predictor import Prediction
from models.training.cache import NetworkCache

ARMS = ("pseudo", "k_means")
WHOLE_SET = 10**6


def run(campaign: Campaign, setting: Setting, kept: Kept) -> Iterator[dict[str, Any]]:
    """The networks of an arm, one after another."""
    model: Promptable | None = None
    order = list(setting.labeled)
    labeled: list[Example] = []
    told: list[dict[str, Any]] = []
    for number in LABELS:
        pseudo: tuple[Example, ...] = ()
        if model is not None:
            trial = looked_at(model, replace(setting, labeled=order), campaign.seed, len(labeled), kept)
            if campaign.arm == "k_means":
                order = [*order[: len(labeled)], *(trial.pool[image_id] for image_id in trial.ranked("k_means"))]
            else:
                pseudo = tuple(sure(trial, list(trial.pool)[number - len(labeled) :]))
        for example in order[len(labeled) : number]:
            label = said(campaign, example, Helper(model, Assist.BOXES) if model else None)
            labeled.append(replace(example, objects=label.without_review.objects))
            told.append(told_of(label, len(setting.categories)))
        began = time.process_time()
        model = trained(setting, labeled, campaign.seed, kept, model, pseudo=pseudo)
        yield {**line_of(campaign, setting, model, began, told), "pseudo": len(pseudo)}
        if len(labeled) >= len(order):
            return


def looked_at(model: Promptable, setting: Setting, seed: int, number: int, kept: Kept) -> Trial:
    """What the network makes of the images that nobody has labeled yet."""
    predictions: dict[str, Prediction] = {}
    evaluate(
        model.keeping(kept.store),
        setting.labeled[number:],
        Split.TEST,
        device=CPU,
        progress=lambda *_: None,
        keep=lambda found: predictions.update({found.image_id: found}),
    )
    return Trial(setting, seed, number, model, predictions, {})


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks assisted_choices")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--out", type=Path, default=Path("choices.jsonl"))
    asked = parser.parse_args()
    ended = {(line["set"], line["seed"], line["arm"]) for line in lines(asked.out) if line["labels"] == LABELS[-1]}
    for seed in asked.seeds:
        for name in asked.sets:
            _fill(name, seed, [arm for arm in asked.arms if (name, seed, arm) not in ended], asked.out)


def _fill(name: str, seed: int, arms: Sequence[str], out: Path) -> None:
    if not arms:
        return
    setting = draw(name, WHOLE_SET, UNSEEN, seed, SIDES)
    with TemporaryDirectory() as folder:
        kept = Kept(FeatureStore(Path(folder) / "f", 1 << 32), NetworkCache(Path(folder) / "n", 1 << 30))
        for arm in arms:
            for line in run(Campaign(name, seed, arm), setting, kept):
                append(out, line)
                print(*(line[key] for key in ("set", "seed", "arm", "labels", "pq", "ap50")), flush=True)


if __name__ == "__main__":
    main()
