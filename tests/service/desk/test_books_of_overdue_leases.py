"""Books once leases have run out: of the campaign that gave them, in images as in seconds, and of no other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from maskloop.values import Budget
from tests.service.desk.asking import FULL_PRIOR, books, ids, select
from tests.service.desks import Server


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    made = Server(tmp_path)
    made.create_project()
    made.import_pool(4)
    yield made
    made.database.close()


def test_images_that_were_promised_are_told_as_free_before_anybody_writes_it_down(server):
    server.create_campaign(images=3)
    select(server, images=2, lease_s=60.0)
    assert books(server) == pytest.approx((0.0, 2 * FULL_PRIOR, 0, 2))
    server.clock.forward(61.0)
    assert books(server) == (0.0, 0.0, 0, 0)
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c").left_images == 3


def test_what_one_campaign_gets_back_is_not_given_to_another(server):
    server.create_campaign(1000.0)
    server.create_campaign(1000.0, campaign_id="d")
    select(server, images=1, lease_s=60.0)
    server.clock.forward(61.0)
    for campaign in ("c", "d"):
        assert books(server, campaign) == (0.0, 0.0, 0, 0)
    assert server.campaigns.get_campaign(project_id="p", campaign_id="d").left_s == 1000.0


def test_renewing_takes_back_no_more_images_than_a_lower_budget_has(server):
    server.create_campaign(images=3)
    batch = select(server, images=3, lease_s=60.0)
    server.clock.forward(61.0)
    server.campaigns.update_campaign_budget(project_id="p", campaign_id="c", budget=Budget(images=2))
    renewed = server.campaigns.renew_batch(project_id="p", batch_id=batch.id, annotator="ann")
    assert ids(renewed) == ids(batch)[:2]
    assert books(server) == pytest.approx((0.0, 2 * FULL_PRIOR, 0, 2))


def test_a_lease_has_run_out_at_the_moment_at_which_it_ends(server):
    server.create_campaign(1000.0)
    batch = select(server, images=1, lease_s=60.0)
    server.clock.forward(60.0)
    assert ids(server.campaigns.get_batch(project_id="p", batch_id=batch.id)) == []
    assert books(server) == (0.0, 0.0, 0, 0)
