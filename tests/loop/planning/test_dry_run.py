"""What a budget will take, by hand, for test images with one object of two classes each:
a full label costs 1 + 79 = 80 s, counts 2 + 1.48 = 3.48 s."""

from pathlib import Path

import numpy as np
import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.datasets.read import Data
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.loop.goals import FirstBatchGoal
from maskloop.loop.planning.before_outlines import WeakStart
from maskloop.loop.planning.dry_run import CLASSIFY_S, READ_IMAGE_S, TRAIN_S, forecast
from maskloop.loop.planning.plan import Plan
from maskloop.loop.shares import Shares
from maskloop.masks import Mask
from maskloop.values import Budget, Category, ObjectLabel, OutlinePrice, Split, Strategy, SupervisionKind

SQUARE = ObjectLabel(1, Mask.from_array(np.ones((4, 4), dtype=bool)))


def data(pool, tests=4, candidates=0):
    images = [
        DatasetImage(f"{n}.png", Path(f"{n}.png"), 4, 4, (SQUARE,) if n < tests else ()) for n in range(tests + pool)
    ]
    names = [image.file_name for image in images]
    categories = (Category(1, "cat"), Category(2, "dog"))
    ood = tuple(DatasetImage(f"ood{n}.png", Path(f"ood{n}.png"), 4, 4, ()) for n in range(candidates))
    return Data("d", Dataset(categories, tuple(images), tuple(names[tests:]), tuple(names[:tests]), ""), ood)


def plan(budget, strategy="mask_guided", **asked):
    return Plan(budget, CostModel(2), Strategy(strategy), Strategy("random"), counts_share=0.15, **asked)


def test_an_hour_of_choosing_by_scores():
    expected = forecast(plan(Budget(seconds=3600)), data(pool=500), "compact")
    assert expected.initial_images == 15  # 1200 s at 80 s
    assert expected.counted == 155  # 540 s at 3.48 s
    assert expected.images == 15 + 24  # (3600 - 15 * 80 - 155 * 3.48) s at 80 - 3.48 s
    assert expected.rounds == 4
    assert expected.machine_s == pytest.approx(4 * (TRAIN_S["compact"] + (155 + 4) * READ_IMAGE_S))


def test_outlines_by_length_are_those_of_the_test_images():
    """A square that fills its image is four sides long; four directions find 3.51 of a square of 4 x 4 pixels."""
    sides = SQUARE.outline_length
    assert sides == pytest.approx(3.51, abs=0.01)
    costs = CostModel(2, OutlinePrice(20.0, 30.0))
    asked = Plan(Budget(seconds=3600), costs, Strategy("random"), Strategy("random"), counts_share=0.15)
    expected = forecast(asked, data(pool=500), "compact")
    assert expected.images == int(3600 / (1 + 20 + 30 * sides)) == 28
    assert asked.expected_full_s == pytest.approx(0.5 + 2.8 * (20 + 30 * 0.674))


def test_an_hour_at_random_counts_nothing():
    expected = forecast(plan(Budget(seconds=3600), strategy="random"), data(pool=500), "compact")
    assert (expected.counted, expected.images) == (0, 45)


def test_the_first_batch_is_a_third_of_what_test_images_leave_whatever_was_bought_before_it():
    """Of ten hours ten test images take 2217 s and weak labels 10 800 s, as the run itself buys them."""
    weak = WeakStart(SupervisionKind.BOXES, 0.3, "bbam")
    tested = FirstBatchGoal(Budget(images=10), True, 221.7, for_split=Split.TEST)
    asked = plan(Budget(seconds=36_000), "random", weak=weak, test=tested)
    expected = forecast(asked, data(pool=500, tests=0), "compact")
    assert expected.initial_images == 51  # 11 261 s at 221.7 s
    assert expected.images == 103  # 22 983 s


def test_counts_are_a_share_of_the_whole_budget_and_not_of_what_test_images_leave():
    tested = FirstBatchGoal(Budget(images=10), True, 221.7, for_split=Split.TEST)
    expected = forecast(plan(Budget(seconds=36_000), test=tested), data(pool=2000, tests=0), "compact")
    assert expected.counted == 1279  # 5400 s at 4.22 s


def test_the_first_batch_has_its_share_of_a_third_where_the_pool_has_too_few_images_for_marks():
    half = Shares({SupervisionKind.BOXES: 0.5})
    expected = forecast(plan(Budget(seconds=36_000), "random", shares=half), data(pool=100), "compact")
    assert expected.initial_images == 75  # half of 12 000 s at 80 s


def test_a_small_pool_is_counted_whole_and_labeled_whole():
    expected = forecast(plan(Budget(seconds=36_000)), data(pool=30), "compact")
    assert (expected.initial_images, expected.counted, expected.images) == (30, 0, 30)


def test_a_budget_of_images_in_batches_of_a_given_size():
    expected = forecast(
        plan(Budget(images=20), asked_initial=Budget(images=5), asked_batch=Budget(images=4)), data(100), "compact"
    )
    assert (expected.initial_images, expected.images) == (5, 20)
    assert expected.rounds == 5  # four batches, and the last network


def test_max_rounds_leaves_the_rest_unspent():
    expected = forecast(plan(Budget(images=20), asked_batch=Budget(images=4), max_rounds=1), data(100), "compact")
    assert (expected.initial_images, expected.images, expected.rounds) == (7, 11, 2)


def test_a_budget_below_five_images_does_not_promise_five():
    assert forecast(plan(Budget(seconds=200)), data(pool=100), "compact").initial_images == 2


def test_a_recipe_that_was_not_measured_has_no_machine_time():
    assert forecast(plan(Budget(seconds=3600)), data(pool=100), "paper").machine_s is None


def test_test_images_that_hold_nothing_cost_no_more_than_their_counts():
    empty = data(pool=100, tests=4)
    blank = [DatasetImage(image.file_name, image.path, 4, 4, ()) for image in empty.dataset.images]
    nothing = Data("d", Dataset(empty.dataset.categories, tuple(blank), empty.dataset.train, empty.dataset.test, ""))
    expected = forecast(plan(Budget(seconds=100)), nothing, "compact")
    assert expected.initial_images == 17  # 33 s at 2 s


def test_ood_checks_are_a_share_of_what_each_round_finds_left_and_come_out_of_the_budget():
    # 2400 s are left after 15 images: 240 checks, and 1360 s after these and 10 images; 136, and 424 s; 42
    expected = forecast(
        plan(Budget(seconds=3600), strategy="random", ood_share=0.1), data(500, candidates=1000), "compact"
    )
    assert expected.ood_checks == 240 + 136 + 42
    assert expected.images == 15 + 24  # (2400 - 418) s at 80 s
    trained_s = 4 * (TRAIN_S["compact"] + 4 * READ_IMAGE_S)
    assert expected.machine_s == pytest.approx(trained_s + 3 * (CLASSIFY_S["compact"] + 1000 * READ_IMAGE_S))


def test_a_budget_of_images_has_checks_for_what_its_labels_should_cost():
    limited = plan(Budget(images=20), asked_initial=Budget(images=5), asked_batch=Budget(images=15), ood_share=0.1)
    expected_s = 15 * (0.5 + 79 * 2.8)  # of the two classes 1.5 are shown by an image, with 2.8 objects
    expected = forecast(limited, data(100, candidates=1000), "compact")
    assert (expected.images, expected.ood_checks) == (20, int(expected_s / 10))


def test_no_candidate_is_checked_twice():
    everything = plan(Budget(seconds=3600), strategy="random", ood_share=0.5)
    assert forecast(everything, data(500, candidates=7), "compact").ood_checks == 7
    assert forecast(everything, data(500), "compact").ood_checks == 0


def test_a_student_network_takes_time_of_the_machine_alone():
    hour, pool = plan(Budget(seconds=3600), strategy="random"), data(500)
    alone, both = forecast(hour, pool, "compact"), forecast(hour, pool, "compact", student="compact")
    assert (both.images, both.rounds, both.trainings) == (alone.images, alone.rounds, alone.trainings + 1)
    assert both.machine_s - alone.machine_s == pytest.approx(TRAIN_S["compact"] + (500 - 45 + 4) * READ_IMAGE_S)
    assert forecast(hour, pool, "compact", student="paper").machine_s is None
