"""The test images that people label before all else, where the data has none."""

from __future__ import annotations

import math
from dataclasses import replace

from maskloop.datasets.read import Data
from maskloop.errors import InvalidArgument
from maskloop.loop.goals import FirstBatchGoal
from maskloop.loop.options import Options
from maskloop.values import Budget, Split

TEST_SHARE, MOST_TEST_IMAGES, TEST_SHARE_OF_POOL = 0.2, 30, 0.3


def goal_of_test_images(options: Options, data: Data, budget: Budget, expected_full_s: float) -> FirstBatchGoal | None:
    """What people label of test images before all else; `None` where they came with the data, or are none.

    Args:
        options: say how many there are to be, if anybody does.
        data: that they are drawn from.
        budget: of which they are a share where nobody says how many.
        expected_full_s: seconds of a full label before any is known.

    Raises:
        InvalidArgument: they would leave nothing to learn from.
    """
    tested, pool = options.tested(), len(data.pool)
    if data.test or tested.are_none:
        return None
    amount = tested.amount
    if amount is None:
        most = max(1, min(MOST_TEST_IMAGES, math.floor(TEST_SHARE_OF_POOL * pool)))
        wanted = _share_of(budget, most)
        return FirstBatchGoal(wanted, False, expected_full_s, most, for_split=Split.TEST)
    if (amount.images or 0) >= pool:
        raise InvalidArgument(
            f"--test {options.test}: the pool has {pool} images, and none would be left to learn from", field="test"
        )
    return FirstBatchGoal(amount, True, expected_full_s, for_split=Split.TEST)


def as_share_of(goal: FirstBatchGoal, budget: Budget) -> FirstBatchGoal:
    """The goal as a share of another budget; as it is where somebody asked for its size."""
    return goal if goal.is_asked else replace(goal, wanted=_share_of(budget, goal.most_images))


def _share_of(budget: Budget, most_images: int) -> Budget:
    if budget.images is None:
        return Budget(seconds=TEST_SHARE * (budget.seconds or 0.0))
    return Budget(images=min(most_images, max(1, round(TEST_SHARE * budget.images))))
