"""How far people agree, by hand."""

from datetime import UTC, datetime, timedelta

import pytest

from maskloop.values import FullLabel, ImageLevelLabel, Label
from maskloop.web.leading.agreement import agreements
from tests.web.leading.test_disputes import RUST, drawn

START = datetime(2026, 1, 1, tzinfo=UTC)


def by(annotator, image, *objects, minute=0, content=None):
    made = FullLabel(tuple(objects)) if content is None else content
    return Label(f"{annotator}{minute}", "p", image, made, annotator, 79.0, START + timedelta(minutes=minute))


def test_two_people_agree_by_the_mean_iou_of_what_both_drew():
    labels = [
        by("ada", "i", drawn(0, 10), drawn(20, 30)),
        by("ben", "i", drawn(0, 5), drawn(20, 30), drawn(35, 40), minute=1),
    ]
    (found,) = agreements(labels)
    assert (found.first, found.second, found.images) == ("ada", "ben", 1)
    assert sorted(found.ious) == [0.5, 1.0]
    assert found.mean_iou == pytest.approx(0.75)
    assert (found.only_first, found.only_second) == (0, 1)


def test_another_category_is_another_object():
    (found,) = agreements([by("ada", "i", drawn(0, 10)), by("ben", "i", drawn(0, 10, RUST), minute=1)])
    assert (found.mean_iou, found.only_first, found.only_second) == (None, 1, 1)


def test_crowds_are_left_out():
    (found,) = agreements([by("ada", "i", drawn(0, 10, crowd=True)), by("ben", "i", drawn(0, 10), minute=1)])
    assert (found.ious, found.only_first, found.only_second) == ((), 0, 1)


def test_what_a_person_said_last_counts_and_pairs_are_told_apart():
    labels = [
        by("ben", "i", drawn(0, 5)),
        by("ben", "i", drawn(0, 10), minute=1),
        by("ada", "i", drawn(0, 10), minute=2),
        by("cleo", "j", drawn(0, 4), minute=3),
        by("ada", "j", drawn(0, 8), minute=4),
    ]
    assert [(each.first, each.second, each.mean_iou) for each in agreements(labels)] == [
        ("ada", "ben", 1.0),
        ("ada", "cleo", 0.5),
    ]


def test_one_person_or_another_kind_of_label_makes_no_pair():
    alone = [by("ada", "i", drawn(0, 5)), by("ada", "i", drawn(0, 9), minute=1)]
    assert agreements([*alone, by("ben", "i", minute=2, content=ImageLevelLabel((1,)))]) == []
