"""Mask statistics against maps small enough to count, and a slow reference, one object at a time."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from models.iou_head.mask_statistics import NAMES, count_statistics, mask_statistics


def logit(probabilities: list[list[float]]) -> Tensor:
    return torch.logit(torch.tensor(probabilities))


def read(logits: Tensor, classes: Tensor, categories: int, centres: Tensor | None = None) -> Tensor:
    images = torch.rand(len(logits), 3, *logits.shape[2:], generator=torch.Generator().manual_seed(7))
    return mask_statistics(logits, classes, images, centres, categories)


def named(row: Tensor) -> dict[str, float]:
    return dict(zip(NAMES, row[: len(NAMES)].tolist(), strict=True))


def test_statistics_of_a_map_counted_by_hand():
    logits = logit([[0.95, 0.8], [0.4, 0.05]])[None, None]  # mask: the two upper pixels
    values = named(read(logits, torch.tensor([[0]]), categories=1)[0, 0])
    assert values["confidence"] == pytest.approx(1.75 / 2)
    assert values["self_iou"] == pytest.approx(1.75 / (2.2 + 2 - 1.75))
    assert values["uncertain"] == pytest.approx(2 / 4)  # .8 and .4
    assert values["blur"] == pytest.approx(2 / 3)
    assert values["stability"] == pytest.approx(2 / 3)  # .95 .8 of .95 .8 .4
    assert values["root_area"] == pytest.approx(np.sqrt(0.5))
    assert values["empty"] == 0
    assert values["objects"] == pytest.approx(1 / 5)
    assert values["overlap"] == 0
    assert values["peak"] == pytest.approx(0.95)


def test_an_empty_mask_has_no_confidence_and_says_so():
    values = named(read(torch.full((1, 1, 4, 4), -9.0), torch.tensor([[0]]), categories=1)[0, 0])
    assert values["empty"] == 1
    assert values["confidence"] == values["self_iou"] == values["overlap"] == values["root_area"] == 0
    assert values["centre"] == values["contrast"] == 0


def test_overlap_is_the_share_of_the_smaller_mask_inside_the_larger():
    logits = torch.full((1, 2, 4, 4), -9.0)
    logits[0, 0, :2] = 9.0  # 8 pixels
    logits[0, 1, 1:2, :2] = 9.0  # 2 pixels, both inside
    found = read(logits, torch.tensor([[0, 1]]), categories=2)[0]
    assert named(found[0])["overlap"] == pytest.approx(2 / 8)
    assert named(found[1])["overlap"] == pytest.approx(1)
    assert found[:, len(NAMES) :].tolist() == [[1, 0], [0, 1]]


def test_a_step_that_is_none_is_zero_and_touches_no_other():
    logits = torch.randn(1, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    alone = read(logits[:, :2], torch.tensor([[0, 1]]), categories=2)
    padded = read(logits, torch.tensor([[0, 1, -1]]), categories=2)
    assert torch.allclose(padded[:, :2], alone, atol=1e-6)
    assert not padded[0, 2].any()


def test_the_centre_is_looked_for_inside_the_mask_and_in_its_own_class():
    logits = torch.full((1, 2, 4, 4), -9.0)
    logits[0, :, :2, :2] = 9.0  # both masks: the upper left quarter, one pixel of the centres' map
    centres = torch.logit(torch.tensor([[[[0.3, 0.9], [0.1, 0.1]], [[0.6, 0.2], [0.2, 0.2]]]]))
    found = read(logits, torch.tensor([[0, 1]]), categories=2, centres=centres)[0]
    assert [named(row)["centre"] for row in found] == pytest.approx([0.3, 0.6])


def test_contrast_by_hand_does_not_depend_on_the_unit_of_the_image():
    # Two of four pixels at 1, the others at 0, in every channel: mean .5, deviation .5, distance 1 = 2 deviations.
    logits = torch.tensor([[[[9.0, 9.0], [-9.0, -9.0]]]])
    images = torch.tensor([[1.0, 1.0], [0.0, 0.0]]).expand(1, 3, 2, 2)
    for seen in (images, 7 * images - 3):
        found = mask_statistics(logits, torch.tensor([[0]]), seen, None, 1)[0, 0]
        assert named(found)["contrast"] == pytest.approx(2)


def test_an_image_of_one_colour_and_a_mask_that_covers_all_have_no_contrast():
    classes = torch.tensor([[0]])
    plain, noise = torch.ones(1, 3, 4, 4), torch.rand(1, 3, 4, 4)
    half = torch.tensor([9.0, -9.0]).repeat(8).view(1, 1, 4, 4)
    assert named(mask_statistics(half, classes, plain, None, 1)[0, 0])["contrast"] == pytest.approx(0)
    assert named(mask_statistics(half.abs(), classes, noise, None, 1)[0, 0])["contrast"] == 0


def test_a_batch_without_a_step_has_no_row():
    found = read(torch.zeros(3, 0, 4, 4), torch.zeros(3, 0, dtype=torch.int64), 2, torch.zeros(3, 2, 2, 2))
    assert found.shape == (3, 0, count_statistics(2))


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), steps=st.integers(1, 4), side=st.integers(2, 9))
def test_statistics_equal_a_loop_over_objects(seed: int, steps: int, side: int):
    generator = torch.Generator().manual_seed(seed)
    logits = 3 * torch.randn(2, steps, side, side, generator=generator)
    classes = torch.randint(0, 3, (2, steps), generator=generator)
    found = read(logits, classes, categories=3)
    assert found.shape == (2, steps, count_statistics(3))
    for image in range(2):
        for step in range(steps):
            expected = one_object(logits[image].sigmoid().numpy().astype(np.float64), step)
            values = named(found[image, step])
            assert {name: values[name] for name in expected} == pytest.approx(expected, abs=1e-5)


def one_object(p: np.ndarray, step: int) -> dict[str, float]:
    own, mask = p[step], p[step] > 0.5
    inside = own[mask].sum()
    others = [np.logical_and(mask, p[other] > 0.5).sum() for other in range(len(p)) if other != step]
    return {
        "confidence": own[mask].mean() if mask.any() else 0,
        "self_iou": inside / (own.sum() + mask.sum() - inside),
        "uncertain": ((own > 0.1) & (own < 0.9)).mean(),
        "blur": ((own > 0.1) & (own < 0.9)).sum() / max((own > 0.1).sum(), 1),
        "stability": (own > 0.7).sum() / max((own > 0.3).sum(), 1),
        "root_area": np.sqrt(mask.mean()),
        "empty": float(not mask.any()),
        "objects": len(p) / 5,
        "overlap": max(others, default=0) / max(mask.sum(), 1),
        "peak": own.max(),
    }
