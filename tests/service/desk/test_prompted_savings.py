"""What proposals that people asked for say of a proposer: nothing, for the objects had been missed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.values import FullLabel, ObjectLabel, ObjectProposal, Origin, Rejection, Review, Verdict, with_ids
from selection.proposers import Reviewed
from service.pool.proposers import reviewed_by_class
from tests.service.desks import mask


def test_a_mask_for_a_box_saves_nothing_and_one_of_which_nothing_came_costs_nothing():
    """Of two objects one was proposed, and mended by a quarter of 79 s; the other was boxed."""
    square = mask(4)
    own, asked, wrong = with_ids("m", "a", [ObjectProposal(1, square, 0.5, 0.5) for _ in range(3)])
    label = FullLabel(
        (
            ObjectLabel(1, square, origin=Origin(Verdict.MODIFIED, own.id, iou=0.8)),
            ObjectLabel(1, square, origin=Origin(Verdict.MODIFIED, asked.id, prompted=True, iou=0.96)),
        ),
        Review("m", (Rejection(wrong.id, prompted=True),), (own, asked, wrong)),
    )
    (told,) = reviewed_by_class("method", label, CostModel(3))
    assert replace(told, saved_s=0.0) == Reviewed("method", 1, 2, 158.0, 0.0)
    assert told.saved_s == pytest.approx(79 - 1.5 - 0.25 * 79)
