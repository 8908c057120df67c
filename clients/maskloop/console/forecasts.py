"""How a dry run's answer looks."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from maskloop.loop.forecast import READ_IMAGE_S, TRAIN_S, Forecast
from maskloop.loop.options import Options
from maskloop.report.words import say_time


def show_forecasts(console: Console, options: Options, forecasts: Mapping[str, Forecast]) -> None:
    """Print what each arm of a run will take, by strategy."""
    table = Table(title=f"{options.budget} on {options.data}", title_justify="left")
    for heading in ("strategy", "first batch", "images in all", "counted", "networks", "machine time"):
        table.add_column(heading, justify="left" if heading == "strategy" else "right")
    for name, one in forecasts.items():
        numbers = (one.initial_images, one.images, one.counted, one.rounds)
        machine = "not measured" if one.machine_s is None else say_time(one.machine_s)
        table.add_row(name, *map(str, numbers), machine)
    console.print(table)
    console.print(
        f"An image costs what the test images would have cost. {_assumption(options.recipe_name)}", highlight=False
    )


def _assumption(recipe: str) -> str:
    if recipe not in TRAIN_S:
        return f"How long recipe {recipe} trains was not measured."
    return (
        f"The machine is taken to train one network of recipe {recipe} in {say_time(TRAIN_S[recipe])} and to read "
        f"{1 / READ_IMAGE_S:.0f} images a second, as 2 CPU cores do without a GPU."
    )
