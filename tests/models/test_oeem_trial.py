"""What the benchmark of OEEM makes of its settings: proportions as in the paper, and noise as it is told."""

import numpy as np
import pytest

from benchmarks.weak.oeem import FIGURES, PUBLISHED, key_of, table
from benchmarks.weak.oeem_trial import Sizes, flipped
from models.metrics.semantic import dice_of


@pytest.mark.parametrize(("patch", "tile", "stride", "window"), [(112, 256, 192, 320), (56, 128, 96, 160)])
def test_tiles_and_windows_are_in_proportion_to_patches(patch, tile, stride, window):
    sizes = Sizes(patch=patch)
    recipe = sizes.segmentation("l_norm")
    assert (sizes.patches.side, sizes.patches.stride) == (patch, patch // 2)
    assert (recipe.tile, recipe.tile_stride, recipe.window, recipe.window_stride) == (tile, stride, window, tile)


def test_a_share_of_the_pixels_is_flipped_and_unknown_ones_stay():
    labels = np.zeros((200, 300), np.uint8)
    labels[:, 100:] = 1
    labels[:10] = 255
    noisy = flipped(labels, 0.2, np.random.default_rng(0))
    assert (noisy[:10] == 255).all()
    assert (noisy != labels)[10:].mean() == pytest.approx(0.2, abs=0.03)
    assert set(np.unique(noisy)) == {0, 1, 255}
    assert np.array_equal(flipped(labels, 0.0, np.random.default_rng(0)), labels)
    assert np.array_equal(noisy, flipped(labels, 0.2, np.random.default_rng(0)))


def test_the_published_dice_follows_from_the_mean_iou_and_the_table_shows_both():
    for figures in PUBLISHED.values():
        if figures[1] is not None:
            assert 100 * dice_of(figures[0] / 100) == pytest.approx(figures[1], abs=0.01)
    masks = {"cam_miou": 0.5, "pseudo_miou": 0.6}
    rows = [
        {"seed": seed, "arm": "plain", "noise": 0.0, "sizes": {}, **masks, **dict.fromkeys(FIGURES, value)}
        for seed, value in enumerate((0.4, 0.5))
    ]
    told = table(rows).splitlines()
    assert "45.00 ± 7.07" in told[1]
    assert "75.64" in told[1]
    assert any("pseudo_miou" in line and "60.00" in line and "70.04" in line for line in told)
    assert key_of(rows[0]) != key_of({**rows[0], "noise": 0.1})
