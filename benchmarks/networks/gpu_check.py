"""Networks on a GPU: trained there, and what they predict and how they rank compared with the same weights on the CPU.

    python -m benchmarks gpu_check

Pictures are those of `--data demo:photos`. Of each recipe a network learns on the GPU and outlines pictures that it has
not seen, on both devices. Sums are rounded otherwise on a GPU, so that a candidate at a threshold may be on one device
and not on the other; hence the tolerances. The check fails where they are exceeded, and where there is no GPU.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from maskloop.datasets.demo.photos import photo_picture
from maskloop.matching import match_within_class
from maskloop.values import ObjectLabel
from models.data.samples import Example, ImageToScore
from models.kinds.load import AnyModel, load_model
from models.kinds.networks import fit
from models.kinds.recipes import resolve
from models.metrics.agreement import spearman
from models.predictor import Prediction

RECIPES: dict[str, dict[str, object]] = {
    "pretrained": {},
    "compact": {"classes": "predicted", "held_out": 0.0, "iterations": 200},
}
LABELS, UNSEEN, SIDE = 20, 40, 192
SAME_MASK = 0.95  # IoU from which on two masks are the same
LEAST_SAME = 0.98  # share of the masks that have the same on the other device
MOST_APART = 0.02  # predicted IoU of the same mask
LEAST_RANK = 0.99  # rank correlation of the images' scores
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Agreement:
    """How alike two devices predict.

    Args:
        same: share of masks that have the same on the other device, in [0, 1].
        apart: largest difference of predicted IoU of the same masks.
        rank: Spearman's correlation of the images' scores; 1 where all are equal.
    """

    same: float
    apart: float
    rank: float

    @property
    def holds(self) -> bool:
        """Whether it is within the tolerances."""
        return self.same >= LEAST_SAME and self.apart <= MOST_APART and self.rank >= LEAST_RANK


def main() -> None:
    """Print what was compared; fail where it differs."""
    if not torch.cuda.is_available():
        raise SystemExit("there is no GPU here; nothing was checked")
    print(f"{torch.cuda.get_device_name()}, torch {torch.__version__}", flush=True)
    failed = [recipe for recipe in RECIPES if not check(recipe, torch.device("cuda"), LABELS, UNSEEN).holds]
    if failed:
        raise SystemExit(f"GPU and CPU differ by more than the tolerances: {', '.join(failed)}")


def check(recipe: str, device: torch.device, labels: int, unseen: int, **overrides: object) -> Agreement:
    """Train on `device`, predict on it and on the CPU, print both, and say how alike they are."""
    learnt = [picture(seed, test=False) for seed in range(labels)]
    images = [ImageToScore.of(picture(seed, test=True), counted=False) for seed in range(unseen)]
    began = time.perf_counter()
    model = fit(
        learnt,
        (1,),
        resolve(recipe, **{**RECIPES[recipe], **overrides}),
        seed=0,
        device=device,
        checkpoint_dir=None,
        progress=lambda *_: None,
    )
    train_s = time.perf_counter() - began
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.safetensors"
        model.save(path)
        there, there_s = predicted(load_model(path, device), images, device)
        here, here_s = predicted(load_model(path, CPU), images, CPU)
    found = agreement(there, here)
    print(
        f"{recipe}: trained in {train_s:.1f} s; {unseen} images in {there_s:.2f} s, on the CPU {here_s:.2f} s; "
        f"{found.same:.1%} same masks, predicted IoU within {found.apart:.3f}, ranks {found.rank:.4f}",
        flush=True,
    )
    return found


def picture(seed: int, *, test: bool) -> Example:
    """One picture of coins."""
    made = photo_picture(np.random.default_rng((seed, int(test))), SIDE, test=test)
    return Example(f"{'test' if test else 'train'}-{seed:03}", made.pixels, made.objects)


def predicted(model: AnyModel, images: list[ImageToScore], device: torch.device) -> tuple[dict[str, Prediction], float]:
    """Predictions by image, and the seconds they took."""
    began = time.perf_counter()
    made = {item.image_id: item for item in model.predict(images, device=device, batch_size=16)}
    return made, time.perf_counter() - began


def agreement(there: dict[str, Prediction], here: dict[str, Prediction]) -> Agreement:
    """Of two devices' predictions of the same images."""
    same = masks = 0
    apart = 0.0
    for image_id, item in there.items():
        ours, theirs = item.proposals.objects, here[image_id].proposals.objects
        places, ious = match_within_class(ours, [ObjectLabel(other.category_id, other.mask) for other in theirs])
        masks += max(len(ours), len(theirs))
        for mine, place, iou in zip(ours, places.tolist(), ious.tolist(), strict=True):
            if iou >= SAME_MASK:
                same += 1
                apart = max(apart, abs(mine.predicted_iou - theirs[place].predicted_iou))
    scores = [np.array([made[image_id].proposals.score for image_id in there]) for made in (there, here)]
    rank = spearman(*scores)
    return Agreement(same / masks if masks else 1.0, apart, 1.0 if rank is None else rank)


if __name__ == "__main__":
    main()
