"""Boxes teach a network of the recipe `bbam` on a real server, and what it outlines is reviewed and asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

from maskloop.client import Client
from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.values import (
    BOXED_IMAGES,
    Assist,
    Assistance,
    Box,
    BoxesLabel,
    Category,
    HeadState,
    ImageImport,
    LabelDraft,
    Prompt,
    PseudoLabels,
    Split,
)
from tests.service.predicting import check_prediction
from tests.service.processes import ServerProcess
from tests.service.squares import SIDE, squares

pytestmark = pytest.mark.slow

SMALL = {
    "encoder": "compact",
    "weights": "random",
    "shortest": SIDE,
    "longest": SIDE,
    "width": 16,
    "head": 16,
    "anchor": 8,
    "iterations": 8,
    "steps": 2,
    "threshold": 0.01,
}
BOXED, OTHERS = 4, 3
BOX = Prompt(box=(4, 4, 14, 12))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as made:
        yield made


@pytest.fixture(scope="module")
def ids(server) -> list[str]:
    """Images of the pool; the first of them are boxed, and two versions have learnt from that."""
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square")])
    files = list(squares(BOXED + OTHERS))
    made = client.import_images(
        project_id="p", images=[ImageImport(name, Split.POOL, data=data) for name, data, _ in files]
    )
    by_name = {image.file_name: image.id for image in made}
    ids = [by_name[name] for name, _, _ in files]
    with pytest.raises(FailedPrecondition, match="no full label or boxes"):
        client.train_model(project_id="p", recipe="bbam", overrides=SMALL)
    client.submit_labels(
        project_id="p",
        annotator="ann",
        labels=[
            LabelDraft(image_id, BoxesLabel(tuple(map(Box.around, objects))))
            for image_id, (_, _, objects) in zip(ids[:BOXED], files, strict=False)
        ],
    )
    for student in (False, True):
        asked = {"overrides": {**SMALL, "student": student}, "activate": student}
        client.wait_operation(client.train_model(project_id="p", recipe="bbam", **asked))
    client.wait_operation(client.score_pool(project_id="p"))
    return ids


def test_the_version_says_what_it_learnt_from(server, ids) -> None:
    model = server.client.get_model(project_id="p")
    assert (model.recipe, model.labeled_images, model.needs_counts) == ("bbam", 0, False)
    assert model.metrics[BOXED_IMAGES] == BOXED
    assert HeadState.of(model.metrics) is HeadState.UNFITTED


def test_the_pool_is_scored_and_a_mask_is_proposed_in_each_box(server, ids) -> None:
    found = {one.image_id: one for one in server.client.get_proposals(project_id="p", image_ids=ids)}
    assert set(found) == set(ids)
    assert all(one.uncalibrated for one in found.values())
    assert any(found[image_id].objects for image_id in ids[BOXED:])
    for image_id in ids[:BOXED]:
        assert len(found[image_id].objects) <= 1
    assert any(found[image_id].objects for image_id in ids[:BOXED])


def test_a_batch_is_selected_and_begins_with_its_proposals(server, ids) -> None:
    batch = server.client.select_batch(
        project_id="p", annotator="ann", images=2, strategy="random", assistance=Assistance(Assist.PROPOSALS)
    )
    assert len(batch.picks) == 2
    assert batch.assistance.model_version == server.client.get_model(project_id="p").id


def test_a_box_is_answered_by_both_kinds_of_network(server, ids) -> None:
    with Client(server.address, timeout_s=120) as patient:  # torchvision takes seconds to import
        versions = list(patient.list_models(project_id="p"))
        patient.propose_masks(project_id="p", image_id=ids[-1], prompts=[BOX])
    assert len(versions) == 2
    for model in versions:
        asked = {"project_id": "p", "image_id": ids[-1], "model_version": model.id}
        answer = server.client.propose_masks(**asked, prompts=[BOX])
        (proposal,) = answer.proposals
        assert answer.uncalibrated
        assert (proposal.mask.height, proposal.mask.width) == (SIDE, SIDE)
        if proposal.mask.area:
            x, y, width, height = proposal.mask.box
            assert (x >= 4, y >= 4, x + width <= 18, y + height <= 16) == (True,) * 4
        assert server.client.propose_masks(**asked, prompts=[BOX]).proposals == (proposal,)


def test_what_it_cannot_learn_from_is_refused(server, ids) -> None:
    client = server.client
    with pytest.raises(FailedPrecondition, match="bbam learns from no pseudo-labels"):
        client.train_model(project_id="p", recipe="bbam", overrides=SMALL, pseudo=PseudoLabels())
    with pytest.raises(InvalidConfig, match="none of bbam, grabcut, rectangle"):
        client.train_model(project_id="p", recipe="bbam", overrides={"masks": "circle"})


def test_predict_writes_what_it_outlines_in_every_format(server, ids, tmp_path: Path) -> None:
    check_prediction(server, tmp_path)
