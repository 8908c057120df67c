"""What people on a run's page make of proposals, and what they ask the network for."""

from dataclasses import replace

import pytest

from maskloop.errors import FailedPrecondition, InvalidDataset, InvalidLabel, InvalidPrompt, UnsupportedPrompts
from maskloop.values import Assist, FullLabel, Origin, Prompt, PromptPoint, Rejection, Review, Verdict
from tests.web.running import FULL, Run, helped, proposals_of, square, task


def reviewed(*objects, rejected=(), version="m1"):
    return FullLabel(tuple(objects), Review(version, tuple(map(Rejection, rejected))))


def begun(item, verdict, proposal):
    return replace(item, origin=Origin(verdict, proposal.id))


@pytest.fixture
def offered():
    return proposals_of(square(), square(2, 4))


@pytest.fixture
def asked():
    return []


@pytest.fixture
def run(tmp_path, offered, asked):
    started = Run(tmp_path / "web")
    started.tasks.offer(helped("a", "b", asked=asked, a=offered))
    return started


def test_people_are_shown_the_proposals_of_the_task(run, offered):
    batch = run.lease("ada")
    assert run.work.proposals(batch, "id-a").objects == offered
    assert run.work.proposals(batch, "id-b") is None
    assert (batch.assistance.assist, batch.model_version) == (Assist.BOXES, "m1")


def test_a_review_is_held_against_what_was_offered(run, offered):
    content = reviewed(begun(square(), Verdict.ACCEPTED, offered[0]), rejected=[offered[1].id])
    kept = run.submit("ada", "a", content).content
    assert kept.objects[0].origin.iou == 1.0
    assert kept.review.proposals == offered
    assert run.again().work.label("p", "id-a", FULL).content == kept


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda offered: reviewed(begun(square(1, 1), Verdict.ACCEPTED, offered[0])), "has another mask"),
        (lambda offered: reviewed(begun(square(2), Verdict.ACCEPTED, offered[0])), "is of another category"),
        (lambda offered: reviewed(rejected=["0" * 16]), "offered no proposal"),
        (lambda offered: reviewed(rejected=[offered[0].id] * 2), "named twice"),
        (lambda offered: reviewed(rejected=["../x"]), "no proposal's id"),
        (lambda offered: reviewed(version="m9"), "model version 'm9' offered nothing"),
        (lambda offered: reviewed(version=""), "names no model version"),
    ],
)
def test_what_the_server_would_refuse_of_a_review_is_refused_at_once(run, offered, make, told):
    with pytest.raises(InvalidLabel, match=told):
        run.submit("ada", "a", make(offered))
    assert run.tasks.open_ids("round-01") == ("id-a", "id-b")


def test_prompts_are_answered_and_known_after_a_restart(run, asked):
    prompt = Prompt(2, None, (PromptPoint(6, 2),))
    answer = run.work.propose("p", "id-b", [prompt], "")
    assert asked == [("id-b", [prompt])]
    run.again()  # and no task is offered: the run is at something else
    content = reviewed(begun(square(2, 5), Verdict.ACCEPTED, answer.proposals[0]))
    kept = run.submit("ada", "b", content)
    assert kept.content.objects[0].origin.prompted
    mended = reviewed(rejected=[answer.proposals[0].id])
    again = run.submit("ada", "b", mended, supersedes=kept.id)
    assert again.content.review.rejected[0].prompted


def test_further_prompts_are_known_beside_those_of_before(run):
    first = run.work.propose("p", "id-b", [Prompt(1, (0, 0, 2, 2))], "")
    second = run.work.propose("p", "id-b", [Prompt(2, (0, 0, 2, 2))], "")
    assert run.again().tasks.book("round-01").prompted("id-b").objects == (*first.proposals, *second.proposals)


def test_what_is_shown_without_a_prompt_was_not_asked_for(run, offered):
    run.tasks.offer(helped("a", a=proposals_of(square(1, 5))))
    (answer,) = run.work.propose("p", "id-a", [Prompt(1, (5, 1, 3, 3))], "").proposals
    kept = run.submit("ada", "a", reviewed(begun(square(1, 5), Verdict.ACCEPTED, answer)))
    assert not kept.content.objects[0].origin.prompted


def test_a_correction_may_name_what_the_label_of_before_named(run, offered):
    first = run.submit("ada", "a", reviewed(rejected=[each.id for each in offered]))
    run.again()
    content = reviewed(begun(square(1, 1), Verdict.MODIFIED, offered[0]), rejected=[offered[1].id])
    kept = run.submit("ada", "a", content, supersedes=first.id)
    assert kept.content.objects[0].origin.iou == pytest.approx(6 / 12)


def test_prompts_that_nobody_answers_are_told_in_words(run):
    run.tasks.offer(task("a"))
    with pytest.raises(UnsupportedPrompts, match=r"a\.png is to be drawn: no network helps"):
        run.work.propose("p", "id-a", [Prompt(1, (0, 0, 2, 2))], "")
    run.tasks.offer(replace(task("a"), for_test=True))
    with pytest.raises(UnsupportedPrompts, match="networks are measured by it"):
        run.work.propose("p", "id-a", [Prompt(1, (0, 0, 2, 2))], "")


def test_prompts_that_cannot_be_are_refused(run, asked):
    with pytest.raises(InvalidPrompt, match="not inside"):
        run.work.propose("p", "id-a", [Prompt(1, (6, 0, 5, 5))], "")
    with pytest.raises(FailedPrecondition, match=r"c\.png: the run does not ask"):
        run.work.propose("p", "id-c", [Prompt(1, (0, 0, 5, 5))], "")
    assert asked == []


def test_a_file_of_prompted_masks_that_was_changed_is_told(run):
    run.work.propose("p", "id-b", [Prompt(1, (0, 0, 2, 2))], "")
    (run.folder / "round-01" / "full" / "prompted" / "id-b.json").write_text('{"objects": 1}')
    with pytest.raises(InvalidDataset, match=r"prompted/id-b\.json"):
        run.submit("ada", "b", reviewed(rejected=["0" * 16]))
