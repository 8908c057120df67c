"""`summary.html`: several comparisons on one page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup

from maskloop.compare.analysis.comparison import RANDOM
from maskloop.compare.analysis.results import STAGES, Judgement, Standing, WinMatrix
from maskloop.compare.analysis.win_matrix import wins_by_chance
from maskloop.compare.pages.across.values import Verdict
from maskloop.compare.pages.arm_style import looks
from maskloop.compare.pages.cells import say_pooled
from maskloop.compare.pages.page import compare_environment, finalists, gain
from maskloop.compare.pages.recommendation_across import Record
from maskloop.pages.figures import Curve
from maskloop.pages.html import theme_colour, themed


@dataclass(frozen=True)
class Part:
    """What is shown of one measure."""

    measure: str
    sentences: tuple[str, ...]
    figures: Mapping[str, Markup]
    records: list[Record]
    matrix: WinMatrix
    colours: Mapping[str, str]


def to_html(verdict: Verdict, figures: Mapping[str, Mapping[str, Curve]]) -> bytes:
    """The page; `figures` by measure, then as `maskloop.compare.pages.across.figures` names them."""
    parts = [_part(verdict, measure, figures[measure]) for measure in verdict.matrices]
    pages = compare_environment("maskloop.compare.pages.across")
    pages.filters.update(best_arm=_best_arm, by_chance=wins_by_chance, share=_share, pooled=say_pooled)
    text = pages.get_template("summary.html.j2").render(verdict=verdict, parts=parts, stages=STAGES)
    return text.encode()


def _part(verdict: Verdict, measure: str, figures: Mapping[str, Curve]) -> Part:
    arms = looks(verdict.strategies(measure))
    return Part(
        measure,
        verdict.sentences[measure],
        {name: themed(one) for name, one in figures.items()},
        [one for one in verdict.records[measure] if one.baseline == RANDOM],
        verdict.matrices[measure],
        {strategy: theme_colour(look.colour) for strategy, look in arms.items()},
    )


def _best_arm(judgement: Judgement) -> Standing | None:
    """The one that ends highest above random, whether or not by luck."""
    return max(finalists(judgement), key=gain, default=None)


def _share(wins: int, counted: int) -> str:
    """How dark a cell is, in percent."""
    return f"{100 * wins / max(1, counted):.0f}%"
