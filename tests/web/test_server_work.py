"""How people are helped on the page: by what the active model is trusted with, as in the loop."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from maskloop.client import Client, Retry
from maskloop.values import Assist, HeadState, SupervisionKind
from maskloop.web.server_work import ServerWork
from maskloop.web.work import Wish
from tests.service.desks import Server
from tests.service.wire import Edge

WISH = Wish("ann", "c", None, 3, "r")


@contextmanager
def work_of(folder, recipe, head, scored=True):
    """A server whose active model version found two objects in each image, and the ids of the images."""
    (folder / "data").mkdir()
    before = Server(folder / "data")
    before.create_project()
    ids = before.import_pool(3)
    before.create_campaign(1000.0)
    before.add_model(
        dict.fromkeys(ids, 0.5) if scored else None,
        metrics={head.metric: 1.0},
        found=dict.fromkeys(ids, 2),
        recipe=recipe,
    )
    before.database.close()
    with Edge(folder) as edge, Client(edge.address, retry=Retry(patience_s=0)) as client:
        yield ServerWork(client), ids


def shown(work, batch):
    found = [work.proposals(batch, pick.image_id) for pick in batch.picks]
    return [None if each is None else len(each.objects) for each in found]


@pytest.mark.parametrize(
    ("recipe", "head", "assist"),
    [
        ("pretrained", HeadState.TRUSTED, Assist.BOXES),
        ("compact", HeadState.TRUSTED, Assist.PROPOSALS),
        ("pretrained", HeadState.UNTRUSTED, Assist.NONE),
        ("compact", HeadState.UNFITTED, Assist.NONE),
    ],
)
def test_proposals_are_shown_once_the_head_is_trusted_and_boxes_answered_by_networks_that_can(
    tmp_path, recipe, head, assist
):
    with work_of(tmp_path, recipe, head) as (work, ids):
        batch = work.lease("p", WISH)
        assert {pick.image_id for pick in batch.picks} == set(ids)
        assert (batch.kind, batch.assistance.assist) == (SupervisionKind.FULL, assist)
        helped = assist is not Assist.NONE
        assert batch.assistance.model_version == ("m1" if helped else "")
        assert shown(work, batch) == [2 if helped else None] * 3


def test_a_model_that_has_not_scored_the_pool_helps_nobody(tmp_path):
    with work_of(tmp_path, "pretrained", HeadState.TRUSTED, scored=False) as (work, _):
        batch = work.lease("p", WISH)
        assert batch.assistance.assist is Assist.NONE
        assert shown(work, batch) == [None] * 3


def test_other_kinds_than_outlines_are_said_unaided(tmp_path):
    with work_of(tmp_path, "pretrained", HeadState.TRUSTED) as (work, _):
        batch = work.lease("p", Wish("ann", "c", SupervisionKind.COUNTS, 2, "r"))
        assert (batch.kind, batch.assistance.assist) == (SupervisionKind.COUNTS, Assist.NONE)
        again = work.lease("p", Wish("ann", "c", None, 2, "r2"))
        assert again.id == batch.id
        assert work.lease("p", Wish("bob", "c", None, 1, "r3")).kind is SupervisionKind.FULL
        work.release("p", batch.id, "ann", [])
        assert work.lease("p", Wish("ann", "c", None, 2, "r4")).kind is SupervisionKind.FULL


def test_a_batch_without_images_does_not_say_how_they_were_chosen(page):
    page.client.create_campaign(project_id=page.project, campaign_id="c", budget="1h", strategy="mask_guided")
    batch = ServerWork(page.client).lease(page.project, WISH)
    assert (batch.picks, batch.fallback) == ((), "")
    page.import_images(1)
    assert ServerWork(page.client).lease(page.project, replace(WISH, request_id="r2")).fallback
