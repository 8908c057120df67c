"""How long people took: by what they say, or else by the task's clock."""

import json
import math
import os
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import FailedPrecondition, InvalidDataset, NotFound
from maskloop.labelers.folder_seconds import Reported
from maskloop.labelers.task_clock import Event, TaskClock, What, active, read_events
from tests.labelers.people import COUNTS, FULL, People, finished, square, task

LABELED = finished("a", "b", a=[square(1)], b=[square(5)])
MENDED = finished("a", "b", a=[square(1, 4)], b=[square(5)])


@pytest.fixture
def people(tmp_path):
    return People(tmp_path)


@pytest.fixture
def clock(people):
    """Sets the clock of the people's task at a time, in seconds from now."""
    begun = time.time()

    def at(what, after_s):
        return getattr(TaskClock(people.place, lambda: begun + after_s), what)().total_s

    return at


def seconds(answers):
    return {draft.image_id[-1]: draft.seconds_spent for draft in answers.drafts}


def with_entry_seconds(document, **seconds_by_name):
    entries = [
        {**entry, "seconds": seconds_by_name[entry["file_name"][0]]}
        if entry["file_name"][0] in seconds_by_name
        else entry
        for entry in document["images"]
    ]
    return {**document, "images": entries}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (LABELED, {"a": None, "b": None}),
        (LABELED | {"seconds": 90}, {"a": 45, "b": 45}),
        (LABELED | {"seconds": {"a.png": 31.5, "b.png": 0}}, {"a": 31.5, "b": None}),
        (LABELED | {"seconds": {"images\\a.png": 31.5}}, {"a": 31.5, "b": None}),
        (with_entry_seconds(LABELED, a=30, b=12.5), {"a": 30, "b": 12.5}),
        (with_entry_seconds(LABELED, a=30) | {"seconds": 100}, {"a": 30, "b": 70}),
        (with_entry_seconds(LABELED, a=30) | {"seconds": 20}, {"a": 30, "b": None}),
    ],
)
def test_seconds_in_the_file_are_those_of_its_labels(people, document, told):
    people.save(document)
    assert seconds(people.labeler.label(task(FULL))) == told


def test_they_may_stand_beside_counts(people):
    people.save({"a.png": {"crack": 1}, "b.png": {}, "seconds": 12})
    assert seconds(people.labeler.label(task(COUNTS))) == {"a": 6, "b": 6}


@pytest.mark.parametrize("bad", [-1, "fast", True, [], {"a.png": "1"}, {"a.png": -3}, {"z.png": 5}, 10**400, math.nan])
def test_seconds_that_cannot_be_are_told_by_file(people, bad):
    people.save(json.dumps(LABELED | {"seconds": bad}))
    people.save(LABELED)
    people.labeler.label(task(FULL))
    assert "round-01/done.json does not hold together:\n  seconds" in people.said


def test_seconds_of_a_skipped_image_are_those_of_the_others(people):
    people.save("b.png", "skip.txt")
    people.save(LABELED | {"seconds": 90})
    assert seconds(people.labeler.label(task(FULL))) == {"a": 90}


def test_a_correction_takes_what_was_reported_beyond_the_first_time(people):
    people.save(LABELED | {"seconds": {"a.png": 30, "b.png": 10}})
    known = {draft.image_id: draft.content for draft in people.labeler.label(task(FULL)).drafts}
    for reported, told in ((30, None), (42, 12)):
        people.write(MENDED | {"seconds": {"a.png": reported, "b.png": 10}})
        assert seconds(people.labeler.revised(task(FULL), known)) == {"a": told}


def test_the_rest_of_a_batch_takes_the_rest_of_the_seconds(people):
    people.save(finished("a", a=[square(1)]) | {"seconds": 100}, "part.json")
    known = {draft.image_id: draft.content for draft in people.labeler.label(task(FULL)).drafts}
    people.write(LABELED | {"seconds": 160})
    assert seconds(people.labeler.revised(task(FULL), known)) == {"b": 60}


def test_the_clock_s_time_is_split_over_the_labels(people, clock):
    people.script.append(lambda: clock("start", -1000))
    people.script.append(lambda: clock("pause", -940))
    people.script.append(lambda: clock("start", -100))
    people.script.append(lambda: clock("done", -70))
    people.save(LABELED)
    assert seconds(people.labeler.label(task(FULL))) == pytest.approx({"a": 45, "b": 45}, abs=0.01)


def test_a_clock_that_nobody_stopped_ends_when_the_file_is_saved(people, clock):
    people.script.append(lambda: clock("start", -600))
    people.save(LABELED)
    answers = people.labeler.label(task(FULL))
    assert seconds(answers) == pytest.approx({"a": 300, "b": 300}, abs=5)
    time.sleep(0.05)
    assert people.again().labeler.label(task(FULL)) == answers


def test_what_people_say_goes_before_the_clock(people, clock):
    people.script.append(lambda: clock("start", -600))
    people.save(LABELED | {"seconds": 90})
    assert seconds(people.labeler.label(task(FULL))) == {"a": 45, "b": 45}


def test_a_clock_that_ran_overnight_is_asked_about(people, clock):
    people.script.append(lambda: clock("start", -16 * 3600))
    people.save(LABELED)
    people.save(LABELED | {"seconds": 90})
    assert seconds(people.labeler.label(task(FULL))) == {"a": 45, "b": 45}
    assert "the clock ran for 16.0 h without a pause" in people.said


def test_a_correction_takes_what_the_clock_ran_since(people, clock):
    people.script.append(lambda: clock("start", -600))
    people.save(LABELED)
    known = {draft.image_id: draft.content for draft in people.labeler.label(task(FULL)).drafts}
    clock("done", 30)
    clock("start", 1000)
    clock("done", 1060)
    people.write(MENDED)
    os.utime(people.place / "done.json", (time.time() + 2000, time.time() + 2000))
    assert seconds(people.labeler.revised(task(FULL), known)) == pytest.approx({"a": 90}, abs=5)


def test_an_estimate_is_told_as_one_and_charged_to_nobody(people):
    def later():
        handed_out = time.time() - 40 * 60
        os.utime(people.place / "task.json", (handed_out, handed_out))
        people.write(LABELED)

    people.script.append(later)
    assert seconds(people.labeler.label(task(FULL))) == {"a": None, "b": None}
    assert "about 40 min by file times, an estimate that is not charged" in people.said
    assert "maskloop task start" in people.said


def test_a_clock_says_what_it_cannot_do(people, clock):
    with pytest.raises(NotFound, match="is not the folder of a task"):
        clock("start", 0)
    people.save(LABELED)
    people.labeler.label(task(FULL))
    with pytest.raises(NotFound, match=r"there are .*round-01"):
        TaskClock(people.folder, time.time)
    for what in ("pause", "done"):
        with pytest.raises(FailedPrecondition, match="does not run: maskloop task start"):
            clock(what, 0)
    assert clock("start", 0) == 0
    with pytest.raises(FailedPrecondition, match="runs already"):
        clock("start", 5)
    assert clock("pause", 10) == pytest.approx(10, abs=0.001)
    with pytest.raises(FailedPrecondition, match="does not run"):
        clock("pause", 20)
    assert clock("done", 30) == pytest.approx(10, abs=0.001)


def test_a_timing_file_that_was_changed_is_told(people):
    for text in ("{", '{"events": 3}', '{"events": [{"what": "nap", "at": "2026-01-01T00:00:00+00:00"}]}', "{}"):
        people.write(text, "timing.json")
        with pytest.raises(InvalidDataset, match=r"timing\.json"):
            read_events(people.place / "timing.json")


EVENTS = st.lists(st.tuples(st.sampled_from(What), st.integers(0, 50)), max_size=8)


@given(EVENTS, st.integers(0, 50), st.integers(0, 50))
def test_time_at_work_is_counted_second_by_second(drawn, since, until):
    times = sorted(at for _, at in drawn)
    events = [Event(what, at) for (what, _), at in zip(drawn, times, strict=True)]

    def runs(second):  # the slow reference: what happened last before the middle of this second
        before = [event.what for event in events if event.at_s <= second]
        return bool(before) and before[-1] is What.START

    expected = sum(runs(second) for second in range(since, until))
    assert active(events, since, until).total_s == expected


@given(
    st.dictionaries(st.sampled_from("abcdef"), st.floats(0.01, 1e4)),
    st.floats(0, 1e6) | st.none(),
    st.sets(st.sampled_from("abcdef"), min_size=1),
)
def test_no_second_is_split_twice(own, whole_s, names):
    shares = Reported(own, whole_s).shares(names, {})
    told = math.fsum(own.get(name, 0) for name in names)
    assert math.fsum(shares.values()) <= max(told, whole_s or 0.0) * (1 + 1e-9)
    assert Reported(own, whole_s).shares(names, shares) == {}
