"""`al-loop --labeler folder:DIR --server ADDRESS` with people who label in DIR, and make a mistake at first."""

import json
import time

import pytest

from maskloop.client.local_server import LocalServer
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.coco.writing import coco_document
from maskloop.values import Counts
from tests.journeys.loops import Loop

pytestmark = pytest.mark.slow

OPTIONS = ("--counts", "--budget", "9images", "--initial", "4", "--batch", "3", "--max-rounds", "1", "--seed", "2")
PATIENCE_S = 200


class People:
    """They answer every task of the folder with what the data set says; one image they cannot label."""

    def __init__(self, folder, demo):
        self.folder = folder
        self.data = read_coco_folder(demo)
        self.done = []
        self.skipped = None

    def look(self):
        for readme in sorted(self.folder.glob("*/README.txt")):
            if readme.parent.name not in self.done:
                self.answer(readme.parent)
                self.done.append(readme.parent.name)

    def answer(self, place):
        names = [path.name for path in sorted((place / "images").iterdir())]
        if place.name.startswith("round-00-counts"):
            self.save(place, {name: self.counts(name) for name in names})
        else:
            if place.name == "round-01":
                self.skipped = names.pop()
                (place / "skip.txt").write_text(self.skipped + "\n")
            self.save(place, self.outlines(names))

    def counts(self, name):
        names = {category.id: category.name for category in self.data.categories}
        found = Counts.of(self.data.by_name[name].objects).by_category
        return {names[category]: count for category, count in found.items()}

    def outlines(self, names):
        images = [self.data.by_name[name] for name in names]
        return coco_document(self.data.categories, images, {image.file_name: image.objects for image in images})

    def save(self, place, document):
        if not self.done:  # a first try, cut off
            (place / "done.json").write_text(json.dumps(document)[:-20])
            time.sleep(2.5)
        draft = place / "draft.json"
        draft.write_text(json.dumps(document))
        draft.replace(place / "done.json")


@pytest.fixture(scope="module")
def labeled(demo, tmp_path_factory):
    root = tmp_path_factory.mktemp("people")
    people = People(root / "todo", demo)
    until = time.monotonic() + PATIENCE_S
    with LocalServer(root / "elsewhere", "cpu", print) as server:
        loop = Loop(demo, root / "run", *OPTIONS, "--labeler", f"folder:{root / 'todo'}", "--server", server.address)
        with loop.running() as process:
            while process.poll() is None and time.monotonic() < until:
                people.look()
                time.sleep(0.1)
            out, err = process.communicate(timeout=30)
    assert process.returncode == 0, out + err
    return loop, people, out


def test_people_label_the_first_batch_count_and_label_what_was_chosen(labeled):
    loop, people, _ = labeled
    report = loop.report()
    assert people.done[:3] == ["round-00", "round-00-counts", "round-01"]
    assert [one["labeled_images"] for one in report["rounds"]] == [4, 7]
    assert len(report["initial"]) == 4
    assert report["spent_s_by_kind"]["counts"] > 0
    assert report["measured_s_by_kind"] == {}
    chosen = [one["file_name"] for one in report["rounds"][0]["batch"]]
    assert people.skipped not in chosen
    assert len(chosen) == 3


def test_what_people_outlined_is_what_the_labels_file_says(labeled):
    loop, people, _ = labeled
    kept = read_labels(loop.workdir / "labels.coco.json")
    assert len(kept) == 7
    for name, areas in kept.items():
        assert areas == sorted(item.mask.area for item in people.data.by_name[name].objects)


def test_the_network_s_proposals_lay_beside_the_chosen_images(labeled):
    _, people, _ = labeled
    proposals = json.loads((people.folder / "round-01" / "proposals.json").read_text())
    assert len(proposals["images"]) == 3
    assert all(0 <= one["score"] <= 1 for one in proposals["annotations"])


def test_a_server_that_others_use_too_is_left_running_and_its_projects_apart(labeled):
    loop, _, _ = labeled
    run_id = json.loads((loop.workdir / "run.json").read_text())["run_id"]
    assert loop.report()["project"] == f"demo-mask-guided-{run_id[:8]}"
    assert not (loop.workdir / "server").exists()


def test_a_broken_file_is_told_and_waited_for(labeled):
    _, _, out = labeled
    assert "round-00/done.json" in out
    assert "the run is waiting" in out


def read_labels(file):
    document = json.loads(file.read_text())
    names = {entry["id"]: entry["file_name"] for entry in document["images"]}
    areas: dict[str, list[float]] = {name: [] for name in names.values()}
    for entry in document["annotations"]:
        areas[names[entry["image_id"]]].append(entry["area"])
    return {name: sorted(found) for name, found in areas.items()}
