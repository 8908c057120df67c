"""`compare.html` and `summary.html`: files to decide by that open from disk, print, and need nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from maskloop.compare.analysis.comparison import RANDOM, Comparison
from maskloop.compare.analysis.records import Record
from maskloop.compare.analysis.results import CONFIDENCE, AnalysedComparison, Results, Standing
from maskloop.compare.analysis.win_matrix import STAGES, WinMatrix
from maskloop.compare.pages.arm_style import arm_styles
from maskloop.compare.pages.environment import templates
from maskloop.compare.pages.interval_figures import ENOUGH
from maskloop.compare.pages.recommendation import advice, recommendation
from maskloop.compare.pages.summary import Summary
from maskloop.compare.pages.wording import HELPED, arm_names, say_arm, say_gain, say_interval, say_reach
from maskloop.pages.figures import Drawing
from maskloop.pages.html import KeyFigure, theme_colour, themed, unbroken
from maskloop.pages.wording import say_budget, say_change, say_count, say_number, say_time

Drawings = Mapping[str, Mapping[str, Drawing]]


@dataclass(frozen=True)
class Part:
    """What is shown of one measure of one comparison: sentences, figures by what they show, names and colours by
    strategy."""

    results: Results
    sentences: tuple[str, ...]
    advice: tuple[str, ...]
    figures: Mapping[str, Markup]
    names: Mapping[str, str]
    colours: Mapping[str, str]

    @property
    def leads(self) -> Sequence[str]:
        """What comes right after the first sentence: one sentence more, or why nothing is ranked."""
        if self.results.gate.passed:
            return self.sentences[1:2]
        return [sentence for sentence in self.sentences[1:] if sentence not in self.advice]


@dataclass(frozen=True)
class SummaryPart:
    """What is shown of one measure of several comparisons."""

    measure: str
    sentences: tuple[str, ...]
    figures: Mapping[str, Markup]
    records: list[Record]
    matrix: WinMatrix
    colours: Mapping[str, str]


def comparison_page(analysed: AnalysedComparison, drawings: Drawings) -> bytes:
    """The page; `drawings` by measure, then as `maskloop.compare.pages.figures` names them."""
    comparison = analysed.comparison
    parts = [_part(comparison, results, drawings[measure]) for measure, results in analysed.results.items()]
    text = (
        templates()
        .get_template("compare.html.j2")
        .render(
            comparison=comparison,
            setting=comparison.setting,
            trials=len(comparison.strategies) * len(comparison.seeds),
            budget=_budget(comparison),
            failed=bool(parts) and not parts[0].results.ranks,
            key_figures=list(key_figures(parts[0].results)) if parts else [],
            parts=parts,
            settings=settings(comparison),
            assisted=HELPED[comparison.assist],
        )
    )
    return text.encode()


def summary_page(summary: Summary, drawings: Drawings) -> bytes:
    """The page; `drawings` by measure, then as `maskloop.compare.pages.figures` names them."""
    parts = [_summary_part(summary, measure, drawings[measure]) for measure in summary.matrices]
    text = (
        templates()
        .get_template("summary.html.j2")
        .render(
            summary=summary,
            failed=not summary.passed(parts[0].measure),
            parts=parts,
            stages=STAGES,
            best_arm=lambda results: max(finalists(results), key=gain, default=None),
        )
    )
    return text.encode()


def key_figures(results: Results) -> Iterator[KeyFigure]:
    """What the first screen shows in large type: the best results, and what they are to be held against."""
    gate = results.gate
    if results.ranks:
        yield from _best(results)
    control = results.of(results.recommendation.control)
    if control is not None:
        yield KeyFigure("control, against random", say_change(gain(control), 3), _interval(control))
    noise = "one seed" if gate.noise is None else f"seeds differ by {say_number(gate.noise, 3)}"
    yield KeyFigure("random’s own rise", say_change(gate.rise.mean, 3), noise)
    if gate.detectable is not None:
        seeds = say_count(gate.rise.seeds, "seed")
        yield KeyFigure("can be told apart", say_number(gate.detectable, 3), f"smallest difference, {seeds}")


def settings(comparison: Comparison) -> list[tuple[str, str]]:
    """What a person needs to repeat the comparison; only what is known."""
    setting = comparison.setting
    own = {
        "Command": setting.command,
        "Arms": ", ".join(comparison.strategies),
        "Seeds": ", ".join(map(str, comparison.seeds)),
        "Budget": _budget(comparison),
        "Images": f"{setting.pool_images:,} in the pool, {setting.test_images:,} for testing",
        "Classes": str(setting.categories),
        "Machine": setting.machine,
        "Versions": ", ".join(f"{name} {version}" for name, version in setting.versions.items()),
        "Machine time": say_time(sum(point.machine_s for trial in comparison.trials for point in trial.points)),
    }
    options = {name.replace("_", " ").capitalize(): _say_option(value) for name, value in setting.options.items()}
    shown = own | {name: value for name, value in options.items() if name not in own}
    return [(name, unbroken(value)) for name, value in shown.items() if value]


def finalists(results: Results) -> list[Standing]:
    """Arms that anyone can use and that enough seeds have ended of: one lucky seed is not the best."""
    enough = min(ENOUGH, results.random.seeds)
    return [arm for arm in results.standings if RANDOM in arm.against and arm.usable and arm.seeds >= enough]


def gain(arm: Standing) -> float:
    """How much higher than random it ends."""
    return arm.against[RANDOM].end.mean


def _part(comparison: Comparison, results: Results, drawings: Mapping[str, Drawing]) -> Part:
    strategies = [arm.strategy for arm in results.standings]
    return Part(
        results=results,
        sentences=recommendation(comparison, results),
        advice=advice(results.gate),
        figures={name: themed(drawing) for name, drawing in drawings.items()},
        names=arm_names(results),
        colours=_colours(strategies),
    )


def _summary_part(summary: Summary, measure: str, drawings: Mapping[str, Drawing]) -> SummaryPart:
    return SummaryPart(
        measure=measure,
        sentences=summary.sentences[measure],
        figures={name: themed(drawing) for name, drawing in drawings.items()},
        records=[record for record in summary.records[measure] if record.baseline == RANDOM],
        matrix=summary.matrices[measure],
        colours=_colours(summary.strategies(measure)),
    )


def _colours(strategies: Sequence[str]) -> dict[str, str]:
    return {strategy: theme_colour(style.colour) for strategy, style in arm_styles(strategies).items()}


def _best(results: Results) -> Iterator[KeyFigure]:
    """Who is first where random ends, and who ends highest; nobody where random is."""
    arms, random = finalists(results), results.random.reach
    reached = [(arm.reach.seconds, arm) for arm in arms if arm.reach and arm.reach.seconds is not None]
    if reached and random and random.seconds:
        seconds, arm = min(reached, key=lambda pair: pair[0])
        if seconds < random.seconds:
            note = f"{say_arm(arm.strategy)}: {say_reach(arm.reach)}; random after {say_time(random.seconds)}"
            yield KeyFigure("first where random ends", say_time(seconds), note)
    if arms:
        arm = max(arms, key=gain)
        note = f"{say_arm(arm.strategy)}: {say_gain(arm.against[RANDOM].end)}"
        yield KeyFigure("highest end, against random", say_change(gain(arm), 3), note)


def _interval(arm: Standing) -> str:
    return f"{CONFIDENCE:.0%} interval{say_interval(arm.against[RANDOM].end)}"


def _budget(comparison: Comparison) -> str:
    return say_budget(comparison.setting.budget_s, comparison.setting.budget_images)


def _say_option(value: object) -> str:
    """As on a command line: nothing for what is not set or off, several values beside each other."""
    if isinstance(value, list | tuple):
        return ", ".join(map(_say_option, value))
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value) if value else ""
