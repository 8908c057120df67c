"""Campaigns' books, batches and their leases, and what campaigns pass over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maskloop.errors import Aborted, AlreadyExists, BatchNotFound, CampaignNotFound
from maskloop.values import Budget, Campaign, FullLabel, Label, PickState, SkipReason, Strategy
from service.store import Database
from service.store.batches import (
    find_open_batch,
    get_batch,
    holders,
    insert_batch,
    insert_skip,
    leased_images,
    list_batches,
    overdue_batches,
    set_expiry,
    set_pick_states,
    skips_of,
    skips_of_images,
)
from service.store.campaigns import (
    FullLabelTotals,
    Movement,
    charge,
    full_label_totals,
    get_campaign,
    get_campaign_by_kind,
    insert_campaign,
    list_campaigns,
    move,
    set_budget,
)
from service.store.pagination import PageRequest
from tests.service.store.rows import CAMPAIGN, COUNTS, FULL, NOW, batch


def test_campaigns_keep_their_books_exactly(database: Database) -> None:
    with database.write() as tx:
        for _ in range(1000):
            move(tx, CAMPAIGN, Movement(spent_s=0.1, reserved_s=0.3))
        move(tx, CAMPAIGN, Movement(reserved_s=-299.9, reserved_images=2, full=FullLabelTotals(1, 2, 5)))
        planned = Label("l1", "p", "i0", FullLabel(), "ann", 1.25, NOW)
        charge(tx, CAMPAIGN, FULL, [planned])
        charge(tx, CAMPAIGN, FULL, [replace(planned, seconds_spent=9.5), replace(planned, seconds_spent=0.0)])
        stored = get_campaign_by_kind(tx, "p", "c")
    books: dict[str, Any] = {"spent_s": 110.75, "reserved_s": 0.1, "labeled_images": 1, "reserved_images": 2}
    by_kind: dict[str, Any] = {
        "spent_s_by_kind": {FULL: 10.75},
        "planned_s_by_kind": {FULL: 3.75},
        "measured_s_by_kind": {FULL: 9.5},
    }
    assert stored == replace(CAMPAIGN, **books, **by_kind)


def test_full_label_totals_are_summed_over_campaigns(database: Database) -> None:
    other = replace(CAMPAIGN, id="d")
    with database.write() as tx:
        assert full_label_totals(tx, "p") == FullLabelTotals(0, 0, 0)
        insert_campaign(tx, other)
        move(tx, CAMPAIGN, Movement(full=FullLabelTotals(1, 2, 3)))
        move(tx, other, Movement(full=FullLabelTotals(10, 20, 30)))
        assert full_label_totals(tx, "p") == FullLabelTotals(11, 22, 33)


def test_campaigns_are_listed_by_id_and_their_budget_changes(database: Database) -> None:
    with database.write() as tx:
        insert_campaign(tx, Campaign("a", "p", Budget(images=5), Strategy("random"), 0, created_at=NOW))
        set_budget(tx, "p", "c", Budget(seconds=12.5))
        assert [one.id for one in list_campaigns(tx, "p", PageRequest()).items] == ["a", "c"]
        assert get_campaign(tx, "p", "c").budget == Budget(seconds=12.5)
        assert get_campaign(tx, "p", "a").budget == Budget(images=5)
        with pytest.raises(CampaignNotFound):
            get_campaign(tx, "p", "b")
        with pytest.raises(AlreadyExists):
            insert_campaign(tx, CAMPAIGN)


def test_batches_come_back_as_they_were_with_what_became_of_each_pick(database: Database) -> None:
    made = batch("b", "i3", "i1", "i2", model_version="m1", target_iou=0.3, exhausted=True)
    with database.write() as tx:
        insert_batch(tx, made)
        record = get_batch(tx, "p", "b")
        assert record.held() == record.batch == made
        after = set_pick_states(tx, record, ["i1"], PickState.LABELED)
        assert after == get_batch(tx, "p", "b")
        assert [pick.image_id for pick in after.held().picks] == ["i3", "i2"]
        assert leased_images(tx, "p") == {"i3", "i2"}
        assert {key: value.batch_id for key, value in holders(tx, "p", ["i1", "i2"]).items()} == {"i2": "b"}
        with pytest.raises(BatchNotFound):
            get_batch(tx, "elsewhere", "b")


def test_batches_are_listed_by_id_with_their_past(database: Database) -> None:
    with database.write() as tx:
        insert_campaign(tx, replace(CAMPAIGN, id="d"))
        insert_batch(tx, batch("b2", "i1", "i0"))
        insert_batch(tx, batch("b1", "i2"))
        insert_batch(tx, replace(batch("b3", "i3"), campaign_id="d"))
        set_pick_states(tx, get_batch(tx, "p", "b2"), ["i1"], PickState.SKIPPED)
        page = list_batches(tx, "p", PageRequest(2))
        assert page.items == (get_batch(tx, "p", "b1"), get_batch(tx, "p", "b2"))
        assert page.items[1].states == {"i1": PickState.SKIPPED, "i0": PickState.OPEN}
        rest = list_batches(tx, "p", PageRequest.of(2, page.next_page_token))
        assert ([one.batch.id for one in rest.items], rest.next_page_token) == (["b3"], "")
        assert [one.batch.id for one in list_batches(tx, "p", PageRequest(), campaign_id="d").items] == ["b3"]
        assert list_batches(tx, "elsewhere", PageRequest()).items == ()


def test_an_image_is_leased_once(database: Database) -> None:
    with database.write() as tx:
        insert_batch(tx, batch("b", "i0", "i1"))

    def lease_again() -> None:
        with database.write() as tx:
            insert_batch(tx, batch("d", "i1"))

    with pytest.raises(Aborted):
        lease_again()
    with database.write() as tx:
        set_pick_states(tx, get_batch(tx, "p", "b"), ["i1"], PickState.RELEASED)
    lease_again()


def test_open_and_overdue_batches_are_found(database: Database) -> None:
    with database.write() as tx:
        insert_batch(tx, batch("b", "i0"))
        insert_batch(tx, batch("d", "i1", annotator="bob", kind=COUNTS))
        assert find_open_batch(tx, CAMPAIGN, "ann", FULL) == get_batch(tx, "p", "b")
        assert find_open_batch(tx, CAMPAIGN, "ann", COUNTS) is None
        assert overdue_batches(tx, "p", NOW + timedelta(minutes=59)) == []
        record = set_expiry(tx, get_batch(tx, "p", "b"), NOW)
        assert overdue_batches(tx, "p", NOW) == [record]
        set_pick_states(tx, record, ["i0"], PickState.EXPIRED)
        assert find_open_batch(tx, CAMPAIGN, "ann", FULL) is None
        assert overdue_batches(tx, "p", NOW) == []


def test_skips_are_a_campaigns_own_and_said_once(database: Database) -> None:
    made = batch("b", "i0", "i1")
    with database.write() as tx:
        insert_campaign(tx, replace(CAMPAIGN, id="d"))
        for reason in (SkipReason.UNSURE, SkipReason.UNUSABLE):
            insert_skip(tx, made, "i0", reason, NOW)
        insert_skip(tx, replace(made, campaign_id="d"), "i0", SkipReason.UNSURE, NOW)
        assert (skips_of(tx, "p", "c"), skips_of(tx, "p", "none")) == ({"i0"}, set())
        assert skips_of_images(tx, "p", ["i0", "i1"]) == {"i0": {"c", "d"}}
