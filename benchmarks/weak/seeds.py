"""Seed quality: how well masks that were made from class labels alone cover what is there, method by method.

    python -m benchmarks seeds [--sets wbc_cells balloons] [--seeds 0] [--methods ...] [--out seeds.jsonl]

A classifier learns which classes `LEARNT` images hold. Every method maps `TUNED` others, on which the threshold of the
ground is chosen, and `UNSEEN` test images, on which mean IoU is measured, the ground among the labels. Classes of an
image are known, as where people have named them. Refinements are of CAM's maps: PSA and IRN learn from the learning
images' own seeds. Pictures are brought to 224 pixels.

Seconds are of the processor, of one image mapped. RIB and W-OoD need an encoder of stages, which the packaged one is
not; DSRG and combinations are not in it yet. Lines that are there already are not computed again.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from benchmarks.campaigns.assisted import lines
from benchmarks.data.photograph_sets import draw
from models.classification.data import ClassExample
from models.classification.model import FittedClassifier
from models.classification.network import ImageClassifier
from models.classification.recipe import ClassifierRecipe, resolve_classifier
from models.classification.train import train_classifier
from models.data.samples import Example
from models.localization.advcam import AdvCam
from models.localization.cam import Cam
from models.localization.fickle_head import WindowDropout
from models.localization.fickle_training import train_fickle
from models.localization.ficklenet import FickleNet
from models.localization.gradcam import GradCam
from models.localization.maps import ClassMaps, MapMethod
from models.metrics.semantic import class_ious, confusion
from models.proposals.from_maps import THRESHOLDS
from models.refinement.affinity import affinitynet, irn_walk
from models.refinement.affinity.affinitynet_train import train_affinity
from models.refinement.affinity.irn_network import see
from models.refinement.affinity.irn_train import train_irn
from models.refinement.affinity.recipes import IrnTraining, PsaTraining
from models.refinement.affinity.seed_views import SeedExample
from models.refinement.crf.refiner import irn_refiner
from models.refinement.seed_labels import irn_labels, psa_labels

SETS = ("wbc_cells", "balloons", "building_facades", "coco_subset")
SIDE, LEARNT, TUNED, UNSEEN = 224, 60, 10, 20
CPU = torch.device("cpu")
Labels = NDArray[np.int64]
Drawn = Callable[[float], Labels]
"""The labels of an image at a threshold of the ground."""


def silent(*_: object) -> None:
    """Nobody watches."""


@dataclass(frozen=True)
class Shown:
    """An image at its size for maps: pixels, class indices, true labels (0 ground, 1 + class index, 255 unknown)."""

    image_id: str
    pixels: NDArray[np.uint8]
    classes: tuple[int, ...]
    true: Labels

    @classmethod
    def of(cls, example: Example, categories: Sequence[int]) -> Shown:
        height, width = (max(32, round(side * SIDE / max(example.size))) for side in example.size)
        pixels = np.asarray(Image.fromarray(example.pixels).resize((width, height), Image.Resampling.BILINEAR))
        rows, columns = (
            ((np.arange(wanted) + 0.5) * had / wanted).astype(np.intp)
            for wanted, had in zip((height, width), example.size, strict=True)
        )
        true = np.zeros((height, width), np.int64)
        for item in (*example.crowds, *sorted(example.objects, key=lambda item: -item.mask.area)):
            shown = item.mask.to_array()[rows[:, None], columns[None]]
            true[shown] = 255 if item.crowd else 1 + categories.index(item.category_id)
        there = sorted({categories.index(item.category_id) for item in example.objects})
        return cls(example.image_id, pixels, tuple(there), true)

    def learnt(self, categories: Sequence[int]) -> ClassExample:
        return ClassExample(self.image_id, self.pixels, frozenset(categories[index] for index in self.classes))


@dataclass(frozen=True)
class Trial:
    """One set and seed: images to learn classes from, to choose a threshold on, and to be measured on."""

    categories: tuple[int, ...]
    learning: tuple[Shown, ...]
    tuning: tuple[Shown, ...]
    unseen: tuple[Shown, ...]
    seed: int

    @classmethod
    def drawn(cls, name: str, seed: int) -> Trial:
        setting = draw(name, LEARNT + TUNED, UNSEEN, seed, {"building_facades": 256})
        shown = [Shown.of(example, setting.categories) for example in (*setting.labeled, *setting.unseen)]
        held = len(setting.labeled) - min(TUNED, len(setting.labeled) // 4)
        known = len(setting.labeled)
        return cls(tuple(setting.categories), tuple(shown[:held]), tuple(shown[held:known]), tuple(shown[known:]), seed)

    @property
    def alone(self) -> dict[str, Any]:
        """How every network of its is trained: by its seed, and kept nowhere."""
        return {"seed": self.seed, "device": CPU, "resume_path": None, "progress": silent}

    @cached_property
    def recipe(self) -> ClassifierRecipe:
        return resolve_classifier("pretrained", held_out=0.0)

    @cached_property
    def classifier(self) -> FittedClassifier:
        examples = [one.learnt(self.categories) for one in self.learning]
        return train_classifier(
            examples, self.categories, self.recipe, seed=self.seed, device=CPU, checkpoint_dir=None, progress=silent
        )

    @cached_property
    def fickle(self) -> ImageClassifier:
        return train_fickle(
            [one.learnt(self.categories) for one in self.learning],
            self.categories,
            self.recipe,
            WindowDropout(),
            **self.alone,
        )

    @cached_property
    def seeds_of_irn(self) -> list[SeedExample]:
        return self._seeds(irn_labels)

    @cached_property
    def seeds_of_psa(self) -> list[SeedExample]:
        return self._seeds(psa_labels)

    def _seeds(self, labels: Callable[..., NDArray[np.int32]]) -> list[SeedExample]:
        made = ((one, self.cam(one)) for one in self.learning)
        return [SeedExample(one.image_id, one.pixels, labels(one.pixels, maps).astype(np.uint8)) for one, maps in made]

    def cam(self, one: Shown) -> ClassMaps:
        return mapped(Cam(), self.classifier.network, one)


def mapped(method: MapMethod, network: ImageClassifier, one: Shown) -> ClassMaps:
    """A method's maps of one image."""
    (maps,) = method.maps(network, [one.pixels], [one.classes])
    return maps


def by_maps(trial: Trial, network: ImageClassifier, method: MapMethod) -> Callable[[Shown], Drawn]:
    """Labels where the largest map is above the threshold."""

    def draw_one(one: Shown) -> Drawn:
        whole = mapped(method, network, one).whole.detach().cpu().numpy()
        return lambda threshold: labels_of(whole, one.classes, threshold)

    return draw_one


def labels_of(maps: NDArray[np.float32], classes: Sequence[int], threshold: float) -> Labels:
    """(H, W) 0 for the ground, 1 + class index."""
    table = np.array([0, *(1 + index for index in classes)])
    over = maps.max(axis=0) > threshold
    named: Labels = table[np.where(over, maps.argmax(axis=0) + 1, 0)]
    return named


def with_crf(trial: Trial) -> Callable[[Shown], Drawn]:
    def draw_one(one: Shown) -> Drawn:
        maps = trial.cam(one)
        return lambda threshold: irn_refiner(threshold).refine(one.pixels, maps).labels.astype(np.int64)

    return draw_one


def with_psa(trial: Trial) -> Callable[[Shown], Drawn]:
    """Its ground goes by a power, and no threshold is swept."""
    recipe = PsaTraining(crop=192, batch=4, rate=0.01, min_iterations=40, max_iterations=40)
    network = train_affinity(
        trial.seeds_of_psa,
        trial.classifier.network.encoder,
        recipe,
        **trial.alone,
    )

    def draw_one(one: Shown) -> Drawn:
        _, labels = affinitynet.refine(network, one.pixels, one.classes, trial.cam(one).whole)
        return lambda _: labels.cpu().numpy()

    return draw_one


def with_irn(trial: Trial) -> Callable[[Shown], Drawn]:
    recipe = IrnTraining(crop=192, batch=4, radius=5, min_iterations=40, max_iterations=40)
    network = train_irn(
        trial.seeds_of_irn,
        trial.classifier.network.encoder,
        recipe,
        **trial.alone,
    )

    def draw_one(one: Shown) -> Drawn:
        maps = trial.cam(one).strided
        edges, _ = see(network, one.pixels, 256)
        size = (one.pixels.shape[0], one.pixels.shape[1])
        scores = irn_walk.enlarged_scores(irn_walk.propagate(maps, edges, irn_walk.IrnWalk()), size).cpu().numpy()
        return lambda threshold: labels_of(scores, one.classes, threshold)

    return draw_one


METHODS: dict[str, Callable[[Trial], Callable[[Shown], Drawn]]] = {
    "cam": lambda trial: by_maps(trial, trial.classifier.network, Cam()),
    "grad_cam": lambda trial: by_maps(trial, trial.classifier.network, GradCam()),
    "adv_cam": lambda trial: by_maps(trial, trial.classifier.network, AdvCam(steps=8)),
    "fickle_net": lambda trial: by_maps(trial, trial.fickle, FickleNet(seed=trial.seed, passes=50)),
    "cam + crf": with_crf,
    "cam + psa": with_psa,
    "cam + irn": with_irn,
}


def measure(trial: Trial, name: str) -> dict[str, Any]:
    """Mean IoU on unseen images at the threshold that suits others, and at the one that would have suited these."""
    draw_one = METHODS[name](trial)
    tuned = [(draw_one(one), one) for one in trial.tuning]
    began = time.process_time()
    drawn = [(draw_one(one), one) for one in trial.unseen]
    seconds = (time.process_time() - began) / len(drawn)
    at = {threshold: mean_of(trial, tuned, threshold) for threshold in THRESHOLDS}
    chosen = max(at, key=lambda threshold: at[threshold])
    best = max(mean_of(trial, drawn, threshold) for threshold in THRESHOLDS)
    return {
        "method": name,
        "threshold": chosen,
        "miou": mean_of(trial, drawn, chosen),
        "miou_best": best,
        "seconds": seconds,
    }


def mean_of(trial: Trial, drawn: Sequence[tuple[Drawn, Shown]], threshold: float) -> float:
    """Mean IoU over the ground and the classes that are there or said."""
    labels = len(trial.categories) + 1
    counts = sum(confusion(labels_at(threshold), one.true, labels) for labels_at, one in drawn)
    return float(np.nanmean(class_ious(np.asarray(counts))))


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks seeds")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--methods", nargs="+", default=list(METHODS), choices=list(METHODS))
    parser.add_argument("--out", type=Path, default=Path("seeds.jsonl"))
    asked = parser.parse_args()
    done = {(line["set"], line["seed"], line["method"]) for line in lines(asked.out)}
    for seed in asked.seeds:
        for name in asked.sets:
            methods = [method for method in asked.methods if (name, seed, method) not in done]
            if not methods:
                continue
            trial = Trial.drawn(name, seed)
            for method in methods:
                line = {"set": name, "seed": seed, **measure(trial, method)}
                with asked.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(*(f"{value:.3f}" if isinstance(value, float) else value for value in line.values()), flush=True)


if __name__ == "__main__":
    main()
