"""Points, boxes and reviews teach networks of the recipe `unet` on a real server, and people review their masks."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskloop.client import Client
from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.values import (
    Assist,
    Assistance,
    Box,
    BoxesLabel,
    Category,
    Counts,
    FullLabel,
    HeadState,
    ImageImport,
    LabelDraft,
    ModelVersion,
    PointsLabel,
    Prompt,
    PromptPoint,
    PseudoLabels,
    Rejection,
    Review,
    Split,
)
from tests.service.predicting import check_prediction
from tests.service.processes import ServerProcess
from tests.service.squares import SIDE, squares

pytestmark = pytest.mark.slow

SMALL = {"network": "compact", "iterations": 6, "crop": 16, "sure": 0.01, "least_area": 4}
POINTED, BOXED, OTHERS = 3, 1, 3
POINT = Prompt(points=(PromptPoint(12, 12),))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="module")
def ids(server) -> list[str]:
    """Images of the pool; the first of them are marked, the last one holds nothing, and a version has learnt that."""
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square"), Category(2, "disc")])
    files = [*squares(POINTED + BOXED + OTHERS), *squares(1, seed=5, name="hollow", hollow=True)]
    made = client.import_images(
        project_id="p", images=[ImageImport(name, Split.POOL, data=data) for name, data, _ in files]
    )
    by_name = {image.file_name: image.id for image in made}
    ids = [by_name[name] for name, _, _ in files]
    with pytest.raises(FailedPrecondition, match="no full label or boxes or scribbles or points of a"):
        client.train_model(project_id="p", recipe="unet", overrides=SMALL)
    points = [LabelDraft(key, PointsLabel.of(said)) for key, (_, _, said) in zip(ids[:POINTED], files, strict=False)]
    boxes = LabelDraft(ids[POINTED], BoxesLabel(tuple(map(Box.around, files[POINTED][2]))))
    client.submit_labels(project_id="p", annotator="ann", labels=[*points, boxes, LabelDraft(ids[-1], Counts({}))])
    client.wait_operation(client.train_model(project_id="p", recipe="unet", overrides=SMALL, activate=True))
    client.wait_operation(client.score_pool(project_id="p"))
    return ids


def test_the_version_says_what_it_learnt_from(server, ids) -> None:
    model = server.client.get_model(project_id="p")
    assert (model.recipe, model.labeled_images, model.needs_counts) == ("unet", 0, False)
    assert (model.boxed_images, model.weakly_labeled_images) == (BOXED, POINTED)
    assert HeadState.of(model.metrics) is HeadState.UNFITTED


def test_the_pool_is_scored_and_a_batch_begins_with_its_proposals(server, ids) -> None:
    found = {one.image_id: one for one in server.client.get_proposals(project_id="p", image_ids=ids)}
    open_images = ids[POINTED + BOXED : -1]
    assert all(found[image_id].uncalibrated for image_id in open_images)
    assert any(found[image_id].objects for image_id in open_images)
    assert {item.category_id for one in found.values() for item in one.objects} == {1}  # nobody has marked a disc
    batch = server.client.select_batch(
        project_id="p", annotator="ann", images=2, strategy="random", assistance=Assistance(Assist.PROPOSALS)
    )
    assert len(batch.picks) == 2
    assert batch.assistance.model_version == server.client.get_model(project_id="p").id


def test_a_point_is_answered(server, ids) -> None:
    asked = {"project_id": "p", "image_id": ids[-2], "prompts": [POINT, Prompt(category_id=1, box=(4, 4, 14, 12))]}
    with Client(server.address, timeout_s=120) as patient:  # the first answer waits for imports
        answer = patient.propose_masks(**asked)
    assert answer.uncalibrated
    assert [(item.mask.height, item.mask.width) for item in answer.proposals] == [(SIDE, SIDE)] * 2
    assert server.client.propose_masks(**asked).proposals == answer.proposals


def test_a_review_teaches_the_next_version(server, ids) -> None:
    client = server.client
    (found,) = client.get_proposals(project_id="p", image_ids=[ids[-2]])
    rejected = tuple(Rejection(item.id) for item in found.objects)
    assert rejected
    (_, _, truth) = list(squares(POINTED + BOXED + OTHERS))[-1]
    label = FullLabel(truth, Review(client.get_model(project_id="p").id, rejected))
    client.submit_labels(project_id="p", annotator="ann", labels=[LabelDraft(ids[-2], label)])
    done = client.wait_operation(client.train_model(project_id="p", recipe="unet", overrides=SMALL))
    assert isinstance(done.result, ModelVersion)
    assert (done.result.labeled_images, done.result.weakly_labeled_images) == (1, POINTED)


def test_what_it_cannot_learn_from_is_refused(server, ids) -> None:
    client = server.client
    with pytest.raises(FailedPrecondition, match="unet learns from no pseudo-labels"):
        client.train_model(project_id="p", recipe="unet", overrides=SMALL, pseudo=PseudoLabels())
    with pytest.raises(InvalidConfig, match="none of paper, compact, pretrained"):
        client.train_model(project_id="p", recipe="unet", overrides={"network": "huge"})


def test_predict_writes_what_it_outlines_in_every_format(server, ids, tmp_path: Path) -> None:
    check_prediction(server, tmp_path)
