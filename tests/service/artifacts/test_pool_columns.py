"""Costs that rankings go by, beside cases by hand."""

import numpy as np
import pytest

from maskloop.errors import FailedPrecondition
from maskloop.masks import Mask
from maskloop.values import Category, Counts, ImageProposals, ObjectProposal, Strategy
from service.artifacts.image_file import ImageFile
from service.artifacts.pool_columns import PoolSources, gather_pool
from service.artifacts.score_table import UNCERTAINTY, ScoredRow, write_scores

OBJECT = ObjectProposal(1, Mask.from_array(np.ones((2, 2), bool)), 0.5, 0.5)


@pytest.fixture
def table(tmp_path):
    """Images a, b, c, d with 1, 3, 0 and 4 objects found."""
    rows = (
        ImageProposals(name, "m1", 0.5, (OBJECT,) * number) for name, number in zip("abcd", (1, 3, 0, 4), strict=True)
    )
    path = tmp_path / "scores.parquet"
    write_scores(path, (ScoredRow(row, np.ones(2, np.float32), dict.fromkeys(UNCERTAINTY, 0.5)) for row in rows))
    return path


def costs(table, counts):
    images = tuple(ImageFile(name, f"{name}.png", "", counts=counts.get(name), cost_s=90.0) for name in "abcd")
    sources = PoolSources((Category(1, "crack"),), images, table)
    return gather_pool(Strategy.parse("mask_guided:per_second=yes"), sources).costs_s.tolist()


def test_uncounted_images_cost_the_usual_by_what_was_found_in_them(table):
    """(1, 3, 0, 4) + 1 over their mean of 3: a mean of 90 seconds is kept."""
    assert costs(table, {}) == [60.0, 120.0, 30.0, 150.0]


def test_what_was_counted_costs_what_its_counts_say(table):
    """a and d are counted; of b and c, 3 and 0 found, (4, 1) over 2.5."""
    assert costs(table, {"a": Counts({1: 1}), "d": Counts({1: 1})}) == [90.0, 144.0, 36.0, 90.0]


def by_branch(tmp_path, branches):
    path = tmp_path / "scores.parquet"
    rows = (
        ScoredRow(ImageProposals(name, "m1", 0.5, ()), np.ones(2, np.float32), dict.fromkeys(UNCERTAINTY, 0.5), branch)
        for name, branch in branches.items()
    )
    write_scores(path, rows)
    return gather_pool(Strategy.parse("mask_guided:scores=iou_branch"), PoolSources((), (), path))


def test_the_iou_branch_takes_the_place_of_the_score(tmp_path):
    assert by_branch(tmp_path, {"b": 0.25, "a": 0.75}).scores.tolist() == [0.75, 0.25]


def test_a_network_without_an_iou_branch_cannot_choose_by_it(tmp_path):
    with pytest.raises(FailedPrecondition, match="no IoU branch") as refused:
        by_branch(tmp_path, {"a": None})
    assert refused.value.field == "strategy.options"
