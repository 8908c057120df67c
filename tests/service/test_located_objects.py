"""What labels say of where an image's objects are decides what people are shown of it, on a real server."""

from __future__ import annotations

import pytest

from maskloop.values import Box, BoxesLabel, Category, LabelDraft
from tests.service.processes import ServerProcess
from tests.service.squares import PROMPTED, imports

pytestmark = pytest.mark.slow

BOXED = BoxesLabel((Box(2, 3, 4, 9.5, 11), Box(1, 20, 20, 12, 12), Box(1, 0, 0, 6, 5)))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server")) as made:
        yield made


def test_a_boxed_image_is_proposed_a_mask_in_each_box_and_none_beside_them(server) -> None:
    client = server.client
    client.create_project(project_id="p", categories=[Category(1, "square"), Category(2, "blot")])
    made = client.import_images(project_id="p", images=imports(8, 1, 3))
    pool = [image.id for image in made if image.file_name in {"square9.png", "square10.png", "square11.png"}]
    client.submit_labels(project_id="p", annotator="ann", labels=[LabelDraft(pool[0], BOXED)])
    client.wait_operation(client.train_model(project_id="p", recipe="pretrained", overrides=PROMPTED, activate=True))
    client.wait_operation(client.score_pool(project_id="p"))
    found = {each.image_id: each for each in client.get_proposals(project_id="p", image_ids=pool)}
    boxed = found[pool[0]]
    assert [each.category_id for each in boxed.objects] == [2, 1, 1]
    for proposal, box in zip(boxed.objects, BOXED.boxes, strict=True):
        x, y, width, height = proposal.mask.box
        assert abs(x + width / 2 - (box.x + box.width / 2)) < box.width / 2
        assert abs(y + height / 2 - (box.y + box.height / 2)) < box.height / 2
    prompted = client.propose_masks(project_id="p", image_id=pool[0], prompts=BOXED.prompts)
    assert [each.mask for each in boxed.objects] == [each.mask for each in prompted.proposals]
    assert boxed.score == pytest.approx(sum(each.predicted_iou for each in prompted.proposals) / 3)
