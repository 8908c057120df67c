"""What the control may spend. Two pool images of two and four boxes in one class: 79 s a box and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from maskloop.compare.trials.control import control_options
from maskloop.datasets.read import Data
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.loop.options import Options
from maskloop.masks import Mask
from maskloop.values import Budget, Category, ObjectLabel

SQUARE = Mask.from_array(np.eye(8, dtype=bool))


def an_image(name, objects):
    return DatasetImage(name, Path(name), 8, 8, (ObjectLabel(1, SQUARE),) * objects)


def untested(pool):
    """So many images of three boxes, none of them to test on."""
    images = tuple(an_image(f"{number}.png", 3) for number in range(pool))
    return Data("beads", Dataset((Category(1, "bead"),), images, tuple(image.file_name for image in images), (), ""))


@pytest.fixture
def data():
    images = (an_image("a.png", 2), an_image("b.png", 4), an_image("c.png", 1))
    dataset = Dataset((Category(1, "bead"),), images, ("a.png", "b.png"), ("c.png",), "by hand")
    return Data("beads", dataset)


@pytest.mark.parametrize(
    ("asked", "budget_s", "images", "batch"),
    [
        ({"budget": "1h"}, 6000, None, None),  # a third buys the first batch: 3600 + 2400
        ({"budget": "1h", "initial": "10m"}, 6600, None, None),
        ({"budget": "1h", "initial": "4images", "batch": "10m"}, 7200 - 4 * 3 * 79, None, "1200.000s"),
        ({"budget": "30images"}, None, 50, None),  # a third of them are ten
        ({"budget": "30images", "initial": "8", "batch": "3"}, None, 52, "6images"),
        ({"budget": "30images", "initial": "79m"}, None, 40, None),  # 79 * 60 / 237 are twenty
        ({"budget": "1h", "initial": "2h"}, 3600, None, None),
    ],
)
def test_what_follows_the_first_batch_is_doubled(data, asked, budget_s, images, batch):
    options = control_options(Options(data="demo", strategy="random", **asked), data)
    budget = options.parsed_budget()
    assert budget.images == images
    assert budget.seconds == (pytest.approx(budget_s) if budget_s else None)
    assert options.batch == (batch or "")
    assert options.initial == asked.get("initial", "")


@pytest.mark.parametrize(
    ("asked", "budget_s"),
    [
        ({"kinds": "boxes=0.5,full"}, 20_000 - 10_000 / 3),  # half of the third is for boxes
        ({"kinds": "boxes=0.5,full", "initial": "1000s"}, 20_000 - 2 * 1000),
        ({"weak": "boxes", "weak_recipe": "bbam", "weak_share": 0.3}, 20_000 - 3000 - 10_000 / 3),
    ],
)
def test_what_the_first_network_learns_from_is_not_doubled(data, asked, budget_s):
    options = Options("10000s", "demo", strategy="random", recipe="bbam", assist="none", **asked)
    assert control_options(options, data).parsed_budget().seconds == pytest.approx(budget_s, abs=0.001)


def test_a_first_batch_that_nobody_asked_for_has_a_hundred_images_at_most(data):
    options = Options("100h", "demo", strategy="random")
    assert control_options(options, data).parsed_budget().seconds == 2 * 360_000 - 100 * 3 * 79


@pytest.mark.parametrize(
    ("asked", "budget"),
    [
        ({"budget": "7900s"}, Budget(seconds=2 * 7900 - 1580 - (7900 - 1580) / 3)),
        ({"budget": "790000s"}, Budget(seconds=2 * 790_000 - (30 + 100) * 3 * 79)),
        ({"budget": "7900s", "test": "10images"}, Budget(seconds=2 * 7900 - 2370 - (7900 - 2370) / 3)),
        ({"budget": "60images"}, Budget(images=2 * 60 - 12 - 16)),
        ({"budget": "60images", "test": "2370s"}, Budget(images=2 * 60 - 10 - 17)),
    ],
)
def test_test_images_that_people_label_are_not_doubled(asked, budget):
    options = control_options(Options(data="demo", strategy="random", **asked), untested(200))
    found = options.parsed_budget()
    assert found.images == budget.images
    assert found.seconds == (pytest.approx(budget.seconds, abs=0.001) if budget.seconds else None)
