"""One call that leaves a verdict over several comparisons in a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from pydantic import TypeAdapter

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.results import JudgedComparison, Judgement
from maskloop.compare.analysis.win_matrix import win_matrix
from maskloop.compare.pages.across.figures import verdict_figures
from maskloop.compare.pages.across.page import to_html
from maskloop.compare.pages.across.tables import to_csv
from maskloop.compare.pages.across.values import Result, Verdict
from maskloop.compare.pages.recommendation_across import overall_verdict, records
from maskloop.compare.pages.write import read_comparison
from maskloop.errors import InvalidArgument
from maskloop.formats.files import write_atomically


def write_summary(folder: Path, sources: Sequence[Path]) -> Verdict:
    """Write `summary.html`, `verdict.json`, `verdict.csv`, and by measure `verdict-pooled-MEASURE.svg`,
    `verdict-MEASURE.svg` and `verdict-seconds-MEASURE.svg`.

    Args:
        folder: made if missing.
        sources: folders that `maskloop.compare.pages.write.write_comparison` left, in the order to show them in;
            the first one's first measure is the one to decide by.

    Returns:
        What was written.

    Raises:
        NotFound: there is no comparison in one of `sources`.
        InvalidArgument: `sources` is empty, or one of them is not a comparison or was not judged yet.
        StorageFull: the disk is full; files already there stay as they were.
    """
    verdict = _verdict(folder, {source: read_comparison(source) for source in sources})
    drawn = {measure: verdict_figures(verdict, measure) for measure in verdict.matrices}
    for figure in (one for by_name in drawn.values() for one in by_name.values()):
        write_atomically(folder / f"{figure.name}.svg", figure.svg.encode())
    write_atomically(folder / "verdict.csv", to_csv(verdict))
    write_atomically(folder / "summary.html", to_html(verdict, drawn))
    write_atomically(folder / "verdict.json", TypeAdapter(Verdict).dump_json(verdict, indent=1) + b"\n")
    return verdict


def _verdict(folder: Path, judged: dict[Path, JudgedComparison]) -> Verdict:
    if not judged:
        raise InvalidArgument("a verdict needs one comparison or more", field="sources")
    for source, one in judged.items():
        if not one.judgements:
            raise InvalidArgument(f"nothing has been measured of random in {source} yet", field="sources")
    measures = dict.fromkeys(measure for one in judged.values() for measure in one.judgements)
    by_measure = {measure: _judged_by(measure, judged.values()) for measure in measures}
    return Verdict(
        tuple(_result(folder, source, one) for source, one in judged.items()),
        {measure: overall_verdict(found) for measure, found in by_measure.items()},
        {measure: (*records(found, RANDOM), *records(found, STRONG_RANDOM)) for measure, found in by_measure.items()},
        {measure: win_matrix(found) for measure, found in by_measure.items()},
    )


def _judged_by(measure: str, judged: Iterable[JudgedComparison]) -> list[tuple[Comparison, Judgement]]:
    return [(one.comparison, one.judgements[measure]) for one in judged if measure in one.judgements]


def _result(folder: Path, source: Path, judged: JudgedComparison) -> Result:
    comparison = judged.comparison
    return Result(
        name=comparison.setting.name,
        page=Path(os.path.relpath(source / "compare.html", folder)).as_posix(),
        trials=len(comparison.trials),
        of_trials=len(comparison.strategies) * len(comparison.seeds),
        judgements=judged.judgements,
    )
