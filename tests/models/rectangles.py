"""Masks whose overlaps can be told by hand."""

import numpy as np

from maskloop.masks import Mask
from maskloop.values import ObjectProposal


def rectangle(top: int, left: int, bottom: int, right: int, side: int = 20) -> Mask:
    array = np.zeros((side, side), dtype=np.bool_)
    array[top:bottom, left:right] = True
    return Mask.from_array(array)


def proposal(mask: Mask, predicted_iou: float, category_id: int = 1) -> ObjectProposal:
    return ObjectProposal(category_id, mask, predicted_iou, confidence=0.5)


UPPER, LOWER = rectangle(0, 0, 5, 10), rectangle(10, 0, 15, 10)
UPPER_AT_80 = rectangle(0, 0, 4, 10)  # 40 of 50 pixels: IoU .8
