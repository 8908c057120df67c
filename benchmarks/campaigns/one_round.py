"""A trial of choosing in one round, with arms that must win and must lose.

    python -m benchmarks one_round [--sets ...] [--labels 10] [--draws 20] [--arms ...] [--out one_round.jsonl]

Of each draw a network learns from `--labels` random images. It scores the rest and helps people with proposals and
boxes. From there every arm buys: `random` as many images again, the others for the seconds that those take. Then the
network is trained anew on all of the arm's labels, and measured on test images that nobody labels.

The positive control buys random images for twice the seconds. Where it is no better than random, nothing can be said of
the others. The negative control buys as many images as random does, those with the fewest objects. `oracle` is
`mask_guided` with true IoUs. `one_by_one` has people review single proposals, the most gain per second first; of such
images the sure rest is taken as it is, and the doubtful rest is ignored. `pseudo` adds pseudo-labels to random's
purchase, three images a label.

Each line of the file is one network. Draws that are there already are not computed again. `one_round_table` tells.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.campaigns.assisted import CPU, SIDES, Promptable, lines
from benchmarks.campaigns.one_round_arms import ARMS, Trial, buys
from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import draw
from maskloop.values import Split
from models.annotation.evaluate import evaluate
from models.data.samples import Example
from models.encoders.feature_store import FeatureStore
from models.features.recipe import PretrainedRecipe
from models.kinds.networks import fit
from models.predictor import Prediction
from models.pretrained.model import FittedPretrained
from models.thin.model import FittedDense

SETS = ("dsb2018_nuclei", "glas_glands")
UNSEEN, ITERATIONS, WHOLE_SET = 80, 200, 10**6
PSEUDO_SHARE = 0.5


def run(setting: Setting, seed: int, number: int, arms: Sequence[str], store: FeatureStore) -> Iterator[dict[str, Any]]:
    """One draw: a line for every arm."""
    model = trained(setting, setting.labeled[:number], (), seed, store)
    predictions: dict[str, Prediction] = {}
    pool = evaluate(
        model,
        setting.labeled[number:],
        Split.TEST,
        device=CPU,
        progress=lambda *_: None,
        keep=lambda found: predictions.update({found.image_id: found}),
    )
    trial = Trial(setting, seed, number, model, predictions, {one.image_id: one.true_iou for one in pool.images})
    first = setting.labeled[:number]
    for arm in arms:
        bought = buys(trial, arm)
        second = trained(setting, [*first, *bought.examples], bought.pseudo, seed, store)
        measured = evaluate(second, setting.unseen, Split.TEST, device=CPU, progress=lambda *_: None)
        yield {
            "set": setting.name,
            "draw": seed,
            "labels": number,
            "arm": arm,
            "bought": len(bought.examples),
            "objects": sum(len(one.objects) for one in bought.examples),
            "pseudo": len(bought.pseudo),
            "seconds": round(bought.seconds, 3),
            "pq": measured.metrics["pq"],
            "ap50": measured.ap50,
            "mean_iou": measured.mean_iou,
        }


def trained(
    setting: Setting, labeled: Sequence[Example], pseudo: Sequence[Example], seed: int, store: FeatureStore
) -> Promptable:
    """A network of as many iterations as any other of the trial."""
    recipe = PretrainedRecipe()
    fixed = replace(recipe, min_iterations=ITERATIONS, max_iterations=ITERATIONS, pseudo_share=PSEUDO_SHARE)
    model = fit(
        labeled,
        setting.categories,
        fixed,
        seed=seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        store=store,
        pseudo=pseudo,
    )
    if not isinstance(model, FittedPretrained | FittedDense):
        raise SystemExit("the default recipe has no network on frozen features any more")
    return model.keeping(store)


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks one_round")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--labels", type=int, default=10)
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--out", type=Path, default=Path("one_round.jsonl"))
    asked = parser.parse_args()
    done = {(line["set"], line["draw"], line["labels"], line["arm"]) for line in lines(asked.out)}
    for seed in range(asked.draws):
        for name in asked.sets:
            arms = [arm for arm in asked.arms if (name, seed, asked.labels, arm) not in done]
            if not arms:
                continue
            setting = draw(name, WHOLE_SET, UNSEEN, seed, SIDES)
            with TemporaryDirectory() as folder:
                for line in run(setting, seed, asked.labels, arms, FeatureStore(Path(folder), 1 << 32)):
                    with asked.out.open("a") as file:
                        file.write(json.dumps(line) + "\n")
                    print(*(line[key] for key in ("set", "draw", "arm", "bought", "seconds", "pq", "ap50")), flush=True)


if __name__ == "__main__":
    main()
