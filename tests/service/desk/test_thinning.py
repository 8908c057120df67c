"""Files of old model versions are removed; what is known of them stays."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from maskloop.errors import FailedPrecondition, InvalidArgument, ModelNotFound, ModelThinned
from maskloop.values import ImageScore, Operation, OperationKind, OperationState, PseudoLabels, Strategy
from service.desk.models.models import ModelDesk, Thinned
from service.store.operations import OperationRecord, insert_operation, update_operation
from tests.service.desks import Server


@pytest.fixture
def ids(server: Server) -> list[str]:
    """Pool images; m1 to m5 are there with their files, m5 active."""
    images = server.import_pool(2)
    for version in ("m1", "m2", "m3", "m4", "m5"):
        server.add_model(dict.fromkeys(images, 0.5), version)
        server.data.checkpoint("p", version).write_bytes(b"x" * 1000)
    return images


def desk(server: Server) -> ModelDesk:
    return ModelDesk(database=server.database, folder=server.data, candidates=server.candidates, clock=server.clock)


def files(server: Server, version: str) -> list[str]:
    return sorted(path.name for path in server.data.model("p", version).rglob("*") if path.is_file())


def whole(server: Server) -> list[str]:
    return [model.id for model in desk(server).list_models(project_id="p").items if not model.thinned]


def thin(server: Server, keep: int, *also: str) -> Thinned:
    return desk(server).thin_models(project_id="p", keep=keep, also_keep=also)


def test_the_newest_the_active_and_the_named_keep_their_files(server: Server, ids: list[str]) -> None:
    desk(server).activate_model(project_id="p", model_version="m3")
    done = thin(server, 1, "m1")
    assert done.model_versions == ("m4", "m2")
    assert done.freed_bytes > 2 * 1000
    assert whole(server) == ["m5", "m3", "m1"]
    assert [files(server, version) for version in ("m2", "m4")] == [[], []]
    assert files(server, "m3") == ["model.safetensors", "scores.parquet"]
    assert thin(server, 1, "m1") == Thinned((), 0)
    (m2,) = (model for model in desk(server).list_models(project_id="p").items if model.id == "m2")
    assert (m2.thinned, m2.recipe, m2.metrics) == (True, "compact", server_metrics(server, "m1"))


def server_metrics(server: Server, version: str) -> dict[str, float]:
    return dict(desk(server).get_model(project_id="p", model_version=version).metrics)


def test_what_needs_a_removed_file_says_so(server: Server, ids: list[str]) -> None:
    thin(server, 2)
    models, one = desk(server), {"project_id": "p", "model_version": "m1"}
    for ask in (
        lambda: models.read_model(**one),
        lambda: models.get_proposals(image_ids=ids, **one),
        lambda: models.activate_model(**one),
        lambda: models.import_scores(scores=[ImageScore(ids[0], 0.5)], **one),
        lambda: models.export_pseudo_labels(project_id="p", pseudo=PseudoLabels("m1")),
    ):
        with pytest.raises(ModelThinned, match="model version m1 were removed"):
            ask()
    assert models.get_model(**one).thinned
    assert len(models.get_proposals(project_id="p", image_ids=ids)) == 2


def test_there_is_no_rolling_back_to_a_version_without_files(server: Server, ids: list[str]) -> None:
    thin(server, 1)
    with pytest.raises(ModelThinned, match="m4"):
        desk(server).rollback_model(project_id="p")
    assert desk(server).get_model(project_id="p").id == "m5"


def test_score_tables_stay_where_a_target_is_learnt_from_them(server: Server, ids: list[str]) -> None:
    server.create_campaign(1000.0, strategy=Strategy("mask_guided", {"target": "learned"}))
    assert thin(server, 1).freed_bytes == 4 * 1000
    assert files(server, "m1") == ["scores.parquet"]


def test_files_that_a_kill_left_behind_go_with_the_next_call(server: Server, ids: list[str]) -> None:
    thin(server, 1)
    server.data.checkpoint("p", "m2").write_bytes(b"x" * 10)
    assert thin(server, 1) == Thinned((), 10)
    assert files(server, "m2") == []


def test_nothing_is_removed_while_long_work_goes_on(server: Server, ids: list[str]) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    running = Operation("o1", "p", OperationKind.SCORE, OperationState.RUNNING, created_at=now, updated_at=now)
    with server.database.write() as tx:
        insert_operation(tx, OperationRecord(running, {"model_version": "m1"}))
    with pytest.raises(FailedPrecondition, match="operation o1 of project p is unfinished"):
        thin(server, 1)
    assert len(whole(server)) == 5
    ended = Operation("o1", "p", OperationKind.SCORE, OperationState.CANCELLED, created_at=now, updated_at=now)
    with server.database.write() as tx:
        update_operation(tx, OperationRecord(ended, {}))
    assert thin(server, 1).model_versions == ("m4", "m3", "m2", "m1")


def test_impossible_requests_change_nothing(server: Server, ids: list[str]) -> None:
    with pytest.raises(InvalidArgument, match="keep is 0"):
        thin(server, 0)
    with pytest.raises(ModelNotFound, match="m9"):
        thin(server, 1, "m9")
    assert len(whole(server)) == 5
