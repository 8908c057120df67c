"""How a dry run's answer looks."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from maskloop.loop.forecast import Forecast
from maskloop.loop.options import Options
from maskloop.report.words import say_time


def show_forecasts(console: Console, options: Options, forecasts: Mapping[str, Forecast]) -> None:
    """Print what each arm of a run will take, by strategy."""
    table = Table(title=f"{options.budget} on {options.data}", title_justify="left")
    for heading in ("strategy", "first batch", "images in all", "counted", "networks", "machine time"):
        table.add_column(heading, justify="left" if heading == "strategy" else "right")
    for name, one in forecasts.items():
        numbers = (one.initial_images, one.images, one.counted, one.rounds)
        table.add_row(name, *map(str, numbers), say_time(one.machine_s))
    console.print(table)
    console.print(
        f"Costs are those of the test images' labels. Machine time takes {say_time(max_round_s(forecasts))} a network "
        f"with recipe {options.recipe}, as measured on 2 CPU cores.",
        highlight=False,
    )


def max_round_s(forecasts: Mapping[str, Forecast]) -> float:
    """Seconds of the longest round."""
    return max(one.round_s for one in forecasts.values())
