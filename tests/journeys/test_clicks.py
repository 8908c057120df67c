"""`al-loop --weak points --weak-recipe unet`: points are bought first, and what a U-Net makes of them is reviewed."""

from __future__ import annotations

import json

import pytest

from tests.journeys.loops import Loop

UNET = "unet,network=compact,iterations=6,crop=16,sure=0.01,least_area=4"
OPTIONS = (
    *("--budget", "40m", "--initial", "3", "--max-rounds", "1", "--assist", "proposals", "--min-proposal-iou", "0"),
    *("--labeler", "ground-truth,outlines=0.91,accept=0.85"),
)


@pytest.fixture(scope="module")
def weakly(demo, tmp_path_factory) -> Loop:
    loop = Loop(
        demo, tmp_path_factory.mktemp("clicks") / "run", *OPTIONS, "--weak", "points", "--weak-recipe", UNET,
        "--also-propose", UNET,
    )  # fmt: skip
    code, out, err = loop.run()
    assert code == 0, out + err
    return loop


@pytest.mark.slow
def test_points_come_first_and_the_first_batch_is_a_review_of_what_they_teach(weakly) -> None:
    kinds = [kind for (kind,) in weakly.rows("select kind from labels where campaign_id != '' order by number")]
    assert kinds[0] == "points"
    assert "full" in kinds
    ((first,),) = weakly.rows("select recipe from models order by number limit 1")
    assert first == "unet"
    reviews = [json.loads(review) for (review,) in weakly.rows("select review from labels where review is not null")]
    methods = dict(weakly.rows("select id, recipe from models"))
    assert "unet" in {methods[review["version"]] for review in reviews}


@pytest.mark.slow
def test_it_proposes_beside_the_campaigns_own_network(weakly) -> None:
    assert {"unet", "compact"} <= {recipe for (recipe,) in weakly.rows("select recipe from models")}
    ((active,),) = weakly.rows("select active_model from projects")
    assert weakly.rows(f"select recipe from models where id = '{active}'") == [("compact",)]


@pytest.mark.slow
def test_a_campaign_of_its_own_learns_from_points_and_outlines(demo, tmp_path) -> None:
    loop = Loop(demo, tmp_path / "run", *OPTIONS, "--kinds", "points=0.2,full")
    loop.command = [UNET if part.startswith("compact,") else part for part in loop.command]
    place = loop.command.index("--image-size")
    del loop.command[place : place + 2]
    code, out, err = loop.run()
    assert code == 0, out + err
    versions = loop.rows("select recipe, metrics from models order by number")
    assert {recipe for recipe, _ in versions} == {"unet"}
    assert json.loads(versions[-1][1])["weakly_labeled_images"] > 0
    assert len(loop.report()["rounds"]) == 2
