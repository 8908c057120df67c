"""Whole runs of `al-loop` with the real server and the real network: what they leave, and that they can be stopped."""

import json
import signal
import time

import pytest

from maskloop.costs.cost_model import CostModel
from maskloop.datasets.subset import Excerpt
from maskloop.formats.coco import read_coco, read_coco_folder
from maskloop.values import Counts
from tests.journeys.loops import Loop, processes_naming

pytestmark = pytest.mark.journey

BUDGET_S = 3000.0
STRATEGY = "mask_guided:trust=any"
OPTIONS = ("--strategy", STRATEGY, "--counts", "--budget", "50m", "--max-rounds", "2", "--seed", "3")
QUALITY = ("ap50", "ap", "mean_iou", "iou_mae", "iou_spearman")


@pytest.fixture(scope="module")
def finished(demo, tmp_path_factory):
    loop = Loop(demo, tmp_path_factory.mktemp("finished") / "run", *OPTIONS, "--compare", "random")
    code, out, err = loop.run()
    assert code == 0, out + err
    return loop


def arms(report):
    return [report, report["baselines"]["random"]]


def chosen(rounds):
    return [[(one["image"], one["score"], one["cost_s"]) for one in each["batch"]] for each in rounds]


def test_the_report_has_what_was_promised(finished):
    report = finished.report()
    assert report["strategy"] == STRATEGY
    assert (report["seed"], report["budget_s"]) == (3, BUDGET_S)
    assert report["stopped_because"]
    assert "mask-guided" in report["project"]
    for arm in arms(report):
        assert [one["round"] for one in arm["rounds"]] == [1, 2, 3]
        assert [bool(one["batch"]) for one in arm["rounds"]] == [True, True, False]
        for one in arm["rounds"]:
            assert one["model_version"]
            assert all(one[name] is None or -1 <= one[name] <= 1 for name in QUALITY)
            assert one["ap50"] is not None
            assert set(one["seconds"]) == {"train", "score", "select", "evaluate"}
            assert one["seconds"]["train"] > 0
            assert all(item["reason"] and item["cost_s"] > 0 for item in one["batch"])
    by_head = [one for one in report["rounds"] if one["batch"] and not one["fallback"]]
    assert all(one["target_iou"] == 0.3 for one in by_head)
    assert all(0 <= item["score"] <= 1 for one in by_head for item in one["batch"])
    assert all(item["score"] is None for one in report["baselines"]["random"]["rounds"] for item in one["batch"])


def test_spending_adds_up_and_stays_within_the_budget(finished):
    for arm in arms(finished.report()):
        assert arm["spent_s"] <= BUDGET_S
        assert sum(arm["spent_s_by_kind"].values()) == pytest.approx(arm["spent_s"])
        for before, after in zip(arm["rounds"], arm["rounds"][1:], strict=False):
            bought_s = sum(one["cost_s"] for one in before["batch"])
            assert after["spent_s"] - before["spent_s"] == pytest.approx(bought_s)
            assert after["labeled_images"] - before["labeled_images"] == len(before["batch"])
        assert arm["rounds"][-1]["spent_s"] == pytest.approx(arm["spent_s"])


def test_a_full_label_pays_what_its_counts_have_not_paid(finished, demo):
    data, costs, report = read_coco_folder(demo), CostModel(3), finished.report()
    for arm, counted in zip(arms(report), (True, False), strict=True):
        for item in (item for one in arm["rounds"] for item in one["batch"]):
            counts = Counts.of(data.by_name[item["file_name"]].objects)
            paid_s = costs.counts_label(counts) if counted else 0.0
            assert item["cost_s"] == pytest.approx(costs.full_label(counts, paid_s), abs=1e-3)


def test_both_arms_begin_with_the_same_images_and_only_one_pays_for_counts(finished):
    campaign, baseline = arms(finished.report())
    assert campaign["rounds"][0]["labeled_images"] == baseline["rounds"][0]["labeled_images"]
    assert campaign["rounds"][0]["spent_s_by_kind"]["full"] == baseline["rounds"][0]["spent_s_by_kind"]["full"]
    assert campaign["rounds"][0]["metrics"]["pq"] == baseline["rounds"][0]["metrics"]["pq"]
    assert campaign["spent_s_by_kind"]["counts"] > 0
    assert "counts" not in baseline["spent_s_by_kind"]


def test_the_files_that_the_time_bought_are_there(finished):
    assert (finished.workdir / "model.safetensors").stat().st_size > 1000
    labels = json.loads((finished.workdir / "labels.coco.json").read_text())
    last = finished.report()["rounds"][-1]
    assert len(labels["images"]) == last["labeled_images"]
    assert all(one["file_name"].startswith("train") for one in labels["images"])
    assert labels["annotations"]
    gallery = finished.report()["gallery"]
    assert gallery["tested"] > 0
    assert (finished.workdir / "report.html").read_text().count("with outlines: ") == len(gallery["images"]) > 0
    for name in ("report.html", "report.csv", "curve-pq.svg", "spending.svg"):
        assert (finished.workdir / name).stat().st_size > 100


@pytest.mark.slow
def test_bought_crops_are_left_with_their_labels_as_a_data_set(demo, tmp_path):
    options = ("--budget", "4images", "--max-rounds", "0", "--crop", "32", "--objects", "1-8")
    loop = Loop(demo, tmp_path / "run", *options)
    code, out, err = loop.run()
    assert code == 0, out + err
    bought = read_coco(loop.workdir / "labels.coco.json", loop.workdir / "images")
    crops = Excerpt(crop=32, objects=(1, 8)).of(read_coco_folder(demo))
    assert len(bought.images) == 4
    for image in bought.images:
        assert image.objects == crops.by_name[image.file_name].objects
        assert image.read() == crops.by_name[image.file_name].read()


def test_nothing_is_left_running(finished):
    assert processes_naming(str(finished.workdir)) == []


@pytest.mark.slow
def test_resuming_a_finished_run_changes_nothing(finished):
    before = finished.report()
    code, out, err = finished.run("--resume")
    assert code == 0, out + err
    after = finished.report()
    for arm in (*arms(before), *arms(after)):
        for one in arm["rounds"]:
            del one["seconds"]["select"]  # the time a call took, whenever it was made
    before["setup"]["command"] = after["setup"]["command"]
    assert after == before


@pytest.mark.slow
def test_a_rule_ends_a_run_before_its_budget_is_spent(demo, tmp_path):
    loop = Loop(demo, tmp_path / "run", "--budget", "3h", "--stop-when", "mean_iou=1", "--stop-when", "plateau=1")
    code, out, err = loop.run()
    assert code == 0, out + err
    report = loop.report()
    assert [bool(one["batch"]) for one in report["rounds"]] == [True, False]  # a plateau takes two rounds to see
    assert report["stopped_because"].startswith("plateau: ")
    assert report["stopped_because"] in out
    assert report["spent_s"] < 0.8 * report["budget_s"]
    assert [one["measure"] for one in report["outlooks"]] == ["pq", "ap50"]
    assert "A forecast needs 2 rounds." in out
    assert "expected to bring panoptic quality to" in out


@pytest.mark.slow
def test_a_run_that_was_stopped_and_resumed_is_the_run_it_would_have_been(finished, demo, tmp_path):
    """Also where the network of its first round is gone by then: resuming needs no file that was removed."""
    loop = Loop(demo, tmp_path / "run", *OPTIONS, "--keep", "1")
    with loop.running() as process:
        for line in process.stdout:
            if line.startswith(f"{STRATEGY}, round 2"):
                break
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "--resume" in err
    assert str(loop.workdir) in err
    assert processes_naming(str(loop.workdir)) == []
    code, out, err = loop.run("--resume")
    assert code == 0, out + err
    unbroken, resumed = finished.report(), loop.report()
    assert chosen(resumed["rounds"]) == chosen(unbroken["rounds"])
    assert resumed["spent_s_by_kind"] == unbroken["spent_s_by_kind"]
    assert [one["mean_iou"] for one in resumed["rounds"]] == [one["mean_iou"] for one in unbroken["rounds"]]
    assert resumed["stopped_because"] == unbroken["stopped_because"]
    best = max(resumed["rounds"], key=lambda one: (one["metrics"]["pq"], one["round"]))
    whole = {path.parent.name for path in loop.workdir.glob("server/models/*/*/model.safetensors")}
    assert whole == {best["model_version"], resumed["rounds"][-1]["model_version"]}
    assert (loop.workdir / "model.safetensors").read_bytes() == next(
        loop.workdir.glob(f"server/models/*/{best['model_version']}/model.safetensors")
    ).read_bytes()
    assert f"{loop.workdir} holds " in out


def test_images_are_referred_to_and_not_copied(finished, demo):
    kept = [path for path in (finished.workdir / "server/blobs").rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".json"}
    told = {one["path"] for path in kept for one in json.loads(path.read_text())}
    assert told == {str(path.resolve()) for path in (demo / "images").iterdir()}


@pytest.mark.slow
def test_without_counts_only_full_labels_are_bought_and_any_image_may_be_chosen(demo, tmp_path):
    budget = ("--budget", "25m", "--max-rounds", "1")
    loop = Loop(demo, tmp_path / "run", "--strategy", STRATEGY, *budget)
    loop.command[loop.command.index("--recipe") + 1] += ",objectness=0.05"  # barely trained, it is sure of nothing
    code, out, err = loop.run()
    assert code == 0, out + err
    report = loop.report()
    assert set(report["spent_s_by_kind"]) == {"full"}
    first, last = report["rounds"]
    assert first["batch"]
    assert "no IoU head is fitted yet" in first["fallback"]  # of a handful of labels
    assert all(one["score"] is None for one in first["batch"])
    data, costs = read_coco_folder(demo), CostModel(3)
    for one in first["batch"]:
        assert one["cost_s"] == pytest.approx(costs.full_label(Counts.of(data.by_name[one["file_name"]].objects)))
    assert 0 <= last["mean_iou"] <= 1


@pytest.mark.parametrize(
    ("budget", "why"), [("20images", "has a budget in seconds"), ("20m", "spent and promised already")]
)
def test_a_budget_that_is_refused_is_not_what_the_run_is_asked_next(finished, budget, why):
    kept = (finished.workdir / "run.json").read_bytes()
    code, out, err = finished.run("--resume", "--budget", budget)
    assert (code, why in err, "Traceback" in err) == (2, True, False), out + err
    assert (finished.workdir / "run.json").read_bytes() == kept
