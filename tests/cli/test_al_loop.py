"""What `al-loop` says when something is wrong: one clear line, exit code 2, nothing changed."""

import json
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from maskloop.cli.options import spelt_out
from maskloop.client.local_server import LocalServer
from maskloop.datasets.demo.dataset import write_demo_data
from tests.formats.voc import write_voc

pytestmark = pytest.mark.journey

AL_LOOP = Path(sys.executable).with_name("al-loop")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    return write_demo_data(tmp_path_factory.mktemp("data") / "demo", images=12, test_images=4, size=64)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--budget", "0h", "--data", "demo"), "budget"),
        (("--budget", "-2h", "--data", "demo"), "budget"),
        (("--budget", "much", "--data", "demo"), "much"),
        (("--budget", "1h", "--data", "demo", "--target-iou", "2"), "option target of strategy mask_guided is '2'"),
        (("--budget", "1h", "--data", "demo", "--labeler", "me"), "'me'"),
    ],
)
def test_an_option_that_cannot_be_is_told_in_one_line(al_loop, tmp_path, options, named):
    code, _, complaint = al_loop(*options, "--workdir", str(tmp_path / "run"))
    assert code == 2
    assert named in complaint
    assert complaint.count("\n") == 1
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--budget", "1h", "--data", "coco:/no/such/place"), "/no/such/place"),
        (("--budget", "1s", "--data", "coco:{demo}"), "cheapest image costs 3 s"),
    ],
)
def test_data_and_budgets_that_do_not_fit_are_told_before_a_server_is_started(al_loop, tmp_path, demo, options, named):
    filled = [option.format(demo=demo) for option in options]
    code, _, complaint = al_loop(*filled, "--workdir", str(tmp_path / "run"))
    assert (code, complaint.count("\n")) == (2, 1)
    assert named in complaint
    assert not (tmp_path / "run").exists()


def test_a_server_that_cannot_be_reached_is_named(al_loop, tmp_path, demo):
    options = ("--budget", "1h", "--data", f"coco:{demo}", "--workdir", str(tmp_path / "run"))
    code, _, complaint = al_loop(*options, "--server", f"unix:{tmp_path / 'nobody'}")
    assert code == 2
    assert "nobody cannot be reached" in complaint
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("labeler", "told"),
    [
        ("web:{port}", "cannot listen on 127.0.0.1:{port}: Address already in use; try --labeler web:{next}"),
        ("web:0,host=0.0.0.0", "0.0.0.0 can be reached from other machines; add token_file=FILE"),
        ("web:0,host=192.0.2.1,token_file={token}", "cannot listen on 192.0.2.1:0"),
        ("web:0,token_file={token}2", "token2 cannot be read"),
        ("web:0,token_file={short}", "16 are the least"),
        ("web:0,tls_cert={token}", "come together"),
        ("web:0,tls_cert={token},tls_key={short}", "are no certificate chain with its private key"),
    ],
)
def test_a_page_that_cannot_be_is_told_before_anything_is_bought(al_loop, tmp_path, demo, labeler, told):
    (tmp_path / "token").write_text("a token of many letters")
    (tmp_path / "short").write_text("short")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        names = {"port": port, "next": port + 1, "token": tmp_path / "token", "short": tmp_path / "short"}
        options = ("--budget", "1h", "--data", f"coco:{demo}", "--labeler", labeler.format(**names))
        for more in (("--dry-run",), ("--workdir", str(tmp_path / "run"))):
            code, _, complaint = al_loop(*options, *more)
            assert (code, complaint.count("\n")) == (2, 1)
            assert told.format(**names) in complaint
    assert not (tmp_path / "run").exists()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with LocalServer(tmp_path_factory.mktemp("server"), "cpu", print) as running:
        yield running.address


def test_a_strategy_the_server_does_not_know_is_told_before_images_are_brought_in(al_loop, tmp_path, demo, server):
    options = ("--budget", "1h", "--data", f"coco:{demo}", "--workdir", str(tmp_path / "run"), "--server", server)
    code, out, complaint = al_loop(*options, "--strategy", "clairvoyant")
    assert code == 2
    assert "clairvoyant" in complaint
    assert "import" not in out


@pytest.mark.parametrize(
    ("recipe", "named"), [("magic", "'magic'"), ("compact,depth=3", "'depth'"), ("compact,batch=0", "batch is 0")]
)
def test_a_recipe_the_server_does_not_know_is_told_before_anything_is_bought(
    al_loop, tmp_path, demo, server, recipe, named
):
    options = ("--budget", "1h", "--data", f"coco:{demo}", "--workdir", str(tmp_path / "run"), "--server", server)
    code, out, complaint = al_loop(*options, "--recipe", recipe)
    assert (code, complaint.count("\n")) == (2, 1)
    assert named in complaint
    assert ": open" not in out


def test_an_image_that_is_cut_off_is_named(al_loop, tmp_path, demo, server):
    broken = shutil.copytree(demo, tmp_path / "broken")
    victim = broken / "images" / "train-0003.jpg"
    victim.write_bytes(victim.read_bytes()[:-400])
    options = ("--budget", "1h", "--data", f"coco:{broken}", "--workdir", str(tmp_path / "run"), "--server", server)
    code, _, complaint = al_loop(*options)
    assert (code, complaint.count("\n")) == (2, 1)
    assert "train-0003.jpg" in complaint


def test_a_dry_run_says_what_the_budget_takes_and_writes_nothing(al_loop, tmp_path, demo):
    workdir = tmp_path / "run"
    options = ("--budget", "1h", "--data", f"coco:{demo}", "--compare", "random", "--workdir", str(workdir))
    code, out, _ = al_loop(*options, "--dry-run")
    assert code == 0
    assert "mask_guided" in out
    assert "random" in out
    assert "networks" in out
    assert "Planned are 79 s to outline an object." in " ".join(out.split())
    assert not workdir.exists()


@pytest.mark.slow
def test_a_dry_run_tells_what_outlines_are_planned_at(al_loop, demo):
    _, out, _ = al_loop("--budget", "1h", "--data", f"coco:{demo}", "--dry-run", "--outline-cost", "20+60")
    assert "20 s to outline an object and 60 s for each side of its length" in " ".join(out.split())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("assist", "told"),
    [
        ("auto", "with proposals, once the IoU head is trusted, 40 labels took 47% to 100%"),
        ("boxes", "with proposals and boxes, 40 labels took"),
        ("none", ""),
    ],
)
def test_a_dry_run_tells_what_help_saved_elsewhere(al_loop, demo, assist, told):
    _, out, _ = al_loop("--budget", "1h", "--data", f"coco:{demo}", "--dry-run", "--assist", assist)
    said = " ".join(out.split())
    assert told in said
    assert ("to be drawn" in said) == bool(told)


@pytest.mark.slow
def test_a_dry_run_tells_of_class_labels_that_come_first(al_loop, demo):
    options = ("--budget", "2h", "--data", f"coco:{demo}", "--dry-run", "--assist", "none")
    _, plain, _ = al_loop(*options)
    assert "buys labels of the classes" not in plain
    code, out, complaint = al_loop(*options, "--weak", "image_level", "--weak-share", "0.2")
    assert code == 0, complaint
    assert "20% of the budget buys labels of the classes that images hold first" in " ".join(out.split())


@pytest.mark.slow
def test_a_dry_run_tells_of_ood_checks_and_of_the_student_network(al_loop, demo):
    options = ("--budget", "1h", "--data", f"coco:{demo}", "--dry-run")
    _, plain, _ = al_loop(*options)
    assert "OoD" not in plain
    assert "student network" not in plain
    more = ("--classes", "crack", "--ood", "rest", "--student-network", "compact")
    code, out, complaint = al_loop(*options, *more)
    assert code == 0, complaint
    assert "OoD checks" in " ".join(out.split())
    assert "+ 1" in out
    assert "student network" in " ".join(out.split())


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (("--student-network",), ["--student-network=pretrained"]),
        (("--student-network", "--seed", "3"), ["--student-network=pretrained", "--seed", "3"]),
        (("--student-network", "paper", "--seed", "3"), ["--student-network", "paper", "--seed", "3"]),
        (("--student-network=paper", "--resume"), ["--student-network=paper", "--resume"]),
        ((), []),
    ],
)
def test_a_student_network_without_a_recipe_is_a_pretrained_one(words, meant):
    assert spelt_out(words) == meant


def test_a_student_network_needs_no_recipe(al_loop, demo):
    code, out, complaint = al_loop("--student-network", "--budget", "1h", "--data", f"coco:{demo}", "--dry-run")
    assert code == 0, complaint
    assert "student network" in " ".join(out.split())


def test_a_dry_run_reads_pascal_voc(al_loop, tmp_path):
    folder = write_voc(tmp_path / "VOC2012", train=["a", "b", "c"], val=["d"])
    code, out, complaint = al_loop("--budget", "1h", "--data", f"voc:{folder}", "--dry-run")
    assert code == 0, complaint
    assert "VOC2012" in "".join(out.split())  # wherever the line is wrapped
    assert "mask_guided" in out


def test_a_broken_voc_folder_is_told_with_the_file(al_loop, tmp_path):
    folder = write_voc(tmp_path / "VOC2012", train=["a", "b", "c"], val=["d"])
    (folder / "SegmentationObject" / "b.png").unlink()
    code, _, complaint = al_loop("--budget", "1h", "--data", f"voc:{folder}", "--dry-run")
    assert code == 2
    assert "SegmentationObject/b.png" in complaint


def test_the_installed_program_lists_its_options():
    done = subprocess.run([AL_LOOP, "--help"], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0
    for option in ("--budget", "--data", "--target-iou", "--max-rounds", "--labeler", "--dry-run", "--resume"):
        assert option in done.stdout


@pytest.mark.parametrize(("word", "near"), [("comapre", "; did you mean 'compare'?"), ("verdict", "")])
def test_a_command_that_is_not_there_is_told_with_those_that_are(al_loop, word, near):
    code, _, err = al_loop(word, "--budget", "3h")
    assert code == 2
    assert (
        err.strip() == f"error: al-loop has no command '{word}', but status, finish, export, compare, summarize{near}"
    )


def test_dropout_is_refused_at_once_for_a_network_that_has_none_of_it(al_loop, tmp_path):
    told = al_loop("--data", "demo", "--budget", "1h", "--strategy", "dropout", "--workdir", str(tmp_path / "run"))
    assert told[0] == 2
    assert "needs --recipe recurrent, compact or paper" in told[2]
    assert not (tmp_path / "run").exists()


def test_a_run_that_stops_before_anything_was_labeled_is_not_called_finished(al_loop, tmp_path, monkeypatch):
    (tmp_path / "run.json").write_text(json.dumps({"run_id": "r", "budget": "3h", "data": "coco:x"}))
    worked_on = iter([True, True, False])
    monkeypatch.setattr("maskloop.loop.workdir.lock.is_worked_on", lambda workdir: next(worked_on))
    code, out, err = al_loop("finish", "--workdir", str(tmp_path))
    assert (code, "finished" in out, "has stopped without an end" in err) == (2, False, True), out + err


def test_going_on_where_there_is_no_run_says_so_and_asks_for_no_budget(al_loop, tmp_path):
    code, _, err = al_loop("--resume", "--workdir", str(tmp_path / "nobody"))
    assert code == 2
    assert err.strip() == f"error: {tmp_path / 'nobody'} holds no run; --workdir names another folder"
