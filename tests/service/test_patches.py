"""The recipe `oeem` through a real server: classes of patches teach it, and people get its masks of large images."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image as Picture

from maskloop.client import Client
from maskloop.errors import FailedPrecondition
from maskloop.values import Category, ImageImport, ImageLevelLabel, LabelDraft, Prompt, Split
from tests.service.processes import ServerProcess
from tests.service.squares import SIDE, squares

pytestmark = pytest.mark.slow

RECIPE = {
    "encoder": "compact",
    "weights": "",
    "input_side": 32,
    "width": 8,
    "iterations": 2,
    "map_scales": "one",
    "threshold": 0.02,
    "least_share": 0.0,
}
PATCHES, LARGE = 6, 3


def large(number: int) -> bytes:
    """A picture of several patches."""
    pixels = np.random.default_rng(number).integers(0, 80, (3 * SIDE, 2 * SIDE, 3), dtype=np.uint8)
    pixels[10 : 20 + number, 30:42] = 200
    file = io.BytesIO()
    Picture.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as made, Client(made.address, timeout_s=300.0) as client:
        client.create_project(project_id="p", categories=[Category(1, "square")])
        files = [(name, data) for name, data, _ in squares(PATCHES)]
        files += [(f"large{number}.png", large(number)) for number in range(LARGE)]
        client.import_images(project_id="p", images=[ImageImport(name, Split.POOL, data=data) for name, data in files])
        yield client


def by_name(client) -> dict[str, str]:
    return {image.file_name: image.id for image in client.list_images(project_id="p")}


@pytest.fixture(scope="module")
def version(client):
    """A network that learnt from class labels of patches alone."""
    with pytest.raises(FailedPrecondition, match="no label that says which categories an image holds"):
        client.train_model(project_id="p", recipe="oeem", overrides=RECIPE)
    ids = by_name(client)
    labels = [
        LabelDraft(ids[f"square{place}.png"], ImageLevelLabel((1,) if place < PATCHES - 2 else ()))
        for place in range(PATCHES)
    ]
    client.submit_labels(project_id="p", annotator="ada", labels=labels)
    with pytest.raises(FailedPrecondition, match="ground=false needs 2 categories"):
        client.train_model(project_id="p", recipe="oeem", overrides={**RECIPE, "ground": False})
    operation = client.train_model(project_id="p", recipe="oeem", overrides=RECIPE, activate=True)
    return client.wait_operation(operation).result


def test_patches_teach_it_and_large_images_get_masks_of_their_size(client, version):
    assert (version.recipe, version.labeled_images) == ("oeem", 0)
    client.wait_operation(client.score_pool(project_id="p"))
    ids = by_name(client)
    found = client.get_proposals(project_id="p", image_ids=[ids[f"large{number}.png"] for number in range(LARGE)])
    assert found
    for proposals in found:
        assert proposals.model_version == version.id
        for proposal in proposals.objects:
            assert (proposal.mask.height, proposal.mask.width) == (3 * SIDE, 2 * SIDE)
    assert any(proposals.objects for proposals in found)


def test_boxes_are_answered_within_them(client, version):
    ids = by_name(client)
    answer = client.propose_masks(project_id="p", image_id=ids["large0.png"], prompts=[Prompt(box=(28, 8, 16, 14))])
    (proposal,) = answer.proposals
    assert answer.uncalibrated
    x, y, width, height = proposal.mask.box
    assert proposal.mask.area
    assert (x >= 28, y >= 8, x + width <= 44, y + height <= 22) == (True,) * 4


def test_a_batch_for_review_is_chosen_by_its_scores(client, version):
    client.wait_operation(client.score_pool(project_id="p"))
    client.create_campaign(project_id="p", campaign_id="c", budget="1h", strategy="entropy")
    batch = client.select_batch(project_id="p", campaign_id="c", annotator="ada", images=2)
    assert len(batch.picks) == 2
