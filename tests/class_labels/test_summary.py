"""What is said of masks that are hardly any object's."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from maskloop.class_labels.photos import Asked, read_photos_with_classes
from maskloop.class_labels.proposing import Proposed
from maskloop.class_labels.summary import say_whole_pictures
from maskloop.masks import Mask
from maskloop.values import ImageProposals, ModelVersion, ObjectProposal
from tests.class_labels.folders import put

MODEL = ModelVersion("m", "p", "class_maps", 0, 0, {}, datetime(2026, 1, 1, tzinfo=UTC))


def proposed(shares: dict[int, list[float]]) -> Proposed:
    """Masks that cover these shares of a picture of 10 x 10, by class."""
    objects = tuple(
        ObjectProposal(category, Mask.from_array(np.arange(100).reshape(10, 10) < round(100 * share)), 0.5, 0.5)
        for category, its in shares.items()
        for share in its
    )
    return Proposed("p", MODEL, {}, {"a.png": ImageProposals("a.png", "m", 0.5, objects)})


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ({1: [0.9, 1.0, 0.2], 2: [0.3]}, "2 of 3 masks of crack cover 85% of their picture or more: "),
        ({1: [0.9, 0.1, 0.2], 2: [0.3]}, ""),
        ({1: [0.9], 2: [0.86]}, "1 of 1 mask of crack and 1 of 1 mask of rust cover 85%"),
        ({}, ""),
    ],
)
def test_masks_of_nearly_whole_pictures_are_told(tmp_path, shares, said):
    folder = put(tmp_path / "photos", "crack/a.png", "rust/b.png")
    photos = read_photos_with_classes(Asked(folder, None, (), "", None, tmp_path / "out"))
    sentence = say_whole_pictures(photos, proposed(shares))
    assert sentence.startswith(said)
    assert bool(sentence) == bool(said)
