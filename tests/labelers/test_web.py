"""People on a page: what the run is told of what they said, at first and later."""

from contextlib import contextmanager
from dataclasses import replace

import pytest

from maskloop.errors import FailedPrecondition
from maskloop.labelers import Task, WebLabeler
from maskloop.labelers.web import ENDED, KEEP_EVERY_S, LOOK_EVERY_S
from maskloop.values import (
    Assist,
    Assistance,
    FullLabel,
    ImageProposals,
    LabelDraft,
    Pick,
    PromptedProposals,
    SkipReason,
)
from tests.web.running import CATEGORIES, COUNTS, FULL, Run, image, proposals_of, square

FIRST, MENDED, AGAIN = FullLabel((square(1),)), FullLabel((square(2),)), FullLabel()


def task(*names, kind=FULL, **more):
    images = tuple(map(image, names))
    return Task("round-01", kind, images, CATEGORIES, {}, {}, str.encode, lambda: None, "bridges-1f2e", **more)


class People:
    """They do one step of `script` whenever the labeler waits; it is over when there is none left."""

    def __init__(self, folder, run=None):
        self.run = run or Run(folder)
        self.script, self.said, self.pages = [], [], []
        self.slept = 0
        self.labeler = WebLabeler(self.run.tasks, self.page, self, self.sleep)

    def again(self):
        """The same people before a run that was started anew."""
        return People(None, self.run.again())

    @contextmanager
    def page(self):
        self.pages.append("opened")
        yield "http://127.0.0.1:8765/"
        self.pages.append("closed")

    def phase(self, name, detail=""):
        self.said.append(f"{name}: {detail}")

    def note(self, sentence):
        self.said.append(sentence)

    def sleep(self, seconds):
        self.slept += 1
        if self.script:
            self.script.pop(0)()

    def is_over(self):
        return not self.script

    def submit(self, name, content=FIRST, **more):
        self.script.append(lambda: self.run.submit("ada", name, content, **more))

    def mend(self, name, content, seconds=None):
        known = self.run.work.label("p", f"id-{name}", FULL)
        return self.run.submit("bob", name, content, seconds=seconds, supersedes=known.id)

    def skip(self, name):
        def do():
            batch = self.run.lease("ada", 9)
            self.run.work.skip("p", batch.id, "ada", f"id-{name}", SkipReason.OFF_TOPIC)
            self.run.work.release("p", batch.id, "ada", [])

        self.script.append(do)


@pytest.fixture
def people(tmp_path):
    return People(tmp_path / "web")


def drafts(answers):
    return [(draft.image_id, draft.content, draft.seconds_spent) for draft in answers.drafts]


def test_the_address_is_told_once_and_what_is_left_whenever_it_changes(people):
    people.submit("a")
    people.submit("b")
    people.labeler.label(task("a", "b"))
    people.submit("c")
    people.labeler.label(replace(task("c"), name="round-02"))
    assert people.said == [
        "Label at http://127.0.0.1:8765/",
        "label: 2 of 2 images left to label at http://127.0.0.1:8765/",
        "label: 1 of 2 images left to label at http://127.0.0.1:8765/",
        "label: 1 of 1 image left to label at http://127.0.0.1:8765/",
    ]
    assert people.pages == ["opened"]


def test_labels_come_with_their_seconds_and_skipped_images_with_the_reason(people):
    people.submit("b", seconds=12.5)
    people.skip("a")
    answers = people.labeler.label(task("a", "b"))
    assert drafts(answers) == [("id-b", FIRST, 12.5)]
    assert answers.passed_over == {"id-a": SkipReason.OFF_TOPIC}
    assert answers.later == ()
    assert people.again().labeler.label(task("a", "b")) == answers


def test_what_is_mended_before_the_run_has_taken_it_is_taken_as_mended_and_all_seconds_count(people):
    people.submit("a", seconds=10.0)
    people.script.append(lambda: people.mend("a", MENDED, 4.0))
    people.submit("b")
    answers = people.labeler.label(task("a", "b"))
    assert drafts(answers) == [("id-a", MENDED, 14.0), ("id-b", FIRST, None)]
    assert all(draft.supersedes == "" for draft in answers.drafts)


def test_what_is_mended_later_does_not_change_what_was_answered(people):
    people.submit("a", seconds=10.0)
    first = people.labeler.label(task("a"))
    people.mend("a", MENDED)
    again = people.again()
    assert again.labeler.label(task("a")) == first
    assert again.slept == 0


def test_what_is_mended_later_is_told_until_the_record_says_so_and_its_seconds_once(people):
    people.submit("a", seconds=10.0)
    people.submit("b")
    people.labeler.label(task("a", "b"))
    known = {"id-a": FIRST, "id-b": FIRST}
    assert people.labeler.revised(task("a", "b"), known).drafts == ()
    people.mend("a", MENDED, 4.0)
    for labeler in (people.labeler, people.labeler, people.again().labeler):
        assert drafts(labeler.revised(task("a", "b"), known)) == [("id-a", MENDED, 4.0)]
    people = people.again()
    people.mend("a", AGAIN, 3.0)  # after the run was told of the other one, which is on record by now
    known["id-a"] = MENDED
    assert drafts(people.labeler.revised(task("a", "b"), known)) == [("id-a", AGAIN, 3.0)]
    known["id-a"] = AGAIN
    assert people.labeler.revised(task("a", "b"), known).drafts == ()
    assert people.again().labeler.revised(task("a", "b"), known).drafts == ()


def test_a_label_that_is_saved_again_with_nothing_changed_is_no_correction(people):
    people.submit("a", FullLabel((square(1), square(2, 4))))
    people.labeler.label(task("a"))
    people.mend("a", FullLabel((square(2, 4), square(1))), 5.0)
    assert people.labeler.revised(task("a"), {"id-a": FullLabel((square(1), square(2, 4)))}).drafts == ()


def test_a_run_that_is_to_end_waits_no_longer_and_the_rest_may_come_later(people):
    people.submit("b")
    answers = people.labeler.label(task("a", "b", "c", is_over=people.is_over))
    assert drafts(answers) == [("id-b", FIRST, None)]
    assert answers.later == ("id-a", "id-c")
    again = people.again()
    assert again.labeler.label(task("a", "b", "c")) == answers
    known = {"id-b": FIRST}
    assert again.labeler.revised(task("a", "b", "c"), known).later == ("id-a", "id-c")
    again.run.submit("ada", "c", MENDED, seconds=9.0)
    found = again.labeler.revised(task("a", "b", "c"), known)
    assert (drafts(found), found.later) == ([("id-c", MENDED, 9.0)], ("id-a",))


def test_where_nobody_had_said_anything_when_the_run_was_to_end_it_asks_again(people):
    answers = people.labeler.label(task("a", is_over=people.is_over))
    assert (answers.drafts, answers.later) == ((), ("id-a",))
    again = people.again()
    again.submit("a")
    assert drafts(again.labeler.label(task("a"))) == [("id-a", FIRST, None)]


def test_an_image_that_turns_out_to_be_unusable_is_told_again_where_the_run_died_before_it_noted_it(people):
    held = []
    people.submit("b")
    people.script.append(lambda: held.append(people.run.lease("ada", 9)))
    people.labeler.label(task("a", "b", is_over=people.is_over))
    people.run.work.skip("p", held[0].id, "ada", "id-a", SkipReason.OFF_TOPIC)
    for labeler in (people.labeler, people.again().labeler):
        assert labeler.revised(task("a", "b"), {"id-b": FIRST}).passed_over == {"id-a": SkipReason.OFF_TOPIC}


def test_an_image_that_was_skipped_may_be_labeled_later(people):
    people.skip("a")
    people.labeler.label(task("a"))
    people.run.submit("ada", "a", MENDED, seconds=2.0)
    assert drafts(people.labeler.revised(task("a"), {})) == [("id-a", MENDED, 2.0)]


def test_more_images_of_a_task_are_asked_for_and_the_others_answered_as_before(people):
    people.submit("a")
    people.labeler.label(task("a"))
    people.mend("a", MENDED)
    people.submit("b")
    answers = people.labeler.label(task("a", "b"))
    assert drafts(answers) == [("id-a", FIRST, None), ("id-b", FIRST, None)]
    assert people.again().labeler.label(task("b")).drafts == answers.drafts[1:]


def test_another_kind_of_label_is_asked_for_anew(people):
    people.submit("a")
    people.labeler.label(task("a"))
    assert people.labeler.revised(task("a", kind=COUNTS), {}).later == ("id-a",)
    assert people.labeler.label(task("a", kind=COUNTS, is_over=lambda: True)).later == ("id-a",)


def test_the_leases_of_the_server_are_kept_while_people_work(people):
    kept = []
    for _ in range(round(2 * KEEP_EVERY_S / LOOK_EVERY_S)):
        people.script.append(lambda: None)
    people.submit("a")
    people.labeler.label(replace(task("a"), keep=lambda: kept.append(1)))
    assert kept == [1, 1]


def test_nothing_is_asked_while_the_run_is_at_other_work(people):
    people.submit("a")
    people.labeler.label(task("a", "b", is_over=people.is_over))
    assert people.run.lease("ada").picks == ()


def test_people_who_are_helped_are_shown_proposals_and_may_prompt(people):
    offered, asked = proposals_of(square(), square(2, 4)), []

    def propose(image_id, prompts):
        asked.append(image_id)
        return PromptedProposals(proposals_of(square(1, 5)), "m1")

    shown = replace(offered[1], predicted_iou=0.2)
    help_ = Assistance(Assist.PROPOSALS, "m1", min_predicted_iou=0.5)
    aided = replace(
        task("a", "b", assistance=help_, propose=propose, takes_prompts=lambda: True, is_over=people.is_over),
        proposals={"id-a": ImageProposals("id-a", "m1", 0.4, (offered[0], shown))},
        picks={"id-a": Pick("id-a", "uncertain", 80.0, 0.4)},
    )
    seen = []
    people.script.append(lambda: seen.append(people.run.lease("ada", 1)))
    people.script.append(lambda: seen.append(people.run.work.proposals(seen[0], "id-a")))
    people.labeler.label(aided)
    assert seen[0].picks == (aided.picks["id-a"],)
    assert seen[0].assistance == Assistance(Assist.BOXES, "m1", min_predicted_iou=0.5)
    assert seen[1].objects == offered[:1]
    alone = replace(aided, name="round-02", takes_prompts=lambda: False)
    people.script.append(lambda: seen.append(people.run.lease("bob", 1)))
    people.labeler.label(alone)
    assert seen[2].assistance == help_


def test_the_page_closes_with_the_run_and_those_who_wait_are_told(people):
    with people.labeler:
        people.run.lease("ada")
        people.script += [lambda: None, lambda: people.said.append(people.run.lease("ada").fallback)]
    assert people.said[-1] == ENDED
    assert people.pages == ["opened", "closed"]
    assert people.slept == 2


def test_nobody_waits_for_people_who_have_gone(people):
    with people.labeler:
        people.run.lease("ada")
    assert people.slept == 8


def stop():
    raise KeyboardInterrupt


def test_a_run_that_is_stopped_does_not_say_that_it_has_ended(people):
    people.script.append(stop)
    with pytest.raises(KeyboardInterrupt), people.labeler:
        people.labeler.label(task("a"))
    assert (people.pages, people.run.tasks.ended) == (["opened", "closed"], "")


def test_a_folder_that_cannot_be_written_is_named(people):
    people.run.folder.write_text("")
    with pytest.raises(FailedPrecondition, match=f"cannot write .*{people.run.folder.name}"):
        people.labeler.label(task("a"))


def test_drafts_correct_nothing(people):
    people.submit("a")
    (draft,) = people.labeler.label(task("a")).drafts
    assert draft == LabelDraft("id-a", FIRST)
