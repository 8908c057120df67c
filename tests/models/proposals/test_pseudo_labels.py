"""Which proposals pass for labels, and who gets the pixels that several claim."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectProposal, PseudoLabels
from models.proposals.pseudo_labels import pseudo_objects

EVERYTHING = PseudoLabels(min_area_share=0.0)


def proposal(rows: str, iou: float = 0.9, confidence: float = 0.9, category: int = 1) -> ObjectProposal:
    """`##. .#.` is a mask of two rows."""
    array = np.array([[pixel == "#" for pixel in row] for row in rows.split()])
    return ObjectProposal(category, Mask.from_array(array), iou, confidence)


def drawn(objects: tuple[ObjectProposal, ...]) -> list[str]:
    return [" ".join("".join(".#"[int(pixel)] for pixel in row) for row in item.mask.to_array()) for item in objects]


def image(*objects: ObjectProposal) -> ImageProposals:
    return ImageProposals("i", "m", 0.5, objects)


def test_pixels_that_two_claim_go_to_the_more_confident_and_the_order_stays() -> None:
    found = pseudo_objects(image(proposal("###.", confidence=0.6), proposal("..##", confidence=0.7)), EVERYTHING)
    assert drawn(found) == ["##..", "..##"]


def test_of_equally_confident_ones_the_earlier_gets_them() -> None:
    assert drawn(pseudo_objects(image(proposal("###."), proposal("..##")), EVERYTHING)) == ["###.", "...#"]


def test_what_is_below_the_floor_goes_before_it_takes_a_pixel() -> None:
    unsure, sure = proposal("###.", iou=0.49, confidence=0.9), proposal("..##", iou=0.5, confidence=0.1, category=2)
    found = pseudo_objects(image(unsure, sure), PseudoLabels(min_predicted_iou=0.5))
    assert drawn(found) == ["..##"]
    assert (found[0].category_id, found[0].predicted_iou, found[0].confidence) == (2, 0.5, 0.1)


def test_a_mask_that_is_left_with_too_little_goes_and_gives_its_pixels_back() -> None:
    claims = (("###.....", 0.9), ("..##....", 0.8), ("...###..", 0.7))
    objects = (proposal(rows, confidence=confidence) for rows, confidence in claims)
    quarter = PseudoLabels(min_area_share=0.25)  # of eight pixels: two
    assert drawn(pseudo_objects(image(*objects), quarter)) == ["###.....", "...###.."]


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_an_empty_mask_is_no_label(share: float) -> None:
    assert pseudo_objects(image(proposal("....")), PseudoLabels(min_area_share=share)) == ()


def test_an_image_without_proposals_has_no_label() -> None:
    assert pseudo_objects(image(), EVERYTHING) == ()


shares = st.floats(0, 1)


@given(
    st.lists(st.tuples(st.integers(0, 2**12 - 1), shares, st.sampled_from([0.2, 0.5, 0.8])), max_size=5), shares, shares
)
def test_each_pixel_goes_to_the_most_confident_of_those_kept_that_claim_it(
    given_objects: list[tuple[int, float, float]], floor: float, least: float
) -> None:
    bits = np.arange(12).reshape(3, 4)
    arrays = [(number >> bits) % 2 == 1 for number, _, _ in given_objects]
    proposals = [
        ObjectProposal(number, Mask.from_array(array), iou, confidence)
        for number, (array, (_, iou, confidence)) in enumerate(zip(arrays, given_objects, strict=True))
    ]
    found = pseudo_objects(image(*proposals), PseudoLabels(min_predicted_iou=floor, min_area_share=least))
    kept = {item.category_id: item.mask.to_array() for item in found}
    assert list(kept) == sorted(kept)
    for pixel in np.ndindex(3, 4):
        claims = [(-given_objects[number][2], number) for number in kept if arrays[number][pixel]]
        assert [number for number, mask in kept.items() if mask[pixel]] == [number for _, number in sorted(claims)[:1]]
    for number, mask in kept.items():
        assert given_objects[number][1] >= floor
        assert mask.sum() >= max(1, least * 12)


@pytest.mark.parametrize(
    "wrong",
    [
        {"min_predicted_iou": 1.1},
        {"min_predicted_iou": float("nan")},
        {"min_area_share": -0.1},
        {"images": -1},
        {"seed": -1},
    ],
)
def test_impossible_pseudo_labels_are_refused_by_name(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(wrong))):
        PseudoLabels(**wrong)
