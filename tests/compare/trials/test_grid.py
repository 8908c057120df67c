import json

import pytest

from maskloop.compare.trials.grid import COMPARE_FILE, Grid, TrialName, arms_of, find_grid, keep_grid, seeds_of
from maskloop.errors import FailedPrecondition, InvalidArgument, InvalidConfig
from maskloop.loop.options import Options


def grid(strategies=("entropy",), seeds=(0, 1), name="", **options):
    return Grid(Options(**{"budget": "1h", "data": "demo", **options}), arms_of(strategies), seeds, name)


def begin(workdir, asked, command="al-loop compare"):
    begun = find_grid(workdir, asked, command, resume=False)
    keep_grid(workdir, begun)
    return begun


def test_random_goes_first_and_each_strategy_is_there_once():
    assert arms_of([]) == ("random",)
    assert arms_of(["entropy", "random", "entropy", " mask_guided:target=0.5, diverse=yes"]) == (
        "random",
        "entropy",
        "mask_guided:diverse=yes,target=0.5",
    )


@pytest.mark.parametrize(
    ("text", "seeds"), [("0-4", (0, 1, 2, 3, 4)), ("7", (7,)), ("0,3, 7", (0, 3, 7)), ("0-1,5-6,9", (0, 1, 5, 6, 9))]
)
def test_seeds_are_read(text, seeds):
    assert seeds_of(text) == seeds


@pytest.mark.parametrize("text", ["", "a", "3-1", "0-", "-1", "0-1000", "1.5", "0,,2"])
def test_what_is_no_list_of_seeds_is_refused(text):
    with pytest.raises(InvalidArgument, match="--seeds"):
        seeds_of(text)


def test_work_goes_from_random_with_every_seed_strategy_by_strategy():
    names = grid(["entropy", "margin"], (3, 5)).names()
    assert [str(name) for name in names] == [
        "random, seed 3",
        "random, seed 5",
        "entropy, seed 3",
        "entropy, seed 5",
        "margin, seed 3",
        "margin, seed 5",
    ]


def test_a_trial_has_its_strategy_and_seed_and_all_else_in_common():
    options = grid(max_rounds=2).options_of(TrialName("entropy:per_second=yes", 4))
    assert (options.strategy, options.seed, options.max_rounds) == ("entropy:per_second=yes", 4, 2)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"strategies": ("guesswork",)}, "guesswork"),
        ({"strategies": ("entropy:target=0.5",)}, "target"),
        ({"strategies": ("entropy+magic",)}, "'magic' is none of"),
        ({"seeds": (1, 1)}, "--seeds"),
        ({"seeds": ()}, "--seeds"),
    ],
)
def test_a_grid_that_cannot_be_run_is_refused(changed, named):
    with pytest.raises(InvalidArgument, match=named):
        grid(**changed)


def test_what_was_begun_is_kept_and_found_again(tmp_path):
    begun = begin(tmp_path, grid(name="beads", max_rounds=2), "al-loop compare --max-rounds 2")
    assert find_grid(tmp_path, grid(max_rounds=2), "al-loop compare --resume", resume=True) == begun
    kept = json.loads((tmp_path / COMPARE_FILE).read_text())
    assert (kept["strategies"], kept["seeds"], kept["budget"]) == (["random", "entropy"], [0, 1], "1h")


def test_strategies_and_seeds_may_be_added_later_and_those_begun_with_stay(tmp_path):
    begin(tmp_path, grid(["entropy"], (0, 1)))
    outcome = find_grid(tmp_path, grid(["margin"], (1, 2)), "al-loop compare --seeds 1-2", resume=True)
    assert (outcome.grid.strategies, outcome.grid.seeds) == (("random", "entropy", "margin"), (0, 1, 2))
    assert outcome.command == "al-loop compare && al-loop compare --seeds 1-2"
    fewer = find_grid(tmp_path, grid([], (0,)), "al-loop compare --seeds 0", resume=True)
    assert (fewer.grid, fewer.command) == (grid(["entropy"], (0, 1)), "al-loop compare")


def test_going_on_with_other_options_is_refused_by_name(tmp_path):
    begin(tmp_path, grid())
    with pytest.raises(InvalidConfig, match=r"--budget was '1h', is '2h', --recipe was 'pretrained', is 'paper'"):
        find_grid(tmp_path, grid(budget="2h", recipe="paper"), "", resume=True)


def test_a_comparison_is_not_started_over_another_or_beside_other_things(tmp_path):
    begin(tmp_path / "run", grid())
    with pytest.raises(FailedPrecondition, match="--resume"):
        find_grid(tmp_path / "run", grid(), "", resume=False)
    with pytest.raises(FailedPrecondition, match="not empty"):
        find_grid(tmp_path, grid(), "", resume=False)


@pytest.mark.parametrize("content", ["{", "[]", "{}", '{"run_id": "7", "command": "", "strategies": 1, "seeds": 1}'])
def test_a_broken_file_is_named(tmp_path, content):
    (tmp_path / COMPARE_FILE).write_text(content)
    with pytest.raises(InvalidConfig, match=r"compare\.run\.json"):
        find_grid(tmp_path, grid(), "", resume=True)


def test_what_was_begun_before_an_option_came_is_gone_on_with_by_its_default(tmp_path):
    begin(tmp_path, grid())
    kept = json.loads((tmp_path / COMPARE_FILE).read_text())
    del kept["crop"], kept["stop_when"]
    (tmp_path / COMPARE_FILE).write_text(json.dumps(kept))
    assert find_grid(tmp_path, grid(), "", resume=True).grid == grid()
    with pytest.raises(InvalidConfig, match="--crop was 0, is 64"):
        find_grid(tmp_path, grid(crop=64), "", resume=True)


def test_an_assistance_is_part_of_an_arm_unless_all_share_it():
    assert arms_of(["random+boxes", "entropy+none", "random*2"]) == ("random", "random+boxes", "entropy", "random*2")
    assert arms_of(["random+boxes", "entropy+none"], "boxes") == ("random", "entropy+none")


def test_a_trial_has_the_help_of_its_arm_or_what_all_share():
    asked = grid(["entropy+boxes"], assist="proposals")
    assert [asked.options_of(TrialName(name, 0)).assist for name in asked.strategies] == ["proposals", "boxes"]
    assert asked.options_of(TrialName("entropy+boxes", 0)).strategy == "entropy"


def test_people_are_simulated_and_all_trials_have_the_same():
    asked = grid(["random+boxes"], labeler="ground-truth,outlines=0.91")
    assert {asked.options_of(name).labeler for name in asked.names()} == {"ground-truth,outlines=0.91"}
    assert asked.shared_options["labeler"] == "ground-truth,outlines=0.91"
    with pytest.raises(InvalidArgument, match=r"--labeler folder:todo: .* simulated"):
        grid(labeler="folder:todo")


def test_what_was_begun_before_there_was_help_goes_on_with_drawn_outlines(tmp_path):
    begin(tmp_path, grid(assist="none"))
    kept = json.loads((tmp_path / COMPARE_FILE).read_text())
    for name in ("assist", "labeler", "min_proposal_iou", "review_cost"):
        del kept[name]
    (tmp_path / COMPARE_FILE).write_text(json.dumps(kept))
    more = find_grid(tmp_path, grid(["random+boxes"], assist="none"), "", resume=True)
    assert more.grid.strategies == ("random", "entropy", "random+boxes")
    with pytest.raises(InvalidConfig, match="--assist was 'none', is 'boxes'"):
        find_grid(tmp_path, grid(assist="boxes"), "", resume=True)
