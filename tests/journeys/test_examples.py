"""What a new user does first: the scripts of examples/ against a server, in order, with times."""

import json
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image

from maskloop.formats.coco import read_coco
from maskloop.values import PickState, SupervisionKind
from tests.service.processes import ROOT, ServerProcess

pytestmark = pytest.mark.journey

QUICK = {
    "hidden": 16, "min_iterations": 2, "max_iterations": 2, "epochs": 1, "iou_epochs": 1, "train_steps": 2, "steps": 4,
    "image_size": 32, "augment": "none", "classes": "predicted", "objectness": 0.02,
}  # fmt: skip
"""A training of a second; it finds something everywhere."""
GOOD, FLAT = 17, "flat.png"


@pytest.fixture(scope="module")
def photos(demo, tmp_path_factory):
    """Seventeen photos in two folders, one on which nothing can be seen, and a file that is cut off."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "north").mkdir()
    for place, path in enumerate(sorted((demo / "images").iterdir())[:GOOD]):
        shutil.copy(path, folder / ("north" if place % 2 else "") / path.name)
    Image.new("RGB", (64, 64), "grey").save(folder / FLAT)
    (folder / "cut.jpg").write_bytes(path.read_bytes()[:400])
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with ServerProcess(tmp_path_factory.mktemp("server"), recipe="compact", device="cpu") as process:
        yield process


def run(server, name, *words):
    """What an example prints, line by line."""
    begun = time.monotonic()
    command = [sys.executable, ROOT / "examples" / name, *map(str, words), "--server", server.address]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False)
    print(f"{name}: {time.monotonic() - begun:.1f} s")
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_a_new_user_s_first_scripts(server, photos, tmp_path):
    begun = time.monotonic()
    ten_lines(server, photos)
    labeling_tool(server)
    several_annotators(server, photos, tmp_path)
    for operation in server.client.list_operations():
        print(f"{operation.kind}: {operation.seconds:.1f} s")
    print(f"all of it: {time.monotonic() - begun:.1f} s")


def ten_lines(server, photos):
    """From a folder of photos to a leased batch with proposals."""
    imported, chosen, *proposed = run(
        server, "ten_lines.py", photos, "--recipe", "compact", "--overrides", json.dumps(QUICK)
    )
    assert imported.startswith(f"{GOOD + 1} images; 1 file passed over: cut.jpg (does not decode")
    assert chosen.startswith("random chose, because there is no model yet")
    batch = batch_of(server, "bridges", "ada")
    assert [line.partition(":")[0] for line in proposed] == [pick.image_id for pick in batch.picks]
    assert len(batch.picks) == 8
    assert sum(int(line.split()[1]) for line in proposed) > 8
    assert len(list(server.client.list_labels(project_id="bridges"))) == 8


def labeling_tool(server):
    """It gets the batch that was left open, starts from its proposals, passes over what shows nothing."""
    held = batch_of(server, "bridges", "ada")
    offered = server.client.get_batch_proposals(held)
    said = run(server, "labeling_tool.py", "bridges", "ada", "--batches", 4)
    assert said[-1] == "no image is left that the budget affords"
    (flat,) = [image for image in server.client.list_images(project_id="bridges") if image.file_name == FLAT]
    states: dict[str, PickState] = {}
    for record in server.client.list_batches(project_id="bridges"):
        states |= record.states
    labels = {label.image_id: label for label in server.client.list_labels(project_id="bridges")}
    assert states.keys() == labels.keys() | {flat.id}
    assert [image_id for image_id, state in states.items() if state is not PickState.LABELED] in ([], [flat.id])
    for pick in held.picks:
        if pick.image_id != flat.id:
            masks = [item.mask for item in labels[pick.image_id].objects]
            assert masks == [item.mask for item in offered[pick.image_id].objects]


def several_annotators(server, photos, tmp_path):
    """Five at once, no image twice; the correction is in the export and the first label is not."""
    said = run(server, "several_annotators.py", photos, tmp_path / "labels.coco.json")
    assert said[1] == "10 labels of 10 images"
    everything = list(server.client.list_labels(project_id="team", include_superseded=True))
    assert {label.annotator for label in everything} == {"ada", "ben", "cleo", "dan", "eva"}
    assert (len(everything), len(list(server.client.list_labels(project_id="team")))) == (11, 10)
    (mended,) = [label for label in everything if label.supersedes]
    exported = read_coco(tmp_path / "labels.coco.json", photos)
    assert len(exported.images) == 10
    image = server.client.get_image(project_id="team", image_id=mended.image_id)
    (item,) = exported.by_name[image.file_name].objects
    assert item == mended.objects[0]
    assert np.isclose(item.mask.area, 0.8**2 * 64 * 64, rtol=0.05)
    campaign = server.client.get_campaign(project_id="team", campaign_id="default")
    assert campaign.measured_s_by_kind[SupervisionKind.FULL] >= 10 * 40.0


def batch_of(server, project_id, annotator):
    """The batch that somebody holds."""
    return server.client.select_batch(project_id=project_id, annotator=annotator, images=1)


@pytest.mark.parametrize(
    ("name", "words", "said"),
    [
        ("ten_lines.py", ["{}"], "there are no pictures in {}"),
        ("several_annotators.py", ["{}", "{}/out.json"], "there are no pictures in {}"),
        ("labeling_tool.py", ["nobody", "ada"], "there is no project 'nobody'"),
    ],
)
def test_an_example_says_in_one_line_what_is_wrong(server, tmp_path, name, words, said):
    command = [sys.executable, ROOT / "examples" / name, *(word.format(tmp_path) for word in words)]
    done = subprocess.run(
        [*command, "--server", server.address], capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stderr) == (1, f"error: {said.format(tmp_path)}\n")
