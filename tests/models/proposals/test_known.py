"""What people have said of an image, and what that makes of a network's masks; by hand."""

import numpy as np
import pytest

from maskloop.errors import InvalidLabel
from maskloop.values import Counts
from models.data.samples import ImageToScore
from models.iou_head.uncertainty import LARGEST, NAMES
from models.proposals.known import as_counted, holds_nothing, image_score, known_classes, maps_uncertainty

VOCABULARY = (3, 7, 9)


def item(counts: dict[int, int] | None = None, present: set[int] | None = None) -> ImageToScore:
    said = None if present is None else frozenset(present)
    return ImageToScore(
        "a", lambda: np.zeros((1, 1, 3), np.uint8), None if counts is None else Counts(counts), "", said
    )


def test_counts_know_better_than_classes_and_without_a_word_nobody_knows():
    assert known_classes(item({9: 2, 3: 1}, {7}), VOCABULARY) == (0, 2)
    assert known_classes(item(present={7}), VOCABULARY) == (1,)
    assert known_classes(item(present=set()), VOCABULARY) == ()
    assert known_classes(item(), VOCABULARY) is None
    with pytest.raises(InvalidLabel, match="category 5"):
        known_classes(item({5: 1}), VOCABULARY)
    assert [holds_nothing(one) for one in (item({}), item(present=set()), item(), item({3: 1}))] == [
        True,
        True,
        False,
        False,
    ]


def test_as_many_of_each_category_as_were_counted_stay_the_surest():
    found, sureness = [3, 7, 3, 3, 9], [0.2, 0.9, 0.8, 0.5, 0.4]
    assert as_counted(found, sureness, Counts({3: 2, 9: 4})) == [2, 3, 4]
    assert as_counted(found, sureness, Counts({})) == []
    assert as_counted(found, sureness, None) == [0, 1, 2, 3, 4]


def test_objects_that_were_counted_and_missed_count_as_nothing():
    ious = np.array([0.9, 0.5])
    assert image_score(item({3: 4}), ious) == pytest.approx(1.4 / 4)
    assert image_score(item({3: 1}), ious) == pytest.approx(0.7)
    assert image_score(item(), ious) == pytest.approx(0.7)
    none = np.zeros(0)
    assert [image_score(one, none) for one in (item(), item({}), item(present=set()), item({3: 2}))] == [0, 1, 1, 0]


def test_uncertainty_is_the_mean_over_masks_of_the_means_over_their_pixels():
    half, sure = np.full(4, 0.5, np.float32), np.ones(2, np.float32)
    made = maps_uncertainty(item(), [half, sure])
    assert list(made.values()) == pytest.approx([most / 2 for most in LARGEST], abs=1e-5)
    assert tuple(made) == NAMES
    assert list(maps_uncertainty(item(), []).values()) == list(LARGEST)
    assert list(maps_uncertainty(item({}), []).values()) == [0, 0, 0]
