"""What pages have in common: their style, light and dark, and the words for numbers."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path

from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

from maskloop.pages import wording
from maskloop.pages.figures import ARM_COLOURS, GRID, INK, MUTED, PAPER, Drawing

THEMED = {
    **{INK: "ink", MUTED: "muted", GRID: "grid", PAPER: "card"},
    **{colour: f"arm-{place}" for place, colour in enumerate(ARM_COLOURS)},
}
"""Colours of the figures that follow the page's light or dark scheme."""


@dataclass(frozen=True)
class KeyFigure:
    """A key figure of the first screen."""

    label: str
    value: str
    note: str = ""


def environment(*packages: str) -> Environment:
    """For the templates of `packages`, whose first one with a template of a name has it, and of all pages.

    What a `.html.j2` shows is escaped; a `.txt.j2` is plain text.
    """
    pages = Environment(
        loader=ChoiceLoader([PackageLoader(package) for package in (*packages, "maskloop.pages")]),
        autoescape=select_autoescape(enabled_extensions=("html.j2",)),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    pages.filters.update(
        time=lambda seconds: unbroken(wording.say_time(seconds)),
        unbroken=unbroken,
        sentence=typeset,
        capital=wording.capital,
        number=wording.say_number,
        strategy=wording.say_strategy,
        arm=wording.say_arm,
        kind=wording.say_kind,
        step=wording.say_step,
        measure=wording.say_measure,
        a_measure=wording.say_a_measure,
    )
    pages.globals.update(count=wording.say_count, learnt_from=wording.say_learnt_from, labeled=wording.say_labeled)
    return pages


def data_uri(file: Path) -> str:
    """A JPEG file as part of a page."""
    return f"data:image/jpeg;base64,{base64.b64encode(file.read_bytes()).decode()}"


def themed(drawing: Drawing) -> Markup:
    """A figure as part of a page, in the page's colours."""
    svg = drawing.svg
    for colour in THEMED:
        svg = svg.replace(colour, theme_colour(colour))
    return Markup(svg)  # our own drawing; its words were escaped when it was drawn


def typeset(sentence: str) -> Markup:
    """A sentence with its units kept on the line of their numbers, and `what a person types` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(unbroken(sentence)))))


def theme_colour(colour: str) -> str:
    """A colour of `THEMED` as the page's style names it."""
    return f"var(--{THEMED[colour]})"


def unbroken(text: str) -> str:
    """`text` with its units kept on the line of their numbers, and two units of one time on one line."""
    text = re.sub(r"(\d) (h|min|s)\b", "\\1\N{NO-BREAK SPACE}\\2", text)
    return re.sub(r"(h|min) (?=\d+\N{NO-BREAK SPACE}(min|s)\b)", "\\1\N{NO-BREAK SPACE}", text)
