"""Estimated costs, batches and operations over the wire: the SDK against a server of our own on a real socket."""

from __future__ import annotations

import pytest

from maskloop.client import Client
from maskloop.errors import ProjectNotFound
from maskloop.values import (
    Budget,
    Category,
    Counts,
    ImageImport,
    PickState,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)
from tests.service.desks import counts_draft, full_draft, png
from tests.service.wire import Edge


@pytest.fixture
def client(tmp_path):
    """A project `p` with categories 1 and 2, eight images, and a campaign `c`."""
    with Edge(tmp_path) as edge, Client(edge.address) as made:
        edge.loop.do(edge.edge.serve())
        made.create_project(project_id="p", categories=[Category(1, "crack"), Category(2, "rust")])
        imports = [ImageImport(f"{n}.png", Split.POOL, data=png(n)) for n in range(8)]
        list(made.import_images(project_id="p", images=imports))
        made.create_campaign(project_id="p", campaign_id="c", budget=Budget(seconds=1e4), strategy=Strategy("random"))
        yield made


def lease(client, kind, images):
    return client.select_batch(project_id="p", campaign_id="c", annotator="ann", kind=kind, images=images)


def submit(client, batch, drafts):
    client.submit_labels(project_id="p", annotator="ann", batch_id=batch.id, labels=drafts)


def test_planned_and_measured_costs_stand_side_by_side(client):
    counting = lease(client, SupervisionKind.COUNTS, 8)
    submit(client, counting, [counts_draft(pick.image_id, {1: 2}, seconds_spent=7.0) for pick in counting.picks])
    outlining = lease(client, SupervisionKind.FULL, 8)
    paid_s = 2 + 1.48
    spent_s = 1 + 2 * 30.0 - paid_s  # half a minute an outline
    submit(client, outlining, [full_draft(pick.image_id, 1, 1, seconds_spent=spent_s) for pick in outlining.picks])
    found = client.get_cost_estimates(project_id="p")
    assert (found.counts.planned_s, found.counts.measured_s) == pytest.approx((8 * paid_s, 8 * 7.0))
    assert (found.full.planned_s, found.full.measured_s) == pytest.approx((8 * (159 - paid_s), 8 * spent_s))
    assert found.full.item.planned_s == 79
    assert found.full.by_category[1].low_s < 30 < found.full.by_category[1].high_s < 79
    assert found.counts_label(Counts({1: 2})) == pytest.approx(7.0, rel=0.1)
    assert found.full_label(Counts({1: 2}), paid_s) == pytest.approx(spent_s, rel=0.1)


def test_batches_and_operations_are_listed(client):
    batch = lease(client, SupervisionKind.FULL, 2)
    first, second = (pick.image_id for pick in batch.picks)
    client.skip_image(project_id="p", batch_id=batch.id, annotator="ann", image_id=second, reason=SkipReason.UNSURE)
    (record,) = client.list_batches(project_id="p", campaign_id="c")
    assert record.batch.picks == batch.picks
    assert record.states == {first: PickState.OPEN, second: PickState.SKIPPED}
    assert list(client.list_operations(project_id="p")) == []


def test_estimates_of_a_project_that_is_not_there_are_refused(client):
    with pytest.raises(ProjectNotFound):
        client.get_cost_estimates(project_id="nowhere")
