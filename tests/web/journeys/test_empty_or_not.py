"""Images believed to hold nothing, answered one key each."""

from __future__ import annotations

import pytest

from maskloop.values import Budget, Category, ImageImport, OodAnswer, Split, Strategy, SupervisionKind
from tests.service.squares import SIDE, squares
from tests.web.journeys.chromium import needs_chromium

pytestmark = [needs_chromium, pytest.mark.slow]
QUICK = {"image_size": SIDE, "iterations": 40, "held_out": 0.0, "checkpoint_every": 2}


@pytest.fixture(scope="module")
def project(server):
    """A project whose classifier takes hollow squares for squares."""
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square"), Category(2, "other")])
    outlined = [ImageImport(name, Split.TRAIN, data=data, objects=objects) for name, data, objects in squares(12)]
    hollow = [
        ImageImport(name, Split.OOD, data=data) for name, data, _ in squares(8, seed=5, name="hollow", hollow=True)
    ]
    client.import_images(project_id="p", images=[*outlined, *hollow])
    client.create_campaign(project_id="p", campaign_id="c", budget=Budget(seconds=3600), strategy=Strategy("random"))
    client.wait_operation(client.train_classifier(project_id="p", overrides=QUICK, seed=1, clusters=2))
    return client


def test_answers_arrive_as_they_were_typed(project, person):
    who = person("olga")
    who.start("ood_check", images=3, project="p")
    cards = who.page.locator("#grid [data-image]")
    ids = [cards.nth(place).get_attribute("data-image") for place in range(cards.count())]
    assert len(ids) == 3
    who.press("n", "y", "2", "z", "n")
    who.press("Enter")
    who.wait("done")
    who.settled()
    labels = {each.image_id: each for each in project.list_labels(project_id="p", kind=SupervisionKind.OOD_CHECK)}
    assert [labels[image_id].content for image_id in ids] == [OodAnswer(0), OodAnswer(1), OodAnswer(0)]
    assert all(label.annotator == "olga" and label.seconds_spent >= 0 for label in labels.values())
