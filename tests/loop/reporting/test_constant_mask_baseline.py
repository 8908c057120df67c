import os
from pathlib import Path

import numpy as np
import pytest

from maskloop.formats.coco import read_coco_folder
from maskloop.loop.reporting.constant_mask_baseline import constant_iou
from maskloop.masks import Mask
from maskloop.values import ObjectLabel


def left_part(columns, size=64):
    pixels = np.zeros((size, size), dtype=bool)
    pixels[:, :columns] = True
    return ObjectLabel(1, Mask.from_array(pixels))


def test_the_answer_is_what_at_least_half_of_the_training_masks_cover():
    training = [left_part(16), left_part(32), left_part(48)]  # at least half cover 32 columns
    assert constant_iou(training, [left_part(32)]) == 1.0
    assert constant_iou(training, [left_part(32), left_part(16)]) == pytest.approx((1.0 + 0.5) / 2)


def test_masks_of_images_of_different_sizes_are_compared_alike():
    assert constant_iou([left_part(32)], [left_part(16, size=32)]) == 1.0


def test_without_objects_there_is_no_answer():
    assert constant_iou([], [left_part(3)]) is None
    assert constant_iou([left_part(3)], []) is None


def test_masks_that_nowhere_agree_answer_nothing():
    right = np.zeros((64, 64), dtype=bool)
    right[:, 40:] = True
    apart = [left_part(20), ObjectLabel(1, Mask.from_array(right)), ObjectLabel(1, Mask.empty(64, 64))]
    assert constant_iou(apart, [left_part(20)]) == 0.0


@pytest.mark.data
def test_on_blood_cells_the_constant_mask_reaches_about_seventy_three_hundredths():
    root = os.environ.get("MASKLOOP_DATA")
    if not root:
        pytest.skip("MASKLOOP_DATA names no folder of images")
    data = read_coco_folder(Path(root) / "wbc_cells")
    objects = {
        split: [item for name in names for item in data.by_name[name].objects]
        for split, names in (("train", data.train), ("test", data.test))
    }
    assert constant_iou(objects["train"], objects["test"]) == pytest.approx(0.73, abs=0.02)
