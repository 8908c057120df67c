"""Candidate OoD images: handed out, judged, put where the answer says; the desks over a real SQLite store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidLabel, NoClassifier
from maskloop.values import (
    Batch,
    Counts,
    Label,
    LabelDraft,
    ModelVersion,
    OodAnswer,
    Operation,
    OperationKind,
    OperationState,
    Split,
    Strategy,
    SupervisionKind,
)
from models.annotation.recipe import resolve
from service.artifacts.names import CHECKPOINT
from service.device.job_files import TrainJob, read_job, write_outcome
from service.operations.steps.steps import DeviceWork
from service.store.models import get_model
from service.store.operations import OperationRecord
from tests.service.desks import Server, full_draft

COUNTS, FULL, OOD_CHECK = SupervisionKind.COUNTS, SupervisionKind.FULL, SupervisionKind.OOD_CHECK
RANDOM = Strategy("random")


@pytest.fixture
def candidates(server: Server) -> list[str]:
    """Ids of five candidates beside two pool images; campaign `c` has 500 s."""
    server.import_pool(2)
    server.create_campaign(500.0)
    return server.import_pool(5, split=Split.OOD)


def select(
    server: Server, kind: SupervisionKind = OOD_CHECK, images: int = 5, annotator: str = "ann", **options: Any
) -> Batch:
    asked: dict[str, Any] = {"strategy": RANDOM, **options}
    return server.campaigns.select_batch(
        project_id="p", campaign_id="c", annotator=annotator, kind=kind, images=images, **asked
    )


def ids(batch: Batch) -> set[str]:
    return {pick.image_id for pick in batch.picks}


def draft(image_id: str, category_id: int = 0, **options: Any) -> LabelDraft:
    return LabelDraft(image_id, OodAnswer(category_id), **options)


def submit(server: Server, *drafts: LabelDraft, batch_id: str = "") -> tuple[Label, ...]:
    return server.labels.submit_labels(project_id="p", annotator="ann", labels=drafts, batch_id=batch_id).labels


def split_of(server: Server, image_id: str) -> Split:
    return server.projects.get_image(project_id="p", image_id=image_id).split


def test_answers_are_asked_of_candidates_alone_at_a_second_each(server: Server, candidates: list[str]) -> None:
    batch = select(server)
    assert ids(batch) == set(candidates)
    assert [pick.cost_s for pick in batch.picks] == [1.0] * 5
    assert ids(select(server, FULL)).isdisjoint(candidates)


def test_what_holds_something_after_all_joins_the_pool_and_the_rest_is_known_to_be_ood(
    server: Server, candidates: list[str]
) -> None:
    batch = select(server)
    first, *others = candidates
    submit(server, draft(first, 2, seconds_spent=3.5), *map(draft, others), batch_id=batch.id)

    assert split_of(server, first) is Split.POOL
    assert {split_of(server, one) for one in others} == {Split.OOD}
    assert select(server).picks == ()  # every candidate has its answer
    assert first in ids(select(server, FULL, images=3))
    found = server.campaigns.get_campaign(project_id="p", campaign_id="c")
    assert found.planned_s_by_kind == {OOD_CHECK: 5.0}
    assert found.spent_s_by_kind == {OOD_CHECK: 3.5 + 4}
    assert found.measured_s_by_kind == {OOD_CHECK: 3.5}
    kept = server.labels.list_labels(project_id="p", kind=OOD_CHECK).items
    assert {label.image_id: label.content for label in kept} == {
        first: OodAnswer(2),
        **dict.fromkeys(others, OodAnswer()),
    }


def test_a_restarted_server_knows_the_answers(server: Server, candidates: list[str]) -> None:
    batch = select(server, images=2)
    judged = [pick.image_id for pick in batch.picks]
    submit(server, draft(judged[0], 1), draft(judged[1]), batch_id=batch.id)
    again = server.restarted()
    assert ids(select(again)) == set(candidates) - set(judged)
    assert split_of(again, judged[0]) is Split.POOL


def test_a_corrected_answer_moves_the_image(server: Server, candidates: list[str]) -> None:
    batch = select(server)
    (label,) = submit(server, draft(candidates[0]), batch_id=batch.id)
    (there,) = submit(server, draft(candidates[0], 3, supersedes=label.id))
    assert split_of(server, candidates[0]) is Split.POOL
    submit(server, draft(candidates[0], supersedes=there.id))
    assert split_of(server, candidates[0]) is Split.OOD


@pytest.mark.parametrize("labeled", [True, False])
def test_an_image_that_is_used_in_the_pool_stays_there(server: Server, candidates: list[str], labeled: bool) -> None:
    batch = select(server)
    (label,) = submit(server, draft(candidates[0], 3), batch_id=batch.id)
    leased = select(server, FULL, images=3)
    assert candidates[0] in ids(leased)
    if labeled:
        submit(server, full_draft(candidates[0], 3), batch_id=leased.id)
    with pytest.raises(FailedPrecondition, match=f"image {candidates[0]} is labeled or leased as an image of the pool"):
        submit(server, draft(candidates[0], supersedes=label.id))
    assert split_of(server, candidates[0]) is Split.POOL


def test_a_repeated_import_finds_a_moved_image_as_it_is(server: Server, candidates: list[str]) -> None:
    submit(server, draft(candidates[0], 3), batch_id=select(server).id)
    assert server.import_pool(5, split=Split.OOD) == candidates
    assert split_of(server, candidates[0]) is Split.POOL


def test_answers_need_a_candidate_and_a_category_of_the_vocabulary(server: Server, candidates: list[str]) -> None:
    pool, _ = server.import_pool(2)
    with pytest.raises(FailedPrecondition, match=f"image {pool} is of split pool"):
        submit(server, draft(pool))
    with pytest.raises(InvalidLabel, match=f"image {candidates[0]}: project p has no category 9"):
        submit(server, draft(candidates[0], 9))
    with pytest.raises(InvalidLabel, match="says nothing"):
        LabelDraft(candidates[0], OOD_CHECK)  # type: ignore[arg-type] # what callers without types may say
    assert server.labels.list_labels(project_id="p").items == ()


def test_hard_candidates_need_a_classifier(server: Server, candidates: list[str]) -> None:
    with pytest.raises(NoClassifier, match="project p has no image classifier; train one first"):
        select(server, strategy=None)


def test_strategies_choose_either_for_answers_or_for_outlines(server: Server, candidates: list[str]) -> None:
    with pytest.raises(InvalidArgument, match="hard_ood chooses candidate OoD images, and full is asked for"):
        select(server, FULL, strategy=Strategy("hard_ood"))
    with pytest.raises(InvalidArgument, match="entropy chooses images of the pool, and ood_check is asked for"):
        select(server, strategy=Strategy("entropy"))
    with pytest.raises(InvalidArgument, match="hard_ood chooses candidate OoD images"):
        server.create_campaign(500.0, "d", strategy=Strategy("hard_ood"))


def work_of(server: Server) -> DeviceWork:
    return DeviceWork(database=server.database, folder=server.data, candidates=server.candidates, clock=server.clock)


def training(
    server: Server, operation_id: str, seed: int = 0, options: Mapping[str, object] | None = None
) -> OperationRecord:
    recipe, now = resolve("compact", **{"classes": "predicted", **(options or {})}).to_dict(), server.clock()
    operation = Operation(
        operation_id, "p", OperationKind.TRAIN, OperationState.RUNNING, created_at=now, updated_at=now
    )
    return OperationRecord(operation, {"model_version": "m1", "recipe": recipe, "seed": seed, "activate": False})


def job(server: Server, operation_id: str, seed: int = 0, options: Mapping[str, object] | None = None) -> TrainJob:
    work_of(server).prepare(training(server, operation_id, seed, options))
    prepared = read_job(server.data.work(operation_id))
    assert isinstance(prepared, TrainJob)
    return prepared


def test_a_training_learns_from_what_is_known_to_hold_nothing(server: Server, candidates: list[str]) -> None:
    counted, outlined = server.import_pool(2)
    first, there, *_ = candidates
    nothing, _ = submit(server, draft(first), draft(there, 3), batch_id=select(server).id)
    counts, full = submit(server, LabelDraft(counted, Counts({})), full_draft(outlined, 1))
    prepared = job(server, "o1")
    assert [image.image_id for image in prepared.images] == [outlined]
    assert {image.image_id: image.label_id for image in prepared.empty} == {first: nothing.id, counted: counts.id}
    (server.data.work("o1") / CHECKPOINT).write_bytes(b"weights")
    write_outcome(server.data.work("o1"), {"metrics": {}})
    with server.database.write() as tx:
        made = work_of(server).finish(tx, training(server, "o1"))
        assert isinstance(made, ModelVersion)
        assert made.labeled_images == 1
        learnt = set(get_model(tx, "p", "m1").snapshot)
    assert learnt == {nothing.id, counts.id, full.id}


@pytest.mark.parametrize(
    ("options", "most"),
    [({"iterations": 3, "batch": 4}, 3), ({"empty_share": 0.0}, 0), ({"classes": "fed", "seeds": False}, 0), ({}, 5)],
)
def test_a_training_gets_no_more_empty_images_than_it_can_show(
    server: Server, candidates: list[str], options: dict[str, object], most: int
) -> None:
    submit(server, *map(draft, candidates), batch_id=select(server).id)
    by_seed = {tuple(image.image_id for image in job(server, f"o{seed}", seed, options).empty) for seed in range(6)}
    assert {len(shown) for shown in by_seed} == {most}
    assert all(set(shown) <= set(candidates) for shown in by_seed)
    assert (len(by_seed) > 1) is (0 < most < len(candidates))
