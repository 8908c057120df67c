"""The task that a run waits for, shared by those who label on its page."""

import json
from dataclasses import replace

import pytest

from maskloop.errors import (
    AlreadyExists,
    BatchNotFound,
    FailedPrecondition,
    ForeignLease,
    ImageNotFound,
    InvalidArgument,
    InvalidDataset,
    InvalidLabel,
    InvalidMask,
    LeaseLost,
    ProjectNotFound,
    RequestIdReused,
)
from maskloop.masks import Mask
from maskloop.values import (
    Counts,
    FullLabel,
    LabelDraft,
    ObjectLabel,
    Pick,
    SkipReason,
    Split,
)
from maskloop.web.work import HandIn
from tests.web.running import COUNTS, FULL, Run, image, square, task

UNUSABLE = SkipReason.UNUSABLE


@pytest.fixture
def run(tmp_path):
    started = Run(tmp_path / "web")
    started.tasks.offer(task("a", "b", "c"))
    return started


def test_images_go_to_one_person_each_in_the_order_of_selection_and_stay_with_them(run):
    assert run.names(run.lease("ada", 2)) == ["a", "b"]
    assert run.names(run.lease("bob", 2)) == ["c"]
    again = run.lease("ada", 1)
    assert run.names(again) == ["a", "b"]
    assert again.id == run.lease("ada").id


def test_a_batch_says_what_the_run_knows_of_its_images(run):
    run.tasks.offer(replace(task("a"), picks={"id-a": Pick("id-a", "uncertain", 80.0, 0.4)}, for_test=True))
    batch = run.lease("ada", 5)
    assert (batch.kind, batch.for_split, batch.project_id, batch.annotator) == (FULL, Split.TEST, "p", "ada")
    assert batch.picks == (Pick("id-a", "uncertain", 80.0, 0.4),)
    assert (batch.exhausted, batch.fallback) == (False, "")


def test_what_is_answered_is_asked_of_nobody(run):
    batch = run.lease("ada", 3)
    run.submit("ada", "a", batch=batch.id)
    run.work.skip("p", batch.id, "ada", "id-b", UNUSABLE)
    assert run.names(run.work.batch("p", batch.id)) == ["c"]
    assert run.names(run.lease("ada", 3)) == ["c"]
    assert run.tasks.open_ids("round-01") == ("id-c",)


def test_where_others_have_all_images_people_are_told(run):
    run.lease("ada", 3)
    batch = run.lease("bob")
    assert (batch.picks, batch.exhausted) == ((), False)
    assert "Others have all images" in batch.fallback


def test_while_there_is_no_task_people_are_told_and_nobody_is_sent_away(run):
    run.tasks.withdraw()
    batch = run.lease("ada")
    assert (batch.id, batch.picks, batch.exhausted) == ("", (), False)
    assert "in a moment" in batch.fallback


def test_when_the_run_has_ended_all_who_wait_are_told(run):
    run.tasks.withdraw()
    run.lease("ada")
    run.lease("bob")
    assert run.tasks.waiting == {"ada", "bob"}
    run.tasks.end("It is over.")
    batch = run.lease("ada")
    assert (batch.picks, batch.exhausted, batch.fallback) == ((), True, "It is over.")
    assert run.tasks.waiting == {"bob"}


def test_another_kind_than_the_run_asks_for_is_told_by_name(run):
    assert "labels of kind full now" in run.lease("ada", kind=COUNTS).fallback
    assert run.names(run.lease("ada", kind=FULL)) == ["a"]


def test_leases_run_out_and_the_images_are_offered_again(run):
    ada = run.lease("ada", 2)
    run.clock.pass_s(61)
    assert run.work.batch("p", ada.id).picks == ()
    assert run.names(run.lease("bob", 1)) == ["a"]
    assert run.names(run.work.renew("p", ada.id, "ada")) == ["b"]
    run.clock.pass_s(59)
    assert run.names(run.lease("cem", 3)) == ["c"]
    run.work.renew("p", ada.id, "ada")
    run.clock.pass_s(59)
    assert run.names(run.lease("dan", 3)) == ["a"]  # bob's, who was not heard of


def test_a_lease_that_ran_out_still_serves_until_somebody_else_has_the_image(run):
    ada = run.lease("ada", 2)
    run.clock.pass_s(61)
    run.submit("ada", "a", batch=ada.id)
    assert run.names(run.lease("bob", 1)) == ["b"]
    with pytest.raises(LeaseLost, match=r"b\.png is in the hands of bob"):
        run.submit("ada", "b", batch=ada.id)
    with pytest.raises(LeaseLost, match="bob"):
        run.work.skip("p", ada.id, "ada", "id-b", UNUSABLE)


def test_images_given_back_are_anybody_s(run):
    ada = run.lease("ada", 3)
    run.work.release("p", ada.id, "ada", ["id-b"])
    assert run.names(run.lease("bob", 3)) == ["b"]
    run.work.release("p", ada.id, "ada", [])
    assert run.names(run.lease("cem", 3)) == ["a", "c"]
    with pytest.raises(LeaseLost):
        run.work.renew("p", ada.id, "ada")


def test_nobody_does_anything_with_the_batch_of_another(run):
    ada = run.lease("ada")
    for call in (
        lambda: run.work.renew("p", ada.id, "bob"),
        lambda: run.work.release("p", ada.id, "bob", []),
        lambda: run.work.skip("p", ada.id, "bob", "id-a", UNUSABLE),
        lambda: run.submit("bob", "a", batch=ada.id),
        lambda: run.submit("bob", "a"),
    ):
        with pytest.raises(ForeignLease, match="in the hands of ada"):
            call()
    assert run.tasks.open_ids("round-01") == ("id-a", "id-b", "id-c")


def test_what_nobody_has_is_named(run):
    with pytest.raises(BatchNotFound):
        run.work.renew("p", "round-09.1", "ada")
    with pytest.raises(ImageNotFound, match="id-z"):
        run.submit("ada", "z")
    with pytest.raises(ProjectNotFound):
        run.work.campaigns("q")
    with pytest.raises(InvalidArgument, match="1 is the least"):
        run.lease("ada", 0)
    with pytest.raises(InvalidArgument, match="characters"):
        run.lease("")
    with pytest.raises(InvalidArgument, match="never in batch"):
        run.work.skip("p", run.lease("ada").id, "ada", "id-d", UNUSABLE)


@pytest.mark.parametrize(
    ("content", "error", "told"),
    [
        (FullLabel((square(7),)), InvalidLabel, "7"),
        (FullLabel((ObjectLabel(1, Mask.empty(6, 8)),)), InvalidMask, "image id-a, object 0"),
        (FullLabel((ObjectLabel(1, Mask.from_polygons([[(0, 0), (3, 0), (3, 3)]], 9, 9)),)), InvalidMask, "9"),
        (Counts({1: 2}), InvalidLabel, "kind counts"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(run, content, error, told):
    drafts = (LabelDraft("id-b", FullLabel()), LabelDraft("id-a", content))
    with pytest.raises(error, match=told):
        run.work.submit("p", HandIn("ada", "", drafts, "r"))
    assert run.again().tasks.open_ids("round-01") == ("id-a", "id-b", "id-c")


@pytest.mark.parametrize(
    ("drafts", "error", "told"),
    [
        ((), InvalidArgument, "no label"),
        ((LabelDraft("id-a", FullLabel()), LabelDraft("id-a", FullLabel())), InvalidArgument, "twice"),
        ((LabelDraft("id-a", FullLabel(), 2e7),), InvalidLabel, "1e\\+07 are the most"),
    ],
)
def test_hand_ins_that_cannot_be_are_refused(run, drafts, error, told):
    with pytest.raises(error, match=told):
        run.work.submit("p", HandIn("ada", "", drafts, "r"))


def test_labels_are_there_after_a_restart_with_all_that_is_known_of_them(run):
    kept = run.submit("ada", "a", FullLabel((square(2),)), batch=run.lease("ada").id, seconds=41.5)
    assert (kept.annotator, kept.seconds_spent, kept.cost_s) == ("ada", 41.5, 1 + 79.0)
    run.again()
    assert run.work.label("p", "id-a", FULL) == kept
    assert run.work.label("p", "id-b", FULL) is None
    assert run.work.label("p", "id-a", COUNTS) is None


def test_a_call_that_comes_again_is_answered_as_before_also_after_a_restart(run):
    kept = run.submit("ada", "a", request_id="r1")
    assert run.submit("ada", "a", request_id="r1") == kept
    assert run.again().submit("ada", "a", request_id="r1") == kept
    assert len(run.tasks.book("round-01").all_of("id-a")) == 1
    for name, content in (("a", FullLabel()), ("b", None)):
        with pytest.raises(RequestIdReused):
            run.submit("ada", name, content, request_id="r1")


def test_a_call_that_a_crash_cut_off_is_completed_when_it_comes_again(run):
    drafts = tuple(LabelDraft(f"id-{name}", FullLabel((square(),))) for name in "ab")
    whole = run.work.submit("p", HandIn("ada", "", drafts, "r1"))
    (run.folder / "round-01" / "full" / "answers" / "id-b.1.json").unlink()
    run.again()
    assert run.work.label("p", "id-b", FULL) is None
    again = run.work.submit("p", HandIn("ada", "", drafts, "r1"))
    assert [label.id for label in again] == [label.id for label in whole]
    assert run.tasks.open_ids("round-01") == ("id-c",)


def test_a_correction_names_what_it_corrects_and_both_are_kept(run):
    first = run.submit("ada", "a", request_id="r1")
    with pytest.raises(AlreadyExists, match=r"a\.png has a label already, by ada") as refused:
        run.submit("bob", "a", FullLabel())
    assert refused.value.details["label_id"] == first.id
    second = run.submit("bob", "a", FullLabel(), supersedes=first.id)
    assert (second.supersedes, second.cost_s) == (first.id, 0.0)
    with pytest.raises(FailedPrecondition, match="no longer the one to correct"):
        run.submit("ada", "a", supersedes=first.id)
    with pytest.raises(FailedPrecondition, match="does not exist"):
        run.submit("ada", "b", supersedes="x")
    run.again()
    assert run.work.label("p", "id-a", FULL) == second
    assert [each.label.id for each in run.tasks.book("round-01").all_of("id-a")] == [first.id, second.id]
    assert run.submit("ada", "a", request_id="r1").superseded_by == second.id


def test_a_skipped_image_may_still_be_labeled_and_a_labeled_one_not_skipped(run):
    batch = run.lease("ada")
    run.work.skip("p", batch.id, "ada", "id-a", SkipReason.UNSURE)
    run.work.skip("p", batch.id, "ada", "id-a", UNUSABLE)
    run.again()
    assert [each.skipped for each in run.tasks.book("round-01").all_of("id-a")] == [SkipReason.UNSURE]
    run.submit("ada", "a", batch=batch.id)
    with pytest.raises(FailedPrecondition, match=r"a\.png has a label already"):
        run.work.skip("p", batch.id, "ada", "id-a", UNUSABLE)


def test_leases_outlive_the_run_that_gave_them(run):
    ada = run.lease("ada", 2)
    run.again()
    assert run.names(run.lease("bob", 3)) == []
    run.tasks.offer(task("a", "b", "c"))
    assert run.names(run.lease("bob", 3)) == ["c"]
    assert run.names(run.work.renew("p", ada.id, "ada")) == ["a", "b"]
    run.submit("ada", "b", batch=ada.id)
    assert run.names(run.lease("ada")) == ["a"]


def test_labels_of_a_task_of_before_are_still_taken(run):
    ada = run.lease("ada", 3)
    run.tasks.withdraw()
    first = run.submit("ada", "b", batch=ada.id)
    run.tasks.offer(task("d", name="round-02"))
    run.submit("ada", "b", FullLabel(), supersedes=first.id)
    assert len(run.again().tasks.book("round-01").all_of("id-b")) == 2


def test_the_last_task_that_asks_for_an_image_gets_its_label(run):
    run.tasks.offer(task("c", "d", name="again"))
    run.again()
    run.submit("ada", "c")
    assert "id-c" in run.tasks.open_ids("round-01")
    assert run.tasks.open_ids("again") == ("id-d",)


def test_counts_are_kept_apart_from_outlines_of_a_task_of_the_same_name(run):
    run.submit("ada", "a")
    run.tasks.offer(task("a", "b", kind=COUNTS))
    assert run.tasks.open_ids("round-01") == ("id-a", "id-b")
    run.submit("ada", "a", Counts({1: 3}))
    assert run.work.label("p", "id-a", COUNTS).content == Counts({1: 3})


def test_images_are_the_run_s(run):
    assert run.work.image("p", "id-e") == image("e")
    assert run.work.read_image("p", "id-e") == b"id-e"
    with pytest.raises(ImageNotFound):
        run.work.read_image("p", "../etc/passwd")


def test_the_folder_of_another_run_is_refused(run):
    with pytest.raises(FailedPrecondition, match="labels of another run, bridges-1f2e"):
        Run(run.folder, run="bridges-77aa")


@pytest.mark.parametrize(
    "file", ["leases.json", "round-01/task.json", "round-01/full/answers/id-a.1.json", "round-01/full/taken.json"]
)
@pytest.mark.parametrize("text", ["{", "{}", '{"batches": 1, "images": 2}'])
def test_a_file_that_was_changed_is_told_by_its_name(run, file, text):
    run.submit("ada", "a", batch=run.lease("ada").id)
    (run.folder / file).write_text(text)
    with pytest.raises(InvalidDataset, match=file):
        run.again().tasks.book("round-01")


def test_files_are_written_whole_and_never_over_one_another(run):
    first = run.submit("ada", "a")
    place = run.folder / "round-01" / "full" / "answers"
    before = (place / "id-a.1.json").read_bytes()
    run.submit("ada", "a", FullLabel(), supersedes=first.id)
    assert sorted(path.name for path in place.iterdir()) == ["id-a.1.json", "id-a.2.json"]
    assert (place / "id-a.1.json").read_bytes() == before
    assert json.loads(before)["label"]["annotator"] == "ada"
