"""What is held out is a share chosen by id alone."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.data.samples import Example
from models.training.holdout import MIN_IMAGES, deal_folds, hold_out


def test_held_out_images_are_a_share_chosen_by_id_and_the_rest_is_learnt(scenes):
    examples = scenes(17)
    seen, unseen = hold_out(examples, 0.25, seed=0)
    assert len(unseen) == 5
    assert sorted(example.image_id for example in seen + unseen) == sorted(example.image_id for example in examples)
    again = hold_out(examples[::-1], 0.25, seed=0)[1]
    assert {example.image_id for example in again} == {example.image_id for example in unseen}
    other = hold_out(examples, 0.25, seed=1)[1]
    assert {example.image_id for example in other} != {example.image_id for example in unseen}
    assert hold_out(examples, 0.0, seed=0) == (examples, [])


def test_few_images_hold_nothing_out(scenes):
    examples = scenes(MIN_IMAGES)
    assert hold_out(examples[1:], 0.25, seed=0) == (examples[1:], [])
    assert len(hold_out(examples, 0.25, seed=0)[1]) == 2


@given(count=st.integers(MIN_IMAGES, 60), share=st.sampled_from([0.1, 0.2, 0.25, 0.3, 1 / 3, 0.4, 0.45, 0.5]))
def test_the_share_asked_for_is_held_out(count: int, share: float):
    examples = [Example(f"{place}", np.zeros((1, 1, 3), np.uint8), ()) for place in range(count)]
    learnt, held_out = hold_out(examples, share, seed=0)
    assert len(held_out) == math.ceil(round(count * share, 6))
    assert {item.image_id for item in learnt} | {item.image_id for item in held_out} == set(map(str, range(count)))
    assert len(learnt) + len(held_out) == count


@given(count=st.integers(2, 40), folds=st.integers(2, 4), seed=st.integers(0, 5))
def test_folds_part_the_images_evenly_and_in_no_order_of_arrival(count: int, folds: int, seed: int):
    ids = [f"image-{number}" for number in range(count)]
    dealt = deal_folds(ids, folds, seed)
    assert sorted(image_id for fold in dealt for image_id in fold) == sorted(ids)
    assert max(map(len, dealt)) - min(map(len, dealt)) <= 1
    assert deal_folds(reversed(ids), folds, seed) == dealt


def test_another_seed_deals_other_folds():
    ids = [f"image-{number}" for number in range(20)]
    assert deal_folds(ids, 2, seed=0) != deal_folds(ids, 2, seed=1)
