"""CalibrationSet whose truth is known."""

import numpy as np

from models.iou_head.calibrator import CalibrationSet, Exposure
from models.iou_head.mask_statistics import CONFIDENCE, NAMES

WIDTH = len(NAMES) + 2
UNCERTAIN = NAMES.index("uncertain")


def observe(images: int, truth: str, seed: int = 0, exposure: Exposure = Exposure.HELD_OUT) -> CalibrationSet:
    """Two objects an image; IoU follows the named statistic (falling with `uncertain`), the others are noise."""
    rng = np.random.default_rng(seed)
    statistics = rng.uniform(size=(2 * images, WIDTH))
    ious = 0.8 - 0.6 * statistics[:, UNCERTAIN] if truth == "uncertain" else 0.6 * statistics[:, CONFIDENCE]
    ious = np.clip(ious + rng.normal(scale=0.02, size=ious.shape), 0, 1)
    ids = np.repeat([f"image-{seed}-{number}" for number in range(images)], 2)
    return CalibrationSet(ids, statistics, ious, np.full(ids.shape, exposure))
