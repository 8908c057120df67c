import uuid
from datetime import UTC, datetime

from maskloop.loop.record.request_ids import RequestIds
from maskloop.values import Operation, OperationKind, OperationState

RUN = "6f1c3a52-3c7e-4d5b-9a51-0a4b8a2f6c11"


def test_the_same_question_has_the_same_id_in_every_process():
    # uuid5(uuid5(RUN, "random"), "select_batch/round-01"), worked out apart from the code under test
    namespace = uuid.uuid5(uuid.UUID(RUN), "random")
    assert RequestIds(RUN, "random").of("select_batch", "round-01") == str(
        uuid.uuid5(namespace, "select_batch/round-01")
    )


def test_runs_arms_verbs_and_rounds_have_ids_of_their_own():
    other = str(uuid.UUID(int=1))
    ids = {
        RequestIds(RUN, "random").of("train_model", 1),
        RequestIds(RUN, "random").of("train_model", 2),
        RequestIds(RUN, "random").of("train_model", 12),
        RequestIds(RUN, "random").of("evaluate_model", 1),
        RequestIds(RUN, "mask_guided").of("train_model", 1),
        RequestIds(other, "random").of("train_model", 1),
    }
    assert len(ids) == 6


def operation(state):
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return Operation("o", "p", OperationKind.TRAIN, state, created_at=now, updated_at=now)


def test_work_that_failed_before_is_begun_anew_and_found_again_by_every_later_process():
    server: dict[str, Operation] = {}  # keeps an answer for each id, a failure too
    ids, new = RequestIds(RUN, "random"), OperationState.PENDING

    def asked(request_id):
        return server.setdefault(request_id, operation(new))

    for ended in (OperationState.FAILED, OperationState.CANCELLED, OperationState.SUCCEEDED):
        assert ids.begin(asked, "train_model", 1).state is new
        key = list(server)[-1]
        server[key] = operation(ended)
    assert ids.begin(asked, "train_model", 1).state is OperationState.SUCCEEDED
    assert len(server) == 3
    assert next(iter(server)) == ids.of("train_model", 1)
