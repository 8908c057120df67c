"""Labels: history, and what is read from them for training, scoring and costs."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import Row

from maskloop.costs.timed_label import TimedLabel
from maskloop.errors import Aborted, LabelNotFound
from maskloop.values import (
    Box,
    BoxesLabel,
    Counts,
    FullLabel,
    OodAnswer,
    Point,
    PointsLabel,
    Scribble,
    ScribblesLabel,
    Split,
)
from service.store import Database
from service.store.images import image_ids, insert_images, set_split
from service.store.labels.judged_images import candidate_images, empty_images, judged_images, ood_answers
from service.store.labels.label_rows import STORED_FORMS, categories_in, row_of, shown_by
from service.store.labels.labels import (
    CountedImage,
    counted_images,
    counts_to_score,
    current_labels,
    full_labels,
    get_labels,
    images_to_score,
    images_without_need,
    insert_labels,
    labels_beside_images,
    list_labels,
    pool_counts,
)
from service.store.labels.timed_labels import timed_labels
from service.store.pagination import PageRequest
from tests.service.store.rows import BOXES, COUNTS, FULL, answer_label, counts_label, full_label, image


def test_labels_come_back_as_they_were(database: Database) -> None:
    first = full_label("l1", "i0", 1, 1, 3, seconds_spent=12.3456789, campaign_id="c")
    second = counts_label("l2", "i1", {2: 4})
    empty = full_label("l3", "i2")
    with database.write() as tx:
        insert_labels(tx, [first, second, empty])
        assert get_labels(tx, "p", ["l3", "l1", "l2"]) == [empty, first, second]
        with pytest.raises(LabelNotFound, match="'l9'"):
            get_labels(tx, "p", ["l1", "l9"])


def test_boxes_and_crowds_come_back_as_they_were(database: Database) -> None:
    boxed = replace(
        counts_label("l1", "i0", {}), content=BoxesLabel((Box(1, 0.1, 1 / 3, 2.5, 5.5), Box(3, 0, 0, 8, 6)))
    )
    nothing = replace(boxed, id="l2", image_id="i1", content=BoxesLabel())
    outlined = full_label("l3", "i0", 1, 2)
    (one, other) = outlined.objects
    crowded = replace(outlined, content=FullLabel((one, replace(other, crowd=True))))
    with database.write() as tx:
        insert_labels(tx, [boxed, nothing, crowded])
        assert get_labels(tx, "p", ["l1", "l2", "l3"]) == [boxed, nothing, crowded]
        assert [labeled.label for labeled in labels_beside_images(tx, "p", BOXES, Split)] == [boxed, nothing]
        assert [labeled.label for labeled in full_labels(tx, "p", Split)] == [crowded]
        assert current_labels(tx, "p", ["i0"]) == {("i0", BOXES): "l1", ("i0", FULL): "l3"}
        assert images_without_need(tx, "p", BOXES) == {"i0", "i1"}
        assert images_without_need(tx, "p", COUNTS) == {"i0", "i1"}  # boxes say that one holds nothing
        seen = {judged.image.id: (judged.label_id, judged.categories) for judged in judged_images(tx, "p")}
    assert seen == {"i0": ("l3", frozenset({1, 2})), "i1": ("l2", frozenset())}


places = st.floats(0, 8)
points = st.builds(Point, st.integers(1, 3), places, places)
strokes = st.builds(Scribble, st.integers(0, 3), st.lists(st.tuples(places, places), min_size=1, max_size=4).map(tuple))


@given(
    st.lists(points, max_size=4).map(tuple).map(PointsLabel)
    | st.lists(strokes, max_size=4).map(tuple).map(ScribblesLabel)
)
def test_rows_of_points_and_strokes_say_what_their_label_says(content: PointsLabel | ScribblesLabel) -> None:
    row = row_of(replace(counts_label("l1", "i0", {}), content=content))
    stored = cast("Row[Any]", SimpleNamespace(kind=row["kind"], objects=json.loads(json.dumps(row["objects"]))))
    assert STORED_FORMS[content.kind].content(stored) == content
    assert shown_by(stored) == content.shown
    assert categories_in(stored) == set(content.shown.by_category)
    assert (row["categories_present"], row["objects_present"]) == (content.shown.categories, content.shown.objects)


def test_times_of_boxes_are_kept_with_what_their_counts_had_cost(database: Database) -> None:
    counted = counts_label("l1", "i0", {1: 2})
    boxed = replace(counted, id="l2", content=BoxesLabel((Box(1, 0, 0, 1, 1),) * 2), seconds_spent=11.0)
    with database.write() as tx:
        insert_labels(tx, [counted, boxed])
        assert list(timed_labels(tx, "p")) == [TimedLabel(BOXES, Counts({1: 2}), 11.0, counted.cost_s, 0.0)]


def test_corrections_keep_history(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [full_label("l1", "i0", 1)])
        insert_labels(tx, [full_label("l2", "i0", 2, supersedes="l1", cost_s=0.0)])
        insert_labels(tx, [counts_label("l3", "i0", {1: 1})])
        assert current_labels(tx, "p", ["i0", "i1"]) == {("i0", FULL): "l2", ("i0", COUNTS): "l3"}
        assert [one.id for one in list_labels(tx, "p", PageRequest()).items] == ["l2", "l3"]
        history = list_labels(tx, "p", PageRequest(), kind=FULL, include_superseded=True).items
        assert [(one.id, one.superseded_by) for one in history] == [("l1", "l2"), ("l2", "")]


def test_two_current_labels_of_one_kind_cannot_exist(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [full_label("l1", "i0", 1)])

    def label_again() -> None:
        with database.write() as tx:
            insert_labels(tx, [full_label("l2", "i0", 1)])

    with pytest.raises(Aborted):
        label_again()


def test_labels_are_listed_in_pages_oldest_first(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [full_label("z", "i3", 1), full_label("y", "i1", 1), full_label("x", "i2", 1)])
        page = list_labels(tx, "p", PageRequest(2))
        assert [one.id for one in page.items] == ["z", "y"]
        rest = list_labels(tx, "p", PageRequest.of(2, page.next_page_token))
        assert ([one.id for one in rest.items], rest.next_page_token) == (["x"], "")
        assert [one.id for one in list_labels(tx, "p", PageRequest(), image_id="i1").items] == ["y"]
        assert list_labels(tx, "p", PageRequest(), kind=COUNTS).items == ()


def test_timed_labels_are_first_ones_with_what_their_counts_had_cost(database: Database) -> None:
    counted = counts_label("l1", "i0", {1: 2, 3: 1}, seconds_spent=7.5)
    outlined = full_label("l2", "i0", 3, 1, 1, seconds_spent=200.0)
    corrected = full_label("l3", "i0", 1, supersedes="l2", seconds_spent=9.0)
    with database.write() as tx:
        insert_labels(tx, [counted, outlined, full_label("l4", "i1", 2), full_label("l5", "i2", seconds_spent=3.0)])
        insert_labels(tx, [corrected])
        assert list(timed_labels(tx, "p")) == [
            TimedLabel(COUNTS, Counts({1: 2, 3: 1}), 7.5, outline_length=0.0),
            TimedLabel(FULL, Counts({1: 2, 3: 1}), 200.0, 4.48, outlined.content.outline_length),
            TimedLabel(FULL, Counts({}), 3.0, outline_length=0.0),
        ]
        assert list(timed_labels(tx, "elsewhere")) == []


def test_training_reads_current_full_labels_by_split(database: Database) -> None:
    old = full_label("l1", "i0", 1)
    new = full_label("l2", "i0", 2, supersedes="l1")
    train, test = full_label("l3", "t0", 1), full_label("l4", "e0", 3)
    with database.write() as tx:
        insert_labels(tx, [old, train, test, counts_label("l5", "i1", {1: 1})])
        insert_labels(tx, [new])
        found = list(full_labels(tx, "p", [Split.POOL, Split.TRAIN]))
        assert [(one.image, one.label) for one in found] == [(image("i0"), new), (image("t0", Split.TRAIN), train)]
        assert [one.label.id for one in full_labels(tx, "p", [Split.TEST])] == ["l4"]


def test_scoring_reads_counted_pool_images_without_full_labels(database: Database) -> None:
    counted = [counts_label("l1", "i0", {1: 2}), counts_label("l2", "i1", {}), counts_label("l3", "i2", {3: 1})]
    with database.write() as tx:
        insert_labels(tx, [*counted, counts_label("l4", "t0", {1: 1}), full_label("l5", "i2", 3)])
        assert list(counts_to_score(tx, "p")) == [(image("i0"), Counts({1: 2}))]


def test_scoring_without_counts_reads_every_pool_image_without_a_full_label(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [counts_label("l1", "i0", {1: 2}), full_label("l2", "i2", 3), full_label("l3", "t0", 1)])
        insert_labels(tx, [full_label("l4", "i2", 1, supersedes="l2")])
        pool = [one for one in image_ids(tx, "p", Split.POOL) if one != "i2"]
        assert "i0" in pool
        assert len(pool) > 1
        assert list(images_to_score(tx, "p")) == [image(one) for one in pool]


def test_what_is_known_of_counted_images(database: Database) -> None:
    with database.write() as tx:
        insert_labels(tx, [counts_label("l1", "i0", {1: 2, 3: 1}, cost_s=5.96), counts_label("l2", "i1", {})])
        insert_labels(tx, [counts_label("l3", "i0", {2: 7}, cost_s=0.0, supersedes="l1")])
        insert_labels(tx, [full_label("l4", "i2", 1)])
        assert counted_images(tx, "p", ["i0", "i1", "i2"]) == {
            "i0": CountedImage(1, 7, 5.96),
            "i1": CountedImage(0, 0, 4.48),
        }
        assert images_without_need(tx, "p", FULL) == {"i1", "i2"}
        assert images_without_need(tx, "p", COUNTS) == {"i0", "i1", "i2"}


def test_pool_counts_tell_what_is_known_of_images_that_are_not_labeled(database: Database) -> None:
    with database.write() as tx:
        first = counts_label("l1", "i0", {1: 2}, cost_s=4.5)
        insert_labels(tx, [first, counts_label("l2", "i1", {}), full_label("l3", "i2", 1)])
        insert_labels(tx, [counts_label("l4", "i0", {1: 3}, cost_s=0.5, supersedes="l1")])
    with database.read() as tx:
        known = {found.id: (counts, paid_s) for found, counts, paid_s in pool_counts(tx, "p")}
    assert known == {
        "i0": (Counts({1: 3}), 5.0),
        "i1": (Counts({}), 4.48),
        **{f"i{place}": (None, 0.0) for place in (3, 4, 5)},
    }


def test_what_labels_say_is_in_an_image_is_told_by_the_best_of_them(database: Database) -> None:
    with database.write() as tx:
        insert_images(tx, [image(f"o{place}", Split.OOD) for place in range(4)])
        insert_labels(tx, [full_label("l1", "i0", 1, 3, 3), counts_label("l2", "i0", {2: 1}), full_label("l3", "i1")])
        insert_labels(tx, [counts_label("l4", "i2", {2: 4}), full_label("l5", "e0", 1), answer_label("l6", "o0")])
        insert_labels(tx, [answer_label("l7", "o1", 2), full_label("l8", "o2")])
        set_split(tx, "p", ["o1"], Split.POOL)
    with database.read() as tx:
        judged = {one.image.id: (one.image.split, one.categories) for one in judged_images(tx, "p")}
        assert judged == {
            "i0": (Split.POOL, {1, 3}),
            "i1": (Split.POOL, frozenset()),
            "i2": (Split.POOL, {2}),
            "o0": (Split.OOD, frozenset()),
            "o1": (Split.POOL, {2}),
            "o2": (Split.OOD, frozenset()),
        }
        assert {one.image.id: one.label_id for one in judged_images(tx, "p")} == {
            **{"i0": "l1", "i1": "l3", "i2": "l4"},
            **{"o0": "l6", "o1": "l7", "o2": "l8"},
        }
        assert [found.id for found in candidate_images(tx, "p")] == ["o3"]
        assert ood_answers(tx, "p") == {"o0": OodAnswer(), "o1": OodAnswer(2)}
        assert get_labels(tx, "p", ["l7"]) == [answer_label("l7", "o1", 2)]


def test_images_known_to_hold_nothing_are_those_that_counts_or_an_answer_and_no_full_label_call_empty(
    database: Database,
) -> None:
    with database.write() as tx:
        insert_images(tx, [image(f"o{place}", Split.OOD) for place in range(3)])
        insert_labels(tx, [counts_label("l1", "i0", {}), counts_label("l2", "i1", {2: 1}), full_label("l3", "i2")])
        insert_labels(tx, [counts_label("l4", "i3", {}), full_label("l5", "i3", 1), counts_label("l6", "e0", {})])
        insert_labels(tx, [answer_label("l7", "o0"), answer_label("l8", "o1"), answer_label("l9", "o2", 3)])
        insert_labels(tx, [answer_label("l10", "o1", 3, supersedes="l8")])
    with database.read() as tx:
        assert [(one.image.id, one.label_id) for one in empty_images(tx, "p")] == [("i0", "l1"), ("o0", "l7")]
