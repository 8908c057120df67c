"""Table 2 of Bellver et al. on real data: an IoU branch trained jointly errs more than one trained after freezing."""

import os
from pathlib import Path

import numpy as np
import pytest
import torch

from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import DatasetImage
from maskloop.formats.images import decode_image
from maskloop.masks import Mask
from maskloop.values import ObjectLabel, Split
from models.annotation.evaluate import evaluate
from models.annotation.model import FittedModel
from models.annotation.recipe import resolve
from models.annotation.train import train_network
from models.data.samples import Example
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import count_statistics

CPU = torch.device("cpu")
SIDE = 64


def crops(images: list[DatasetImage], wanted: int, rng: np.random.Generator) -> list[Example]:
    """Windows of `SIDE` pixels with 1 to 8 nuclei."""
    found: list[Example] = []
    for place in rng.permutation(len(images)):
        image = images[place]
        pixels = decode_image(image.path.read_bytes(), image.file_name).pixels
        top, left = (int(rng.integers(0, length - SIDE + 1)) for length in pixels.shape[:2])
        window = slice(top, top + SIDE), slice(left, left + SIDE)
        parts = [(item.category_id, item.mask.to_array()[window]) for item in image.objects]
        objects = tuple(ObjectLabel(key, Mask.from_array(part)) for key, part in parts if part.sum() >= 20)
        if 1 <= len(objects) <= 8:
            found.append(Example(image.file_name, pixels[window].copy(), objects))
        if len(found) == wanted:
            break
    return found


def error(mode: str, seed: int) -> float:
    """Mean |predicted - true| image score of the paper's head on unseen crops, 40 crops learnt from."""
    data = read_coco_folder(Path(os.environ["MASKLOOP_DATA"]) / "dsb2018_nuclei")
    rng = np.random.default_rng(seed)
    labeled = crops([data.by_name[name] for name in data.train], 40, rng)
    unseen = crops([data.by_name[name] for name in data.test], 120, rng)
    recipe = resolve(
        "paper",
        encoder="compact",
        image_size=SIDE,
        hidden=32,
        batch=8,
        encoder_rate=1e-3,
        iterations=200,
        steps=8,
        iou_training=mode,
    )
    network = train_network(labeled, (1,), recipe, seed=seed, device=CPU, checkpoint_dir=None, progress=lambda *_: None)
    model = FittedModel(network, recipe, (1,), Calibrator.unfitted(count_statistics(1)), seed, (), {})
    found = evaluate(model, unseen, Split.TEST, device=CPU, progress=lambda *_: None).iou_mae_reference
    assert found is not None
    return found


@pytest.mark.slow
@pytest.mark.data
@pytest.mark.skipif("MASKLOOP_DATA" not in os.environ, reason="MASKLOOP_DATA names no folder of real images")
def test_the_papers_head_errs_more_when_it_is_trained_jointly_than_after_freezing():
    errors = {mode: [error(mode, seed) for seed in range(3)] for mode in ("joint", "frozen")}
    print(errors)
    assert np.mean(errors["joint"]) > np.mean(errors["frozen"])
