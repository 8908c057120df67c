"""`al-loop --labeler web`: people label on the page of a run, two at once, and the run is killed while they do."""

import json
import os
import shutil
import signal
import subprocess
import time

import pytest

from maskloop.formats.coco import read_coco_folder
from maskloop.report.write import read_report
from tests.journeys.loops import AL_LOOP, TINY, _hear_ctrl_c, processes_naming
from tests.journeys.page_people import EACH_S, PATIENCE_S, PagePerson, address_in

pytestmark = pytest.mark.slow

PHOTOS, KILLS = 16, 3
BEGIN = ("--budget", "30m", "--test", "3images", "--initial", "4images", "--batch", "3images", "--max-rounds", "2")


@pytest.fixture(scope="module")
def images(demo):
    return {image.file_name: image for image in read_coco_folder(demo).images if image.objects}


@pytest.fixture
def photos(images, tmp_path):
    for image in list(images.values())[:PHOTOS]:
        (tmp_path / "photos").mkdir(exist_ok=True)
        shutil.copy(image.path, tmp_path / "photos" / image.file_name)
    return tmp_path / "photos"


def start(workdir, *words):
    environment = {**os.environ, "MASKLOOP_THREADS": "1", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [str(AL_LOOP), "--workdir", str(workdir), *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        preexec_fn=_hear_ctrl_c,  # noqa: PLW1509
    )


def begin(workdir, photos, *words):
    data = ("--data", f"images:{photos}", "--classes", "crack,spalling,rust", "--labeler", "web:0")
    return start(workdir, *data, *BEGIN, "--recipe", TINY, "--image-size", "32", "--device", "cpu", *words)


def ended(process, lines):
    """(exit code, all that it said)."""
    try:
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
    return process.returncode, "".join(lines) + out + err


def at_work(address, images, *names, most=None):
    people = [PagePerson(name, address, images, most) for name in names]
    for person in people:
        person.start()
    return people


def gone_home(people):
    for person in people:
        person.join(PATIENCE_S)
        assert not person.is_alive()
        assert person.failed is None, person.failed


def areas(file):
    document = json.loads(file.read_text())
    names = {entry["id"]: entry["file_name"] for entry in document["images"]}
    found: dict[str, list[int]] = {name: [] for name in names.values()}
    for entry in document["annotations"]:
        found[names[entry["image_id"]]].append(round(entry["area"]))
    return {name: sorted(each) for name, each in found.items()}


def kept_of(workdir):
    """Areas of the objects by file name, and the names of the test images."""
    labels, tested = areas(workdir / "labels.coco.json"), areas(workdir / "test.coco.json")
    assert not labels.keys() & tested.keys()
    return labels | tested, set(tested)


def said_by(people):
    return {
        name: sorted(item.mask.area for item in objects)
        for person in people
        for name, objects in person.acknowledged.items()
    }


def test_two_people_label_photographs_without_labels_to_the_report(photos, images, tmp_path):
    lines: list[str] = []
    workdir = tmp_path / "run"
    with begin(workdir, photos, "--assist", "proposals", "--min-proposal-iou", "0") as run:
        people = at_work(address_in(run, lines), images, "ada", "bob")
        code, said = ended(run, lines)
    gone_home(people)
    assert code == 0, said
    kept, tested = kept_of(workdir)
    assert kept == said_by(people)
    assert not people[0].acknowledged.keys() & people[1].acknowledged.keys()
    assert all(len(person.acknowledged) > 2 for person in people)
    report = read_report(workdir)
    assert [row.labeled_images for row in report.rounds] == [4, 7, 10]
    assert report.spent_s == len(kept) * EACH_S == sum(report.measured_s_by_kind.values())
    batches = [batch for person in people for batch in person.seen]
    assert [batch["for_test"] for batch in batches].count(True) >= len(tested) == 3
    assert {batch["assist"] for batch in batches} == {"none", "proposals"}
    assert all("has ended" in person.idle[-1] for person in people)
    assert any("learns" in why for person in people for why in person.idle)


@pytest.mark.slow
def test_a_run_killed_while_people_label_goes_on_with_all_that_was_acknowledged(photos, images, tmp_path):
    """Killed amid the requests of two people, after so many labels: among the test images, in the first batch, and in
    one that a network chose."""
    lines: list[str] = []
    people: list[PagePerson] = []
    workdir = tmp_path / "run"
    for labels in (2, 2, 4):
        with begin(workdir, photos) if not people else start(workdir, "--resume") as run:
            lines.clear()
            now = at_work(address_in(run, lines), images, "ada", "bob")
            await_true(lambda now=now, most=labels: sum(len(each.acknowledged) for each in now) >= most)
            run.send_signal(signal.SIGKILL)
            run.wait()
        gone_home(now)
        people += now
        await_true(lambda: not processes_naming(str(workdir)))
    with start(workdir, "--resume") as run:
        lines.clear()
        people += at_work(address_in(run, lines), images, "ada", "bob")
        code, said = ended(run, lines)
    gone_home(people)
    assert code == 0, said
    kept, _ = kept_of(workdir)
    assert {name: kept.get(name) for name in said_by(people)} == said_by(people)
    assert sum(len(person.acknowledged) for person in people) == len(said_by(people))  # nobody was asked twice
    assert len(kept) <= len(said_by(people)) + 2 * KILLS  # on disk, and the answer was cut off
    assert read_report(workdir).spent_s == len(kept) * EACH_S


def await_true(condition):
    until = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.005)
