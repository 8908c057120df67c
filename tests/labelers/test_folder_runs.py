"""Whose task a folder is: no run takes another's answers (case 01), and each annotator has a folder."""

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from maskloop.errors import FailedPrecondition, InvalidDataset
from tests.labelers.people import COUNTS, FULL, People, finished, square, task

ALL = finished("a", "b", "c", "d", a=[square(1)], b=[square(2)], c=[square(5)], d=[square(5, 4)])
REPOSITORY = Path(__file__).parents[2]


def files(folder):
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def ids(answers):
    return [draft.image_id for draft in answers.drafts]


@pytest.fixture
def people(tmp_path):
    return People(tmp_path / "todo")


@pytest.fixture
def answered(people):
    people.save(ALL)
    people.labeler.label(task(FULL))
    return people


def test_a_task_says_whose_it_is(answered):
    assert json.loads((answered.place / "task.json").read_text()) == {
        "run": "bridges-1f2e",
        "task": "round-01",
        "kind": "full",
        "annotator": "",
        "images": [
            {"id": "id-a", "file_name": "a.png", "width": 8, "height": 6},
            {"id": "id-b", "file_name": "b.png", "width": 8, "height": 6},
        ],
    }


@pytest.mark.parametrize("names", [("a", "b"), ("c", "d")])
@pytest.mark.parametrize("name", ["round-01", "round-02"])
def test_a_folder_of_another_run_is_refused_and_left_as_it_was(answered, name, names):
    before = files(answered.folder)
    with pytest.raises(FailedPrecondition) as refused:
        answered.again().labeler.label(task(FULL, names, name=name, run="bridges-77aa"))
    message = refused.value.message
    assert "\n" not in message
    for said in (str(answered.place), "bridges-1f2e", "--labeler folder:"):
        assert said in message
    assert files(answered.folder) == before


def test_so_is_what_people_revise(answered):
    answered.write(finished("a", "b", a=[square(2)]))
    with pytest.raises(FailedPrecondition, match="another run"):
        answered.again().labeler.revised(task(FULL, run="bridges-77aa"), {})


@pytest.mark.parametrize("left", ["done.json", "skip.txt", "proposals.json"])
def test_files_of_nobody_knows_which_run_are_not_taken(people, left):
    people.write(ALL, left)
    before = files(people.folder)
    with pytest.raises(FailedPrecondition, match=f"holds {left} and no task.json"):
        people.labeler.label(task(FULL))
    assert files(people.folder) == before


def test_what_systems_leave_in_folders_is_no_answer(people):
    people.write("x", ".DS_Store")
    people.save(ALL)
    assert ids(people.labeler.label(task(FULL))) == ["id-a", "id-b"]


def test_a_record_that_was_changed_is_told_by_its_file(answered):
    for text in (
        "{",
        "[]",
        "{}",
        '{"run": "bridges-1f2e", "task": "t", "kind": "full", "annotator": "", "images": [1]}',
    ):
        answered.write(text, "task.json")
        with pytest.raises(InvalidDataset, match=r"round-01/task\.json"):
            answered.again().labeler.label(task(FULL))


def test_other_images_of_the_same_run_are_handed_out_anew(answered):
    again = answered.again()
    again.write(finished("a", "b", a=[square(1)]))
    again.save(ALL)
    answers = again.labeler.label(task(FULL, ("b", "c")))
    assert "c.png: the file does not list this image" in again.said
    assert ids(answers) == ["id-b", "id-c"]
    assert {path.name for path in (again.place / "images").iterdir()} == {"b.png", "c.png"}
    proposals = json.loads((again.place / "proposals.json").read_text())
    assert [entry["file_name"] for entry in proposals["images"]] == ["b.png", "c.png"]


def test_fewer_images_of_it_are_answered_from_what_is_there(answered):
    again = answered.again()
    assert ids(again.labeler.label(task(FULL, ("b",)))) == ["id-b"]
    assert again.slept == 0


def test_another_kind_of_label_is_asked_for_anew(answered):
    again = answered.again()
    again.save({"a.png": {"crack": 1}, "b.png": {}})
    assert len(again.labeler.label(task(COUNTS)).drafts) == 2
    assert again.slept == 1


def test_what_people_changed_of_what_they_were_given_survives_a_restart(people):
    people.script.append(lambda: people.write("mine", "proposals.json"))
    people.script.append(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        people.labeler.label(task(FULL))
    again = people.again()
    again.save(ALL)
    again.labeler.label(task(FULL))
    assert (again.place / "proposals.json").read_text() == "mine"


def test_annotators_have_a_folder_each_and_images_go_round(tmp_path):
    people = People(tmp_path, ["ada", "bob"])
    people.save(ALL, "../bob/round-01/done.json")
    people.save(ALL, "../ada/round-01/done.json")
    answers = people.labeler.label(task(FULL, ("d", "a", "c", "b", "e")[:4]))
    assert ids(answers) == ["id-d", "id-a", "id-c", "id-b"]
    given = {
        name: {path.name for path in (tmp_path / name / "round-01" / "images").iterdir()} for name in ("ada", "bob")
    }
    assert given == {"ada": {"d.png", "c.png"}, "bob": {"a.png", "b.png"}}
    assert json.loads((tmp_path / "bob" / "round-01" / "task.json").read_text())["annotator"] == "bob"
    waits = [line for line in people.said.splitlines() if "waiting for" in line]
    assert "4 images: waiting for" in waits[0]
    assert "bob" in waits[0]
    assert "2 images: waiting for" in waits[1]
    assert "bob" not in waits[1]


def test_a_crash_between_two_folders_does_not_change_who_gets_what(tmp_path):
    for crash in (True, False):
        people = People(tmp_path, ["ada", "bob"])
        people.script.append(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            people.labeler.label(task(FULL, ("a", "b", "c", "d")))
        if crash:
            shutil.rmtree(tmp_path / "bob")
    assert {path.name for path in (tmp_path / "bob" / "round-01" / "images").iterdir()} == {"b.png", "d.png"}
    assert {path.name for path in (tmp_path / "ada" / "round-01" / "images").iterdir()} == {"a.png", "c.png"}


def test_what_was_dealt_stays_dealt_whoever_is_named_after_a_restart(tmp_path):
    people = People(tmp_path, ["ada", "bob"])
    people.script.append(lambda: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        people.labeler.label(task(FULL))
    again = People(tmp_path, ["cem"])
    for who in ("ada", "bob", "cem"):
        again.save(ALL, f"../{who}/round-01/done.json")
    assert ids(again.labeler.label(task(FULL, ("a", "b", "c")))) == ["id-a", "id-b", "id-c"]
    assert [path.name for path in (tmp_path / "cem" / "round-01" / "images").iterdir()] == ["c.png"]


def test_more_annotators_than_images_leave_no_empty_folders(tmp_path):
    people = People(tmp_path, ["ada", "bob", "cem"])
    people.save(ALL, "../ada/round-01/done.json")
    people.labeler.label(task(FULL, ("a",)))
    assert [path.name for path in tmp_path.iterdir()] == ["ada"]


KILLED = """
import sys
from pathlib import Path
from tests.labelers.people import FULL, People, finished, square, task
names = [f"n{n}" for n in range(6)]
print("begun", flush=True)
for number in range(200):
    people = People(Path(sys.argv[1]))
    people.save(finished(*names, n0=[square(1)]), f"../round-{number:02}/done.json")
    people.labeler.label(task(FULL, names, name=f"round-{number:02}"))
"""


def test_a_run_that_is_killed_at_any_moment_goes_on_where_it_was(tmp_path):
    names = [f"n{number}" for number in range(6)]
    for delay_s in (0.005, 0.05):
        run = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, cwd=REPOSITORY, text=True
        )
        assert run.stdout is not None
        assert run.stdout.readline() == "begun\n"
        time.sleep(delay_s)
        run.kill()
        run.communicate()
    for number in range(3):
        people = People(tmp_path)
        people.place = tmp_path / f"round-{number:02}"
        people.save(finished(*names, n0=[square(1)]))
        answers = people.labeler.label(task(FULL, names, name=people.place.name))
        assert len(answers.drafts) == 6
        assert len(list((people.place / "images").glob("n*.png"))) == 6
        assert (people.place / "README.txt").exists()
        assert [path.name for path in (people.place / "taken").iterdir()] == ["1"]


def test_a_whole_folder_may_be_checked_before_anything_begins(answered):
    answered.labeler.check_run("bridges-1f2e")
    with pytest.raises(FailedPrecondition, match="another run, bridges-1f2e"):
        answered.labeler.check_run("bridges-77aa")
    People(answered.folder / "elsewhere").labeler.check_run("bridges-77aa")


def test_a_folder_that_cannot_be_used_is_named(tmp_path):
    (tmp_path / "todo").write_text("")
    with pytest.raises(FailedPrecondition, match=r"todo/round-01.*Not a directory"):
        People(tmp_path / "todo").labeler.label(task(FULL))
    people = People(tmp_path / "2")
    people.script.append(lambda: people.write("", "taken"))
    people.save(ALL)
    with pytest.raises(FailedPrecondition, match=r"round-01/taken.*(Not a directory|File exists)"):
        people.labeler.label(task(FULL))


@pytest.mark.parametrize("below", ["", "todo"])
def test_a_folder_that_cannot_be_is_refused_before_anything_is_bought(tmp_path, below):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(FailedPrecondition, match=r"cannot write .*file"):
        People(tmp_path / "file" / below).labeler.check_run("bridges-1f2e")


def test_a_folder_that_is_found_fit_stays_empty(tmp_path):
    People(tmp_path / "new").labeler.check_run("bridges-1f2e")
    assert list((tmp_path / "new").iterdir()) == []
