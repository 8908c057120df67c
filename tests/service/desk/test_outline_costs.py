"""Projects whose outlines are priced by length: what is expected, what is charged, what is estimated."""

from __future__ import annotations

import numpy as np
import pytest

from maskloop.client import Client
from maskloop.masks import Mask
from maskloop.values import (
    Budget,
    Category,
    FullLabel,
    ImageImport,
    LabelDraft,
    ObjectLabel,
    OutlinePrice,
    Split,
    Strategy,
    SupervisionKind,
)
from tests.service.desks import HEIGHT, WIDTH, counts_draft, png
from tests.service.wire import Edge

PRICE = OutlinePrice(10.0, 20.0)
FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS


def bar(width):
    array = np.zeros((HEIGHT, WIDTH), dtype=bool)
    array[1, :width] = True
    return ObjectLabel(1, Mask.from_array(array))


SHORT, LONG = bar(1), bar(WIDTH)


@pytest.fixture
def client(tmp_path):
    """A project `p` with categories 1 and 2, six images, and a campaign `c`."""
    with Edge(tmp_path) as edge, Client(edge.address) as made:
        edge.loop.do(edge.edge.serve())
        categories = [Category(1, "crack"), Category(2, "rust")]
        made.create_project(project_id="p", categories=categories, outline_price=PRICE)
        imports = [ImageImport(f"{n}.png", Split.POOL, data=png(n)) for n in range(6)]
        list(made.import_images(project_id="p", images=imports))
        made.create_campaign(project_id="p", campaign_id="c", budget=Budget(seconds=1e4), strategy=Strategy("random"))
        yield made


def lease(client, kind, images, annotator="ann"):
    return client.select_batch(project_id="p", campaign_id="c", annotator=annotator, kind=kind, images=images)


def submit(client, batch, *drafts, annotator="ann"):
    return client.submit_labels(project_id="p", annotator=annotator, batch_id=batch.id, labels=drafts)


def test_the_project_keeps_its_price(client):
    assert client.get_project(project_id="p").outline_price == PRICE


def test_unknown_images_are_quoted_at_cocos_mean_length_and_then_at_that_of_the_labels(client):
    first = lease(client, FULL, 2)
    # One category of two, 1.5 of them in the mean: 0.5 checks, and 2.8 objects of .674 sides.
    assert [pick.cost_s for pick in first.picks] == pytest.approx([0.5 + 2.8 * (10 + 20 * 0.674)] * 2, abs=1e-3)
    one, two = (pick.image_id for pick in first.picks)
    labels = submit(client, first, LabelDraft(one, FullLabel((SHORT,))), LabelDraft(two, FullLabel((SHORT, LONG))))
    lengths = [SHORT.outline_length, SHORT.outline_length + LONG.outline_length]
    paid_s = [1 + 10 + 20 * lengths[0], 1 + 20 + 20 * lengths[1]]
    assert [label.cost_s for label in labels] == pytest.approx(paid_s, abs=1e-3)
    assert client.get_campaign(project_id="p", campaign_id="c").spent_s == pytest.approx(sum(paid_s), abs=2e-3)
    (pick,) = lease(client, FULL, 1).picks
    assert pick.cost_s == pytest.approx(sum(paid_s) / 2, abs=2e-3)


def test_counted_images_are_quoted_at_the_mean_length_of_the_labels_so_far(client):
    counting = lease(client, COUNTS, 6)
    submit(client, counting, *(counts_draft(pick.image_id, {1: 3}) for pick in counting.picks))
    first = lease(client, FULL, 1)
    paid_s = 2 + 1.48
    assert first.picks[0].cost_s == pytest.approx(1 + 3 * (10 + 20 * 0.674) - paid_s, abs=1e-3)
    submit(client, first, LabelDraft(first.picks[0].image_id, FullLabel((SHORT, SHORT, LONG))))
    mean_length = (2 * SHORT.outline_length + LONG.outline_length) / 3
    (pick,) = lease(client, FULL, 1).picks
    assert pick.cost_s == pytest.approx(1 + 3 * (10 + 20 * mean_length) - paid_s, abs=1e-3)


def test_measured_seconds_tell_what_a_side_takes(client):
    batch = lease(client, FULL, 6)
    drafts = [
        LabelDraft(pick.image_id, FullLabel((bar(place + 1),)), 1 + 5 + 50 * bar(place + 1).outline_length)
        for place, pick in enumerate(batch.picks)
    ]
    submit(client, batch, *drafts)
    found = client.get_cost_estimates(project_id="p")
    lengths = [draft.content.outline_length for draft in drafts]
    assert found.full.planned_s == pytest.approx(sum(1 + 10 + 20 * length for length in lengths))
    assert found.full.item.planned_s == pytest.approx(10 + 20 * np.mean(lengths))
    fit = found.outlines
    assert (fit.labels, fit.left_out, fit.mean_length) == (6, 0, pytest.approx(np.mean(lengths)))
    assert (fit.fixed.planned_s, fit.length.planned_s, fit.fixed.steps) == (10, 20, 6)
    assert fit.length.estimated_s > 30
    assert fit.error < fit.flat_error
