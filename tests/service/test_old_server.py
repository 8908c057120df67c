"""A data folder that the server of commit bdee49a left, killed in the midst of work: see old_server/README.md."""

from __future__ import annotations

import json
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from maskloop.client import Client
from maskloop.errors import InvalidArgument
from maskloop.values import (
    Budget,
    ImageProposals,
    LabelDraft,
    OodAnswer,
    OperationState,
    PickState,
    Strategy,
    SupervisionKind,
)
from tests.service.processes import ServerProcess

pytestmark = pytest.mark.journey

OLD = Path(__file__).parent / "old_server"
EXPECTED: dict[str, Any] = json.loads((OLD / "expected.json").read_text())
SOFTRANK = Strategy("mask_guided", {"per_second": "yes", "softrank": "yes", "trust": "any"})
MIX = Strategy("mix", {"first": "entropy", "first.softrank": "yes", "second": "random"})
RENAMED = {"ood_verdict": "ood_check"}
CHECK = SupervisionKind.OOD_CHECK


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(OLD / "server.tar.gz") as archive:
        archive.extractall(folder, filter="data")
    prolong_leases(folder / "server" / "maskloop.db")
    with ServerProcess(folder / "server") as server:
        yield server.client


def prolong_leases(database: Path) -> None:
    """Leases last a week at most, and the folder is older than that."""
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE batches SET expires_at = '2999-01-01 00:00:00.000000' WHERE open")


def test_labels_are_those_of_before(client: Client) -> None:
    labels = list(client.list_labels(project_id="p"))
    before = {label_id: RENAMED.get(kind, kind) for label_id, kind in EXPECTED["labels"].items()}
    assert {label.id: label.kind.value for label in labels} == before
    answers = {label.image_id: label.content for label in labels if label.kind is CHECK}
    assert answers == {image_id: OodAnswer(said) for image_id, said in EXPECTED["answers"].items()}


def test_campaigns_have_their_strategies_and_books(client: Client) -> None:
    drawn, mixed = client.list_campaigns(project_id="p")
    assert (drawn.strategy, mixed.strategy) == (SOFTRANK, MIX)
    drawn.strategy.check()
    mixed.strategy.check()
    assert sum(drawn.planned_s_by_kind.values()) == pytest.approx(EXPECTED["spent_s"])
    paid = (label for label in client.list_labels(project_id="p", include_superseded=True) if label.campaign_id)
    took = sum(label.charged_s for label in paid if label.campaign_id == drawn.id)
    assert drawn.spent_s == sum(drawn.spent_s_by_kind.values()) == pytest.approx(took)
    assert set(drawn.spent_s_by_kind) == {SupervisionKind.COUNTS, SupervisionKind.FULL, CHECK}
    assert drawn.measured_s_by_kind[CHECK] == 2.0 * len(EXPECTED["answers"])


def test_models_say_whether_they_must_be_told_counts(client: Client) -> None:
    models = {model.id: model for model in client.list_models(project_id="p")}
    assert not models[EXPECTED["finding"]].needs_counts
    assert models[EXPECTED["told"]].needs_counts
    assert models[EXPECTED["finding"]].active
    assert client.get_classifier(project_id="p").id == EXPECTED["classifier"]


def test_leases_go_on(client: Client) -> None:
    held = client.get_batch(project_id="p", batch_id=EXPECTED["held"])
    assert (held.kind, len(held.picks)) == (CHECK, 1)
    records = {record.batch.id: record for record in client.list_batches(project_id="p", campaign_id="mixed")}
    assert set(records[EXPECTED["mixed"]].states.values()) == {PickState.OPEN}
    again = client.select_batch(project_id="p", campaign_id="drawn", annotator="ann", kind=CHECK, images=1)
    assert again.id == EXPECTED["held"]


def test_batches_are_chosen_as_before(client: Client) -> None:
    chosen = client.select_batch(project_id="p", campaign_id="drawn", annotator="bob", images=1)
    assert chosen.strategy == str(SOFTRANK)
    assert len(chosen.picks) == 1
    hard = client.select_batch(project_id="p", campaign_id="drawn", annotator="bob", kind=CHECK, images=1)
    assert (hard.strategy, len(hard.picks)) == ("hard_ood", 1)


def test_a_call_that_is_repeated_is_answered_as_before(client: Client) -> None:
    batch = client.select_batch(
        project_id="p",
        campaign_id="drawn",
        annotator="ann",
        kind=CHECK,
        images=3,
        strategy=Strategy("random"),
        request_id="checks",
    )
    assert (batch.kind, [pick.image_id for pick in batch.picks]) == (CHECK, list(EXPECTED["answers"]))
    drafts = [
        LabelDraft(image_id, OodAnswer(said), seconds_spent=2.0) for image_id, said in EXPECTED["answers"].items()
    ]
    labels = client.submit_labels(
        project_id="p", annotator="ann", labels=drafts, batch_id=batch.id, request_id="answers"
    )
    assert {label.id for label in labels} < set(EXPECTED["labels"])
    budget = Budget(seconds=4000.0)
    campaign = client.create_campaign(
        project_id="p", campaign_id="mixed", budget=budget, strategy=MIX, request_id="mixed"
    )
    assert campaign.strategy == MIX


@pytest.mark.timeout(900)
def test_long_work_that_has_ended_is_told_and_the_rest_ends(client: Client) -> None:
    operations = {operation.id: operation for operation in client.list_operations(project_id="p")}
    assert all(operations[name].state is OperationState.SUCCEEDED for name in EXPECTED["ended"])
    assert {name: operations[name].kind.value for name in EXPECTED["ended"]} == EXPECTED["ended"]
    trained = client.wait_operation(operations[EXPECTED["training"]])
    assert trained.result == client.get_model(project_id="p", model_version=trained.result_id)
    with pytest.raises(InvalidArgument, match="no option 'drawn'"):  # its job was written down in the words of before
        client.wait_operation(operations[EXPECTED["waiting"]])


def test_a_model_file_of_before_predicts_what_it_did(client: Client) -> None:
    images = list(EXPECTED["proposals"])
    told = client.get_proposals(project_id="p", image_ids=images, model_version=EXPECTED["finding"])
    assert {proposals.image_id: proposed(proposals) for proposals in told} == EXPECTED["proposals"]
    client.wait_operation(client.score_pool(project_id="p", model_version=EXPECTED["finding"]))
    anew = client.get_proposals(project_id="p", image_ids=images, model_version=EXPECTED["finding"])
    assert len(anew) == len(images) - 2  # two were labeled since
    for proposals in anew:
        now, before = proposed(proposals), EXPECTED["proposals"][proposals.image_id]
        assert [iou for _, iou in now] == pytest.approx([iou for _, iou in before], abs=1e-3)
        assert len(now) > 0


def proposed(proposals: ImageProposals) -> list[list[object]]:
    """Mask and predicted IoU of each object."""
    return [[item.mask.rle.decode(), item.predicted_iou] for item in proposals.objects]
