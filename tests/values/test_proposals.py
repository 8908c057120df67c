"""The ids of what models offer."""

import numpy as np
import pytest

from maskloop.masks import Mask
from maskloop.values import ObjectProposal, with_ids


def proposal(*, category_id: int = 1, left: int = 0, iou: float = 0.5) -> ObjectProposal:
    pixels = np.zeros((6, 8), dtype=bool)
    pixels[2:4, left : left + 3] = True
    return ObjectProposal(category_id, Mask.from_array(pixels), iou, 0.5)


def test_the_same_mask_of_the_same_version_keeps_its_id_wherever_it_stands():
    first, second = with_ids("v1", "image", [proposal(), proposal(left=4)])
    again = with_ids("v1", "image", [proposal(left=4, iou=0.9)])
    assert again[0].id == second.id != first.id


@pytest.mark.parametrize(
    ("version", "image", "other"),
    [("v2", "image", proposal()), ("v1", "picture", proposal()), ("v1", "image", proposal(category_id=2))],
)
def test_another_version_image_or_category_has_another_id(version, image, other):
    assert with_ids(version, image, [other])[0].id != with_ids("v1", "image", [proposal()])[0].id


def test_equal_proposals_have_an_id_each():
    ids = [item.id for item in with_ids("v1", "image", [proposal(), proposal(), proposal()])]
    assert ids == [ids[0], f"{ids[0]}-2", f"{ids[0]}-3"]
