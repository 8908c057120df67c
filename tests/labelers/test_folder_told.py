"""Corrections that are saved again and again: each second is charged once, whenever the run looks and where it dies."""

import os
import shutil
import time

import pytest

from maskloop.labelers.task_clock import TaskClock
from tests.labelers.people import FULL, People, finished, square, task

MENDS = [finished("a", "b", a=[square(1, left)], b=[square(5)]) for left in range(5)]


class Looked:
    """A run that looks at what its people save, and puts it on record unless it dies before."""

    def __init__(self, people):
        self.people = people
        self.known = {}
        self.charged_s = 0.0

    def enter(self, answers):
        self.known |= {draft.image_id: draft.content for draft in answers.drafts}
        self.charged_s += sum(draft.seconds_spent or 0.0 for draft in answers.drafts)

    def begin(self, document):
        self.people.save(document)
        self.enter(self.people.labeler.label(task(FULL)))

    def look(self):
        answers = self.people.again().labeler.revised(task(FULL), self.known)
        self.enter(answers)
        return {draft.image_id[-1]: draft.seconds_spent for draft in answers.drafts}

    def look_and_die(self):
        """Returns what it was told; nothing of it is on record."""
        return self.people.again().labeler.revised(task(FULL), self.known)

    def taken(self):
        return sorted(path.name for path in (self.people.place / "taken").iterdir())


@pytest.fixture
def run(tmp_path):
    return Looked(People(tmp_path))


def by_image(a, b=60):
    return {"seconds": {"a.png": a, "b.png": b}}


def test_seconds_of_corrections_at_looks_in_a_row_are_those_since_the_look_before(run):
    run.begin(MENDS[0] | by_image(60))
    for mend, seconds, more in ((1, 90, 30), (2, 100, 10), (3, 100, None), (4, 130, 30)):
        run.people.write(MENDS[mend] | by_image(seconds))
        assert run.look() == {"a": more}
    assert run.look() == {}
    assert run.charged_s == 130 + 60
    assert run.taken() == ["1", "2", "3", "4", "5"]


def test_the_clock_is_counted_from_the_look_before(run):
    now = time.time()

    def worked(since_s, until_s):
        TaskClock(run.people.place, lambda: now + since_s).start()
        TaskClock(run.people.place, lambda: now + until_s).done()

    run.people.script.append(lambda: worked(-700, -600))
    run.begin(MENDS[0])
    for mend, at_s in ((1, 1000), (2, 3000)):
        worked(at_s, at_s + 60)
        run.people.write(MENDS[mend])
        os.utime(run.people.place / "done.json", (now + at_s + 61, now + at_s + 61))
        assert run.look() == pytest.approx({"a": 60}, abs=0.01)
    assert run.charged_s == pytest.approx(220, abs=0.01)


@pytest.mark.parametrize(
    ("first", "then", "more"),
    [
        ({"seconds": 90}, by_image(50, 45), 5),
        (by_image(60, 60), {"seconds": 150}, 30),
        (by_image(60, 60), by_image(50, 60), None),
        ({"seconds": 90}, {"seconds": 120}, 30),
    ],
)
def test_seconds_count_once_whether_they_are_told_of_the_whole_or_by_image(run, first, then, more):
    run.begin(MENDS[0] | first)
    run.people.write(MENDS[1] | then)
    assert run.look() == {"a": more}


def test_seconds_told_by_the_clock_are_not_charged_again_when_people_tell_them_of_the_whole(run):
    now = time.time()
    run.people.script.append(lambda: TaskClock(run.people.place, lambda: now - 700).start())
    run.people.script.append(lambda: TaskClock(run.people.place, lambda: now - 600).done())
    run.begin(MENDS[0])
    run.people.write(MENDS[1] | {"seconds": 120})
    assert run.look() == pytest.approx({"a": 20}, abs=0.01)


def test_what_a_process_was_told_before_it_died_is_told_again_with_all_of_its_seconds(run):
    run.begin(MENDS[0] | by_image(60))
    run.people.write(MENDS[1] | by_image(90))
    told = run.look_and_die()
    assert run.look_and_die() == told
    run.people.write(MENDS[2] | by_image(100))
    assert run.look() == {"a": 40}
    assert run.look() == {}
    assert run.charged_s == 100 + 60
    assert run.taken() == ["1", "2"]


def test_what_was_handed_in_before_a_process_died_counts_though_other_things_were_told_since(run):
    """The resumed run hands in what was saved since, and is answered with what the server took before."""
    run.begin(MENDS[0] | by_image(60))
    run.people.write(MENDS[1] | by_image(90))
    handed_in = run.look_and_die()
    run.people.write(MENDS[2] | by_image(100))
    run.look_and_die()
    run.enter(handed_in)
    assert run.look() == {"a": 10}
    assert run.look() == {}
    assert run.charged_s == 100 + 60


def test_a_file_saved_with_nothing_changed_keeps_what_was_charged(run):
    run.begin(MENDS[0] | by_image(60))
    run.people.write(MENDS[0] | by_image(80))
    assert run.look() == {}
    run.people.write(MENDS[1] | by_image(100))
    assert run.look() == {"a": 40}


def test_a_correction_that_is_taken_back_before_it_was_on_record_is_none(run):
    run.begin(MENDS[0] | by_image(60))
    run.people.write(MENDS[1] | by_image(70))
    run.look_and_die()
    run.people.write(MENDS[0] | by_image(80))
    assert run.look() == {}
    assert run.taken() == ["1", "2"]
    run.people.write(MENDS[1] | by_image(90))
    assert run.look() == {"a": 30}


def test_a_folder_of_an_earlier_release_is_gone_on_with(run):
    run.begin(MENDS[0] | by_image(60))
    run.people.write(MENDS[1] | by_image(90))
    run.look()
    run.look()
    (run.people.place / "taken" / "2" / "charged.json").unlink()
    run.people.write(MENDS[2] | by_image(100))
    assert run.look() == {"a": 10}


def test_a_correction_that_an_earlier_release_was_told_and_had_not_taken_yet_was_charged(run):
    run.begin(MENDS[0] | by_image(60))
    run.people.write(MENDS[1] | by_image(90))
    run.look()
    (run.people.place / "taken" / "1" / "charged.json").unlink()
    shutil.rmtree(run.people.place / "taken" / ".told-1")
    run.people.again().labeler.revised(task(FULL), run.known)
    run.people.write(MENDS[2] | by_image(100))
    assert run.look() == {"a": 10}


def test_a_correction_of_a_share_that_had_nothing_when_the_run_went_on_is_counted_too(run):
    over = task(FULL, is_over=lambda: True)
    assert run.people.labeler.label(over).drafts == ()
    for mend, seconds, more in ((0, 60, {"a": 60, "b": 60}), (1, 90, {"a": 30})):
        run.people.write(MENDS[mend] | by_image(seconds))
        assert run.look() == more
    assert run.look() == {}
    assert run.people.again().labeler.label(over).drafts == ()
