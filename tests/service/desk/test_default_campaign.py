"""The campaign of a batch that names none, through the annotation desk over a real SQLite store."""

from __future__ import annotations

from typing import Any

import pytest

from maskloop.errors import CampaignNotFound, InvalidArgument
from maskloop.values import Batch, Budget, Strategy, SupervisionKind
from tests.service.desk.asking import books
from tests.service.desks import Server


def select(server: Server, annotator: str = "ann", campaign_id: str = "", **options: Any) -> Batch:
    asked: dict[str, Any] = {
        "annotator": annotator,
        "kind": SupervisionKind.FULL,
        "images": 2,
        "campaign_id": campaign_id,
        **options,
    }
    return server.campaigns.select_batch(project_id="p", **asked)


def test_one_begins_by_itself_with_the_first_batch_and_pays_for_it(server: Server) -> None:
    server.import_pool(6)
    batch = select(server)
    assert (batch.campaign_id, len(batch.picks), batch.strategy) == ("default", 2, "random")
    campaign = server.campaigns.get_campaign(project_id="p", campaign_id="default")
    assert (campaign.budget, campaign.seed) == (Budget(seconds=144_000.0), 0)
    assert campaign.strategy == Strategy("mask_guided")
    assert campaign.reserved_images == 2
    assert campaign.created_at == server.clock.now


def test_it_begins_once(server: Server) -> None:
    server.import_pool(6)
    first, again, other = select(server), select(server), select(server, "bob")
    assert again == first
    assert other.campaign_id == first.campaign_id == "default"
    assert books(server, "default")[3] == 4
    assert len(server.campaigns.list_campaigns(project_id="p").items) == 1


def test_a_repeated_request_gets_its_answer_after_a_restart(server: Server) -> None:
    server.import_pool(3)
    first = select(server, request_id="r")
    assert select(server.restarted(), request_id="r") == first


def test_a_project_s_only_campaign_pays_whatever_its_name_is(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0, "spring")
    assert select(server).campaign_id == "spring"


def test_of_several_campaigns_one_must_be_named(server: Server) -> None:
    server.import_pool(3)
    server.create_campaign(1000.0, "spring")
    server.create_campaign(1000.0, "autumn")
    with pytest.raises(InvalidArgument, match="autumn and spring among them") as raised:
        select(server)
    assert raised.value.field == "campaign_id"
    assert select(server, campaign_id="spring").campaign_id == "spring"


def test_a_name_that_is_none_begins_nothing(server: Server) -> None:
    with pytest.raises(CampaignNotFound):
        select(server, campaign_id="sprung")
    assert server.campaigns.list_campaigns(project_id="p").items == ()
