"""`al-loop compare` and `al-loop summarize`, short of training anything."""

import json

import pytest

from maskloop.compare.analysis.analyse import analyse
from maskloop.compare.analysis.comparison import Comparison, Point, Setting, Trial
from maskloop.compare.pages.write import write_comparison
from maskloop.datasets.demo.dataset import write_demo_data


@pytest.fixture(scope="module")
def little_data(tmp_path_factory):
    return write_demo_data(tmp_path_factory.mktemp("data") / "demo", images=12, test_images=4, size=64)


def a_comparison(name):
    """Three seeds of two strategies, the second ahead of the first."""
    setting = Setting(name, {"data": "demo"}, 3600.0, None, pool_images=100, test_images=20, categories=1)
    ahead = {"random": 0.0, "entropy": 0.05}
    trials = tuple(
        Trial(
            strategy,
            seed,
            600.0,
            (_point(600.0, 0.4 + 0.01 * seed), _point(3600.0, 0.6 + gain + 0.01 * seed)),
            "the budget is spent",
        )
        for strategy, gain in ahead.items()
        for seed in range(3)
    )
    return Comparison(setting, tuple(ahead), (0, 1, 2), trials)


def _point(spent_s, quality):
    below = {"mean_iou": quality, "ap50": quality - 0.1, "ap": quality - 0.2}
    return Point(spent_s, {"full": spent_s}, round(spent_s / 60), **below, pq=quality)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--budget", "much"), "much"),
        (("--seeds", "five"), "--seeds 'five'"),
        (("--measure", "luck"), "--measure 'luck'"),
        (("--strategy", "guesswork"), "guesswork"),
        (("--strategy", "random+magic"), "'magic'"),
        (("--strategy", "entropy*2"), "random*2"),
        (("--strategy", "random+boxes", "--recipe", "compact"), "--assist boxes"),
        (("--assist", "magic"), "--assist 'magic'"),
        (("--labeler", "folder:todo"), "--labeler folder:todo"),
        (("--labeler", "ground-truth,outlines=2"), "outlines=2"),
        (("--device", "cpu,cuda"), "cpu, cuda"),
        (("--device", "tpu"), "tpu"),
        (("--strategy", "entropy", "--recipe", "compact,classes=fed", "--counts-share", "0"), "counts"),
        (("--data", "coco:nowhere"), "nowhere"),
    ],
)
def test_an_option_that_cannot_be_is_told_in_one_line_before_anything_starts(
    al_loop, little_data, tmp_path, options, named
):
    given = {"--budget": "1h", "--data": f"coco:{little_data}", "--workdir": str(tmp_path / "run")}
    given |= dict(zip(options[::2], options[1::2], strict=True))
    code, _, complaint = al_loop("compare", *(part for pair in given.items() for part in pair))
    assert code == 2
    assert named in complaint
    assert len(complaint.strip().splitlines()) == 1
    assert not (tmp_path / "run" / "compare.run.json").exists()


def test_a_summary_joins_comparisons_and_says_its_first_sentence(al_loop, tmp_path):
    folders = [tmp_path / name for name in ("beads", "nuclei")]
    for folder in folders:
        comparison = a_comparison(folder.name)
        write_comparison(folder, comparison, {"pq": analyse(comparison)})
    code, out, err = al_loop("summarize", *folders, "--out", tmp_path / "summary")
    assert code == 0, err
    found = json.loads((tmp_path / "summary" / "summary.json").read_text())
    assert [one["name"] for one in found["settings"]] == ["beads", "nuclei"]
    assert found["sentences"]["pq"][0] in out
    assert str(tmp_path / "summary" / "summary.html") in out
    assert (tmp_path / "summary" / "summary.html").stat().st_size > 1000


def test_a_summary_of_what_is_not_there_is_told(al_loop, tmp_path):
    code, _, complaint = al_loop("summarize", tmp_path / "none")
    assert code == 2
    assert "none" in complaint


def test_help_of_al_loop_tells_of_both_commands(al_loop):
    code, out, _ = al_loop("--help")
    out = " ".join(out.split())  # wherever the lines are wrapped
    assert code == 0
    assert "al-loop compare" in out
    assert "al-loop summarize" in out
    assert "--budget" in out
