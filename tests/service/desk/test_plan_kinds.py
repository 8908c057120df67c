"""Which kinds to buy next, asked of a server's desk: what it learnt from, what labels take, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from maskloop.errors import CampaignNotFound, InvalidArgument, InvalidBudget, PoolNotScored, UnsupportedSupervision
from maskloop.values import (
    Assist,
    Assistance,
    Box,
    BoxesLabel,
    Evaluation,
    FullLabel,
    KindsBasis,
    KindsPlan,
    KindsReason,
    LabelDraft,
    ModelVersion,
    Operation,
    OperationKind,
    OperationState,
    Split,
    SupervisionKind,
)
from service.store.models import ModelRecord, activate_model, insert_model
from service.store.operations import OperationRecord, insert_operation
from tests.service.desks import Server, full_draft

FULL, BOXES = SupervisionKind.FULL, SupervisionKind.BOXES
TWO = BoxesLabel((Box(2, 0.5, 1, 3.25, 4), Box(2, 4, 0, 4, 6)))
PRIOR_FULL_S, PRIOR_BOXES_S = 222.7, 21.1  # (3 - 1.5) + 79 * 2.8 and (3 - 1.5) + 7 * 2.8: Pascal VOC's means


def serving(folder: Path, images: int) -> Iterator[Server]:
    made = Server(folder)
    made.create_project()
    made.import_pool(images)
    made.create_campaign(10_000.0)
    yield made
    made.database.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    yield from serving(tmp_path, 12)


def ask(server: Server, seconds: float = 1000.0, **options: Any) -> KindsPlan:
    asked: dict[str, Any] = {"kinds": (FULL, BOXES), "campaign_id": "c", **options}
    return server.campaigns.plan_kinds(project_id="p", seconds=seconds, **asked)


def label(server: Server, kind: SupervisionKind, number: int, seconds: float | None = None) -> list[str]:
    batch = server.campaigns.select_batch(project_id="p", campaign_id="c", annotator="a", kind=kind, images=number)
    contents = [full_draft(pick.image_id, 1).content if kind is FULL else TWO for pick in batch.picks]
    drafts = [LabelDraft(pick.image_id, said, seconds) for pick, said in zip(batch.picks, contents, strict=True)]
    submitted = server.labels.submit_labels(project_id="p", annotator="a", labels=drafts, batch_id=batch.id)
    return [each.id for each in submitted.labels]


def measure(
    server: Server, version: str, snapshot: list[str], metrics: dict[str, float], *, recipe: str = "pretrained"
) -> None:
    """Register a model version that learnt from these labels, and what an evaluation of it measured."""
    model = ModelVersion(version, "p", recipe, 0, 0, {}, server.clock())
    evaluation = Evaluation(Split.TEST, 0.1, 0.2, 0.3, 0.1, None, (), metrics=metrics)
    now, number = server.clock(), f"{version}-{sum(map(ord, str(metrics)))}"
    operation = Operation(
        id=number,
        project_id="p",
        kind=OperationKind.EVALUATE,
        state=OperationState.SUCCEEDED,
        progress=1.0,
        message="",
        eta_s=None,
        seconds=1.0,
        result_id=version,
        result=evaluation,
        created_at=now,
        updated_at=now,
    )
    with server.database.write() as tx:
        insert_model(tx, ModelRecord(model, tuple(snapshot), f"models/p/{version}"))
        activate_model(tx, "p", version, now)
        insert_operation(tx, OperationRecord(operation, {"split": "test"}))


def test_before_anything_is_labeled_it_goes_by_the_priors_and_says_so(server: Server) -> None:
    plan = ask(server)
    assert (plan.basis, plan.networks) == (KindsBasis.PRIORS, ())
    assert "other campaigns" in plan.words
    assert sum(plan.shares.values()) == pytest.approx(1)
    full, boxes = plan.kinds
    assert (full.kind, boxes.kind) == (FULL, BOXES)
    assert (full.image_s, boxes.image_s) == (PRIOR_FULL_S, PRIOR_BOXES_S)
    assert (full.open_images, boxes.open_images) == (12, 12)
    assert (plan.seconds, plan.left_s) == (1000.0, 10_000.0)


def test_it_learns_from_what_networks_had_learnt_from_by_the_labels_of_their_snapshot(server: Server) -> None:
    """An image that was boxed and outlined later counts as outlined, and a later label does not change the past."""
    boxed, outlined = label(server, BOXES, 4), label(server, FULL, 3)
    measure(server, "m1", [*boxed, *outlined], {"pq": 0.42, "rq": 0.6, "sq": 0.7})
    label(server, FULL, 2)
    plan = ask(server)
    assert plan.basis is KindsBasis.ROUNDS
    (network,) = plan.networks
    held = server.labels.list_labels(project_id="p").items
    outlined_images = {each.image_id for each in held if each.id in outlined}
    boxed_images = {each.image_id for each in held if each.id in boxed}
    assert network.images == {FULL: 3, BOXES: len(boxed_images - outlined_images)}
    assert (network.model_version, network.recognition, network.segmentation) == ("m1", 0.6, 0.7)
    assert plan.kinds[0].open_images == 12 - 5
    assert plan.kinds[1].open_images == 12 - len({each.image_id for each in held})


def test_an_image_with_both_counts_as_outlined(server: Server) -> None:
    image_id = server.projects.list_images(project_id="p").items[0].id
    drafts = [LabelDraft(image_id, TWO), full_draft(image_id, 1)]
    held = [server.labels.submit_labels(project_id="p", annotator="a", labels=[draft]).labels[0] for draft in drafts]
    measure(server, "m1", [each.id for each in held], {"rq": 0.6, "sq": 0.7})
    assert ask(server).networks[0].images == {FULL: 1}
    assert [each.open_images for each in ask(server).kinds] == [11, 11]


def test_the_latest_evaluation_counts_and_networks_of_other_recipes_do_not(server: Server) -> None:
    outlined = label(server, FULL, 2)
    measure(server, "old", outlined, {"rq": 0.9, "sq": 0.9}, recipe="compact")
    measure(server, "before", outlined, {"pq": 0.3})  # of a release that measured no recognition
    measure(server, "m1", outlined, {"rq": 0.2, "sq": 0.7})
    measure(server, "m1", outlined, {"rq": 0.0, "sq": 0.0})
    (network,) = ask(server).networks
    assert (network.model_version, network.recognition, network.segmentation) == ("m1", 0.0, None)


def test_what_labels_take_goes_over_from_the_plan_to_what_the_latest_took(server: Server) -> None:
    label(server, BOXES, 5, seconds=100.0)
    full, boxes = ask(server).kinds
    assert boxes.image_s == pytest.approx((5 * 100 + 5 * PRIOR_BOXES_S) / 10, abs=0.01)
    assert full.image_s == PRIOR_FULL_S
    label(server, FULL, 5, seconds=20.0)
    full, _ = ask(server).kinds
    planned_s = (3 - 1) + 79  # by what was outlined: one object of one category an image
    assert full.image_s == pytest.approx((5 * 20 + 5 * planned_s) / 10, abs=0.01)


def test_where_people_are_helped_outlines_take_what_reviews_should(server: Server) -> None:
    """Three proposals of IoU .5: checks, three looks, 1.5 removals, half an outline each, 1.3 objects missed."""
    images = server.projects.list_images(project_id="p").items
    help_ = Assistance(Assist.PROPOSALS, "m1", 0.0)
    with pytest.raises(PoolNotScored, match="m1"):
        ask(server, assistance=help_)
    server.add_model({image.id: 0.5 for image in images}, found={image.id: 3 for image in images})
    full, boxes = ask(server, assistance=help_).kinds
    assert full.image_s == pytest.approx(1.5 + 3 * 1.5 + 1.5 * 2 + 3 * 0.5 * 79 + 1.3 * 79)
    assert boxes.image_s == PRIOR_BOXES_S
    assert ask(server, assistance=Assistance(Assist.NONE, "", 0.0)).kinds[0].image_s == PRIOR_FULL_S


def test_where_all_is_boxed_there_are_outlines_alone(server: Server) -> None:
    label(server, BOXES, 12)
    plan = ask(server)
    assert (plan.shares, plan.reason) == ({FULL: 1.0, BOXES: 0.0}, KindsReason.ONE_KIND)


def test_no_more_is_divided_than_is_left_and_asking_twice_changes_nothing(server: Server) -> None:
    label(server, FULL, 2)
    before = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    plan = ask(server, seconds=1e9, seed=3)
    assert plan.seconds == plan.left_s == pytest.approx(10_000 - before.spent_s)
    assert ask(server, seconds=1e9, seed=3) == plan
    assert server.campaigns.get_campaign(project_id="p", campaign_id="c") == before


def test_a_budget_of_images_is_divided_by_what_its_images_should_take(server: Server) -> None:
    server.create_campaign(images=4, campaign_id="counted")
    assert ask(server, campaign_id="counted").left_s == pytest.approx(4 * PRIOR_FULL_S)


@pytest.mark.parametrize(
    ("asked", "error", "words"),
    [
        ({"kinds": (BOXES,)}, InvalidArgument, "add full"),
        ({"kinds": (FULL, BOXES, BOXES)}, InvalidArgument, "a kind is there twice"),
        ({"kinds": (FULL, SupervisionKind.COUNTS)}, UnsupportedSupervision, "learn nothing from labels of kind counts"),
        (
            {"kinds": (FULL, SupervisionKind.OOD_CHECK)},
            UnsupportedSupervision,
            "learn nothing from labels of kind ood_check",
        ),
        ({"seconds": 0.0}, InvalidArgument, "cannot be divided"),
        ({"seconds": -5.0}, InvalidArgument, "cannot be divided"),
        ({"seed": -1}, InvalidArgument, "seed"),
        ({"campaign_id": "none"}, CampaignNotFound, "none"),
    ],
)
def test_what_cannot_be_divided_is_refused(server: Server, asked: dict[str, Any], error: Any, words: str) -> None:
    with pytest.raises(error, match=words):
        ask(server, **asked)


def test_a_spent_budget_has_nothing_to_divide(server: Server) -> None:
    server.create_campaign(images=1, campaign_id="small")
    batch = server.campaigns.select_batch(project_id="p", campaign_id="small", annotator="a", kind=FULL, images=1)
    draft = LabelDraft(batch.picks[0].image_id, FullLabel())
    server.labels.submit_labels(project_id="p", annotator="a", labels=[draft], batch_id=batch.id)
    with pytest.raises(InvalidBudget, match="nothing left to divide"):
        ask(server, campaign_id="small")
