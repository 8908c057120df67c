"""Pool scoring beside the bare forward pass of the same network, batches, threads and precision.

The ratio is what everything around the network costs: statistics, head, masks at the images' own size, run-length
codes. It is given of seconds by the clock and of the working thread's own processor seconds, which a busy machine
leaves alone. Decoding JPEG files is timed apart. First of all, what batches say is what each image says read alone.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from PIL import Image

from maskloop.datasets.demo.pictures import DemoDifficulty, demo_picture
from maskloop.masks import Mask
from maskloop.values import Counts
from models.annotation.model import FittedModel
from models.annotation.recipe import resolve
from models.annotation.train import train_network
from models.data.samples import Example, ImageToScore, class_tensor, image_tensor, normalise, resize_image
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import CONFIDENCE, count_statistics, mask_statistics
from models.predictor import Prediction

CATEGORIES = (1, 2, 3)
BATCH = 16
REPEATS = 5


def main() -> None:
    """Print one line for each size of image."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.set_num_threads(1)
    model = train(device)
    print(f"pool scoring, recipe compact at 64 px, batch {BATCH}, {device}, {torch.get_num_threads()} thread")
    print("| side | objects | forward, images/s | scoring, images/s | ratio | of processor time | decoding, images/s |")
    print("|---|---|---|---|---|---|---|")
    for side, images in ((128, 96), (512, 48), (1024, 48)):
        pool = draw(images, side)
        check_answers(model, pool[:24], device)
        forward, scoring, decoding = race(bare(model, pool, device), partial(score, model, pool, device), decode(pool))
        objects = np.mean([len(example.objects) for example in pool])
        print(
            f"| {side} | {objects:.1f} | {images / forward[0]:.0f} | {images / scoring[0]:.0f} "
            f"| {forward[0] / scoring[0]:.2f} | {forward[1] / scoring[1]:.2f} | {images / decoding[0]:.0f} |"
        )


def draw(images: int, side: int) -> list[Example]:
    """Pictures of the demo, already in memory."""
    pictures = [demo_picture(np.random.default_rng((0, number)), side, DemoDifficulty()) for number in range(images)]
    return [Example(f"{number:04}", picture.pixels, picture.objects) for number, picture in enumerate(pictures)]


def train(device: torch.device) -> FittedModel:
    """A network that draws objects and not noise: forty iterations are enough for that."""
    recipe = resolve("compact", iterations=40, iou_epochs=1)
    network = train_network(
        draw(24, 128), CATEGORIES, recipe, seed=0, device=device, checkpoint_dir=None, progress=lambda *_: None
    )
    weights = np.full(count_statistics(len(CATEGORIES)), 0.05)
    weights[CONFIDENCE] = 0.3
    return FittedModel(network, recipe, CATEGORIES, Calibrator("statistics", tuple(weights), 0.1), 0, (), {})


def score(model: FittedModel, pool: list[Example], device: torch.device) -> list[Prediction]:
    """The whole of scoring, from pixels to proposals."""
    images = [ImageToScore(item.image_id, lambda item=item: item.pixels, Counts.of(item.objects)) for item in pool]  # type: ignore[misc]
    return list(model.predict(images, device=device, batch_size=BATCH))


def bare(model: FittedModel, pool: list[Example], device: torch.device) -> Callable[[], None]:
    """The forward pass of the very same batches, their tensors made before the clock starts."""
    ordered = sorted(pool, key=lambda item: (-len(item.objects), item.image_id))
    batches = [ordered[start : start + BATCH] for start in range(0, len(ordered), BATCH)]
    inputs = [
        (
            normalise(image_tensor([resize_image(item.pixels, model.recipe.image_size) for item in batch], device)),
            class_tensor([Counts.of(item.objects).sequence() for item in batch], CATEGORIES, device),
        )
        for batch in batches
    ]

    @torch.inference_mode()
    def run() -> None:
        for images, classes in inputs:
            with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
                model.network(images, classes)
        if device.type == "cuda":
            torch.cuda.synchronize()

    return run


def decode(pool: list[Example]) -> Callable[[], None]:
    """Decoding the pool's pictures from JPEG."""
    files = []
    for item in pool:
        file = io.BytesIO()
        Image.fromarray(item.pixels).save(file, "JPEG", quality=90)
        files.append(file.getvalue())

    def run() -> None:
        for content in files:
            np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))

    return run


def race(*runners: Callable[[], object]) -> list[tuple[float, float]]:
    """Least seconds of each, by the clock and of this thread's processor time.

    They run in turn, so that a busy moment of the machine meets all of them.
    """
    best = [(float("inf"), float("inf"))] * len(runners)
    for _ in range(REPEATS):
        for place, run in enumerate(runners):
            start, busy = time.perf_counter(), time.thread_time()
            run()
            seconds, own = time.perf_counter() - start, time.thread_time() - busy
            best[place] = min(best[place][0], seconds), min(best[place][1], own)
    return best


def check_answers(model: FittedModel, pool: list[Example], device: torch.device) -> None:
    """Assert that batched scoring says what the slow obvious path says: one image, one whole map at a time."""
    for scored in score(model, pool, device):
        example = next(item for item in pool if item.image_id == scored.proposals.image_id)
        classes = class_tensor([Counts.of(example.objects).sequence()], CATEGORIES, device)
        pixels = normalise(image_tensor([resize_image(example.pixels, model.recipe.image_size)], device))
        with torch.inference_mode():
            made = model.network(pixels, classes)
            statistics = mask_statistics(made.logits, classes, pixels, made.dense.centres, len(CATEGORIES))
            whole = torch.nn.functional.interpolate(made.logits, example.pixels.shape[:2], mode="bilinear")[0] > 0
        tolerance = 0.05 if device.type == "cuda" else 1e-3
        assert len(scored.proposals.objects) == len(whole)
        for drawn, mask, iou in zip(
            scored.proposals.objects, whole, model.calibrator.predict(statistics[0].cpu().double().numpy()), strict=True
        ):
            assert abs(drawn.predicted_iou - iou) < tolerance
            assert drawn.mask.iou(Mask.from_array(mask.cpu().numpy())) > 0.98 or not mask.any()


if __name__ == "__main__":
    main()
