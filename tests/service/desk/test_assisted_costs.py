"""What labels are planned to cost when people are helped, and the batches that are chosen by it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.costs.cost_model import CostModel
from maskloop.errors import InvalidArgument, PoolNotScored
from maskloop.masks import Mask
from maskloop.values import (
    UNAIDED,
    Assist,
    Assistance,
    Box,
    BoxesLabel,
    CorrectionForm,
    FullLabel,
    ImageProposals,
    LabelDraft,
    ObjectLabel,
    ObjectProposal,
    Origin,
    Point,
    PointsLabel,
    Rejection,
    Review,
    ReviewPrices,
    Split,
    Strategy,
    SupervisionKind,
    Verdict,
)
from service.artifacts.score_table import ScoredRow, write_scores
from service.pool.assisted_costs import AssistedCosts, Shown, assisted_quote, scale_of
from service.store.labels.timed_labels import ReviewedLabel, latest_reviews
from tests.service.desk.asking import FULL_PRIOR, books, ids, select, submit
from tests.service.desks import FEATURES, UNCERTAIN, Server, counts_draft, mask

HELP = Assistance(Assist.PROPOSALS, "m1", 0.5)
OBJECTS, CATEGORIES = 2.8, 1.5  # of an image of which nothing is known
CHECKS_S = 3 - CATEGORIES


def offer(server: Server, ious: dict[str, tuple[float, ...]], version: str = "m1") -> None:
    """A model version whose proposals have these predicted IoUs, by image id; their masks tell them apart."""
    server.add_model(None, version=version)
    rows = (
        ImageProposals(
            name, version, 0.5, tuple(ObjectProposal(1, mask(place + 1), iou, 0.5) for place, iou in enumerate(all_))
        )
        for name, all_ in ious.items()
    )
    write_scores(server.data.scores("p", version), (ScoredRow(row, FEATURES, UNCERTAIN) for row in rows))


@pytest.fixture
def pool(server: Server) -> list[str]:
    return server.import_pool(4)


def test_a_pick_is_planned_at_what_its_proposals_should_take(server, pool):
    offer(server, dict.fromkeys(pool, (0.9, 0.6, 0.2)))
    server.create_campaign(1000.0)
    batch = select(server, assistance=HELP)
    looks_s = 2 * 1.5 + (2 - 1.5) * 2  # two shown; half of one should be wrong
    mended_s = 79 * (0.25 + 0.5)
    missed_s = 79 * (OBJECTS - 1.5)
    assert batch.picks[0].cost_s == pytest.approx(CHECKS_S + looks_s + mended_s + missed_s, abs=1e-3)
    assert books(server)[1] == batch.picks[0].cost_s < FULL_PRIOR
    assert (
        batch.assistance == HELP == server.restarted().campaigns.get_batch(project_id="p", batch_id=batch.id).assistance
    )


def test_boxes_are_cheaper_than_outlines_of_what_was_missed(server, pool):
    offer(server, dict.fromkeys(pool, (0.9,)))
    server.create_campaign(1000.0)
    batch = select(server, assistance=Assistance(Assist.BOXES, "m1", 0.5))
    missed_s = (OBJECTS - 0.9) * (7 + 1.5 + 79 / 2)
    assert batch.picks[0].cost_s == pytest.approx(CHECKS_S + 1.5 + 0.1 * 2 + 79 * 0.25 + missed_s, abs=1e-3)


def test_boxes_tell_how_many_objects_there_are_to_outline(server, pool):
    boxed = BoxesLabel((Box(1, 0, 0, 4, 3), Box(2, 1, 1, 3, 3)))
    labels = [LabelDraft(image_id, boxed) for image_id in pool]
    server.labels.submit_labels(project_id="p", annotator="ann", labels=labels)
    server.create_campaign(1000.0)
    drawn = select(server)
    assert drawn.picks[0].cost_s == (3 - 2) + 79 * 2
    offer(server, dict.fromkeys(pool, (0.9, 0.6)))
    reviewed = select(server, annotator="ben", assistance=HELP)
    shown_s = 2 * 1.5 + (2 - 1.5) * 2 + 79 * (0.25 + 0.5)
    assert reviewed.picks[0].cost_s == pytest.approx((3 - 2) + shown_s + 79 * (2 - 1.5), abs=1e-3)


def test_of_several_marks_the_one_that_says_most_tells_how_many_objects_there_are(server, pool):
    for marks in (PointsLabel((Point(1, 1, 1),)), BoxesLabel((Box(1, 0, 0, 4, 3), Box(2, 1, 1, 3, 3)))):
        for image_id in pool[:2] if isinstance(marks, PointsLabel) else pool[1:]:
            server.labels.submit_labels(project_id="p", annotator="ann", labels=[LabelDraft(image_id, marks)])
    server.create_campaign(1000.0)
    prices = {pick.image_id: pick.cost_s for pick in select(server, images=4).picks}
    assert [prices[image_id] for image_id in pool[:3]] == [2 + 79, 1 + 2 * 79, 1 + 2 * 79]


def test_marks_say_more_than_counts_which_alone_make_the_next_label_cheaper(server, pool):
    server.create_campaign(1000.0)
    server.count(pool, {1: 1})
    boxed = BoxesLabel((Box(1, 0, 0, 4, 3), Box(2, 1, 1, 3, 3)))
    server.labels.submit_labels(project_id="p", annotator="ann", labels=[LabelDraft(pool[0], boxed)])
    prices = {pick.image_id: pick.cost_s for pick in select(server, images=4).picks}
    assert [prices[image_id] for image_id in pool[:2]] == pytest.approx([1 + 2 * 79 - 4.48, 2 + 79 - 4.48])


def test_seconds_buy_more_images_with_help(server, pool):
    offer(server, dict.fromkeys(pool, (0.95, 0.95, 0.95)))
    server.create_campaign(1000.0)
    assert len(select(server, "ada", seconds=300).picks) == 1
    assert len(select(server, "bob", seconds=300, assistance=HELP).picks) == 3


def test_what_reviews_took_scales_what_the_next_are_expected_to_take(server, pool):
    offer(server, dict.fromkeys(pool, (0.95, 0.95, 0.95)))
    server.create_campaign(10_000.0)
    first = select(server, assistance=HELP)
    (proposals,) = server.models.get_proposals(project_id="p", image_ids=ids(first))
    rejected = tuple(Rejection(item.id) for item in proposals.objects)
    drawn = FullLabel(tuple(ObjectLabel(1, mask(place + 1)) for place in range(6)), Review("m1", rejected))
    label = server.labels.submit_labels(
        project_id="p", annotator="ann", labels=[LabelDraft(first.picks[0].image_id, drawn)], batch_id=first.id
    ).labels[0]
    assert label.cost_s == pytest.approx(2 + 6 * 79 + 3 * 3.5)
    again = select(server, assistance=HELP)
    # There are 6 objects an image now: 1 of 3 classes, 3 looks, .15 wrong, 3 times .05 of an outline, 3.15 missed.
    expected_s = 2 + 3 * 1.5 + 0.15 * 2 + 79 * 0.15 + 79 * (6 - 2.85)
    scale = (label.cost_s + 5 * expected_s) / (6 * expected_s)
    assert again.picks[0].cost_s == pytest.approx(scale * expected_s, abs=2e-3)


def test_gain_per_second_goes_by_the_seconds_that_people_need_with_their_help(server, pool):
    """Drawing, an image costs by how many objects were found in it. Reviewing, three nearly right masks cost
    less than the objects that one wrong mask leaves to draw."""
    few, sure, *rest = pool
    server.create_campaign(10_000.0)
    offer(server, {few: (0.5,), sure: (0.9, 0.9, 0.9), **dict.fromkeys(rest, ())})
    gain = Strategy.parse("expected_gain:trust=any")
    drawn = select(server, strategy=gain, images=2)
    assert ids(drawn) == [few, sure]
    assert drawn.picks[0].reason == "expected gain 1.00 objects; most worth per second first"
    server.campaigns.release_batch(project_id="p", batch_id=drawn.id, annotator="ann")
    reviewed = select(server, strategy=gain, images=2, assistance=HELP)
    assert ids(reviewed) == [sure, few]


def test_before_the_first_model_people_draw(server, pool):
    server.create_campaign(1000.0)
    batch = select(server, assistance=Assistance(Assist.PROPOSALS))
    assert batch.assistance == UNAIDED
    assert batch.picks[0].cost_s == FULL_PRIOR


def test_the_active_version_helps_where_none_is_named_once_it_has_scored(server, pool):
    server.create_campaign(1000.0)
    server.add_model(None)
    assert select(server, "bob", assistance=Assistance(Assist.PROPOSALS)).assistance == UNAIDED
    with pytest.raises(PoolNotScored, match="m1 has not scored the pool"):
        select(server, assistance=HELP)
    offer(server, dict.fromkeys(pool, (0.9,)), "m2")
    assert select(server, assistance=Assistance(Assist.PROPOSALS)).assistance.model_version == "m2"


@pytest.mark.parametrize("options", [{"kind": SupervisionKind.COUNTS}, {"for_split": Split.TEST}])
def test_nobody_is_helped_with_anything_but_outlines_to_learn_from(server, pool, options):
    server.create_campaign(1000.0)
    with pytest.raises(InvalidArgument, match="people are helped with labels of kind full"):
        select(server, assistance=HELP, **options)


ious = st.lists(st.floats(0, 1).map(lambda value: round(value, 3)), max_size=6)


@pytest.mark.slow
@given(st.lists(ious, min_size=1, max_size=5), st.sampled_from([0.0, 0.5, 0.9]), st.sampled_from(CorrectionForm))
def test_a_whole_table_tells_what_each_image_shows(tmp_path_factory, images, least, form):
    server = Server(tmp_path_factory.mktemp("data"))
    rows = [
        ImageProposals(f"i{n}", "m1", 0.5, tuple(ObjectProposal(1, mask(), iou, 0.5) for iou in all_))
        for n, all_ in enumerate(images)
    ]
    write_scores(server.data.scores("p", "m1"), (ScoredRow(row, FEATURES, UNCERTAIN) for row in rows))
    shown = AssistedCosts(server.data).shown("p", Assistance(Assist.PROPOSALS, "m1", least), form)
    for n, all_ in enumerate(images):
        told, slow = shown(f"i{n}"), Shown.of([iou for iou in all_ if iou >= least], form)
        assert told is not None
        assert np.allclose([told.number, told.found, told.mended], [slow.number, slow.found, slow.mended], atol=2e-3)
    assert shown("other") is None
    server.database.close()


@given(ious, st.sampled_from([Assist.PROPOSALS, Assist.BOXES]), st.floats(0, 8))
def test_whatever_is_shown_an_empty_image_is_the_least_that_it_can_cost(all_, assist, objects):
    costs = CostModel(3)
    quote = assisted_quote(
        costs,
        Shown.of(all_, CorrectionForm.BANDS),
        assist,
        categories=1,
        objects=objects,
        outline_s=79.0,
        scale=1.5,
    )
    assert quote.cost_s >= 0
    assert quote.least_s == costs.full(0, 0)


def test_prices_of_the_project_decide(server):
    server.create_project("q", review_prices=ReviewPrices(look_s=10.0))
    assert Shown(2, 2, 0).seconds(ReviewPrices(look_s=10.0), Assist.PROPOSALS, 2, 79.0) == 20.0
    label = FullLabel(
        (ObjectLabel(1, Mask.from_array(np.ones((2, 2), bool)), origin=Origin(Verdict.ACCEPTED, "x")),), Review("m1")
    )
    assert label.cost_s(CostModel(1, reviews=ReviewPrices(look_s=10.0))) == 10.0


def test_a_version_that_scored_anew_is_gone_by_anew(server, pool):
    server.create_campaign(100_000.0)
    offer(server, dict.fromkeys(pool, (0.95,) * 3))
    before = select(server, images=1, assistance=HELP).picks[0].cost_s
    later = sorted(set(server.import_pool(6)) - set(pool))
    rows = (
        ImageProposals(name, "m1", 0.5, (ObjectProposal(1, mask(1), 0.95, 0.5),) * 3)
        for name in sorted([*pool, *later])
    )
    write_scores(server.data.scores("p", "m1"), (ScoredRow(row, FEATURES, UNCERTAIN) for row in rows))
    server.candidates.forget("p")
    picks = select(server, "bob", images=5, assistance=HELP).picks
    assert {pick.image_id for pick in picks} > set(later)
    assert {pick.cost_s for pick in picks} == {before}


def test_what_counts_have_cost_is_taken_off_once():
    """All reviews took what was expected of them: so the scale is 1, whoever paid for a part of it before."""
    costs, ious = CostModel(20), (0.9, 0.9)
    shown = Shown.of(ious, costs.reviews.correction)
    whole_s = costs.full(1, 0) + shown.seconds(costs.reviews, Assist.PROPOSALS, 2, 79.0)
    paid_s = costs.counts(1)
    reviewed = [ReviewedLabel(whole_s - paid_s, paid_s, 1, ious)] * 200
    assert scale_of(reviewed, costs, Assist.PROPOSALS, 2, 79.0) == pytest.approx(1)


def test_reviews_tell_what_the_counts_of_their_images_have_cost(server, pool):
    server.create_campaign(100_000.0)
    offer(server, dict.fromkeys(pool, (0.95,)))
    counted = select(server, kind=SupervisionKind.COUNTS)
    (image_id,) = ids(counted)
    submit(server, counted, counts_draft(image_id, {1: 1}))
    batch = select(server, "bob", images=4, assistance=HELP)
    drafts = [LabelDraft(each, FullLabel((ObjectLabel(1, mask(1)),), Review("m1"))) for each in ids(batch)]
    submit(server, batch, *drafts, annotator="bob")
    with server.database.read() as tx:
        reviewed = latest_reviews(tx, "p", 9)
    assert sorted(label.counts_paid_s for label in reviewed) == [0.0, 0.0, 0.0, 3 + 1.48]
    assert {round(label.cost_s + label.counts_paid_s, 6) for label in reviewed} == {2 + 79.0}
