"""`al-loop --student-network`, killed in the middle of the second training and resumed: what it leaves and has lost."""

import csv
import json
import os
import signal
import time

import pytest
import torch

from maskloop.formats.coco import read_coco_folder, read_finished_coco
from maskloop.formats.images import decode_image
from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.data.samples import Example
from tests.journeys.loops import PATIENCE_S, TINY, Loop, processes_naming

CPU = torch.device("cpu")
FINDS = "objectness=0.01"  # barely trained, it is sure of nothing
pytestmark = pytest.mark.slow
SECOND = "compact,hidden=16,iterations=30,iou_epochs=1,train_steps=2,checkpoint_every=1"
OPTIONS = ("--budget", "10images", "--max-rounds", "0", "--recipe", f"{TINY},{FINDS}", "--student-network", SECOND)
LABELED = 5  # the first batch; no later one is chosen


def trainings(loop):
    """State and progress of each, oldest first."""
    return loop.rows("select state, progress from operations where kind = 'train' order by number")


@pytest.fixture(scope="module")
def resumed(demo, tmp_path_factory):
    """A run that was killed in the middle of its second training, and then went on to its end."""
    loop = Loop(demo, tmp_path_factory.mktemp("second") / "run", *OPTIONS)
    until = time.monotonic() + PATIENCE_S
    with loop.running() as client:
        while not any(state == "running" and share > 0.2 for state, share in trainings(loop)[1:]):
            assert client.poll() is None
            assert time.monotonic() < until
            time.sleep(0.03)
        os.kill(client.pid, signal.SIGKILL)
        client.wait()
    while processes_naming(str(loop.workdir)):
        assert time.monotonic() < until
        time.sleep(0.05)
    assert [state for state, _ in trainings(loop)] == ["succeeded", "running"]
    code, out, err = loop.run("--resume")
    assert code == 0, out + err
    return loop


@pytest.fixture(scope="module")
def second(resumed):
    return FittedModel.load(resumed.workdir / "student.safetensors", CPU)


def labels(loop, demo, name):
    """The labels in one of the files that are left, by file name."""
    data = read_coco_folder(demo)
    listed = {image["file_name"] for image in json.loads((loop.workdir / name).read_text())["images"]}
    sizes = {one: (data.by_name[one].width, data.by_name[one].height) for one in listed}
    return read_finished_coco(loop.workdir / name, sizes, data.categories)


def test_a_student_network_and_its_pseudo_labels_are_left(resumed, second, demo):
    pseudo, labeled = labels(resumed, demo, "pseudo.coco.json"), labels(resumed, demo, "labels.coco.json")
    assert pseudo
    assert pseudo.keys() <= set(read_coco_folder(demo).train) - labeled.keys()
    assert all(item.mask.area >= 0.001 * 64 * 64 for objects in pseudo.values() for item in objects)
    assert all(0 <= one["score"] <= 1 for one in document(resumed)["annotations"])
    assert (len(second.snapshot), len(second.pseudo)) == (LABELED, len(pseudo))
    first = FittedModel.load(resumed.workdir / "model.safetensors", CPU)
    assert (first.snapshot, first.pseudo) == (second.snapshot, ())
    assert resumed.rows("select count(*) from activations") == [(1,)]


def test_a_kill_in_the_middle_of_the_second_training_loses_nothing(resumed, second, demo, one_thread):
    """It is the network that learns, undisturbed, from the labels and pseudo-labels that are left."""
    assert [state for state, _ in trainings(resumed)] == ["succeeded", "succeeded"]
    ids = {name: image_id for image_id, name in resumed.rows("select id, file_name from images")}
    strong, pseudo = (
        [Example(ids[name], pixels(demo, name), objects) for name, objects in labels(resumed, demo, file).items()]
        for file in ("labels.coco.json", "pseudo.coco.json")
    )
    wanted = fit(
        strong,
        second.categories,
        second.recipe,
        seed=second.seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        pseudo=pseudo,
    )
    assert (second.snapshot, second.pseudo) == (wanted.snapshot, wanted.pseudo)
    assert second.calibrator == wanted.calibrator
    found = second.network.state_dict()
    assert all(torch.equal(found[key], value) for key, value in wanted.network.state_dict().items())


def test_the_report_shows_both_networks(resumed):
    report, pseudo = resumed.report(), document(resumed)
    second, (only,) = report["student"], report["rounds"]
    assert (second["labeled_images"], second["pseudo_images"]) == (LABELED, len(pseudo["images"]))
    assert second["pseudo_objects"] == len(pseudo["annotations"])
    assert second["annotation_count_conditioned"] is False
    assert second["model_version"] != only["model_version"]
    assert second["metrics"].keys() == only["metrics"].keys()
    ious = [one["predicted_iou"] for one in second["shown"]]
    assert ious == sorted(ious)
    page = (resumed.workdir / "report.html").read_text()
    assert "A student network" in page
    assert page.count('alt="pseudo-labels"') == len(ious)
    with (resumed.workdir / "report.csv").open() as file:
        found = [(row["round"], row["labeled_images"], row["pseudo_images"]) for row in csv.DictReader(file)]
    assert found == [("1", "5", "0"), ("student", "5", str(len(pseudo["images"])))]


def document(loop):
    return json.loads((loop.workdir / "pseudo.coco.json").read_text())


def pixels(demo, name):
    return decode_image(read_coco_folder(demo).by_name[name].read(), name).pixels


@pytest.fixture
def one_thread():
    """As the server trains."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
