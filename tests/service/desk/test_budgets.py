"""Campaigns and their budgets: what labels are expected to cost, and what is affordable."""

from __future__ import annotations

from datetime import timedelta

import pytest

from maskloop.errors import AlreadyExists, CampaignNotFound, InvalidArgument, InvalidBudget, ProjectNotFound
from maskloop.values import Budget, Strategy
from tests.service.desk.asking import COUNTS, COUNTS_QUOTE, FULL, FULL_PRIOR, GUIDED, books, ids, select, submit
from tests.service.desks import START, Server, counts_draft, full_draft


def test_a_campaign_is_created_once(server: Server) -> None:
    made = server.create_campaign(100.0, strategy=GUIDED, seed=9)
    assert (made.budget, made.strategy, made.seed, made.spent_s, made.created_at) == (
        Budget(seconds=100.0),
        GUIDED,
        9,
        0.0,
        START,
    )
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c") == made
    with pytest.raises(AlreadyExists, match="campaign c"):
        server.create_campaign(100.0)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"seconds": 2.99}, InvalidBudget),
        ({"seconds": 1e300}, InvalidBudget),
        ({"seconds": 10.0, "campaign_id": "No Id"}, InvalidArgument),
        ({"seconds": 10.0, "seed": -1}, InvalidArgument),
        ({"seconds": 10.0, "seed": 2**63}, InvalidArgument),
        ({"seconds": 10.0, "strategy": Strategy("hunch")}, InvalidArgument),
    ],
)
def test_impossible_campaigns_are_refused(server: Server, options: dict, error: type[Exception]) -> None:
    with pytest.raises(error):
        server.create_campaign(**options)
    assert server.campaigns.list_campaigns(project_id="p").items == ()


def test_a_campaign_needs_its_project(server: Server) -> None:
    with pytest.raises(ProjectNotFound):
        server.campaigns.create_campaign(
            project_id="q", campaign_id="c", budget=Budget(seconds=9.0), strategy=Strategy("random")
        )
    with pytest.raises(CampaignNotFound):
        server.campaigns.get_campaign(project_id="p", campaign_id="c")


def test_a_budget_may_not_fall_below_what_is_spent_and_promised(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    select(server)
    change = server.campaigns.update_campaign_budget
    with pytest.raises(InvalidBudget, match=r"222\.7"):
        change(project_id="p", campaign_id="c", budget=Budget(seconds=222.6))
    with pytest.raises(InvalidBudget, match="more than"):
        change(project_id="p", campaign_id="c", budget=Budget(seconds=1e300))
    with pytest.raises(InvalidBudget, match="seconds"):
        change(project_id="p", campaign_id="c", budget=Budget(images=3))
    assert change(project_id="p", campaign_id="c", budget=Budget(seconds=222.7)).left_s == pytest.approx(0, abs=1e-9)


def test_an_image_budget_may_not_fall_below_the_images_given_out(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(images=3)
    select(server, images=2)
    change = server.campaigns.update_campaign_budget
    with pytest.raises(InvalidBudget, match="2 images"):
        change(project_id="p", campaign_id="c", budget=Budget(images=1))
    assert change(project_id="p", campaign_id="c", budget=Budget(images=2)).left_images == 0


def test_a_batch_reserves_the_expected_cost(server: Server) -> None:
    server.import_pool(5)
    server.create_campaign(1000.0)
    full = select(server, images=2)
    assert [pick.cost_s for pick in full.picks] == [FULL_PRIOR, FULL_PRIOR]
    counts = select(server, "bob", COUNTS, images=2)
    assert [pick.cost_s for pick in counts.picks] == [COUNTS_QUOTE, COUNTS_QUOTE]
    assert books(server) == (0.0, 455.84, 0, 2)
    assert (full.exhausted, full.expires_at, full.strategy) == (False, START + timedelta(hours=1), "random")


def test_counted_images_are_quoted_exactly_and_the_rest_is_paid(server: Server) -> None:
    pool = server.import_pool(2)
    server.create_campaign(1000.0)
    server.count(pool, {1: 2, 3: 1})
    # Counting: 3 + 1.48 * 2 = 5.96. In full: (3 - 2) + 79 * 3 = 238; less the counts 232.04.
    assert books(server) == (11.92, 0.0, 0, 0)
    batch = select(server, images=2)
    assert [pick.cost_s for pick in batch.picks] == [232.04, 232.04]
    submit(server, batch, full_draft(pool[0], 1, 1, 3))
    assert books(server) == (243.96, 232.04, 1, 1)


def test_the_expected_cost_is_the_mean_of_the_campaigns_full_labels(server: Server) -> None:
    server.import_pool(4)
    server.create_campaign(10_000.0)
    batch = select(server, images=2)
    one, two = ids(batch)
    submit(server, batch, full_draft(one, 1), full_draft(two, 1, 1, 1, 2))
    # (3 - 1) + 79 = 81 and (3 - 2) + 4 * 79 = 317: the mean is 199.
    assert [pick.cost_s for pick in select(server, images=2).picks] == [199.0, 199.0]


@pytest.mark.parametrize(("slow", "quick"), [(1, 2), (2, 1)])
def test_worth_a_second_is_told_by_measured_seconds_and_paid_for_by_planned_ones(
    server: Server, slow: int, quick: int
) -> None:
    *labeled, of_slow, of_quick = server.import_pool(8)
    server.create_campaign(10_000.0)
    takes_s = {slow: 240.0, quick: 20.0}
    drafts = [full_draft(one, n % 2 + 1, seconds_spent=takes_s[n % 2 + 1]) for n, one in enumerate(labeled)]
    server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts)
    for image_id, category in ((of_slow, slow), (of_quick, quick)):
        draft = counts_draft(image_id, {category: 1})
        server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft])
    server.add_model({of_slow: 0.5, of_quick: 0.5})
    batch = select(server, strategy=Strategy("mask_guided", {"target": "0.5", "per_second": "yes"}))
    assert ids(batch) == [of_quick]
    assert [pick.cost_s for pick in batch.picks] == [81.0]


def test_images_counted_as_empty_need_no_full_label(server: Server) -> None:
    pool = server.import_pool(2)
    server.create_campaign(1000.0)
    server.count(pool, {})
    server.import_pool(3)
    assert set(ids(select(server, images=5))) == set(server.import_pool(3)) - set(pool)


def test_unaffordable_images_are_passed_over(server: Server) -> None:
    dear, cheap = server.import_pool(2)
    server.create_campaign(200.0, strategy=GUIDED)
    server.add_model({dear: 0.5, cheap: 0.9})
    batch = select(server, "ann", COUNTS, images=2)
    submit(server, batch, counts_draft(dear, {1: 3}), counts_draft(cheap, {1: 1}))
    # 200 - 2 * 4.48 = 191.04 are left; dear costs 2 + 3 * 79 - 4.48 = 234.52, cheap 76.52.
    chosen = select(server, images=2)
    assert [(pick.image_id, pick.cost_s) for pick in chosen.picks] == [(cheap, 76.52)]
    assert chosen.exhausted


def test_an_image_that_may_still_fit_ends_the_batch_with_what_is_left(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(300.0)
    batch = select(server, images=3)
    assert [pick.cost_s for pick in batch.picks] == [FULL_PRIOR, 77.3]
    assert batch.exhausted
    assert books(server) == (0.0, 300.0, 0, 2)


def test_a_batch_by_seconds_holds_as_many_images_as_fit_and_at_least_one(server: Server) -> None:
    server.import_pool(6)
    server.create_campaign(10_000.0)
    assert len(select(server, "ann", seconds=3 * FULL_PRIOR).picks) == 3
    assert len(select(server, "bob", seconds=1.0).picks) == 1


def test_an_image_budget_counts_full_labels_only(server: Server) -> None:
    pool = server.import_pool(5)
    server.create_campaign(images=2)
    server.count(pool, {1: 1})
    batch = select(server, images=5)
    assert (len(batch.picks), batch.exhausted) == (2, True)
    assert len(select(server, "bob", images=1).picks) == 0
    submit(server, batch, full_draft(ids(batch)[0], 1))
    found = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    assert (found.labeled_images, found.reserved_images, found.left_images) == (1, 1, 0)


def test_nothing_left_is_an_empty_exhausted_batch(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(10_000.0)
    select(server, "ann")
    empty = select(server, "bob", request_id="r")
    assert (empty.picks, empty.exhausted) == ((), True)
    server.campaigns.release_batch(project_id="p", batch_id=select(server, "ann").id, annotator="ann")
    assert select(server, "bob", request_id="r") == empty
    assert len(select(server, "bob").picks) == 1


def test_a_campaign_that_could_afford_nothing_looks_again_when_something_changes(server: Server) -> None:
    pool = server.import_pool(2)
    server.create_campaign(90.0)
    server.create_campaign(1000.0, "d")
    server.count(pool, {1: 2})
    assert select(server).exhausted
    other = server.campaigns.select_batch(project_id="p", campaign_id="d", annotator="eve", kind=FULL, images=1)
    old = server.labels.list_labels(project_id="p", image_id=other.picks[0].image_id).items[0]
    correction = counts_draft(old.image_id, {1: 1}, supersedes=old.id)
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[correction])
    assert select(server).exhausted
    server.campaigns.release_batch(project_id="p", batch_id=other.id, annotator="eve")
    assert ids(select(server)) == [old.image_id]
    server.campaigns.update_campaign_budget(project_id="p", campaign_id="c", budget=Budget(seconds=500.0))
    assert len(select(server, "bob").picks) == 1


@pytest.mark.parametrize("slow_category", [1, 2])
def test_value_per_second_goes_by_the_seconds_people_take(server: Server, slow_category: int) -> None:
    """By the plan both categories cost the same; people take four minutes longer for one of them."""
    one, two, *taught = server.import_pool(14)
    server.create_campaign(100_000.0, strategy=Strategy.parse("mask_guided:target=0.5,per_second=yes"))
    counted = [counts_draft(one, {1: 1}), counts_draft(two, {2: 1})]
    server.labels.submit_labels(project_id="p", annotator="ann", labels=counted)
    categories = [1 + place % 2 for place in range(len(taught))]
    drafts = [
        full_draft(image_id, category, seconds_spent=300.0 if category == slow_category else 60.0)
        for image_id, category in zip(taught, categories, strict=True)
    ]
    server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts)
    server.add_model({one: 0.5, two: 0.5})
    assert ids(select(server)) == [two if slow_category == 1 else one]


def test_where_nobody_counted_value_per_second_goes_by_what_the_model_found(server: Server) -> None:
    one, three, none, four = pool = server.import_pool(4)
    server.create_campaign(100_000.0, strategy=Strategy.parse("mask_guided:target=0.5,per_second=yes"))
    server.add_model(dict.fromkeys(pool, 0.5), found={one: 1, three: 3, four: 4})
    assert ids(select(server, images=4)) == [none, one, three, four]
