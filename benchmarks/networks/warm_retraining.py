"""Retraining warm against retraining from scratch: the same labels, half and a quarter of the iterations.

    python -m benchmarks warm_retraining SET SEED    # SET: demo, or a folder of MASKLOOP_DATA

Labels grow from 10 to 20 to 40, as in a campaign. Every way begins with the same network of the first ten; a warm one
then goes on from its own last network. Each line is one network, measured on images nobody learns from.
"""

from __future__ import annotations

import dataclasses
import sys
import time

import torch

from benchmarks.data.head_data import Setting, draw
from maskloop.values import Split
from models.annotation.evaluate import evaluate
from models.annotation.model import FittedModel
from models.annotation.network import AnnotationNetwork
from models.annotation.predict import statistics_width
from models.annotation.recipe import Recipe, resolve
from models.annotation.train import train_network
from models.iou_head.calibrator import Calibrator

CPU = torch.device("cpu")
LABELS = (10, 20, 40)
RECIPE = resolve("compact", image_size=32, iterations=150, iou_epochs=1, classes="predicted")
WAYS = {"scratch": 0.0, "warm, half": 0.5, "warm, a quarter": 0.25}


def main() -> None:
    """Print a table of one set and seed."""
    name, seed = sys.argv[1], int(sys.argv[2])
    torch.set_num_threads(1)
    setting = draw(name, max(LABELS), seed)
    first = train(setting, LABELS[0], RECIPE, seed, None)
    for way, share in WAYS.items():
        recipe, network = dataclasses.replace(RECIPE, warm_share=share or 1.0), first
        for labels in LABELS[1:]:
            begun = time.process_time()
            network = train(setting, labels, recipe, seed, network if share else None)
            seconds = time.process_time() - begun
            mean_iou, ap50 = measure(setting, recipe, network)
            print(f"{name},{seed},{way},{labels},{mean_iou:.4f},{ap50:.4f},{seconds:.1f}", flush=True)


def train(
    setting: Setting, labels: int, recipe: Recipe, seed: int, start: AnnotationNetwork | None
) -> AnnotationNetwork:
    """On the first so many labels of the setting."""
    return train_network(
        setting.labeled[:labels],
        setting.categories,
        recipe,
        seed=seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        start=start,
    )


def measure(setting: Setting, recipe: Recipe, network: AnnotationNetwork) -> tuple[float, float]:
    """Mean IoU and AP50 on the unseen images."""
    calibrator = Calibrator.unfitted(statistics_width(recipe, len(setting.categories)))
    model = FittedModel(network, recipe, setting.categories, calibrator, 0, (), {})
    found = evaluate(model, setting.unseen, Split.TEST, device=CPU, progress=lambda *_: None)
    return found.mean_iou, found.ap50


if __name__ == "__main__":
    main()
