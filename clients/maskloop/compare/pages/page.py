"""`compare.html`: one file to decide by; it opens from disk, prints, and needs nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader
from markupsafe import Markup

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.results import CONFIDENCE, JudgedComparison, Judgement, Standing, TargetSweep
from maskloop.compare.pages.arm_style import looks, names, seeds_of_random
from maskloop.compare.pages.cells import say_estimate, say_gain, say_reach
from maskloop.compare.pages.interval_figures import ENOUGH
from maskloop.pages.figures import Curve
from maskloop.pages.html import Figure, environment, theme_colour, themed, unbroken
from maskloop.pages.wording import say_arm, say_change, say_count, say_number, say_time

NBSP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Part:
    """What is shown of one measure: what is said, figures by what they show, names and colours by strategy."""

    judgement: Judgement
    figures: Mapping[str, Markup]
    names: Mapping[str, str]
    colours: Mapping[str, str]


def to_html(judged: JudgedComparison, figures: Mapping[str, Mapping[str, Curve]]) -> bytes:
    """The page; `figures` by measure, then as `maskloop.compare.pages.figures` names them."""
    comparison = judged.comparison
    parts = [_part(judgement, figures[measure]) for measure, judgement in judged.judgements.items()]
    first = parts[0].judgement if parts else None
    text = _PAGES.get_template("compare.html.j2").render(
        comparison=comparison,
        setting=comparison.setting,
        trials=len(comparison.strategies) * len(comparison.seeds),
        budget=say_budget(comparison),
        first=first,
        leads=leads(first) if first else (),
        key_figures=list(key_figures(first)) if first else (),
        parts=parts,
        settings=settings(comparison),
    )
    return text.encode()


def compare_environment(*packages: str) -> Environment:
    """The templates of `packages`, of comparisons and of the report, and what they say numbers by."""
    pages = environment(*packages, "maskloop.compare.pages", "maskloop.report")
    pages.filters.update(estimate=say_estimate, gain=say_gain, reach=say_reach, change=say_change, cell=_cell)
    pages.filters.update(targets=_targets, at_target=_at_target)
    pages.globals.update(random=RANDOM, strong_random=STRONG_RANDOM, confidence=f"{CONFIDENCE:.0%}")
    return pages


def leads(judgement: Judgement) -> Sequence[str]:
    """What the verdict says right after its first sentence: one sentence more, or why nothing is ranked."""
    if judgement.gate.passed:
        return judgement.verdict[1:2]
    return [one for one in judgement.verdict[1:] if one not in judgement.gate.advice]


def key_figures(judgement: Judgement) -> Iterator[Figure]:
    """What the first screen shows in large type: the best results, and what they are to be held against."""
    gate = judgement.gate
    if gate.passed:
        yield from _best(judgement)
    noise = "one seed" if gate.noise is None else f"seeds differ by {say_number(gate.noise, 3)}"
    yield Figure("random’s own rise", say_change(gate.rise.mean, 3), noise)
    if gate.detectable is not None:
        seeds = say_count(gate.rise.seeds, "seed")
        yield Figure("can be told apart", say_number(gate.detectable, 3), f"smallest difference, {seeds}")


def say_budget(comparison: Comparison) -> str:
    """The budget as it was given: time, or a number of images."""
    setting = comparison.setting
    if setting.budget_s is None:
        return say_count(setting.budget_images or 0, "labeled image")
    return say_time(setting.budget_s)


def settings(comparison: Comparison) -> list[tuple[str, str]]:
    """What a person needs to repeat the comparison; only what is known."""
    setting = comparison.setting
    own = {
        "Command": setting.command,
        "Strategies": ", ".join(comparison.strategies),
        "Seeds": ", ".join(str(seed) for seed in comparison.seeds),
        "Budget": say_budget(comparison),
        "Images": f"{setting.pool_images:,} in the pool, {setting.test_images:,} for testing",
        "Classes": str(setting.categories),
        "Machine": setting.machine,
        "Versions": ", ".join(f"{name} {version}" for name, version in setting.versions.items()),
        "Machine time": say_time(sum(point.machine_s for one in comparison.trials for point in one.points)),
    }
    options = {name.replace("_", " ").capitalize(): _say_option(value) for name, value in setting.options.items()}
    shown = own | {name: value for name, value in options.items() if name not in own}
    return [(name, unbroken(value)) for name, value in shown.items() if value]


def _part(judgement: Judgement, figures: Mapping[str, Curve]) -> Part:
    arms = looks([one.strategy for one in judgement.standings])
    return Part(
        judgement,
        {name: themed(one) for name, one in figures.items()},
        names(judgement),
        {strategy: theme_colour(look.colour) for strategy, look in arms.items()},
    )


def finalists(judgement: Judgement) -> list[Standing]:
    """Arms that anyone can use and that enough seeds have ended of: one lucky seed is not the best."""
    enough = min(ENOUGH, seeds_of_random(judgement))
    return [one for one in judgement.standings if RANDOM in one.against and not one.oracle and one.seeds >= enough]


def gain(one: Standing) -> float:
    """How much higher than random it ends."""
    return one.against[RANDOM].end.mean


def _best(judgement: Judgement) -> Iterator[Figure]:
    """Who is first where random ends, and who ends highest; nobody where random is."""
    arms = finalists(judgement)
    random = next(one.reach for one in judgement.standings if one.strategy == RANDOM)
    reached = [(one.reach.seconds, one) for one in arms if one.reach and one.reach.seconds is not None]
    if reached and random and random.seconds:
        seconds, arm = min(reached, key=lambda pair: pair[0])
        if seconds < random.seconds:
            note = f"{say_arm(arm.strategy)}: {say_reach(arm.reach)}; random after {say_time(random.seconds)}"
            yield Figure("first where random ends", say_time(seconds), note)
    if arms:
        arm = max(arms, key=gain)
        note = f"{say_arm(arm.strategy)}: {say_gain(arm.against[RANDOM].end)}"
        yield Figure("highest end, against random", say_change(gain(arm), 3), note)


def _targets(sweeps: Sequence[TargetSweep]) -> list[float]:
    return sorted({target for sweep in sweeps for target, _ in sweep.points})


def _at_target(sweep: TargetSweep, target: float) -> object:
    return dict(sweep.points).get(target)


def _cell(text: str) -> str:
    """May be broken before its bracket, nowhere else."""
    return text.replace(" ", NBSP).replace(f"{NBSP}(", " (")


def _say_option(value: object) -> str:
    """As on a command line: nothing for what is not set or off, several values beside each other."""
    if isinstance(value, list | tuple):
        return ", ".join(_say_option(one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return str(value) if value else ""


def _loaded() -> Environment:
    """All templates at once, and never again: a comparison that runs for hours outlives changes of the program."""
    pages = compare_environment()
    pages.auto_reload = False
    for name in ("report.css", *PackageLoader("maskloop.compare.pages").list_templates()):
        pages.get_template(name)
    return pages


_PAGES = _loaded()
