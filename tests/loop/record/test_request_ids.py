import uuid

from maskloop.loop.record.request_ids import RequestIds

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
