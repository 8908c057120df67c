"""Submitting, correcting, listing and exporting labels, through the label desk over a real SQLite store."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from maskloop.errors import (
    AlreadyExists,
    BatchNotFound,
    BudgetExhausted,
    CampaignNotFound,
    FailedPrecondition,
    ForeignLease,
    ImageNotFound,
    InvalidArgument,
    InvalidBudget,
    InvalidLabel,
    InvalidMask,
    LabelNotFound,
    MaskloopError,
    ProjectNotFound,
    RequestIdReused,
)
from maskloop.masks import Mask
from maskloop.values import (
    Batch,
    Budget,
    Counts,
    FullLabel,
    ImageImport,
    Label,
    LabelDraft,
    ObjectLabel,
    PickState,
    PointsLabel,
    SkipReason,
    Split,
    Strategy,
    SupervisionKind,
)
from service.desk.labels.labels import Submission
from tests.service.desks import START, Server, counts_draft, full_draft, mask, objects, png

FULL, COUNTS = SupervisionKind.FULL, SupervisionKind.COUNTS


@pytest.fixture
def batch(server: Server) -> Batch:
    """Three of four pool images, leased to `ann` for full labels by campaign `c` of 1,000 s."""
    server.import_pool(4)
    server.create_campaign(1000.0)
    return lease(server, images=3)


def lease(server: Server, annotator: str = "ann", kind: SupervisionKind = FULL, **options: Any) -> Batch:
    asked: dict[str, Any] = {"images": 1, **options}
    return server.campaigns.select_batch(project_id="p", campaign_id="c", annotator=annotator, kind=kind, **asked)


def label_of(server: Server, image_id: str) -> str:
    (label,) = server.labels.list_labels(project_id="p", image_id=image_id).items
    return label.id


def submit(server: Server, *drafts: LabelDraft, **options: Any) -> Submission:
    asked: dict[str, Any] = {"annotator": "ann", **options}
    return server.labels.submit_labels(project_id="p", labels=drafts, **asked)


def kept(server: Server, **options: Any) -> tuple[Label, ...]:
    return server.labels.list_labels(project_id="p", **options).items


def books(server: Server) -> dict[str, object]:
    found = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    return {
        "spent": found.spent_s,
        "reserved": found.reserved_s,
        "charged": dict(found.spent_s_by_kind),
        "planned": dict(found.planned_s_by_kind),
        "measured": dict(found.measured_s_by_kind),
        "labeled": found.labeled_images,
        "reserved_images": found.reserved_images,
    }


def image_ids(batch: Batch) -> list[str]:
    return [pick.image_id for pick in batch.picks]


def test_labels_are_kept_as_submitted_and_charged_exactly(server: Server, batch: Batch) -> None:
    one, two, _ = image_ids(batch)
    answer = submit(server, full_draft(one, 1, 3, seconds_spent=33.3), full_draft(two, 2), batch_id=batch.id)
    # Planned (3 - 2) + 2 * 79 = 159 s, measured 33.3; planned (3 - 1) + 79 = 81; the third image's 222.7 stay reserved.
    assert [label.cost_s for label in answer.labels] == [159.0, 81.0]
    assert [label.charged_s for label in answer.labels] == [33.3, 81.0]
    assert answer.left_s == pytest.approx(1000 - 33.3 - 81 - 222.7)
    first = answer.labels[0]
    assert (first.image_id, first.objects, first.seconds_spent) == (one, objects(1, 3), 33.3)
    assert (first.annotator, first.campaign_id, first.created_at, first.superseded_by) == ("ann", "c", START, "")
    assert kept(server) == answer.labels
    assert books(server) == {
        "spent": 114.3,
        "charged": {FULL: 114.3},
        "reserved": 222.7,
        "planned": {FULL: 240.0},
        "measured": {FULL: 33.3},
        "labeled": 2,
        "reserved_images": 1,
    }


def test_measured_seconds_beyond_the_budget_are_taken_and_end_it(server: Server) -> None:
    """Both leases had 222.7 of 500 s; the first image takes 700 s, the second is paid what its lease had promised."""
    server.import_pool(3)
    server.create_campaign(500.0)
    one, two = image_ids(batch := lease(server, images=2))
    answer = submit(server, full_draft(one, 1, seconds_spent=700.0), batch_id=batch.id)
    assert (answer.left_s, books(server)["spent"]) == (0.0, 700.0)
    before = books(server)
    with pytest.raises(BudgetExhausted, match=r"cost 318 s; campaign c has 222\.7 s"):
        submit(server, full_draft(two, 1, 1, 1, 1), batch_id=batch.id)
    assert books(server) == before
    submit(server, full_draft(two, 1, 1), batch_id=batch.id)  # (3 - 1) + 2 * 79
    assert (books(server)["spent"], books(server)["reserved"]) == (860.0, 0.0)
    nothing = lease(server)
    assert (nothing.picks, nothing.exhausted) == ((), True)
    budget = {"project_id": "p", "campaign_id": "c"}
    with pytest.raises(InvalidBudget, match="860 s"):
        server.campaigns.update_campaign_budget(budget=Budget(seconds=859.0), **budget)
    assert server.campaigns.update_campaign_budget(budget=Budget(seconds=1083.0), **budget).left_s == 223.0
    assert len(lease(server).picks) == 1


def test_a_label_measured_at_no_seconds_is_charged_none(server: Server, batch: Batch) -> None:
    submit(server, full_draft(image_ids(batch)[0], 1, seconds_spent=0.0), batch_id=batch.id)
    assert (books(server)["spent"], books(server)["planned"]) == (0.0, {FULL: 81.0})


def test_a_correction_is_charged_to_who_paid_the_label_by_its_measured_seconds(server: Server, batch: Batch) -> None:
    one = image_ids(batch)[0]
    (first,) = submit(server, full_draft(one, 1), batch_id=batch.id).labels
    (second,) = submit(server, full_draft(one, 1, 2, supersedes=first.id, seconds_spent=12.5)).labels
    (third,) = submit(server, full_draft(one, 2, supersedes=second.id)).labels
    assert [label.charged_s for label in (first, second, third)] == [81.0, 12.5, 0.0]
    assert (books(server)["spent"], books(server)["planned"], books(server)["labeled"]) == (93.5, {FULL: 81.0}, 1)


def test_an_empty_label_says_that_there_is_nothing(server: Server, batch: Batch) -> None:
    answer = submit(server, full_draft(image_ids(batch)[0]), batch_id=batch.id)
    assert (answer.labels[0].objects, answer.labels[0].cost_s) == ((), 3.0)


def test_counts_then_full_pays_the_remainder(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    counting = lease(server, kind=COUNTS)
    (image_id,) = image_ids(counting)
    counted = submit(server, counts_draft(image_id, {2: 3}), batch_id=counting.id)
    # Counted: 3 + 1.48 = 4.48. What is then outlined is one object more: (3 - 1) + 4 * 79 - 4.48 = 313.52.
    outlining = lease(server)
    outlined = submit(server, full_draft(image_id, 2, 2, 2, 2), batch_id=outlining.id)
    assert (outlining.picks[0].cost_s, counted.labels[0].cost_s, outlined.labels[0].cost_s) == (234.52, 4.48, 313.52)
    assert books(server)["planned"] == {COUNTS: 4.48, FULL: 313.52}
    assert outlined.left_s == pytest.approx(1000 - 318)


def test_the_counts_of_a_seemingly_empty_image_never_make_its_full_label_a_gain(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    counting = lease(server, kind=COUNTS)
    (image_id,) = image_ids(counting)
    submit(server, counts_draft(image_id, {1: 1, 2: 1, 3: 1}), batch_id=counting.id)
    outlined = submit(server, full_draft(image_id), batch_id=lease(server).id)
    # Counted for 3 + 3 * 1.48 = 7.44; an empty full label costs 3: less than was paid already.
    assert outlined.labels[0].cost_s == 0.0


def test_the_same_request_gets_the_same_answer_and_is_charged_once(server: Server, batch: Batch) -> None:
    one, two, _ = image_ids(batch)
    answer = submit(server, full_draft(one, 1), batch_id=batch.id, request_id="r")
    submit(server, full_draft(one, 2, supersedes=answer.labels[0].id))
    submit(server, full_draft(two, 2), batch_id=batch.id)
    before = books(server)
    for again in (server, server.restarted()):
        assert submit(again, full_draft(one, 1), batch_id=batch.id, request_id="r") == answer
        assert books(again) == before
        with pytest.raises(RequestIdReused):
            submit(again, full_draft(one, 1, 1), batch_id=batch.id, request_id="r")


def test_a_label_that_does_not_fit_the_budget_changes_nothing(server: Server) -> None:
    server.import_pool(2)
    server.create_campaign(300.0)
    chosen = lease(server, images=2)
    one, two = image_ids(chosen)
    before = books(server)
    # Reserved 222.7 + 77.3. Three objects cost (3 - 1) + 237 = 239; only 222.7 are set aside for them.
    with pytest.raises(BudgetExhausted, match=r"cost 239 s; campaign c has 222\.7 s") as caught:
        submit(server, full_draft(one, 1, 1, 1), batch_id=chosen.id)
    assert float(caught.value.details["left_s"]) == pytest.approx(222.7)
    assert (books(server), kept(server)) == (before, ())
    server.campaigns.skip_image(
        project_id="p", batch_id=chosen.id, annotator="ann", image_id=two, reason=SkipReason.OVER_BUDGET
    )
    submit(server, full_draft(one, 1, 1, 1), batch_id=chosen.id)
    assert books(server)["spent"] == 239.0


@pytest.mark.parametrize(
    ("budget", "match"), [({"seconds": 300.0}, r"cost 318 s; campaign c has 77\.3 s"), ({"images": 1}, "has 0 left")]
)
def test_expired_work_must_still_fit_the_budget(server: Server, budget: dict, match: str) -> None:
    first, second = server.import_pool(2)
    server.add_model({first: 0.2, second: 0.8})
    server.create_campaign(**budget)
    late = lease(server, strategy=Strategy("mask_guided", {"target": "0.2"}))
    server.clock.forward(7200)
    assert image_ids(lease(server, "bob", strategy=Strategy("mask_guided", {"target": "0.8"}))) == [second]
    before = books(server)
    with pytest.raises(BudgetExhausted, match=match):
        submit(server, full_draft(first, 1, 1, 1, 1), batch_id=late.id)
    assert (books(server), kept(server)) == (before, ())


def test_all_labels_of_a_call_are_taken_or_none(server: Server, batch: Batch) -> None:
    one, two, three = image_ids(batch)
    before = books(server)
    with pytest.raises(InvalidLabel, match=f"image {three}.*category 9"):
        submit(server, full_draft(one, 1), full_draft(two, 2), full_draft(three, 9), batch_id=batch.id)
    assert (kept(server), books(server)) == ((), before)


def wrong_size(image_id: str) -> LabelDraft:
    return LabelDraft(image_id, FullLabel((ObjectLabel(1, mask()), ObjectLabel(1, mask(1, height=8, width=6)))))


def without_a_pixel(image_id: str) -> LabelDraft:
    return LabelDraft(image_id, FullLabel((ObjectLabel(1, Mask.empty(6, 8)),)))


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda image_id: full_draft(image_id, 1, 4), InvalidLabel, "object 1: project p has no category 4"),
        (wrong_size, InvalidMask, "object 1: the mask has 8 x 6 pixels .* the image 6 x 8"),
        (without_a_pixel, InvalidMask, "object 0: the mask is empty"),
        (lambda image_id: counts_draft(image_id, {7: 1}), InvalidLabel, "no category 7"),
        (lambda image_id: counts_draft(image_id, {1: 10_001}), InvalidLabel, "10001 objects of category 1"),
        (lambda image_id: counts_draft(image_id, {1: 1}), InvalidLabel, "asks for full, not for counts"),
        (lambda image_id: LabelDraft(image_id, PointsLabel()), InvalidLabel, "asks for full, not for points"),
    ],
)
def test_wrong_labels_are_refused_naming_image_and_object(
    server: Server, batch: Batch, make: Callable[[str], LabelDraft], error: type[MaskloopError], match: str
) -> None:
    image_id = image_ids(batch)[1]
    with pytest.raises(error, match=f"image {image_id}.*{match}"):
        submit(server, make(image_id), batch_id=batch.id)
    assert kept(server) == ()


def test_impossible_submissions_are_refused(server: Server, batch: Batch) -> None:
    one, two, _ = image_ids(batch)
    elsewhere = next(
        image.id for image in server.projects.list_images(project_id="p").items if image.id not in image_ids(batch)
    )
    for drafts, options, error in (
        ((), {}, InvalidArgument),
        ((full_draft(one, 1), full_draft(one, 2)), {"batch_id": batch.id}, InvalidArgument),
        ([full_draft(f"i{place}", 1) for place in range(1001)], {}, InvalidArgument),
        ((full_draft(one, 1),), {"batch_id": batch.id, "annotator": ""}, InvalidArgument),
        ((full_draft(one, 1, seconds_spent=1e300),), {"batch_id": batch.id}, InvalidLabel),
        ((full_draft(elsewhere, 1),), {"batch_id": batch.id}, InvalidArgument),
        ((full_draft("nothing", 1),), {"batch_id": batch.id}, ImageNotFound),
        ((full_draft(one, 1),), {"batch_id": "nothing"}, BatchNotFound),
        ((full_draft(one, 1, supersedes="nothing"),), {}, LabelNotFound),
        ((full_draft(one, 1),), {"batch_id": batch.id, "annotator": "bob"}, ForeignLease),
        ((full_draft(two, 1),), {"annotator": "bob"}, ForeignLease),
    ):
        with pytest.raises(error):
            submit(server, *drafts, **options)
    with pytest.raises(ProjectNotFound):
        server.labels.submit_labels(project_id="q", annotator="ann", labels=[full_draft(one, 1)])
    assert kept(server) == ()


def test_a_second_label_without_supersedes_names_the_first(server: Server, batch: Batch) -> None:
    one = image_ids(batch)[0]
    first = submit(server, full_draft(one, 1), batch_id=batch.id).labels[0]
    for options in ({"batch_id": batch.id}, {}):
        with pytest.raises(AlreadyExists, match=first.id):
            submit(server, full_draft(one, 2), **options)


def test_an_outlined_image_needs_no_counts(server: Server, batch: Batch) -> None:
    one = image_ids(batch)[0]
    first = submit(server, full_draft(one, 1), batch_id=batch.id).labels[0]
    with pytest.raises(AlreadyExists, match=first.id):
        submit(server, counts_draft(one, {1: 1}))


def test_a_correction_supersedes_keeps_history_and_costs_nothing_planned(server: Server, batch: Batch) -> None:
    one = image_ids(batch)[0]
    first = submit(server, full_draft(one, 1, seconds_spent=10.0), batch_id=batch.id).labels[0]
    before = books(server)
    second = submit(server, full_draft(one, 2, 2, supersedes=first.id, seconds_spent=4.0), annotator="bob").labels[0]
    assert (second.cost_s, second.campaign_id, second.supersedes, second.annotator) == (0.0, "c", first.id, "bob")
    assert books(server) == {**before, "spent": 14.0, "charged": {FULL: 14.0}, "measured": {FULL: 14.0}}
    assert [label.id for label in kept(server)] == [second.id]
    history = kept(server, include_superseded=True)
    assert [(label.id, label.superseded_by) for label in history] == [(first.id, second.id), (second.id, "")]
    with pytest.raises(FailedPrecondition, match=second.id):
        submit(server, full_draft(one, 3, supersedes=first.id))


def test_a_correction_says_the_same_kind_of_the_same_image(server: Server, batch: Batch) -> None:
    one, two, _ = image_ids(batch)
    first = submit(server, full_draft(one, 1), batch_id=batch.id).labels[0]
    for draft in (full_draft(two, 1, supersedes=first.id), counts_draft(one, {1: 1}, supersedes=first.id)):
        with pytest.raises(InvalidLabel, match=first.id):
            submit(server, draft)


def test_corrected_counts_change_what_a_full_label_is_expected_to_cost(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(1000.0)
    counting = lease(server, kind=COUNTS)
    (image_id,) = image_ids(counting)
    first = submit(server, counts_draft(image_id, {}), batch_id=counting.id).labels[0]
    assert lease(server).exhausted
    submit(server, counts_draft(image_id, {1: 2}, supersedes=first.id))
    # Paid 3 for counting nothing, then found two: (3 - 1) + 158 - 3 = 157.
    assert [pick.cost_s for pick in lease(server).picks] == [157.0]


def test_labels_outside_any_campaign_cost_nothing(server: Server, batch: Batch) -> None:
    free = next(
        image.id for image in server.projects.list_images(project_id="p").items if image.id not in image_ids(batch)
    )
    before = books(server)
    answer = submit(server, full_draft(free, 1, seconds_spent=5.0))
    assert (answer.left_s, answer.labels[0].cost_s, answer.labels[0].campaign_id) == (None, 0.0, "")
    assert books(server) == before
    server.campaigns.release_batch(project_id="p", batch_id=batch.id, annotator="ann")
    assert free not in image_ids(lease(server, "bob", images=4))


def test_labels_are_listed_in_pages_and_by_image_and_kind(server: Server, batch: Batch) -> None:
    made = submit(server, *(full_draft(one, 1) for one in image_ids(batch)), batch_id=batch.id).labels
    page = server.labels.list_labels(project_id="p", page_size=2)
    rest = server.labels.list_labels(project_id="p", page_size=2, page_token=page.next_page_token)
    assert page.items + rest.items == made
    assert kept(server, image_id=made[1].image_id) == made[1:2]
    assert kept(server, kind=COUNTS) == ()
    with pytest.raises(ImageNotFound):
        kept(server, image_id="nothing")
    with pytest.raises(ProjectNotFound):
        server.labels.list_labels(project_id="q")


def test_what_labels_take_is_estimated_from_first_labels_with_a_measured_time(server: Server, batch: Batch) -> None:
    before = server.labels.get_cost_estimates(project_id="p")
    assert (before.categories, before.full.labels) == (3, 0)
    assert before.full_label(Counts({1: 2})) == pytest.approx(2 + 2 * 79)
    first, second, third = image_ids(batch)
    submit(server, full_draft(first, 1, 1, seconds_spent=80.0), batch_id=batch.id)
    submit(server, full_draft(second, 1, seconds_spent=41.0), full_draft(third, 2), batch_id=batch.id)
    label = submit(server, full_draft(first, 1, 1, seconds_spent=500.0, supersedes=label_of(server, first)))
    after = server.labels.get_cost_estimates(project_id="p")
    assert label.labels[0].seconds_spent == 500.0
    assert (after.full.labels, after.full.left_out, after.full.measured_s) == (2, 0, 121.0)
    assert after.full.by_category[1].steps == 3
    assert 38 < after.full.by_category[1].estimated_s < 60
    assert set(after.full.by_category) == {1}


def test_estimates_of_a_project_that_is_not_there_are_refused(server: Server) -> None:
    with pytest.raises(ProjectNotFound):
        server.labels.get_cost_estimates(project_id="nowhere")


def test_batches_are_listed_with_what_became_of_every_image(server: Server, batch: Batch) -> None:
    first, second, third = image_ids(batch)
    submit(server, full_draft(first, 1), batch_id=batch.id)
    server.clock.forward(3601)
    (record,) = server.campaigns.list_batches(project_id="p", campaign_id="c").items
    assert record.batch.picks == batch.picks
    assert record.states == {first: PickState.LABELED, second: PickState.EXPIRED, third: PickState.EXPIRED}
    with pytest.raises(CampaignNotFound):
        server.campaigns.list_batches(project_id="p", campaign_id="nowhere")


def test_the_export_is_a_coco_file_of_the_current_full_labels(server: Server, batch: Batch) -> None:
    one, two, _ = image_ids(batch)
    first = submit(server, full_draft(one, 1), full_draft(two), batch_id=batch.id).labels[0]
    submit(server, full_draft(one, 2, 3, supersedes=first.id))
    pieces = list(server.labels.export_labels(project_id="p"))
    document = json.loads(b"".join(pieces))
    names = {image["id"]: image["file_name"] for image in document["images"]}
    expected = {server.projects.get_image(project_id="p", image_id=image_id).file_name for image_id in (one, two)}
    assert set(names.values()) == expected
    assert [category["name"] for category in document["categories"]] == ["crack", "rust", "spall"]
    found = {item["category_id"]: item for item in document["annotations"]}
    assert set(found) == {2, 3}
    assert Mask(6, 8, found[3]["segmentation"]["counts"].encode()) == mask(2)


def test_an_export_comes_in_pieces(server: Server) -> None:
    checkered = np.indices((6, 8)).sum(axis=0) % 2 == 1
    many = tuple(ObjectLabel(1, Mask.from_array(checkered)) for _ in range(3000))
    server.projects.import_images(project_id="p", images=[ImageImport("a.png", Split.TRAIN, data=png(1), objects=many)])
    pieces = list(server.labels.export_labels(project_id="p"))
    assert len(pieces) > 1
    assert max(map(len, pieces)) <= 256 * 1024
    assert len(json.loads(b"".join(pieces))["annotations"]) == 3000


def test_counts_leave_out_categories_with_none(server: Server) -> None:
    server.import_pool(1)
    server.create_campaign(100.0)
    counting = lease(server, kind=COUNTS)
    answer = submit(server, counts_draft(image_ids(counting)[0], {1: 0, 2: 1}), batch_id=counting.id)
    assert answer.labels[0].content == Counts({2: 1})
    assert answer.labels[0].cost_s == 4.48
