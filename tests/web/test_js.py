"""The page's modules, under node: their own tests, and masks held against pycocotools."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.masks import Mask
from tests.web.node import MODULE_TESTS, ask, needs_node, run_node

pytestmark = [pytest.mark.journey, needs_node]


def _document(mask: Mask) -> dict[str, object]:
    return {"height": mask.height, "width": mask.width, "rle": mask.rle.decode()}


def _arrays() -> list[np.ndarray]:
    """Masks: one pixel, none, all, with holes, stripes, at each border, dust, blobs."""
    rng = np.random.default_rng(7)
    arrays = [np.zeros((5, 7), bool), np.ones((5, 7), bool), np.ones((1, 1), bool), np.zeros((1, 1), bool)]
    for place in ((0, 0), (4, 6), (0, 6), (4, 0), (2, 3)):
        arrays.append(np.zeros((5, 7), bool))
        arrays[-1][place] = True
    ring = np.zeros((40, 60), bool)
    ring[5:35, 10:50] = True
    ring[15:20, 20:30] = False
    upright, level = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    upright[:, ::2], level[::3, :] = True, True
    foot, head = np.zeros((40, 60), bool), np.zeros((40, 60), bool)
    foot[30:, 3:9], head[:4, 50:] = True, True
    arrays += [ring, ~ring, upright, level, foot, head, foot | head]
    for _ in range(60):
        height, width = rng.integers(1, 70, 2)
        arrays.append(rng.random((height, width)) < rng.random())
    large = np.zeros((1200, 900), bool)
    large[rng.integers(100, 1100, 300), rng.integers(100, 800, 300)] = True
    large[200:700, 300:600] = True
    return [*arrays, large]


def test_the_modules_pass_their_own_tests():
    done = run_node("--test", *sorted(str(path) for path in MODULE_TESTS.glob("*.test.js")))
    assert done.returncode == 0, done.stdout[-4000:]


def test_masks_are_read_as_pycocotools_writes_them():
    arrays = _arrays()
    masks = [Mask.from_array(array) for array in arrays]
    answers = ask("decode", [_document(mask) for mask in masks])
    for array, mask, answer in zip(arrays, masks, answers, strict=True):
        assert np.array_equal(np.array(answer["rows"], bool).reshape(array.shape), array)
        assert tuple(answer["box"]) == mask.box


def test_masks_are_written_as_pycocotools_writes_them():
    arrays = _arrays()
    answers = ask("encode", [array.astype(int).tolist() for array in arrays])
    assert answers == [_document(Mask.from_array(array)) for array in arrays]
