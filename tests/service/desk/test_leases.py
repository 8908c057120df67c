"""Batches and their leases: asked for again, run out, renewed, given back, passed over."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maskloop.errors import (
    BatchNotFound,
    CampaignNotFound,
    FailedPrecondition,
    ForeignLease,
    ImageNotFound,
    LeaseLost,
    ProjectNotFound,
    RequestIdReused,
)
from maskloop.values import Budget, SkipReason
from tests.service.desk.asking import COUNTS, FULL, FULL_PRIOR, books, ids, select, submit
from tests.service.desks import START, Server, full_draft


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


def test_other_images_come_beside_those_that_are_held(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0)
    held = select(server, images=1)
    again = select(server, images=1)
    other = server.campaigns.select_batch(
        project_id="p", campaign_id="c", annotator="ann", kind=FULL, images=2, beside_held=True
    )
    assert again.id == held.id
    assert len(other.picks) == 2
    assert not {*ids(other)} & {*ids(held)}


def test_labels_of_images_left_for_later_are_taken_unless_somebody_else_has_the_image(server: Server) -> None:
    server.import_pool(2)
    server.create_campaign(1000.0)
    batch = select(server, images=2)
    server.campaigns.release_batch(project_id="p", batch_id=batch.id, annotator="ann", for_later=True)
    assert ids(select(server, "bob", images=1)) == ids(batch)[:1]
    submit(server, batch, full_draft(ids(batch)[1], 1))
    with pytest.raises(LeaseLost):
        submit(server, batch, full_draft(ids(batch)[0], 1))


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
    whose: dict[str, Any] = {"project_id": "p", "batch_id": batch.id, "annotator": "bob"}
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
    own: dict[str, Any] = {"project_id": "p", "batch_id": batch.id, "annotator": "ann"}
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


def test_renewing_leaves_aside_what_was_put_aside_for_later(server: Server) -> None:
    server.import_pool(2)
    server.create_campaign(1000.0)
    batch = select(server, images=2)
    mine: dict[str, Any] = {"project_id": "p", "batch_id": batch.id, "annotator": "ann"}
    later, held = ids(batch)
    server.campaigns.release_batch(**mine, image_ids=[later], for_later=True)
    assert ids(server.campaigns.renew_batch(**mine)) == [held]
    assert books(server)[1] == FULL_PRIOR
    submit(server, batch, full_draft(later, 1))


def test_who_holds_an_image_again_is_told_under_which_batch(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    lost = select(server)
    server.clock.forward(4000)
    held = select(server)
    with pytest.raises(LeaseLost, match=rf"\(expired\); you hold it in batch {held.id}: hand it in there"):
        submit(server, lost, full_draft(ids(held)[0], 1))
    submit(server, held, full_draft(ids(held)[0], 1))
