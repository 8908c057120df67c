"""What the control may spend. Two pool images of two and four boxes in one class: 79 s a box and nothing else."""

from pathlib import Path

import numpy as np
import pytest

from maskloop.compare.trials.control import control_options
from maskloop.datasets.read import Data
from maskloop.formats.datasets import Dataset, DatasetImage
from maskloop.loop.options import Options
from maskloop.masks import Mask
from maskloop.values import Category, ObjectLabel

SQUARE = Mask.from_array(np.eye(8, dtype=bool))


def an_image(name, objects):
    return DatasetImage(name, Path(name), 8, 8, (ObjectLabel(1, SQUARE),) * objects)


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
