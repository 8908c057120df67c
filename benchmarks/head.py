"""How well predicted IoU ranks unseen images of the demo, beside the paper's head, raw confidence and shuffled scores.

`python -m benchmarks.head 20 40 80` takes a few minutes for each number of labels.
"""

from __future__ import annotations

import sys
import time

import numpy as np
import torch

from maskloop.loop.demo_data import DemoDifficulty, demo_picture
from maskloop.values import Split
from models.checkpoints import FittedModel
from models.evaluation import evaluate
from models.examples import Example
from models.fitting import fit
from models.metrics import spearman
from models.observing import image_of
from models.reading import read_images
from models.recipes import resolve
from models.statistics import CONFIDENCE

CATEGORIES = (1, 2, 3)
UNSEEN = 150
CPU = torch.device("cpu")


def main() -> None:
    """Print one line for each number of labels."""
    torch.set_num_threads(1)
    labels = [int(text) for text in sys.argv[1:] if text.isdigit()] or [40]
    unseen = draw(UNSEEN, seed=1, size=128)
    print("| labels | true IoU | head | Spearman | paper's | confidence | shuffled | error | paper's | fit, s |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for count in labels:
        print(line(draw(count, seed=0, size=128), unseen), flush=True)


def line(labeled: list[Example], unseen: list[Example]) -> str:
    """Fit on some pictures, evaluate on others."""
    start = time.perf_counter()
    model = fit(
        labeled, CATEGORIES, resolve("compact"), seed=0, device=CPU, checkpoint_dir=None, progress=lambda *_: None
    )
    seconds = time.perf_counter() - start
    found = evaluate(model, unseen, Split.TEST, device=CPU, progress=lambda *_: None)
    true = np.array([image.true_iou for image in found.images])
    predicted = np.array([image.predicted_iou for image in found.images])
    ranks = (
        found.iou_spearman,
        found.iou_spearman_reference,
        spearman(confidences(model, unseen), true),
        spearman(np.random.default_rng(0).permutation(predicted), true),
    )
    ranked = " | ".join("none" if rank is None else f"{rank:.2f}" for rank in ranks)
    errors = f"{100 * found.iou_mae:.1f} | {100 * (found.iou_mae_reference or 0):.1f}"
    return f"| {len(labeled)} | {true.mean():.3f} | {model.calibrator.head} | {ranked} | {errors} | {seconds:.0f} |"


def confidences(model: FittedModel, examples: list[Example]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Mean confidence of each image's masks, by image id, as evaluation orders its images."""
    readings = read_images(
        model.network, model.categories, model.recipe, map(image_of, examples), device=CPU, batch_size=16
    )
    by_id = {reading.image_id: reading.statistics[:, CONFIDENCE].mean() for reading in readings}
    return np.array([by_id[image_id] for image_id in sorted(by_id)])


def draw(count: int, *, seed: int, size: int) -> list[Example]:
    """Pictures of the demo with at least one object."""
    pictures = [demo_picture(np.random.default_rng((seed, number)), size, DemoDifficulty()) for number in range(count)]
    return [
        Example(f"{seed}-{number:04}", picture.pixels, picture.objects)
        for number, picture in enumerate(pictures)
        if picture.objects
    ]


if __name__ == "__main__":
    main()
