"""From a folder of photographs to labels in three formats: a person who mends, parts, skips, stops and finishes."""

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from maskloop.datasets.formats import find_source
from maskloop.formats.bad_entries import OnBad
from maskloop.formats.coco import read_coco_folder
from maskloop.formats.coco.writing import coco_document
from maskloop.report.write import read_report
from tests.journeys.loops import AL_LOOP, TINY, _hear_ctrl_c

pytestmark = pytest.mark.slow

CLASSES = ("crack", "spalling", "rust")
PHOTOS, EACH_S, PATIENCE_S = 18, 30.0, 200
BEGIN = ("--budget", "30m", "--test", "3images", "--initial", "4images", "--batch", "3images", "--max-rounds", "3")


class Person:
    """Labels what lies in the folder as the demo's own labels say, in half a minute an image."""

    def __init__(self, folder, demo):
        self.folder = folder
        self.data = read_coco_folder(demo)
        self.said = {}

    def waits_for(self, task):
        until = time.monotonic() + PATIENCE_S
        while not (self.folder / task / "README.txt").exists():
            assert time.monotonic() < until, f"{task} was never handed out"
            time.sleep(0.05)
        return [path.relative_to(self.folder / task / "images").as_posix() for path in self.images(task)]

    def images(self, task):
        return sorted(path for path in (self.folder / task / "images").rglob("*") if path.is_file())

    def saves(self, task, names, file="done.json", *, more_s=0.0, without=()):
        """Outlines of these images; `without` are images of which the last object is left out."""
        shown = {name: self.data.by_name[Path(name).name] for name in names}
        objects = {name: image.objects[:-1] if name in without else image.objects for name, image in shown.items()}
        self.said |= objects
        images = [Sized(name, image.width, image.height) for name, image in shown.items()]
        seconds = {name: EACH_S + (more_s if name in without else 0.0) for name in names}
        document = {**coco_document(self.data.categories, images, objects), "seconds": seconds, "confirmed": True}
        draft = self.folder / task / "draft"
        draft.write_text(json.dumps(document))
        draft.replace(self.folder / task / file)


class Sized:
    def __init__(self, file_name, width, height):
        self.file_name, self.width, self.height = file_name, width, height


def command(*words):
    environment = {**os.environ, "MASKLOOP_THREADS": "1"}
    return subprocess.Popen(
        [str(AL_LOOP), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509
    )


def ended(process):
    """(exit code, output, complaints)."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    return process.returncode, out, err


@pytest.fixture(scope="module")
def story(demo, tmp_path_factory):
    """The whole campaign; what was seen on the way, by stage."""
    root = tmp_path_factory.mktemp("photos")
    photos, todo, workdir = root / "photos", root / "todo", root / "run"
    data = read_coco_folder(demo)
    shown = [image for image in data.images if image.objects][:PHOTOS]
    for number, image in enumerate(shown):
        place = photos / ("north", "south pier")[number % 2] / image.file_name
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image.path, place)
    shutil.copy(shown[0].path, photos / "zz copy.png")
    (photos / "torn.jpg").write_bytes(b"\xff\xd8\xff")
    person, seen = Person(todo, demo), {}

    begin = ("--data", f"images:{photos}", "--classes", ",".join(CLASSES), "--labeler", f"folder:{todo}", *BEGIN)
    first = command(*begin, "--recipe", TINY, "--image-size", "32", "--device", "cpu", "--workdir", workdir)
    person.saves("test", person.waits_for("test"))
    person.saves("round-00", person.waits_for("round-00"))
    person.waits_for("round-01")
    seen["status"] = ended(command("status", "--workdir", workdir))
    seen["first report"] = read_report(workdir)
    seen["first files"] = sorted(path.name for path in workdir.iterdir())
    first.send_signal(signal.SIGINT)
    seen["stopped"] = ended(first)

    names = person.waits_for("round-00")
    many = [name for name in names if len(person.data.by_name[Path(name).name].objects) > 1]
    seen["mended"] = many[0]
    person.saves("round-00", names, more_s=20.0, without=many[:1])
    second = command("--resume", "--workdir", workdir)
    names = person.waits_for("round-01")
    seen["skipped"] = names.pop()
    (todo / "round-01" / "skip.txt").write_text(seen["skipped"])
    person.saves("round-01", names)
    person.saves("round-01-2", person.waits_for("round-01-2"))  # another one in place of the skipped one
    names = person.waits_for("round-02")
    person.saves("round-02", names[:1], "part.json")
    person.waits_for("round-03")
    person.saves("round-02", names)
    seen["finish"] = ended(command("finish", "--workdir", workdir))
    seen["second"] = ended(second)
    for form in ("coco", "yolo", "labelstudio"):
        seen[form] = ended(command("export", f"{form}:{root / form}", "--workdir", workdir, "--images"))
    return root, person, seen


def test_bad_files_and_copies_are_passed_over_by_name(story):
    _, _, seen = story
    out = seen["stopped"][1]
    assert "torn.jpg" in out
    assert "zz copy.png: the same picture as" in out


def test_ctrl_c_says_how_to_go_on_and_status_how_things_stand(story):
    root, _, seen = story
    code, _, complaint = seen["stopped"]
    assert code == 130
    assert f"Go on with: al-loop --resume --workdir {root / 'run'}" in complaint
    code, out, _ = seen["status"]
    assert code == 0
    assert "running" in out


def test_the_first_network_is_reported_and_left_while_people_label_what_it_chose(story):
    _, _, seen = story
    report = seen["first report"]
    assert [(row.labeled_images, row.batch) for row in report.rounds] == [(4, ())]
    assert report.spent_s == 7 * EACH_S
    assert report.stopped_because == ""
    assert {"model.safetensors", "labels.coco.json", "test.coco.json", "predictions.coco.json"} <= set(
        seen["first files"]
    )
    assert "now the next batch" in seen["stopped"][1]


def test_everything_that_people_said_is_kept_and_nothing_else(story):
    root, person, seen = story
    assert [seen[stage][0] for stage in ("finish", "second", "coco", "yolo", "labelstudio")] == [0] * 5, seen
    assert seen["skipped"] not in person.said
    labels = [read_labels(root / "run" / name) for name in ("labels.coco.json", "test.coco.json")]
    assert not labels[0].keys() & labels[1].keys()
    kept = labels[0] | labels[1]
    assert kept == {name: sorted(item.mask.area for item in objects) for name, objects in person.said.items()}
    assert len(labels[1]) == 3


def test_seconds_are_charged_as_reported_those_of_the_mended_label_too(story):
    root, person, _ = story
    report = read_report(root / "run")
    assert report.spent_s == len(person.said) * EACH_S + 20.0
    assert sum(report.measured_s_by_kind.values()) == report.spent_s
    assert (report.time_name, report.test_s, len(report.test)) == ("people's time", 3 * EACH_S, 3)
    assert report.stopped_because == "finished by hand"


def test_a_mended_label_and_the_rest_of_a_batch_teach_a_later_network(story):
    root, person, seen = story
    learnt = [row.labeled_images for row in read_report(root / "run").rounds]
    assert learnt[0] == 4
    assert learnt[-1] == len(person.said) - 3
    assert learnt == sorted(learnt)
    mended = read_labels(root / "run" / "labels.coco.json")[seen["mended"]]
    assert len(mended) == len(person.data.by_name[Path(seen["mended"]).name].objects) - 1


@pytest.mark.parametrize("form", ["coco", "yolo", "labelstudio"])
def test_labels_leave_in_the_format_of_other_tools_with_their_pictures(story, form):
    root, person, _ = story
    dataset = find_source(f"{form}:{root / form}", "FROM").read(0, OnBad.STOP)
    labeled = {image.file_name: image.objects for image in dataset.images if image.is_labeled}
    areas = {Path(name).name: sorted(item.mask.area for item in objects) for name, objects in labeled.items()}
    said = {Path(name).name: sorted(item.mask.area for item in objects) for name, objects in person.said.items()}
    assert areas == said
    assert all(image.path.is_file() for image in dataset.images if image.is_labeled)


def read_labels(file):
    document = json.loads(file.read_text())
    names = {entry["id"]: entry["file_name"] for entry in document["images"]}
    areas: dict[str, list[float]] = {name: [] for name in names.values()}
    for entry in document["annotations"]:
        areas[names[entry["image_id"]]].append(entry["area"])
    return {name: sorted(round(area) for area in found) for name, found in areas.items()}
