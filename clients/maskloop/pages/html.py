"""What pages have in common: one look, light and dark, and the words for numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from maskloop.pages import wording
from maskloop.pages.figures import ARM_COLOURS, GRID, INK, MUTED, PAPER, Curve

THEMED = {
    **{INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "card"},
    **{colour: f"arm-{place}" for place, colour in enumerate(ARM_COLOURS)},
}
"""Colours of the figures that follow the page's light or dark scheme."""


@dataclass(frozen=True)
class Figure:
    """A key figure of the first screen."""

    label: str
    value: str
    note: str = ""


def environment(*packages: str) -> Environment:
    """For the templates of `packages`, whose first one with a template of a name has it."""
    found = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in packages]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters.update(
        time=lambda seconds: unbroken(wording.say_time(seconds)),
        unbroken=unbroken,
        number=wording.say_number,
        strategy=wording.say_strategy,
        arm=wording.say_arm,
        kind=wording.say_kind,
        step=wording.say_step,
        measure=wording.say_measure,
    )
    found.filters["said"] = said
    found.globals["count"] = wording.say_count
    return found


def themed(curve: Curve) -> Markup:
    """A figure as part of a page, in the page's colours."""
    svg = curve.svg
    for colour in THEMED:
        svg = svg.replace(colour, theme_colour(colour))
    return Markup(svg)  # our own drawing; its words were escaped when it was drawn


def said(sentence: str) -> Markup:
    """A sentence with its units kept on the line of their numbers, and `what a person types` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(unbroken(sentence)))))


def theme_colour(colour: str) -> str:
    """A colour of `THEMED` as the page's style names it."""
    return f"var(--{THEMED[colour]})"


def unbroken(text: str) -> str:
    """`text` with its units kept on the line of their numbers, and two units of one time on one line."""
    text = re.sub(r"(\d) (h|min|s)\b", "\\1\N{NO-BREAK SPACE}\\2", text)
    return re.sub(r"(h|min) (?=\d+\N{NO-BREAK SPACE}(min|s)\b)", "\\1\N{NO-BREAK SPACE}", text)
