import json
from dataclasses import replace
from pathlib import Path

import pytest

from maskloop.datasets.subset import Excerpt
from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidConfig
from maskloop.loop.options import RUN_FILE, KeptRun, Options, find_run, keep_run, kept_options
from maskloop.loop.options.labeler import FolderSpec, PersonSpec, WebSpec
from maskloop.values import OUTLINE_BY_LENGTH, OUTLINE_FLAT, Budget, OutlinePrice, Strategy


def options(**changed):
    return Options(**{"budget": "1h", "data": "demo", **changed})


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"budget": "0h"}, "buys nothing"),
        ({"budget": "-1h"}, "buys nothing"),
        ({"budget": "soon"}, "soon"),
        ({"budget": "1.5images"}, "whole"),
        ({"workday": "30h"}, "workday"),
        ({"workday": "8images"}, "workday"),
        ({"initial": "none"}, "none"),
        ({"batch": "-3"}, "buys nothing"),
        ({"target_iou": "1.5"}, "1.5"),
        ({"target_iou": "high"}, "high"),
        ({"target_iou": "nan"}, "nan"),
        ({"crop": -8}, "--crop -8"),
        ({"objects": "few"}, "--objects 'few'"),
        ({"objects": "8-1"}, "--objects 8-1"),
        ({"pool_images": -1}, "--pool-images -1"),
        ({"max_rounds": -1}, "max-rounds"),
        ({"counts_share": 1.5}, "counts-share"),
        ({"counts_share": float("nan")}, "counts-share"),
        ({"seed": -1}, "seed"),
        ({"image_size": -64}, "image-size"),
        ({"student_network": "compact,fast"}, "--student-network 'compact,fast': 'fast' is not option=value"),
        ({"student_network": "compact,classes=fed"}, "finds by itself"),
        ({"pseudo_min_iou": 1.5}, "--pseudo-min-iou 1.5"),
        ({"pseudo_min_iou": float("nan")}, "--pseudo-min-iou"),
        ({"compare": ("mask_guided",)}, "mask_guided is an arm"),
        ({"compare": ("random", "random")}, "random is an arm"),
        ({"compare": ("random",), "labeler": "folder:todo"}, "compare"),
        ({"compare": ("random",), "labeler": "web"}, "people label once"),
        ({"strategy": "mask_guided:scores=imported", "labeler": "web"}, "only --labeler ground-truth"),
        ({"labeler": "nobody"}, "nobody"),
        ({"labeler": "web:65536"}, "'65536' is no port"),
        ({"labeler": "web:-1"}, "'-1' is no port"),
        ({"labeler": "web:http"}, "'http' is no port"),
        ({"labeler": "web,port=1"}, "'port=1' is none of host=HOST, token_file=FILE"),
        ({"labeler": "web,host="}, "'host=' is none of"),
        ({"labeler": "web,host=a,host=b"}, "once each"),
        ({"labeler": "web,tls_key="}, "'tls_key=' is none of host=HOST, token_file=FILE, tls_cert=FILE, tls_key=FILE"),
        ({"labeler": "website"}, "'website' is none of"),
        ({"device": "toaster"}, "toaster"),
        ({"labeler": "folder:"}, "folder:"),
        (
            {"labeler": "Folder:todo"},
            "'Folder:todo' is none of ground-truth, ground-truth,outlines=IOU,accept=IOU, web",
        ),
        ({"labeler": "folder:todo,annotators="}, "'' is no name of a folder"),
        ({"labeler": "folder:todo,annotators=ada+../bob"}, "'../bob' is no name of a folder"),
        ({"labeler": "folder:todo,annotators=ada+.bob"}, "'.bob' is no name of a folder"),
        ({"labeler": "folder:todo,annotators=ada+bob+Ada"}, "'ada' is there twice"),
        ({"weak": "counts"}, "--weak 'counts' is none of image_level, points, scribbles, boxes"),
        ({"weak": "image_level", "weak_recipe": "compact"}, "class_maps or oeem is what learns from image-level"),
        ({"weak": "image_level", "weak_share": 0.7}, "weak.share"),
        ({"recipe": "class_maps", "encoder": "resnet18"}, "--encoder: --recipe class_maps has no such option"),
        ({"recipe": "oeem", "image_size": 64}, "--image-size: --recipe oeem has no such option"),
        ({"recipe": "oeem", "strategy": "dropout"}, "dropout asks how a recurrent network's masks change"),
        ({"recipe": "class_maps", "strategy": "dropout"}, "dropout asks how a recurrent network's masks change"),
        ({"labeler": "folder:todo,accept=0.85"}, "accept= is no option there"),
        ({"labeler": "folder:todo,anotators=ada"}, "anotators= is no option there; did you mean 'annotators'"),
        ({"weak_recipe": "unet"}, "--weak-recipe: it says how --weak KIND works"),
        ({"labeler": "folder:todo,accept=0.85,annotators=ada"}, "accept= is no option there"),
        ({"stop_when": ("mean_iou=0.8", "luck=0.5")}, "luck"),
        ({"outline_cost": "long"}, "--outline-cost 'long'"),
        ({"outline_cost": "0"}, "--outline-cost '0'"),
        ({"outline_cost": "-3+1"}, "--outline-cost '-3"),
        ({"outline_cost": "20+nan"}, "--outline-cost '20"),
    ],
)
def test_an_option_that_cannot_be_is_refused_by_name(changed, named):
    with pytest.raises(InvalidArgument, match=named):
        options(**changed)


def test_a_workday_of_eight_hours_makes_a_day_of_the_budget_shorter():
    assert options(budget="2.5d", workday="8h").parsed_budget() == Budget(seconds=2.5 * 8 * 3600)


def test_a_day_is_as_long_in_every_option_that_names_one():
    asked = options(budget="2d", workday="8h", initial="0.5d", batch="1d", test="0.5d")
    assert asked.amount("initial") == asked.tested().amount == Budget(seconds=4 * 3600)
    assert asked.amount("batch") == Budget(seconds=8 * 3600)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("79", OUTLINE_FLAT),
        ("54.5", OutlinePrice(54.5)),
        (" 20 + 60.5 ", OutlinePrice(20, 60.5)),
        ("0+100", OutlinePrice(0, 100)),
        ("length", OUTLINE_BY_LENGTH),
    ],
)
def test_an_outline_costs_so_many_seconds_and_so_many_a_side(text, price):
    assert options(outline_cost=text).outline_price() == price
    assert options().outline_price() == OUTLINE_FLAT


def test_a_bare_number_counts_images():
    asked = options(initial="12", batch="20m")
    assert asked.amount("initial") == Budget(images=12)
    assert asked.amount("batch") == Budget(seconds=1200)
    assert options().amount("initial") is None


def test_what_to_take_of_the_data_is_spelled_as_names_and_ranges():
    asked = options(classes="wine glass, cup", crop=64, objects="1-8", stretch=True, test_images=9)
    assert asked.excerpt() == Excerpt(("wine glass", "cup"), 64, True, (1, 8), 0, 9)
    assert options(objects="3").excerpt() == Excerpt(objects=(3, 3))
    assert options().excerpt() == Excerpt()


def test_the_target_is_auto_or_a_number():
    assert options().parsed_strategy() == Strategy("mask_guided")
    assert options(target_iou="0.4").parsed_strategy() == Strategy("mask_guided", {"target": "0.4"})


def test_only_what_differs_from_the_recipe_is_sent():
    assert options().recipe_overrides() == {"classes": "predicted"}
    assert options(counts=True).recipe_overrides() == {"classes": "fed"}
    assert options(recipe="compact,classes=fed").recipe_overrides() == {"classes": "fed"}
    assert options(encoder="resnet18", image_size=64).recipe_overrides() == {
        "classes": "predicted",
        "encoder": "resnet18",
        "image_size": 64,
    }


def begin(workdir, first, run="7"):
    keep_run(workdir, KeptRun(run, first, first))


def run_id(*args, **kwargs):
    run = find_run(*args, **kwargs)
    return run and run.run_id


def test_a_run_writes_its_options(tmp_path):
    begin(tmp_path / "new" / "run", options(seed=3))
    kept = json.loads((tmp_path / "new" / "run" / RUN_FILE).read_text())
    assert (kept["run_id"], kept["budget"], kept["seed"]) == ("7", "1h", 3)


def test_resuming_with_the_same_options_finds_the_run(tmp_path):
    begin(tmp_path, options(max_rounds=2))
    assert run_id(tmp_path, options(max_rounds=2), resume=True) == "7"


@pytest.mark.parametrize("resume", [False, True])
def test_a_new_run_may_begin_where_there_is_nothing_or_only_the_demo(tmp_path, resume):
    assert find_run(tmp_path / "run", options(), resume=resume) is None
    (tmp_path / "run" / "data").mkdir(parents=True)
    assert find_run(tmp_path / "run", options(), resume=resume) is None


def test_a_run_goes_on_with_another_budget_more_rounds_other_rules_or_another_labeler(tmp_path):
    begin(tmp_path, options(stop_when=("mean_iou=0.8", "plateau=0.01")))
    more = options(budget="2h", max_rounds=9, labeler="folder:todo/", stop_when=("mean_iou=0.8",))
    run = find_run(tmp_path, more, resume=True)
    assert (run.first.budget, run.now, run.is_changed) == ("1h", more, True)
    keep_run(tmp_path, run)
    assert kept_options(tmp_path) == more
    again = find_run(tmp_path, more, resume=True)
    assert run.before == run.first
    assert again == replace(run, before=more)
    assert not find_run(tmp_path, again.first, resume=True).is_changed


def test_resuming_with_other_options_names_them(tmp_path):
    begin(tmp_path, options())
    with pytest.raises(InvalidConfig, match=r"--seed was 0, is 4, --recipe was 'pretrained', is 'compact'"):
        find_run(tmp_path, options(seed=4, recipe="compact"), resume=True)


def test_a_run_is_not_started_over_another(tmp_path):
    begin(tmp_path, options())
    with pytest.raises(FailedPrecondition, match="--resume"):
        find_run(tmp_path, options(), resume=False)


@pytest.mark.parametrize("resume", [False, True])
def test_a_folder_with_other_things_is_left_alone(tmp_path, resume):
    (tmp_path / "thesis.tex").write_text("...")
    with pytest.raises(FailedPrecondition, match="not empty"):
        find_run(tmp_path, options(), resume=resume)


def test_a_broken_run_file_is_named(tmp_path):
    (tmp_path / RUN_FILE).write_text("{")
    with pytest.raises(InvalidConfig, match=r"run\.json"):
        find_run(tmp_path, options(), resume=True)


@pytest.mark.parametrize("place", ["file", "file/run"])
def test_a_workdir_that_cannot_be_made_is_named(tmp_path, place):
    (tmp_path / "file").write_text("")
    with pytest.raises(FailedPrecondition, match="cannot make"):
        begin(tmp_path / place, options())


def test_options_of_the_recipe_follow_its_name():
    asked = options(recipe="compact,max_iterations=20,seeds=false,optimizer=adam", image_size=32)
    assert asked.recipe_name == "compact"
    assert asked.recipe_overrides() == {
        "max_iterations": 20,
        "seeds": False,
        "optimizer": "adam",
        "classes": "predicted",
        "image_size": 32,
    }
    with pytest.raises(InvalidArgument, match="'max_iterations' is not option=value"):
        options(recipe="compact,max_iterations")


def test_a_student_network_is_of_the_campaigns_size_unless_it_says_otherwise_and_always_finds_by_itself():
    told = options(counts=True, image_size=96, encoder="resnet18", student_network="paper,rate=0.1,image_size=128")
    assert told.student_name == "paper"
    assert told.student_overrides() == {
        "classes": "predicted",
        "rate": 0.1,
        "image_size": 128,
        "encoder": "resnet18",
    }
    assert told.recipe_overrides() == {"classes": "fed", "image_size": 96, "encoder": "resnet18"}


def test_a_run_that_is_there_may_be_given_a_student_network_but_not_another_one(tmp_path):
    begin(tmp_path, options())
    wanted = options(student_network="compact", pseudo_min_iou=0.5)
    assert run_id(tmp_path, wanted, resume=True) == "7"
    begin(tmp_path, wanted)
    assert run_id(tmp_path, wanted, resume=True) == "7"
    with pytest.raises(InvalidConfig, match=r"--student-network was 'compact', is ''"):
        find_run(tmp_path, options(), resume=True)
    with pytest.raises(InvalidConfig, match=r"--pseudo-min-iou was 0\.5, is 0\.0"):
        find_run(tmp_path, options(student_network="compact"), resume=True)


@pytest.mark.parametrize(
    ("text", "spec"),
    [
        ("ground-truth", PersonSpec()),
        ("ground-truth,outlines=0.91", PersonSpec(outline_iou=0.91)),
        ("ground-truth,accept=.9,outlines=1", PersonSpec(1.0, 0.9)),
        ("web", WebSpec(8765, "127.0.0.1", None)),
        ("web:0", WebSpec(0)),
        ("web:80, host=0.0.0.0, token_file=~/token", WebSpec(80, "0.0.0.0", Path("~/token").expanduser())),
        ("web,host=::1", WebSpec(8765, "::1")),
        ("web:1,tls_cert=c.pem,tls_key=~/c.key", WebSpec(1, tls_cert=Path("c.pem"), tls_key=Path.home() / "c.key")),
        ("folder:todo/", FolderSpec(Path("todo"))),
        ("folder:C:/photos, to do", FolderSpec(Path("C:/photos, to do"))),
        ("folder:todo,annotators=ada", FolderSpec(Path("todo"), ("ada",))),
        ("folder:a,b,annotators=ada + Bob K.+zoë@x", FolderSpec(Path("a,b"), ("ada", "Bob K.", "zoë@x"))),
    ],
)
def test_people_label_in_a_folder_alone_or_each_in_their_own(text, spec):
    assert options(labeler=text).parsed_labeler() == spec
    assert options(labeler=text).simulated == isinstance(spec, PersonSpec)
