"""What comparisons recommend, in words: a page of sentences for whoever decides how images are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from maskloop.compare.analysis.arm import Arm
from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.records import Analysed, Record, proven, records, wins_by_luck
from maskloop.compare.analysis.results import Gate, Results
from maskloop.compare.pages.environment import sentences


def recommendation(comparison: Comparison, results: Results) -> tuple[str, ...]:
    """Sentences on one comparison; the first one says what to do."""
    return sentences(
        "recommendation.txt.j2", comparison=comparison, results=results, recommendation=results.recommendation
    )


def advice(gate: Gate) -> tuple[str, ...]:
    """What to change in a setting that can rank nothing."""
    return sentences("advice.txt.j2", gate=gate)


def recommendation_across(analysed: Sequence[Analysed]) -> tuple[str, ...]:
    """Sentences on several comparisons; the first one says what to do, the last ones which settings count."""
    against_random = records(analysed, RANDOM)
    best = proven(against_random)
    return sentences(
        "recommendation-across.txt.j2",
        records=against_random,
        strong={record.strategy: record for record in records(analysed, STRONG_RANDOM)},
        proven=best,
        help_alone=_help_alone(analysed, best) if best else None,
        wins=sum(len(record.above) for record in against_random),
        pairs=sum(len(record.met) for record in against_random),
        by_luck=wins_by_luck(against_random),
        passed=[comparison.setting.name for comparison, results in analysed if results.ranks],
        failed=[comparison.setting.name for comparison, results in analysed if not results.gate.passed],
        hidden=[
            comparison.setting.name for comparison, results in analysed if results.gate.passed and not results.ranks
        ],
    )


def _help_alone(analysed: Sequence[Analysed], best: Record) -> str | None:
    """Random images with the help of `best`, where that is not surely above them over all settings."""
    arm = Arm.parse(best.strategy)
    beside = records(analysed, str(arm.by_lot)) if arm.assist else ()
    pooled = next((record.pooled for record in beside if record.strategy == best.strategy), None)
    return str(arm.by_lot) if pooled is not None and pooled.low <= 0 else None
