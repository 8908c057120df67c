"""What people do on the page is what arrives: labels, reviews and seconds, pixel for pixel."""

from __future__ import annotations

import time

import numpy as np
import pytest

from maskloop.values import Assist, Assistance, Counts, SupervisionKind, Verdict
from tests.service.squares import SIDE
from tests.web.journeys.chromium import needs_chromium
from tests.web.journeys.conftest import CAMPAIGN, PROJECT

pytestmark = [pytest.mark.journey, needs_chromium]
SIZE = (SIDE, SIDE)
FIRST_RADIUS = 12.0
SMALLER = 8  # presses of "["


def leased(client, name, images):
    """Images for a person, with all proposals of the network; file names by id, and the proposals."""
    batch = client.select_batch(
        project_id=PROJECT,
        campaign_id=CAMPAIGN,
        annotator=name,
        images=images,
        assistance=Assistance(Assist.BOXES, min_predicted_iou=0.0),
    )
    proposals = client.get_batch_proposals(batch)
    shown = {key: [item for item in each.objects if item.mask.area] for key, each in proposals.items()}
    return [pick.image_id for pick in batch.picks], shown


def label_of(client, image_id):
    (label,) = client.list_labels(project_id=PROJECT, image_id=image_id, kind=SupervisionKind.FULL)
    return label


def disc(x, y, radius):
    """(H, W) bool: pixels whose middle lies within the radius, one by one."""
    rows, columns = np.mgrid[:SIDE, :SIDE] + 0.5
    return (columns - x) ** 2 + (rows - y) ** 2 <= radius**2


def corners_beside(mask):
    """Two corners of the image, a little inside, the one that is farthest from the mask first."""
    rows, columns = np.nonzero(mask)
    corners = [(x, y) for x in (4, SIDE - 4) for y in (4, SIDE - 4)]
    return sorted(corners, key=lambda at: -np.hypot(columns - at[0], rows - at[1]).min())[:2]


def radius_after(presses):
    radius = FIRST_RADIUS
    for _ in range(presses):
        radius = radius / 1.2 - 0.2
    return radius


@pytest.fixture(scope="module")
def ada(client):
    return leased(client, "ada", 4)


def test_a_round_of_reviews_arrives_as_it_was_made(client, person, ada):
    ids, shown = ada
    begun = time.monotonic()
    who = person("ada")
    who.start("full", project=PROJECT)
    assert who.page.inner_text("#progress-words").startswith("1 of 4")

    # 1: all proposals are good.
    assert who.objects() == ["proposed"] * len(shown[ids[0]])
    who.press("Shift+a")
    who.submit()

    # 2: one is mended with the brush; a stroke too many is undone, redone, and undone.
    who.press("Shift+a")
    worst = min(shown[ids[1]], key=lambda item: item.predicted_iou)
    who.page.locator("#objects [data-key-of]").first.click()
    who.press("b", *["["] * SMALLER)
    beside, elsewhere = corners_beside(worst.mask.to_array())
    who.click(*beside, SIZE)
    who.click(*elsewhere, SIZE)
    who.press("z", "Shift+z", "Control+z")
    who.submit()

    # 3: nothing is good; what is there is boxed, and the page is loaded again before it is handed in.
    for _ in shown[ids[2]]:
        who.press("r")
    who.press("d")
    who.drag((8, 8), (24, 24), size=SIZE)
    who.page.locator('#objects [data-status]:not([data-status="rejected"])').first.wait_for()
    before = who.objects()
    who.page.reload()
    who.wait("ready")
    assert who.objects() == before
    assert who.page.inner_text("#progress-words").startswith("3 of 4")
    who.press("Shift+a")
    who.submit()

    # 4: the connection is cut, and comes back.
    who.press("Shift+a")
    who.context.set_offline(True)
    who.submit()
    who.wait("done")
    assert who.page.locator("#post").is_visible()
    assert not list(client.list_labels(project_id=PROJECT, image_id=ids[3]))
    who.context.set_offline(False)
    who.settled()
    lasted = time.monotonic() - begun

    first, second, third, fourth = (label_of(client, image_id) for image_id in ids)
    for label, proposals in ((first, shown[ids[0]]), (fourth, shown[ids[3]])):
        assert {item.mask for item in label.objects} == {item.mask for item in proposals}
        assert {item.origin.verdict for item in label.objects} <= {Verdict.ACCEPTED}
        assert not label.content.review.rejected
    mended = next(item for item in second.objects if item.origin.verdict is Verdict.MODIFIED)
    assert mended.origin.proposal_id == worst.id
    painted = worst.mask.to_array() | disc(beside[0], beside[1], radius_after(SMALLER))
    assert (mended.mask.to_array() == painted).all()
    assert {each.proposal_id for each in third.content.review.rejected} == {each.id for each in shown[ids[2]]}
    (boxed,) = third.objects
    assert boxed.origin.prompted
    assert boxed.origin.verdict in (Verdict.ACCEPTED, Verdict.MODIFIED)
    labels = (first, second, third, fourth)
    assert {label.annotator for label in labels} == {"ada"}
    assert 0 < sum(label.seconds_spent for label in labels) <= lasted


def test_two_people_at_once_get_different_images_and_both_hand_in(client, person):
    bob, eve = person("bob"), person("eve")
    for who in (bob, eve):
        who.start("full", images=2, project=PROJECT)
    assert bob.shown != eve.shown
    for _ in range(2):
        for who in (bob, eve):
            who.press("Shift+a")
            if not who.objects():
                who.press("b")
                who.click(16, 16, SIZE)
            who.submit()
    for who in (bob, eve):
        who.wait("done")
        who.settled()
    labels = list(client.list_labels(project_id=PROJECT, kind=SupervisionKind.FULL))
    by = {name: {label.image_id for label in labels if label.annotator == name} for name in ("bob", "eve")}
    assert list(map(len, by.values())) == [2, 2]
    assert not by["bob"] & by["eve"]


def test_counts_are_typed(client, person):
    who = person("cleo")
    who.start("counts", images=1, project=PROJECT)
    who.press("1", "1", "2", "Shift+Digit2")
    who.submit()
    who.wait("done")
    who.settled()
    (label,) = (each for each in client.list_labels(project_id=PROJECT, kind=SupervisionKind.COUNTS))
    assert label.content == Counts({1: 2})
    assert label.annotator == "cleo"


def test_a_label_is_corrected_where_its_link_leads(client, person):
    """The page of leads links to one image; what is handed in replaces its label, and costs the campaign nothing."""
    label = next(each for each in client.list_labels(project_id=PROJECT, kind=SupervisionKind.FULL) if each.objects)
    before = client.get_campaign(project_id=PROJECT, campaign_id=CAMPAIGN)
    who = person("lea")
    who.start("counts", images=1, project=PROJECT)
    who.page.goto(f"{who.url}label?project={PROJECT}&campaign={CAMPAIGN}&kind=full&image={label.image_id}")
    who.wait("ready")
    assert len(who.objects()) == len(label.objects)
    who.page.locator("#objects [data-key-of]").first.click()
    who.press("2")
    who.submit()
    who.wait("done")
    who.settled()
    corrected = label_of(client, label.image_id)
    assert corrected.supersedes == label.id
    assert 2 in {item.category_id for item in corrected.objects}
    after = client.get_campaign(project_id=PROJECT, campaign_id=CAMPAIGN)
    assert after.labeled_images == before.labeled_images


def test_a_second_opinion_begins_with_nothing_and_tells_how_far_people_agree(client, person, url):
    labels = [each for each in client.list_labels(project_id=PROJECT, kind=SupervisionKind.FULL) if each.objects]
    first, second = [label for label in labels if label.annotator == "ada"][:2]
    who = person("max")
    who.start("counts", images=1, project=PROJECT)
    images = "".join(f"&image={label.image_id}" for label in (first, second))
    who.page.goto(f"{who.url}label?project={PROJECT}&campaign={CAMPAIGN}&kind=full&blind=1{images}")
    who.wait("ready")
    for _ in range(2):
        assert who.objects() == []
        who.press("b")
        who.click(16, 16, SIZE)
        who.submit()
    who.wait("done")
    who.settled()
    assert [label_of(client, label.image_id).supersedes for label in (first, second)] == [first.id, second.id]
    answer = who.page.request.get(f"{url}api/projects/{PROJECT}/lead/review").json()
    (pair,) = [each for each in answer["agreement"] if (each["first"], each["second"]) == ("ada", "max")]
    assert pair["images"] == 2
    assert not {first.image_id, second.image_id} & set(answer["sample"])
