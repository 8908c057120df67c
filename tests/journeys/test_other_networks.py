"""`al-loop --also-propose`: networks of another recipe propose as well, and each image is shown the masks of one."""

from __future__ import annotations

import json

import pytest

from tests.journeys.loops import Loop

pytestmark = pytest.mark.slow

OPTIONS = (
    *("--budget", "60m", "--max-rounds", "2", "--assist", "proposals", "--min-proposal-iou", "0"),
    *("--also-propose", "class_maps,classifier=compact,iterations=3"),
    *("--labeler", "ground-truth,outlines=0.91,accept=0.85"),
)


@pytest.fixture(scope="module")
def loop(demo, tmp_path_factory) -> Loop:
    made = Loop(demo, tmp_path_factory.mktemp("others") / "run", *OPTIONS)
    code, out, err = made.run()
    assert code == 0, out + err
    return made


def test_labels_name_the_network_whose_masks_their_image_was_shown(loop) -> None:
    methods = dict(loop.rows("select id, recipe from models"))
    shown = dict(loop.rows("select image_id, proposed_by from picks where proposed_by != '' and state = 'labeled'"))
    assert {methods[version] for version in shown.values()} == {"compact", "class_maps"}
    reviews = loop.rows("select image_id, review from labels where review is not null")
    assert {image_id: json.loads(review)["version"] for image_id, review in reviews} == shown


def test_the_campaigns_own_network_stays_the_active_one_and_the_only_one_that_counts(loop) -> None:
    ((active,),) = loop.rows("select active_model from projects")
    assert loop.rows(f"select recipe from models where id = '{active}'") == [("compact",)]
    own = [version for (version,) in loop.rows("select id from models where recipe = 'compact' order by number")]
    assert [one["model_version"] for one in loop.report()["rounds"]] == own


def test_the_report_tells_methods_apart(loop) -> None:
    by_method = loop.report()["reviews"]["by_method"]
    assert set(by_method) == {"compact", "class_maps:cam"}
    page = (loop.workdir / "report.html").read_text()
    assert "class_maps:cam" in page
    assert "Of each image people saw the proposals of one network" in " ".join(page.split())
