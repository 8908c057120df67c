"""How a dry run's answer looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from maskloop.cli.main import server_installed
from maskloop.client import Client, Retry
from maskloop.client.local_server import LocalServer
from maskloop.costs.cost_model import SECONDS_A_BOX, SECONDS_A_FIRST_POINT, SECONDS_A_FURTHER_POINT, SECONDS_A_SCRIBBLE
from maskloop.datasets.read import Data
from maskloop.loop.options import Options
from maskloop.loop.planning.dry_run import CLASSIFY_S, HELPED_SHARES, READ_IMAGE_S, TRAIN_S, Forecast, check_recipes
from maskloop.loop.planning.object_sizes import warnings_of
from maskloop.loop.planning.plan import OBJECTS_AN_IMAGE
from maskloop.pages.wording import say_marked, say_outline, say_passed_over, say_time
from maskloop.values import Assist, SupervisionKind

HEALTH_CHECK_S = 3.0
"""How long a server may take to show that it is there."""
EACH = {
    SupervisionKind.IMAGE_LEVEL: (
        "labels of the classes that images hold",
        "a second for each class that is looked for",
    ),
    SupervisionKind.POINTS: (
        "points",
        f"at {SECONDS_A_FIRST_POINT:g} s for the first of a class and {SECONDS_A_FURTHER_POINT:g} s for further ones",
    ),
    SupervisionKind.SCRIBBLES: ("strokes", f"at {SECONDS_A_SCRIBBLE:g} s each"),
    SupervisionKind.BOXES: ("boxes", f"at {SECONDS_A_BOX:g} s each"),
}
"""What cheaper labels are, and what they are planned to take."""


def checked_by_server(options: Options, folder: Path) -> Mapping[str, object] | None:
    """Ask a server whether it would train by the run's recipes. Returns the campaign's with all its options; `None`
    where no server is installed here or named.

    Raises:
        InvalidConfig: it would not.
    """
    endpoint = options.endpoint()
    if endpoint is not None:
        with Client.at(endpoint, retry=Retry(patience_s=HEALTH_CHECK_S)) as client:
            return check_recipes(client, options)
    if not server_installed():
        return None
    local = LocalServer(folder, options.device, lambda _: None, weights_roots=options.weights_folders)
    with local as server, Client(server.address) as client:
        return check_recipes(client, options)


def show_forecasts(
    console: Console,
    options: Options,
    data: Data,
    forecasts: Mapping[str, Forecast],
    recipe: Mapping[str, object] | None,
) -> None:
    """Print what each arm of a run will take, by strategy.

    Args:
        console: where to.
        options: of the run.
        data: it would run on.
        forecasts: by strategy.
        recipe: of the campaign, as a server resolved it; `None` where none has looked at the recipes.
    """
    if data.dataset.passed_over:
        console.print(say_passed_over(data.dataset.passed_over), highlight=False, markup=False, soft_wrap=True)
    table = Table(title=f"{options.budget} on {options.data}", title_justify="left")
    checks = ["OoD checks"] if options.ood else []
    test = ["test\nimages"] if any(arm.test_images for arm in forecasts.values()) else []
    table.add_column("strategy", overflow="fold")
    marks = options.shares().of_marks
    marked = [say_marked(kind) for kind in marks]
    for heading in (*test, "first\nbatch", "images\nin all", *marked, "counted", *checks, "networks", "machine\ntime"):
        table.add_column(heading, justify="right")
    for name, arm in forecasts.items():
        checks = [str(arm.ood_checks)] if options.ood else []
        networks = f"{arm.rounds} + 1" if arm.student else str(arm.rounds)
        machine = "not measured" if arm.machine_s is None else say_time(arm.machine_s)
        tested = [str(arm.test_images)] if test else []
        numbers = map(str, (arm.initial_images, arm.images, *(arm.marked.get(kind, 0) for kind in marks), arm.counted))
        table.add_row(name, *tested, *numbers, *checks, networks, machine)
    console.print(table)
    console.print(" ".join(_assumptions(options, next(iter(forecasts.values())))), highlight=False)
    for name, arm in forecasts.items():
        if not arm.initial_images:
            console.print(
                f"{name}: the budget should buy no image: each costs more than there is. Such a run ends in an error.",
                highlight=False,
                markup=False,
                soft_wrap=True,
            )
    for warning in warnings_of(data, recipe or {}, options):
        console.print(warning, highlight=False, markup=False, soft_wrap=True)
    if recipe is None:
        console.print("Recipes were not checked: no server is installed here.", highlight=False)


def _assumptions(options: Options, arm: Forecast) -> Iterator[str]:
    if arm.is_guessed:
        yield (
            f"Nobody knows yet what the images hold: each is taken for {OBJECTS_AN_IMAGE} objects, as in Pascal VOC."
        )
    else:
        yield "An image costs what the test images would have cost."
    if arm.test_images:
        yield "Test images are drawn at random, labeled first and paid for; no network learns from them."
    elif arm.is_guessed:
        yield "Without test images, quality is not measured."
    if options.weak:
        what, price = EACH[SupervisionKind(options.weak)]
        yield f"{options.weak_share:.0%} of the budget buys {what} first, {price}."
    if options.kinds_by_gain:
        yield "Batches are divided by what networks gain, the first by what other campaigns gained. Expected:"
    for kind, share in options.shares().of_marks.items():
        yield f"{share:.0%} of the seconds buys {' '.join(EACH[kind])}, while there are images without."
    yield f"Planned are {say_outline(options.outline_price())}."
    yield from _help(options)
    if options.ood:
        yield "OoD checks are at most so many, a second each, out of the budget: of candidates that fool a classifier."
    if options.student_network:
        yield "The student network (+ 1) takes no annotator time."
    yield _machine(options)


def _help(options: Options) -> Iterator[str]:
    """What help may save, of which nobody knows before the first network how much."""
    assist = options.parsed_assist() or Assist.PROPOSALS
    if assist is Assist.NONE:
        return
    low, high = HELPED_SHARES[assist]
    what = "proposals and boxes" if assist is Assist.BOXES else "proposals"
    when = "" if options.parsed_assist() else ", once the IoU head is trusted"
    yield (
        f"All of them are taken to be drawn; with {what}{when}, 40 labels took {low:.0%} to {high:.0%} of that time on "
        "five sets, and the budget buys more."
    )


def _machine(options: Options) -> str:
    trained = {options.recipe_name, options.student_name} - {""}
    unknown = sorted(trained - TRAIN_S.keys())
    if options.ood and options.classifier_name not in CLASSIFY_S:
        unknown.append(options.classifier_name)
    if unknown:
        return f"How long recipe {unknown[0]} trains was not measured."
    seconds = " and ".join(
        f"one network of recipe {recipe} in {say_time(TRAIN_S[recipe])}" for recipe in sorted(trained)
    )
    weak = f" What proposes by {options.weak} is one more, of unknown time." if options.weak else ""
    classifier = f", a classifier in {say_time(CLASSIFY_S[options.classifier_name])}" if options.ood else ""
    return (
        f"The machine is taken to train {seconds}{classifier} and to read {1 / READ_IMAGE_S:.0f} images a second, as 2 "
        f"CPU cores do without a GPU.{weak}"
    )
