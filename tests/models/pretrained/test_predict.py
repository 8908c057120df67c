"""What becomes of candidates: which are given, and what an image's score says of those that are not."""

import numpy as np
import pytest

from maskloop.values import Counts
from models.pretrained.predict import _choose, _score

CLASSES = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.3, 0.7]], dtype=np.float32)
CONFIDENCE = np.array([0.8, 0.5, 0.3, 0.1])
OWN = np.arange(4)


def choose(counts=None, least=0.25):
    chosen, classes = _choose(OWN, CLASSES, CONFIDENCE, counts=counts, categories=(3, 7), least=least)
    return dict(zip(chosen.tolist(), classes, strict=True))


def test_without_counts_the_sure_ones_are_given_each_of_its_likeliest_class():
    assert choose() == {0: 0, 1: 1, 2: 0}
    assert choose(least=0.9) == {}


def test_counts_choose_the_candidates_that_look_most_like_what_was_counted():
    assert choose(Counts({3: 1})) == {0: 0}
    assert choose(Counts({7: 2})) == {1: 1, 2: 1}
    assert choose(Counts({3: 2, 7: 1})) == {0: 0, 1: 1, 2: 0}
    assert choose(Counts({})) == {}


def test_of_more_than_there_are_candidates_all_are_given():
    assert choose(Counts({3: 9})) == dict.fromkeys(range(4), 0)


def test_an_image_score_counts_what_was_missed():
    ious = np.array([1.0])
    assert _score(ious, None, 0.0) == 1.0
    assert _score(ious, None, 3.0) == pytest.approx(0.25)  # as many again are thought to be there, three times
    assert _score(ious, Counts({1: 9}), 0.0) == pytest.approx(1 / 9)  # nine objects, one of them found
    assert _score(ious, Counts({1: 1}), 5.0) == 1.0  # somebody counted: doubts say nothing
    assert _score(np.zeros(0), Counts({}), 0.0) == 1.0
    assert _score(np.zeros(0), None, 2.0) == 0.0
