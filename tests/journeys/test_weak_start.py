"""`al-loop --weak image_level`: which classes images hold is asked first; the first batch is reviewed, not drawn."""

from __future__ import annotations

import json

import pytest

from maskloop.pages.wording import say_time
from tests.journeys.loops import Loop

pytestmark = pytest.mark.slow

WEAK = "class_maps,classifier=compact,iterations=3"
OPTIONS = (
    *("--budget", "40m", "--max-rounds", "1", "--assist", "none", "--weak", "image_level", "--weak-share", "0.03"),
    *("--weak-recipe", WEAK, "--labeler", "ground-truth,outlines=0.91,accept=0.85"),
)
SECONDS = 0.03 * 40 * 60
CLASSES = 3


@pytest.fixture(scope="module")
def begun(demo, tmp_path_factory) -> tuple[Loop, str]:
    loop = Loop(demo, tmp_path_factory.mktemp("weak") / "run", *OPTIONS)
    code, out, err = loop.run()
    assert code == 0, out + err
    return loop, out


def test_image_level_labels_are_bought_first_for_their_share_at_a_second_a_class(begun) -> None:
    loop, out = begun
    labels = int(SECONDS / CLASSES)
    assert loop.report()["spent_s_by_kind"]["image_level"] == CLASSES * labels
    assert f"{labels} image-level labels in {say_time(labels * CLASSES)}" in out
    kinds = [kind for (kind,) in loop.rows("select kind from labels where campaign_id != '' order by number")]
    assert kinds[:labels] == ["image_level"] * labels
    assert set(kinds[labels:]) == {"full"}


def test_the_first_batch_is_reviewed_with_the_masks_of_class_maps(begun) -> None:
    """Of later batches people were to have no help."""
    loop, _ = begun
    (weak,) = loop.rows("select id from models where recipe = 'class_maps'")
    asked = "select review from labels where kind = 'full' and campaign_id != '' order by number"
    reviews = [json.loads(told)["version"] if told else "" for (told,) in loop.rows(asked)]
    first = reviews.index("")
    assert first >= 5
    assert reviews == [weak[0]] * first + [""] * (len(reviews) - first)


def test_the_report_tells_what_they_took_and_counts_no_network_of_theirs(begun) -> None:
    loop, _ = begun
    assert [one["labeled_images"] > 0 for one in loop.report()["rounds"]] == [True] * len(loop.report()["rounds"])
    assert "image-level labels" in (loop.workdir / "report.html").read_text()


@pytest.mark.slow
def test_a_network_that_learns_masks_of_class_labels_helps_as_well(demo, tmp_path) -> None:
    of_patches = "oeem,encoder=compact,weights=random,input_side=32,width=8,map_scales=one,threshold=0.05,iterations=2"
    words = [of_patches if word == WEAK else word for word in OPTIONS]
    loop = Loop(demo, tmp_path / "run", *words)
    code, out, err = loop.run()
    assert code == 0, out + err
    (weak,) = loop.rows("select id from models where recipe = 'oeem'")
    told = loop.rows("select review from labels where kind = 'full' and campaign_id != '' order by number")
    assert json.loads(told[0][0])["version"] == weak[0]


@pytest.mark.slow
def test_killed_while_the_network_of_class_maps_learns_it_loses_and_doubles_nothing(begun, demo, tmp_path) -> None:
    whole, _ = begun
    loop = Loop(demo, tmp_path / "run", *OPTIONS)
    loop.killed_once("select 1 from operations where kind = 'train'")
    code, out, err = loop.run("--resume")
    assert code == 0, out + err
    assert loop.report()["spent_s_by_kind"] == whole.report()["spent_s_by_kind"]
    counted = "select kind, count(*) from labels group by kind"
    assert loop.rows(counted) == whole.rows(counted)
