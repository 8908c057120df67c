"""What is drawn on a picture."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from maskloop.formats.overlay import COLOURS, overlay
from maskloop.masks import Mask
from maskloop.values import Category, ObjectProposal


def drawn(solid, *, calibrated=True, name="i"):
    item = ObjectProposal(1, Mask.from_array(solid), 0.91, 0.91)
    pixels = np.zeros((*solid.shape, 3), dtype=np.uint8)
    return np.asarray(Image.open(io.BytesIO(overlay(pixels, [item], [Category(1, name)], calibrated=calibrated))))


def test_an_unfitted_head_s_confidence_is_not_drawn_as_a_number():
    solid = np.ones((99, 99), dtype=bool)
    bare, numbered = (drawn(solid, calibrated=calibrated)[:30].min(axis=2) > 200 for calibrated in (False, True))
    assert 0 < bare.sum() < numbered.sum()


def test_an_overlay_says_where_the_head_is_not_fitted():
    solid = np.ones((99, 199), dtype=bool)
    below = [(drawn(solid, calibrated=calibrated)[70:].min(axis=2) > 200).sum() for calibrated in (False, True)]
    assert below[0] > 0 == below[1]


def test_a_mask_is_tinted_and_its_outline_is_all_colour():
    solid = np.zeros((60, 60), dtype=bool)
    solid[10:50, 20:50] = True
    picture = drawn(solid)
    assert (picture[~solid] == 0).all() or (picture[~solid].sum(axis=1) > 0).mean() < 0.05  # but for letters
    assert tuple(picture[49, 35]) == COLOURS[0]
    assert tuple(picture[30, 49]) == COLOURS[0]
    assert tuple(picture[40, 35]) == tuple(np.round(0.35 * np.array(COLOURS[0])).astype(int))


def test_a_jpeg_looks_the_same():
    solid = np.zeros((60, 60), dtype=bool)
    solid[10:50, 20:50] = True
    item = ObjectProposal(1, Mask.from_array(solid), 0.91, 0.91)
    blank = np.zeros((60, 60, 3), dtype=np.uint8)
    file = Image.open(io.BytesIO(overlay(blank, [item], [Category(1, "i")], calibrated=True, jpeg=True)))
    assert file.format == "JPEG"
    assert np.abs(np.asarray(file).astype(int) - drawn(solid)).mean() < 5
