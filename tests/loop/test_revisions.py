"""What people say of tasks that they had answered: what the budget cannot pay, what gets no label, and what a process
that died had handed in already."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import cast

import pytest

from maskloop.client import Client
from maskloop.costs.cost_model import CostModel
from maskloop.labelers import Answers, GroundTruthLabeler
from maskloop.loop.arms import Keeping
from maskloop.loop.buying import buy
from maskloop.loop.options import Options
from maskloop.loop.record.decisions import Decisions
from maskloop.loop.revisions import take_revisions
from maskloop.values import Budget, FullLabel, LabelDraft, SkipReason, SupervisionKind
from tests.loop.test_buying import Shop, client, data, squares

pytestmark = pytest.mark.journey

__all__ = ["client", "data"]
FULL = SupervisionKind.FULL


class People(GroundTruthLabeler):
    """They outline two objects in the first image of a task (159 s), and say of the others what `says` and `skips`
    hold by image id, when it is looked at again."""

    def __init__(self):
        super().__init__({}, CostModel(2))
        self.asked = []
        self.says = {}
        self.skips = {}

    def costs_s(self, task, picks):
        return {pick.image_id: pick.cost_s for pick in picks}

    def label(self, task):
        first, *later = self.asked = [image.id for image in task.images]
        return Answers((drawn(first, 2),), later=tuple(later))

    def revised(self, task, known):
        ids = [image.id for image in task.images]
        said = [self.says[image_id] for image_id in ids if image_id in self.says]
        return Answers(
            tuple(draft for draft in said if known.get(draft.image_id) != draft.content),
            {image_id: self.skips[image_id] for image_id in ids if image_id in self.skips},
        )


def drawn(image_id, number, seconds=None):
    return LabelDraft(image_id, FullLabel(squares(number)), seconds)


class Images:
    """Wishes for so many images."""

    def __init__(self, number):
        self.number = number

    def next_batch(self, ledger):
        return Budget(images=self.number)


class Run(Shop):
    """A shop whose decisions outlive it, and whose people hand in parts."""

    def __init__(self, client, data, folder, budget, before=None):
        self.kept = client, data, folder
        self.first = before.first if before else Options(budget=budget, data="coco:x", strategy="random")
        project = f"revised-{folder.name}".lower().replace("_", "-")
        keeping = Keeping(Decisions(folder / "decisions.jsonl"), first=self.first)
        super().__init__(client, data, project, budget, keeping=keeping)
        self.labeler = self.people = before.people if before else People()

    def again(self, budget):
        return Run(*self.kept, budget, self)

    def part(self, name="round-01", images=3):
        buy(name, self.session, self.labeler, kind=FULL, goal=Images(images))
        return self.people.asked

    def look(self, name="before-2"):
        return take_revisions(name, self.session, self.labeler, is_measured=True, is_last=False)

    @property
    def labels(self):
        """What the server holds of the pool, by image id."""
        found = self.session.client.list_labels(project_id=self.session.project_id)
        return {label.image_id: label.content for label in found if label.image_id in self.objects}

    def reserved_s(self):
        here = {"project_id": self.session.project_id, "campaign_id": self.session.campaign_id}
        return self.session.client.get_campaign(**here).reserved_s


def test_a_rest_that_costs_more_than_is_left_is_kept_by_image_and_the_campaign_goes_on(client, data, tmp_path):
    run = Run(client, data, tmp_path, "700s")
    a, b, c = run.part()
    run.people.says = {b: drawn(b, 2), c: drawn(c, 9)}
    assert run.look()
    assert run.labels.keys() == run.ledger.labeled == {a, b, c}
    assert run.ledger.spent_s == run.server_spent_s() == 2 * 159
    assert run.ledger.passed_over == {c: SkipReason.OVER_BUDGET}
    assert "1 label beyond what the budget buys: kept, and not charged" in run.said.getvalue()
    assert not run.look("before-3")
    later = run.again("700s")
    later.part()
    assert later.look()
    assert (later.ledger.spent_s, later.ledger.passed_over) == (run.ledger.spent_s, run.ledger.passed_over)
    assert later.ledger.labeled == {a, b, c}


def test_what_is_promised_for_images_that_people_still_have_is_not_left(client, data, tmp_path):
    run = Run(client, data, tmp_path, "900s")
    _, b = run.part(images=2)
    run.part("round-02", images=2)
    promised_s, left_s = run.reserved_s() / 2, run.ledger.left_s
    assert left_s - promised_s < 1 + 79 * 6 <= left_s
    run.people.says = {b: drawn(b, 6)}
    assert run.look()
    assert run.ledger.passed_over == {b: SkipReason.OVER_BUDGET}
    assert run.ledger.spent_s == run.server_spent_s()


def test_seconds_that_people_measured_are_charged_even_beyond_the_budget(client, data, tmp_path):
    run = Run(client, data, tmp_path, "700s")
    _, b, c = run.part()
    run.people.says = {b: drawn(b, 9, 600.0), c: drawn(c, 9, 500.0)}
    assert run.look()
    assert run.ledger.passed_over == {}
    assert run.ledger.spent_s == run.server_spent_s() == 159 + 1100


@pytest.mark.parametrize("seconds", [None, 10.0])
def test_a_rest_beyond_a_budget_of_images_that_has_shrunk_is_kept(client, data, tmp_path, seconds):
    run = Run(client, data, tmp_path, "3images")
    a, b, c = run.part()
    run.session.give_back()
    run = run.again("2images")
    run.part()
    run.people.says = {b: drawn(b, 1, seconds), c: drawn(c, 1, seconds)}
    assert run.look()
    assert run.labels.keys() == {a, b, c}
    assert run.ledger.passed_over == {c: SkipReason.OVER_BUDGET}
    assert run.ledger.spent_s == run.server_spent_s()


def test_images_that_turn_out_to_be_unusable_are_given_back_with_what_was_kept_for_them(client, data, tmp_path):
    run = Run(client, data, tmp_path, "2000s")
    _, b, c = run.part()
    run.people.skips = {b: SkipReason.UNUSABLE, c: SkipReason.OFF_TOPIC}
    assert run.reserved_s() > 0
    assert run.look()
    assert run.reserved_s() == 0
    assert run.ledger.passed_over == run.people.skips
    run.session.keep_leases()
    assert run.session.books.open_batches == []
    assert not run.look("before-3")
    later = run.again("2000s")
    later.part()
    later.look()
    assert later.ledger.passed_over == run.people.skips


def test_an_image_that_was_passed_over_and_is_labeled_after_all_is_kept_and_costs_nothing(client, data, tmp_path):
    run = Run(client, data, tmp_path, "2000s")
    _, b, _ = run.part()
    run.people.skips = {b: SkipReason.UNUSABLE}
    assert run.look()
    run.people.skips, run.people.says = {}, {b: drawn(b, 1, 60.0)}
    assert run.look("before-3")
    assert run.labels[b] == FullLabel(squares(1))
    assert run.ledger.spent_s == run.server_spent_s() == 159


def test_an_image_that_has_a_label_is_not_passed_over(client, data, tmp_path):
    run = Run(client, data, tmp_path, "2000s")
    a, *_ = run.part()
    run.people.skips = {a: SkipReason.UNUSABLE}
    assert not run.look()
    assert run.ledger.passed_over == {}


def test_decisions_of_an_earlier_release_list_labels_alone(client, data, tmp_path):
    run = Run(client, data, tmp_path, "2000s")
    _, b, _ = run.part()
    run.people.says = {b: drawn(b, 1)}
    run.look()
    kept = run.session.decisions.get("revised-before-2")
    run.session.decisions.note("revised-before-2", {task: said["labels"] for task, said in kept.items()})
    later = run.again("2000s")
    later.part()
    assert later.look()
    assert later.ledger.spent_s == run.ledger.spent_s == 159 + 80


class Dying:
    """A client whose process dies at the write of this number, done or not."""

    def __init__(self, client, number, *, is_done):
        self.client, self.left, self.is_done = client, number, is_done

    def __getattr__(self, name):
        call = getattr(self.client, name)
        return self.write(call) if name in {"skip_image", "submit_labels"} else call

    def write(self, call):
        def called(**asked):
            self.left -= 1
            if self.left < 0 and not self.is_done:
                raise KeyboardInterrupt
            answer = call(**asked)
            if self.left < 0:
                raise KeyboardInterrupt
            return answer

        return called


EDITS = {
    "nothing": lambda b, c: ({b: drawn(b, 2), c: drawn(c, 9)}, {}),
    "all fits by now": lambda b, c: ({b: drawn(b, 2), c: drawn(c, 1)}, {}),
    "nothing fits any more": lambda b, c: ({b: drawn(b, 9), c: drawn(c, 10)}, {}),
    "the other one fits": lambda b, c: ({b: drawn(b, 9), c: drawn(c, 1, 30.0)}, {}),
    "what fitted is skipped": lambda b, c: ({c: drawn(c, 9)}, {b: SkipReason.UNUSABLE}),
    "what did not is skipped": lambda b, c: ({b: drawn(b, 1)}, {c: SkipReason.UNUSABLE}),
}


@pytest.mark.parametrize("edit", EDITS)
def test_whenever_a_process_dies_and_whatever_people_change_meanwhile_nothing_is_lost_or_charged_twice(
    client, data, tmp_path, edit
):
    """It gives one image back, hands one label in that is paid and one that is not: three writes, and then the note."""
    for number, is_done in itertools.product(range(3), (False, True)):
        folder = tmp_path / f"{tmp_path.name}-{number}-{is_done}"
        folder.mkdir()
        run = Run(client, data, folder, "700s")
        _, b, c = run.part()
        run.people.says = {b: drawn(b, 2), c: drawn(c, 9)}
        run.session = replace(run.session, client=cast(Client, Dying(client, number, is_done=is_done)))
        with pytest.raises(KeyboardInterrupt):
            run.look()
        run = run.again("700s")
        run.part()
        run.people.says, run.people.skips = EDITS[edit](b, c)
        for look in ("before-2", "before-3", "before-4"):
            run.look(look)
        assert run.ledger.spent_s == run.server_spent_s()
        assert run.reserved_s() == 0
        assert {image: run.labels[image] for image in run.people.says} == {
            image: draft.content for image, draft in run.people.says.items()
        }
        assert not run.look("before-5")


def test_a_label_that_was_mended_before_a_process_died_is_not_entered_again(client, data, tmp_path):
    run = Run(client, data, tmp_path, "1h")
    a, b = run.part(images=2)
    run.people.says = {a: drawn(a, 3)}
    assert run.look("before-2")
    run.people.says[b] = drawn(b, 2)
    run.session = replace(run.session, client=cast(Client, Dying(client, 0, is_done=True)))
    with pytest.raises(KeyboardInterrupt):
        run.look("before-3")
    run.people.says[b] = drawn(b, 1)
    run = run.again("1h")
    run.part(images=2)
    for look in ("before-2", "before-3", "before-4"):
        assert run.look(look)
        assert run.ledger.spent_s == (159 if look == "before-2" else 318)
    assert run.server_spent_s() == 318
    assert run.labels == {image: draft.content for image, draft in run.people.says.items()}
    noted = [run.session.decisions.get(f"revised-{look}")["round-01"]["labels"] for look in ("before-2", "before-3")]
    assert [len(ids) for ids in noted] == [1, 1]
