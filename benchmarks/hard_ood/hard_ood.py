"""What finding hard candidates is worth on real images, over seeds 0-4.

    python -m benchmarks hard_ood cells nuclei coco

For each seed a classifier learns from LABELED images of the project and KNOWN candidates known to hold nothing, and
picks CHECKS others for a look of one second each, in four ways: `hard_ood` (the product's), the `hardest` first, hard
ones at random (`random_hard`), and candidates at `random`; fewer where fewer are hard. What is told of them:

- *hard*: the share that a second classifier, of another seed and from other images, takes for something as well
  (p >= 0.5). The first one's own view would be a matter of course.
- *groups*: of GROUPS k-means clusters of the candidates, by the second one's features, how many they touch.
- what the classifier does after the looks, all of which say "nothing": *false*, the share of unseen candidates (the
  set's test side) that it takes for something; *recall*, of what unseen images of the project hold; *mAP* on both.
  Once with its last layer refitted, once trained anew with the picked images beside its own.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score

from benchmarks.data.ood_sets import OodSet, draw, read_ood_set
from models.classification.data import ClassExample
from models.classification.model import FittedClassifier
from models.classification.recipe import resolve_classifier
from models.classification.train import train_classifier
from models.data.samples import ImageToScore
from models.encoders.features import encode_images
from selection.hard_ood import HardOod, cluster_hard, probabilities, prune, rank_hard_ood, refit

SEEDS = range(5)
LABELED, CHECKS, GROUPS = 80, 10, 10
KNOWN = {"cells": 10, "nuclei": 0, "coco": 10}
TRAINED_ANEW = ("hard_ood", "random")
RECIPE = resolve_classifier("compact", image_size=32, iterations=120, batch=8, held_out=0.0)
CPU = torch.device("cpu")

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class View:
    """A classifier, and its features of all images of a set by id."""

    found: OodSet[ClassExample]
    classifier: FittedClassifier
    features: dict[str, Vectors]

    @classmethod
    def of(cls, found: OodSet[ClassExample], learnt: Sequence[ClassExample], seed: int) -> View:
        """Train, and read everything."""
        ids = [category.id for category in found.categories]
        classifier = train_classifier(
            learnt, ids, RECIPE, seed=seed, device=CPU, checkpoint_dir=None, progress=lambda *_: None
        )
        everything = [*found.own, *found.own_unseen, *found.candidates, *found.unseen]
        waiting = [ImageToScore(image.image_id, partial(attrgetter("pixels"), image)) for image in everything]
        return cls(found, classifier, dict(encode_images(classifier.encoder, waiting, device=CPU, batch_size=16)))

    @property
    def head(self) -> Vectors:
        return self.classifier.head.numpy()

    def read(self, examples: Sequence[ClassExample]) -> Vectors:
        """(n, D)."""
        width = self.head.shape[1]
        return np.array([self.features[one.image_id] for one in examples], np.float32).reshape(-1, width)

    def judge(self, head: Vectors) -> dict[str, float]:
        """What the classifier does with another last layer, on unseen images."""
        own, nothing = self.found.own_unseen, self.found.unseen
        p = probabilities(self.read([*own, *nothing]), head)
        classes = np.array([[one.id in item.present for one in self.found.categories] for item in [*own, *nothing]])
        precisions = [average_precision_score(classes[:, place], p[:, place]) for place in range(classes.shape[1])]
        return {
            "false": float((p[len(own) :].max(axis=1) >= 0.5).mean()),
            "recall": float((p[classes] >= 0.5).mean()),
            "mAP": float(np.mean(precisions)),
        }

    def as_hard(self, examples: Sequence[ClassExample], learnt: Sequence[ClassExample], seed: int) -> HardOod:
        """These candidates, hard or not, in clusters."""
        ordered = sorted(examples, key=lambda one: one.image_id.encode())
        ids = np.array([one.image_id.encode() for one in ordered], dtype=np.bytes_)
        features = self.read(ordered)
        clusters = cluster_hard(features, GROUPS, seed)
        return HardOod(self.found.categories, ids, features, clusters, self.head, self.read(learnt))


def run(name: str, found: OodSet[ClassExample], seed: int) -> list[dict[str, object]]:
    """A row for each way of picking, after one for the classifier before any look."""
    own, drawn = draw(found.own, 2 * LABELED, seed), draw(found.candidates, len(found.candidates), seed)
    known = KNOWN[name]
    learnt, candidates = [*own[:LABELED], *drawn[:known]], drawn[2 * known :]
    first = View.of(found, learnt, seed)
    second = View.of(found, [*own[LABELED:], *drawn[known : 2 * known]], 1000 + seed)
    wrong = probabilities(second.read(candidates), second.head).max(axis=1) >= 0.5
    groups = cluster_hard(second.read(candidates), GROUPS, 0)
    place = {one.image_id: row for row, one in enumerate(candidates)}
    hard = first.as_hard([candidates[row] for row in prune(first.read(candidates), first.head)], learnt, seed)
    told: dict[str, object] = {"set": name, "seed": seed, "candidates": len(place), "found_hard": len(hard)}
    rows = [{**told, "way": "before", "hard": float(wrong.mean()), **first.judge(first.head)}]
    for way, picked in picks(hard, candidates, seed).items():
        if not picked:
            continue
        looked = [candidates[place[image_id]] for image_id in picked]
        at = [place[image_id] for image_id in picked]
        row = {**told, "way": way, "looks": len(at), "hard": float(wrong[at].mean()), "groups": len(set(groups[at]))}
        nothing = dict.fromkeys(picked, frozenset[int]())
        after = first.judge(refit(first.as_hard(looked, learnt, seed), nothing))
        row |= {f"refit_{key}": value for key, value in after.items()}
        if way in TRAINED_ANEW:
            anew = View.of(found, [*learnt, *looked], seed)
            row |= {f"anew_{key}": value for key, value in anew.judge(anew.head).items()}
        rows.append(row)
    return rows


def picks(hard: HardOod, candidates: Sequence[ClassExample], seed: int) -> dict[str, list[str]]:
    """CHECKS ids by each way; fewer where fewer are hard."""
    p = probabilities(hard.features, hard.head).max(axis=1, initial=0)
    names = [image_id.decode() for image_id in hard.ids]
    shuffled = np.random.default_rng([seed, 1]).permutation(len(names))
    ways = {
        "hard_ood": [image_id.decode() for image_id in rank_hard_ood(hard, {}).ids],
        "hardest": [names[row] for row in np.argsort(-p, kind="stable")],
        "random_hard": [names[row] for row in shuffled],
        "random": [one.image_id for one in candidates],
    }
    return {way: ids[:CHECKS] for way, ids in ways.items()}


def summarise(rows: Sequence[dict[str, object]]) -> None:
    """Mean and standard deviation over the seeds, a line for each set and way."""
    for name, way in dict.fromkeys((row["set"], row["way"]) for row in rows):
        group = [row for row in rows if (row["set"], row["way"]) == (name, way)]
        keys = [key for key in dict.fromkeys(key for row in group for key in row) if key not in ("set", "seed", "way")]
        values = {key: np.array([row[key] for row in group if key in row], float) for key in keys}
        told = (f"{key} {found.mean():.2f} ± {found.std(ddof=len(found) > 1):.2f}" for key, found in values.items())
        print(f"{name}, {way}, {len(group)} seeds: {'; '.join(told)}")


def main() -> None:
    """One JSON line for each set, seed and way; then their means and standard deviations."""
    torch.set_num_threads(1)
    rows: list[dict[str, object]] = []
    for name in sys.argv[1:]:
        found = read_ood_set(name)
        for seed in SEEDS:
            begun = time.process_time()
            made = run(name, found, seed)
            for row in made:
                print(json.dumps({key: round(v, 4) if isinstance(v, float) else v for key, v in row.items()}))
            print(f"{name} {seed}: {time.process_time() - begun:.0f} s of processor", flush=True)
            rows += made
    summarise(rows)


if __name__ == "__main__":
    main()
