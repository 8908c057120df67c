"""How a dry run's answer looks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import Console
from rich.table import Table

from maskloop.loop.options import Options
from maskloop.loop.planning.dry_run import CLASSIFY_S, READ_IMAGE_S, TRAIN_S, Forecast
from maskloop.pages.wording import say_outline, say_time


def show_forecasts(console: Console, options: Options, forecasts: Mapping[str, Forecast]) -> None:
    """Print what each arm of a run will take, by strategy."""
    table = Table(title=f"{options.budget} on {options.data}", title_justify="left")
    checks = ["OoD checks"] if options.ood else []
    table.add_column("strategy", overflow="fold")
    for heading in ("first\nbatch", "images\nin all", "counted", *checks, "networks", "machine\ntime"):
        table.add_column(heading, justify="right")
    for name, arm in forecasts.items():
        checks = [str(arm.ood_checks)] if options.ood else []
        networks = f"{arm.rounds} + 1" if arm.student else str(arm.rounds)
        machine = "not measured" if arm.machine_s is None else say_time(arm.machine_s)
        table.add_row(name, *map(str, (arm.initial_images, arm.images, arm.counted)), *checks, networks, machine)
    console.print(table)
    console.print(" ".join(_assumptions(options)), highlight=False)


def _assumptions(options: Options) -> Iterator[str]:
    yield "An image costs what the test images would have cost."
    yield f"Planned are {say_outline(options.outline_price())}."
    if options.ood:
        yield "OoD checks are at most so many, a second each, out of the budget: of candidates that fool a classifier."
    if options.student_network:
        yield "The student network (+ 1) takes no annotator time."
    yield _machine(options)


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
    classifier = f", a classifier in {say_time(CLASSIFY_S[options.classifier_name])}" if options.ood else ""
    return (
        f"The machine is taken to train {seconds}{classifier} and to read {1 / READ_IMAGE_S:.0f} images a second, as 2 "
        "CPU cores do without a GPU."
    )
