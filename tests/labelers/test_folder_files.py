"""Files as people's systems and tools write them (cases 07, 08, 14): read as they are meant, or told and waited for."""

import dataclasses
import json
import unicodedata

import pytest

from maskloop.values import Counts, SkipReason
from tests.labelers.people import COUNTS, FULL, OOD_CHECK, People, finished, offered, square, task

GOOD = {"a.png": {"crack": 2}, "b.png": {"rust": 1}}


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


def write_bytes(people, name, data):
    people.script.append(lambda: (people.place / name).write_bytes(data))


@pytest.mark.parametrize(
    "text",
    [
        "b.png",
        "b.png\r\n",
        "\ufeffb.png\r\n\r\n",
        " b.png ",
        "images/b.png",
        "images\\b.png",
        ".\\b.png",
        "B.PNG",
        "b.png\nb.png",
    ],
)
def test_names_in_skip_txt_are_those_that_are_meant(people, text):
    write_bytes(people, "skip.txt", text.encode())
    people.save(finished("a", a=[square(1)]))
    assert people.labeler.label(task(FULL)).passed_over == {"id-b": SkipReason.UNUSABLE}


def test_a_skip_txt_that_is_no_text_is_told_in_one_line_and_waited_for(people):
    write_bytes(people, "skip.txt", "b.png\r\n".encode("utf-16"))  # as PowerShell 5 writes
    write_bytes(people, "done.json", json.dumps(finished("a", a=[square(1)])).encode())
    people.script.append(lambda: None)
    write_bytes(people, "skip.txt", b"b.png\r\n")
    assert people.labeler.label(task(FULL)).passed_over == {"id-b": SkipReason.UNUSABLE}
    told = {line for line in people.said.splitlines() if "skip.txt" in line}
    assert told == {f"{people.place / 'skip.txt'} is not UTF-8 text"}
    assert "Mend it and save it again; the run is waiting." in people.said


def test_a_skipped_name_that_is_nearly_one_is_told_with_the_nearest(people):
    people.save("bb.png", "skip.txt")
    people.save("b.png", "skip.txt")
    people.save(finished("a", a=[square(1)]))
    people.labeler.label(task(FULL))
    assert "'bb.png': it is no image of this task; the nearest there: 'b.png'" in people.said


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("spell", ["images\\{}", "0a1b2c3d-{}", "https://host/data/{}", "{}"])
def test_counts_of_tools_that_spell_names_their_way_are_read(people, spell, encoding):
    document = {spell.format(name): counts for name, counts in GOOD.items()}
    write_bytes(people, "done.json", json.dumps(document).encode(encoding))
    answers = people.labeler.label(task(COUNTS))
    assert [draft.content for draft in answers.drafts] == [Counts({1: 2}), Counts({2: 1})]


def test_names_with_accents_are_one_name_however_they_are_composed(people):
    name = "tür"
    people.save({f"{unicodedata.normalize('NFD', name)}.png": "", "b.png": "rust"})
    assert len(people.labeler.label(task(OOD_CHECK, (name, "b"))).drafts) == 2


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            json.dumps(GOOD | {"a.png": {"crack": 10**12}}),
            "a.png: the count of crack is 1000000000000; at most 10000 are",
        ),
        (
            json.dumps(GOOD | {"a.png": {"crack": 20_000}}),
            "a.png: the count of crack is 20000; at most 10000 are taken",
        ),
        (json.dumps(GOOD | {"a.png": {"crack": -(10**300)}}), "a.png: the count of crack is -100000"),
        (json.dumps(GOOD).replace("2", "9" * 5000), "is no JSON"),
        (json.dumps(GOOD).replace("2", "[" * 100_000), "is no JSON"),
        (json.dumps(GOOD).replace("2", "2e400"), "a.png: the count of crack is inf"),
        (
            json.dumps(GOOD).replace("crack", "Crak"),
            "a.png: category 'Crak' is none of crack, rust, hole; did you mean 'crack'?",
        ),
        (json.dumps(GOOD)[:-4], "is no JSON"),
        ("", "is no JSON"),
    ],
)
def test_counts_beyond_reason_are_told_by_file_name_and_waited_for(people, text, told):
    people.save(text)
    people.save(GOOD)
    assert len(people.labeler.label(task(COUNTS)).drafts) == 2
    assert told in people.said
    assert str(people.place / "done.json") in people.said
    assert max(map(len, people.said.splitlines())) < 300
    assert "the run is waiting" in people.said


def test_an_answer_that_is_nearly_a_category_is_told_with_it(people):
    people.save({"a.png": "Rust", "b.png": ""})
    people.save({"a.png": "rust", "b.png": ""})
    people.labeler.label(task(OOD_CHECK))
    assert "did you mean 'rust'?" in people.said


def test_a_run_that_waits_for_another_folder_says_so_at_once(tmp_path):
    people = People(tmp_path)
    people.save("a.png\nb.png", "skip.txt")
    people.labeler.label(task(FULL))
    people.save(finished("c", c=[square(1)]), "../round-01-2/done.json")
    people.labeler.label(task(FULL, ("c",), name="round-01-2"))
    assert f"label 1 image: waiting for {tmp_path / 'round-01-2' / 'done.json'}" in people.said.splitlines()[-1]


@pytest.mark.parametrize("name", ["done.json.txt", "Done.json", "done (1).json", "done.json.json", "done copy.json"])
def test_a_file_whose_name_is_nearly_the_one_is_asked_about_once(people, name):
    document = finished("a", "b", a=[square(1)])
    people.save(document, name)
    people.script += [lambda: None] * 3
    people.save(document)
    people.labeler.label(task(FULL))
    assert people.said.count(f"{people.place / name}: is it done.json? Then rename it") == 1


@pytest.mark.parametrize("name", ["draft.json", "done.json~", "undone.json", "done-ada.json", "notes.txt"])
def test_other_files_of_theirs_are_nobody_s_business(people, name):
    people.save("", name)
    people.save(finished("a", "b", a=[square(1)]))
    people.labeler.label(task(FULL))
    assert name not in people.said


def test_the_readme_says_whether_there_is_something_to_start_from_and_what_test_images_are_for(people):
    people.save(finished("a", a=[square(1)]))
    people.labeler.label(dataclasses.replace(task(FULL, ("a",)), for_test=True))
    said = (people.place / "README.txt").read_text()
    assert said.startswith("1 image to outline, in images/. proposals.json (COCO) has their names alone: no network")
    assert "These are the test images." in said
    people.save(finished("b", b=[square(2)]), "../round-02/done.json")
    people.labeler.label(task(FULL, ("b",), offered("b", square(1)), name="round-02"))
    said = (people.place.with_name("round-02") / "README.txt").read_text()
    assert "has the network's masks to start from." in said
    assert "test images" not in said
