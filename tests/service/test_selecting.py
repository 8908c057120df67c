"""Campaigns, batches and leases, through the annotation desk over a real SQLite store."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from maskloop.errors import (
    AlreadyExists,
    BatchNotFound,
    CampaignNotFound,
    FailedPrecondition,
    ForeignLease,
    ImageNotFound,
    InvalidArgument,
    InvalidBudget,
    LeaseLost,
    NoActiveModel,
    PoolNotScored,
    ProjectNotFound,
    RequestIdReused,
    UnsupportedSupervision,
)
from maskloop.values import Batch, Budget, SkipReason, Split, Strategy, SupervisionKind
from tests.service.desks import START, Server, counts_draft, full_draft

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS
GUIDED = Strategy("mask_guided", {"target": "0.5"})

# Three categories: counting costs 3 s and 1.48 s a category present; a full label 1 s an absent one, 79 s an object.
COUNTS_QUOTE = 5.22  # 3 + 1.48 * 1.5, before anything is known
FULL_PRIOR = 222.7  # (3 - 1.5) + 79 * 2.8


def select(server: Server, annotator: str = "ann", kind: SupervisionKind = FULL, **options: object) -> Batch:
    asked = {"images": None if "seconds" in options else 1, **options}
    return server.campaigns.select_batch(project_id="p", campaign_id="c", annotator=annotator, kind=kind, **asked)


def ids(batch: Batch) -> list[str]:
    return [pick.image_id for pick in batch.picks]


def books(server: Server, campaign_id: str = "c") -> tuple[float, float, int, int]:
    found = server.campaigns.get_campaign(project_id="p", campaign_id=campaign_id)
    return found.spent_s, found.reserved_s, found.labeled_images, found.reserved_images


def submit(server: Server, batch: Batch, *drafts: object, annotator: str = "ann") -> None:
    server.labels.submit_labels(project_id="p", annotator=annotator, labels=drafts, batch_id=batch.id)


# Campaigns


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


# Selecting


def test_random_order_is_that_of_the_seeded_hash(server: Server) -> None:
    pool = server.import_pool(8)
    server.create_campaign(10_000.0, seed=5)

    def draw(image_id: str) -> int:
        digest = hashlib.blake2b(f"5/{image_id}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "little") >> 11

    assert ids(select(server, images=8)) == sorted(pool, key=draw)


def test_a_batch_reserves_the_expected_cost(server: Server) -> None:
    server.import_pool(5)
    server.create_campaign(1000.0)
    full = select(server, images=2)
    assert [pick.cost_s for pick in full.picks] == [FULL_PRIOR, FULL_PRIOR]
    counts = select(server, "bob", COUNTS, images=2)
    assert [pick.cost_s for pick in counts.picks] == [COUNTS_QUOTE, COUNTS_QUOTE]
    assert books(server) == (0.0, 455.84, 0, 2)
    assert (full.exhausted, full.expires_at, full.strategy) == (False, START + timedelta(hours=1), "random")


def test_mask_guided_takes_the_scores_nearest_the_target(server: Server) -> None:
    pool = sorted(server.import_pool(6))
    server.create_campaign(10_000.0, strategy=GUIDED)
    server.add_model(dict(zip(pool, [0.1, 0.45, 0.56, 0.45, 0.9, 0.0], strict=True)))
    batch = select(server, images=4)
    assert ids(batch) == [pool[1], pool[3], pool[2], pool[0]]
    assert [pick.score for pick in batch.picks] == [0.45, 0.45, 0.56, 0.1]
    assert (batch.target_iou, batch.model_version, batch.strategy) == (0.5, "m1", "mask_guided:target=0.5")
    assert batch.picks[2].reason == "predicted IoU 0.56, target 0.50"


@pytest.mark.parametrize(("labeled", "target"), [(0, 0.3), (300, 0.45), (800, 0.5)])
def test_the_automatic_target_goes_by_what_the_model_learnt_from(server: Server, labeled: int, target: float) -> None:
    pool = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy("mask_guided"))
    server.add_model(dict.fromkeys(pool, 0.5), labeled_images=labeled)
    assert select(server).target_iou == pytest.approx(target)


def test_scores_are_needed_only_by_strategies_that_use_them(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(10_000.0, strategy=GUIDED)
    with pytest.raises(NoActiveModel):
        select(server)
    server.add_model(None)
    with pytest.raises(PoolNotScored, match="m1"):
        select(server)
    assert len(select(server, "ann", COUNTS).picks) == 1
    assert select(server, "bob", strategy=Strategy("random")).strategy == "random"


def test_a_new_active_model_brings_its_own_scores(server: Server) -> None:
    first, second = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=GUIDED)
    server.add_model({first: 0.5, second: 0.0})
    assert ids(select(server, "ann")) == [first]
    server.campaigns.release_batch(project_id="p", batch_id=select(server, "ann").id, annotator="ann")
    server.add_model({first: 0.0, second: 0.5}, "m2")
    batch = select(server, "ann")
    assert (ids(batch), batch.model_version) == ([second], "m2")


def test_only_pool_images_are_asked_for(server: Server) -> None:
    server.import_pool(2, split=Split.TRAIN)
    server.import_pool(2, split=Split.TEST)
    pool = server.import_pool(1)
    server.create_campaign(10_000.0)
    assert ids(select(server, images=9)) == pool


def test_images_imported_later_join(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(10_000.0)
    assert len(select(server, "ann", images=5).picks) == 1
    server.import_pool(3)
    assert len(select(server, "bob", images=5).picks) == 2


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


@pytest.mark.parametrize(
    "options",
    [
        {"images": 0},
        {"images": 1001},
        {"images": None},
        {"images": 1, "seconds": 5.0},
        {"images": None, "seconds": 0.0},
        {"images": None, "seconds": float("nan")},
        {"annotator": ""},
        {"annotator": "a" * 129},
        {"lease_s": 0.5},
        {"lease_s": 8 * 86_400.0},
        {"lease_s": float("nan")},
        {"strategy": Strategy("hunch")},
    ],
)
def test_impossible_requests_are_refused(server: Server, options: dict) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    with pytest.raises(InvalidArgument):
        select(server, **options)
    assert books(server) == (0.0, 0.0, 0, 0)


def test_kinds_that_are_not_yet_supported_say_so(server: Server) -> None:
    server.create_campaign(1000.0)
    with pytest.raises(UnsupportedSupervision, match="boxes"):
        select(server, kind=SupervisionKind.BOXES)


# Idempotency and stickiness


def test_the_same_request_gets_the_same_batch_even_after_labels_came(server: Server) -> None:
    server.import_pool(4)
    server.create_campaign(10_000.0)
    batch = select(server, images=2, request_id="r1")
    submit(server, batch, full_draft(ids(batch)[0], 1))
    server.clock.forward(1e6)
    assert select(server, images=2, request_id="r1") == batch
    assert (
        server.restarted().campaigns.select_batch(
            project_id="p", campaign_id="c", annotator="ann", kind=FULL, images=2, request_id="r1"
        )
        == batch
    )
    with pytest.raises(RequestIdReused, match="r1"):
        select(server, images=3, request_id="r1")


def test_every_write_of_campaigns_is_idempotent(server: Server) -> None:
    first = server.create_campaign(100.0, request_id="a")
    change = {"project_id": "p", "campaign_id": "c", "request_id": "b"}
    changed = server.campaigns.update_campaign_budget(budget=Budget(seconds=50.0), **change)
    server.campaigns.update_campaign_budget(project_id="p", campaign_id="c", budget=Budget(seconds=70.0))
    assert server.create_campaign(100.0, request_id="a") == first
    assert server.campaigns.update_campaign_budget(budget=Budget(seconds=50.0), **change) == changed
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c").budget.seconds == 70.0
    with pytest.raises(RequestIdReused):
        server.create_campaign(101.0, request_id="a")
    with pytest.raises(RequestIdReused):
        server.campaigns.update_campaign_budget(budget=Budget(seconds=51.0), **change)


def test_a_returning_annotator_gets_the_open_batch_back(server: Server) -> None:
    server.import_pool(9)
    server.create_campaign(10_000.0)
    batch = select(server, images=3)
    assert select(server, images=1, request_id="other") == batch
    submit(server, batch, full_draft(ids(batch)[0], 1))
    rest = select(server, images=5)
    assert (rest.id, ids(rest)) == (batch.id, ids(batch)[1:])
    counts = select(server, kind=COUNTS)
    assert counts.id != batch.id
    assert select(server, "bob").id != batch.id


def test_a_finished_batch_is_followed_by_a_new_one(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(10_000.0)
    batch = select(server)
    submit(server, batch, full_draft(ids(batch)[0], 1))
    assert select(server).id != batch.id


# Leases


def test_no_image_is_leased_to_two(server: Server) -> None:
    pool = server.import_pool(6)
    server.create_campaign(10_000.0)
    server.create_campaign(10_000.0, "d", seed=1)
    taken = ids(select(server, "ann", images=2)) + ids(select(server, "bob", COUNTS, images=2))
    other = server.campaigns.select_batch(project_id="p", campaign_id="d", annotator="ann", kind=FULL, images=6)
    assert sorted(taken + ids(other)) == sorted(pool)


def test_an_expired_lease_is_taken_over_and_its_reservation_given_back(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(300.0)
    batch = select(server, "ann", lease_s=60.0)
    server.clock.forward(59.9)
    assert select(server, "bob").exhausted
    server.clock.forward(0.1)
    assert books(server) == (0.0, 0.0, 0, 0)
    assert ids(select(server, "bob")) == ids(batch)
    with pytest.raises(LeaseLost, match=ids(batch)[0]):
        submit(server, batch, full_draft(ids(batch)[0], 1))
    with pytest.raises(LeaseLost):
        server.campaigns.renew_batch(project_id="p", batch_id=batch.id, annotator="ann")


def test_whoever_asks_first_after_a_lease_ran_out_gets_the_image(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(300.0)
    batch = select(server, "ann", lease_s=60.0)
    assert select(server, "bob").exhausted
    server.clock.forward(60)
    assert ids(select(server, "bob")) == ids(batch)


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


def test_work_under_an_expired_lease_that_nobody_took_is_accepted(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(300.0)
    batch = select(server, lease_s=60.0)
    server.clock.forward(3600)
    submit(server, batch, full_draft(ids(batch)[0], 1))
    assert books(server) == (81.0, 0.0, 1, 0)
    assert select(server).exhausted


def test_renewing_prolongs_a_lease(server: Server) -> None:
    server.import_pool(2)
    server.create_campaign(1000.0)
    batch = select(server, lease_s=60.0)
    server.clock.forward(30)
    renewed = server.campaigns.renew_batch(project_id="p", batch_id=batch.id, annotator="ann", lease_s=100.0)
    assert renewed == replace(batch, expires_at=START + timedelta(seconds=130))
    server.clock.forward(99)
    assert server.campaigns.get_batch(project_id="p", batch_id=batch.id) == renewed
    server.clock.forward(1)
    assert server.campaigns.get_batch(project_id="p", batch_id=batch.id).picks == ()


def test_renewing_an_expired_batch_takes_back_what_nobody_else_has(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0)
    batch = select(server, images=3, lease_s=60.0)
    server.clock.forward(60)
    taken = ids(select(server, "bob"))
    renewed = server.campaigns.renew_batch(project_id="p", batch_id=batch.id, annotator="ann")
    assert sorted(ids(renewed) + taken) == sorted(ids(batch))
    assert books(server) == (0.0, 668.1, 0, 3)
    assert select(server).id == batch.id


def test_renewing_takes_back_only_what_the_budget_affords(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(450.0)
    batch = select(server, images=2, lease_s=60.0)
    server.clock.forward(60)
    select(server, "bob", COUNTS)
    assert len(server.campaigns.renew_batch(project_id="p", batch_id=batch.id, annotator="ann").picks) == 1


def test_released_images_can_be_chosen_again(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0)
    batch = select(server, images=3)
    release = server.campaigns.release_batch
    assert release(project_id="p", batch_id=batch.id, annotator="ann", image_ids=ids(batch)[:1]) == 1
    assert ids(select(server, "bob")) == ids(batch)[:1]
    assert release(project_id="p", batch_id=batch.id, annotator="ann", image_ids=ids(batch)[:1]) == 0
    assert release(project_id="p", batch_id=batch.id, annotator="ann") == 2
    assert books(server) == (0.0, FULL_PRIOR, 0, 1)
    with pytest.raises(LeaseLost, match="released"):
        submit(server, batch, full_draft(ids(batch)[1], 1))


def test_a_skipped_image_is_passed_over_by_its_campaign_for_good(server: Server) -> None:
    server.import_pool(2)
    server.create_campaign(10_000.0)
    server.create_campaign(10_000.0, "d")
    batch = select(server, images=2)
    skip = {"project_id": "p", "batch_id": batch.id, "annotator": "ann", "image_id": ids(batch)[0]}
    for _ in range(2):
        server.campaigns.skip_image(reason=SkipReason.UNSURE, **skip)
    assert books(server) == (0.0, FULL_PRIOR, 0, 1)
    for again in (server, server.restarted()):
        assert select(again, "bob", images=2).exhausted
        assert select(again, "bob", COUNTS, images=2).exhausted
        elsewhere = again.campaigns.select_batch(project_id="p", campaign_id="d", annotator="eve", kind=FULL, images=2)
        assert ids(elsewhere) == ids(batch)[:1]


def test_batches_are_their_annotators_own(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    batch = select(server)
    whose = {"project_id": "p", "batch_id": batch.id, "annotator": "bob"}
    image_id = ids(batch)[0]
    for act in (
        lambda: server.campaigns.renew_batch(**whose),
        lambda: server.campaigns.release_batch(**whose),
        lambda: server.campaigns.skip_image(image_id=image_id, reason=SkipReason.UNSURE, **whose),
        lambda: submit(server, batch, full_draft(image_id, 1), annotator="bob"),
    ):
        with pytest.raises(ForeignLease, match="leased to ann"):
            act()


def test_what_is_not_there_is_named(server: Server) -> None:
    pool = server.import_pool(2)
    server.create_campaign(1000.0)
    batch = select(server)
    other = next(image_id for image_id in pool if image_id not in ids(batch))
    own = {"project_id": "p", "batch_id": batch.id, "annotator": "ann"}
    with pytest.raises(ImageNotFound, match=other):
        server.campaigns.release_batch(image_ids=[other], **own)
    with pytest.raises(ImageNotFound, match="nothing"):
        server.campaigns.skip_image(image_id="nothing", reason=SkipReason.UNSURE, **own)
    with pytest.raises(BatchNotFound, match="nothing"):
        server.campaigns.get_batch(project_id="p", batch_id="nothing")
    with pytest.raises(ProjectNotFound):
        server.campaigns.get_batch(project_id="q", batch_id=batch.id)
    with pytest.raises(CampaignNotFound):
        server.campaigns.select_batch(project_id="p", campaign_id="z", annotator="ann", kind=FULL, images=1)


def test_a_labeled_image_is_not_skipped(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    batch = select(server)
    submit(server, batch, full_draft(ids(batch)[0], 1))
    with pytest.raises(FailedPrecondition, match="was labeled"):
        server.campaigns.skip_image(
            project_id="p", batch_id=batch.id, annotator="ann", image_id=ids(batch)[0], reason=SkipReason.UNSURE
        )


UNTRUSTED = {"head_untrusted": 1.0, "held_out_images": 5.0}


def test_an_untrusted_head_does_not_choose_and_the_batch_says_so(server: Server) -> None:
    ids = server.import_pool(4)
    server.create_campaign(10_000.0, strategy=Strategy("mask_guided", {"target": "0.5"}))
    server.add_model(dict.fromkeys(ids, 0.5), metrics=UNTRUSTED)
    batch = select(server)
    assert batch.strategy == "stratified_random"
    assert (batch.target_iou, batch.model_version) == (None, "")
    assert "not yet trusted" in batch.fallback
    assert all(pick.score is None for pick in batch.picks)


def test_confidence_that_ranks_chooses_in_the_head_s_place(server: Server) -> None:
    ids = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy("mask_guided", {"target": "0.5"}))
    server.add_model(dict(zip(ids, (0.1, 0.5), strict=True)), metrics={"head_confidence": 1.0})
    batch = select(server, images=1)
    assert (batch.picks[0].image_id, batch.fallback) == (ids[1], "")


@pytest.mark.parametrize("strategy", ["mask_guided:target=0.5,trust=any", "entropy"])
def test_a_strategy_that_does_not_rely_on_the_head_chooses_all_the_same(server: Server, strategy: str) -> None:
    ids = server.import_pool(2)
    server.create_campaign(10_000.0, strategy=Strategy.parse(strategy))
    server.add_model(dict.fromkeys(ids, 0.5), metrics=UNTRUSTED)
    batch = select(server)
    assert (batch.strategy, batch.fallback) == (str(Strategy.parse(strategy)), "")


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


@pytest.mark.parametrize(
    "strategy", ["mask_guided:target=0.5,per_second=yes", "mix:first=entropy,second=stratified_random"]
)
def test_an_image_labeled_since_the_scoring_does_not_stand_in_the_way_of_a_restart(
    server: Server, strategy: str
) -> None:
    first, second = server.import_pool(2)
    server.create_campaign(100_000.0, strategy=Strategy.parse(strategy))
    server.add_model({first: 0.5, second: 0.4})
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[full_draft(first, 1)])
    again = server.restarted()
    assert ids(select(again, images=2)) == [second]


def test_counts_are_bought_in_random_order_whatever_strategy_is_named(server: Server) -> None:
    server.import_pool(6)
    server.create_campaign(1000.0, strategy=Strategy("random"))
    named = select(server, kind=COUNTS, images=6, strategy=GUIDED)  # which would need a model
    assert (named.strategy, len(named.picks)) == ("random", 6)
