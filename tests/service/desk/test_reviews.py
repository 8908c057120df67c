"""Labels that say what their objects began as: held against what was offered, charged by it, and kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from maskloop.errors import InvalidLabel, ModelNotFound, RequestIdReused
from maskloop.values import (
    FullLabel,
    Label,
    LabelDraft,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Rejection,
    Review,
    ReviewPrices,
    Verdict,
    Work,
    with_ids,
)
from service.store.labels.prompted import forget_prompted, keep_prompted
from tests.service.desk.asking import books, ids, select
from tests.service.desks import WIDTH, Server, mask

ABSENT_S = 2.0  # of three categories one is there
LOOK_S, REJECT_S, BOX_S, RECLASSIFY_S, OUTLINE_S = 1.5, 2.0, 7.0, 2.0, 79.0


@pytest.fixture
def offered(server: Server) -> tuple[str, list[ObjectProposal]]:
    """An image of a batch held by `ann`, and what model version `m1` offers for it: three times the same mask."""
    pool = server.import_pool(2)
    server.create_campaign(1000.0)
    server.add_model(dict.fromkeys(pool, 0.5), found=dict.fromkeys(pool, 3))
    (image_id,) = ids(select(server))
    (proposals,) = server.models.get_proposals(project_id="p", image_ids=[image_id])
    return image_id, list(proposals.objects)


def submit(server: Server, image_id: str, objects: list[ObjectLabel], *rejected: Rejection, **options: Any) -> Label:
    draft = LabelDraft(image_id, FullLabel(tuple(objects), Review("m1", rejected)))
    batch = select(server)
    done = server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft], batch_id=batch.id, **options)
    return done.labels[0]


def begun(verdict: Verdict, proposal: ObjectProposal, columns: int = 0, **options: Any) -> ObjectLabel:
    shape = mask(columns) if columns else proposal.mask
    return ObjectLabel(proposal.category_id, shape, origin=Origin(verdict, proposal.id, **options))


def test_a_label_is_charged_what_each_step_of_its_review_takes(server, offered):
    image_id, (first, second, third) = offered
    label = submit(
        server,
        image_id,
        [
            begun(Verdict.ACCEPTED, first),
            begun(Verdict.MODIFIED, second, columns=5),
            ObjectLabel(1, mask(1), origin=Origin(Verdict.MISSED)),
        ],
        Rejection(third.id),
    )
    iou = 5 / WIDTH  # half of an outline is saved
    expected = ABSENT_S + LOOK_S + (LOOK_S + OUTLINE_S / 2) + OUTLINE_S + (LOOK_S + REJECT_S)
    assert label.cost_s == pytest.approx(expected)
    assert books(server)[0] == pytest.approx(expected)
    assert [item.origin.iou if item.origin else None for item in label.objects] == [1.0, pytest.approx(iou), None]


def test_what_is_kept_tells_the_whole_review_even_when_the_model_is_gone(server, offered):
    image_id, (first, second, third) = offered
    work = Work(edits=3, seconds=12.5)
    made = [
        begun(Verdict.ACCEPTED, first, work=work),
        ObjectLabel(1, mask(1), origin=Origin(Verdict.MISSED, work=work)),
    ]
    submit(server, image_id, made, Rejection(second.id, work=Work(seconds=1.0)), Rejection(third.id))
    server.data.scores("p", "m1").unlink()
    (label,) = server.restarted().labels.list_labels(project_id="p").items
    assert label.content.review == Review(
        "m1", (Rejection(second.id, work=Work(seconds=1.0)), Rejection(third.id)), (first, second, third)
    )
    assert [item.origin for item in label.objects] == [
        Origin(Verdict.ACCEPTED, first.id, iou=1.0, work=work),
        Origin(Verdict.MISSED, work=work),
    ]


def test_another_category_alone_is_a_key_and_no_outline(server, offered):
    image_id, (first, *_) = offered
    label = submit(server, image_id, [replace(begun(Verdict.MODIFIED, first), category_id=first.category_id + 1)])
    assert label.objects[0].origin.reclassified
    assert label.cost_s == pytest.approx(ABSENT_S + LOOK_S + RECLASSIFY_S)


def test_a_prompted_proposal_costs_its_box_whatever_the_caller_says(server, offered):
    image_id, (first, *_) = offered
    good, bad = with_ids("m1", image_id, [ObjectProposal(1, mask(columns), 0.5, 0.5) for columns in (2, 3)])
    with server.database.write() as tx:
        keep_prompted(tx, "p", image_id, [good, bad], model_version="m1", now=server.clock())
    objects = [begun(Verdict.ACCEPTED, good), begun(Verdict.ACCEPTED, first, prompted=True)]
    label = submit(server, image_id, objects, Rejection(bad.id))
    assert label.cost_s == pytest.approx(ABSENT_S + BOX_S + LOOK_S + LOOK_S + BOX_S + LOOK_S + REJECT_S)
    assert [item.origin.prompted for item in label.objects] == [True, False]
    assert isinstance(label.content, FullLabel)
    assert label.content.review is not None
    assert label.content.review.rejected == (Rejection(bad.id, prompted=True),)


def test_a_label_is_corrected_when_what_it_names_was_forgotten(server, offered):
    """It is kept beside the label, of a network that is no version as well."""
    image_id, _ = offered
    good, bad = with_ids("sam", image_id, [ObjectProposal(1, mask(columns), 0.5, 0.5) for columns in (2, 3)])
    with server.database.write() as tx:
        keep_prompted(tx, "p", image_id, [good, bad], model_version="sam", now=server.clock())
    said = LabelDraft(image_id, FullLabel((begun(Verdict.ACCEPTED, good),), Review("sam", (Rejection(bad.id),))))
    batch = select(server)
    (label,) = server.labels.submit_labels(project_id="p", annotator="ann", labels=[said], batch_id=batch.id).labels
    with server.database.write() as tx:
        assert forget_prompted(tx, server.clock() + timedelta(days=1)) == 2
    better = FullLabel(
        (begun(Verdict.ACCEPTED, good), ObjectLabel(1, mask(5), origin=Origin(Verdict.MISSED))),
        Review("sam", (Rejection(bad.id),)),
    )
    draft = LabelDraft(image_id, better, supersedes=label.id)
    (corrected,) = server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft]).labels
    assert corrected.content.review.proposals == (good, bad)
    assert [item.origin.prompted for item in corrected.objects] == [True, False]
    assert corrected.content.review.rejected == (Rejection(bad.id, prompted=True),)


def test_a_label_that_names_more_than_anybody_looks_at_is_refused_before_anything_is_read(server, offered):
    image_id, _ = offered
    with pytest.raises(InvalidLabel, match="names 2001 proposals; 2000 are the most"):
        submit(server, image_id, [], *(Rejection(f"{number:016x}") for number in range(2001)))
    with pytest.raises(InvalidLabel, match="is no proposal's id"):
        submit(server, image_id, [], Rejection("z" * 200))


def test_a_project_may_have_prices_of_its_own(server):
    prices = ReviewPrices(look_s=3, reject_s=4)
    server.create_project("q", review_prices=prices)
    assert server.restarted().projects.get_project(project_id="q").review_prices == prices


def test_the_same_submission_again_is_the_same_label_and_another_one_is_refused(server, offered):
    image_id, (first, second, _) = offered
    batch = select(server)

    def send(*rejected: Rejection):
        draft = LabelDraft(image_id, FullLabel((begun(Verdict.ACCEPTED, first),), Review("m1", rejected)))
        return server.labels.submit_labels(
            project_id="p", annotator="ann", labels=[draft], batch_id=batch.id, request_id="r1"
        ).labels[0]

    label = send()
    assert send() == label
    assert books(server)[0] == label.cost_s
    with pytest.raises(RequestIdReused):
        send(Rejection(second.id))


def test_a_correction_may_say_otherwise_of_its_proposals(server, offered):
    image_id, (first, second, _) = offered
    label = submit(server, image_id, [begun(Verdict.ACCEPTED, first)])
    better = FullLabel((begun(Verdict.ACCEPTED, second),), Review("m1", (Rejection(first.id),)))
    draft = LabelDraft(image_id, better, supersedes=label.id)
    corrected = server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft]).labels[0]
    assert corrected.objects[0].origin.proposal_id == second.id
    assert corrected.cost_s == 0
    assert [each.id for each in server.labels.list_labels(project_id="p").items] == [corrected.id]


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (
            lambda first: [begun(Verdict.MODIFIED, replace(first, id="0123456789abcdef"))],
            "image .* offered no proposal '0123456789abcdef'",
        ),
        (lambda first: [begun(Verdict.ACCEPTED, first, columns=1)], r"object 0: it has another mask \(IoU 0\.\d+\)"),
        (
            lambda first: [replace(begun(Verdict.ACCEPTED, first), category_id=first.category_id + 1)],
            "object 0: it is of another category",
        ),
        (lambda first: [begun(Verdict.ACCEPTED, first)] * 2, "named twice"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(server, offered, said, words):
    image_id, (first, *_) = offered
    with pytest.raises(InvalidLabel, match=words):
        submit(server, image_id, said(first))
    assert not server.labels.list_labels(project_id="p").items
    assert books(server)[0] == 0


def test_a_model_version_that_is_not_there_is_refused(server, offered):
    image_id, _ = offered
    draft = LabelDraft(image_id, FullLabel((), Review("m2")))
    with pytest.raises(ModelNotFound, match="m2"):
        server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft], batch_id=select(server).id)


def test_an_origin_without_a_review_is_refused(server, offered):
    image_id, (first, *_) = offered
    draft = LabelDraft(image_id, FullLabel((begun(Verdict.ACCEPTED, first),)))
    with pytest.raises(InvalidLabel, match="names no model version"):
        server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft], batch_id=select(server).id)


def test_once_the_model_is_thinned_people_are_believed(server, offered):
    image_id, (first, *_) = offered
    batch = select(server)
    server.add_model(None, version="m2")
    server.models.thin_models(project_id="p", keep=1)
    said = begun(Verdict.MODIFIED, first, columns=1, iou=0.8)
    draft = LabelDraft(image_id, FullLabel((said,), Review("m1")))
    label = server.labels.submit_labels(project_id="p", annotator="ann", labels=[draft], batch_id=batch.id).labels[0]
    assert label.objects[0].origin == said.origin
    assert label.cost_s == pytest.approx(ABSENT_S + LOOK_S + OUTLINE_S / 4)
