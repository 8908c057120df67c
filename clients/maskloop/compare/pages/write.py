"""One call that leaves a comparison in its folder, after every trial; others read it back, and sum several up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from maskloop.compare.analysis.comparison import RANDOM, STRONG_RANDOM, Comparison
from maskloop.compare.analysis.records import Analysed, records
from maskloop.compare.analysis.results import AnalysedComparison, Results
from maskloop.compare.analysis.win_matrix import win_matrix
from maskloop.compare.pages.figures import ALL_NAMES, figures, summary_figures
from maskloop.compare.pages.page import comparison_page, summary_page
from maskloop.compare.pages.recommendation import recommendation, recommendation_across
from maskloop.compare.pages.summary import SettingResults, Summary
from maskloop.compare.pages.tables import comparison_csv, summary_csv
from maskloop.errors import InvalidArgument, NotFound
from maskloop.formats.files import write_atomically
from maskloop.pages.figures import Drawing

FILE = "compare.json"


def write_comparison(folder: Path, comparison: Comparison, results: Mapping[str, Results]) -> None:
    """Write `compare.html`, `compare.json`, `compare.csv` and the figures that have numbers (by measure: `gate`,
    `curves`, `arms`, `end`, `area`, `seconds`, `targets`) into `folder`; each file is replaced whole.

    Args:
        folder: made if missing.
        comparison: as far as it has come; call again after every trial.
        results: by measure, the one to decide by first. None at all where nothing can be said yet.

    Raises:
        StorageFull: the disk is full; files already there stay as they were.
    """
    analysed = AnalysedComparison(comparison, dict(results))
    drawings = {measure: figures(comparison, each) for measure, each in results.items()}
    drawn = _write_figures(folder, drawings)
    for name in ALL_NAMES - drawn:  # left by an earlier state of the comparison: what they said no longer holds
        (folder / f"{name}.svg").unlink(missing_ok=True)
    content = _adapter().dump_python(analysed, mode="json") | {"sentences": _sentences(analysed)}
    write_atomically(folder / "compare.csv", comparison_csv(comparison))
    write_atomically(folder / "compare.html", comparison_page(analysed, drawings))
    write_atomically(folder / FILE, json.dumps(content, indent=1, ensure_ascii=False).encode() + b"\n")


def read_comparison(folder: Path) -> AnalysedComparison:
    """What `write_comparison` left in `folder`. Unknown keys are left aside, so that later versions' can be read.

    Raises:
        NotFound: there is none.
        InvalidArgument: `compare.json` is not a comparison; names the first field that is wrong.
    """
    path = folder / FILE
    if not path.is_file():
        raise NotFound(f"{path} is not there; a comparison is written after its first trial")
    try:
        return _adapter().validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidArgument(
            f"{path} is not a comparison: {place or 'the file'}: {first['msg']}", field=place
        ) from None


def write_summary(folder: Path, sources: Sequence[Path]) -> Summary:
    """Write `summary.html`, `summary.json`, `summary.csv`, and by measure `summary-pooled-MEASURE.svg`,
    `summary-MEASURE.svg` and `summary-seconds-MEASURE.svg`.

    Args:
        folder: made if missing.
        sources: folders that `write_comparison` left, in the order to show them in; the first one's first measure is
            the one to decide by, or the first that all of them have.

    Returns:
        What was written.

    Raises:
        NotFound: there is no comparison in one of `sources`.
        InvalidArgument: `sources` is empty, or one of them is not a comparison or has no results yet.
        StorageFull: the disk is full; files already there stay as they were.
    """
    summary = _summary(folder, {source: read_comparison(source) for source in sources})
    drawings = {measure: summary_figures(summary, measure) for measure in summary.matrices}
    _write_figures(folder, drawings)
    write_atomically(folder / "summary.csv", summary_csv(summary))
    write_atomically(folder / "summary.html", summary_page(summary, drawings))
    write_atomically(folder / "summary.json", TypeAdapter(Summary).dump_json(summary, indent=1) + b"\n")
    return summary


def _write_figures(folder: Path, drawings: Mapping[str, Mapping[str, Drawing]]) -> set[str]:
    drawn = [drawing for by_name in drawings.values() for drawing in by_name.values()]
    for drawing in drawn:
        write_atomically(folder / f"{drawing.name}.svg", drawing.svg.encode())
    return {drawing.name for drawing in drawn}


def _summary(folder: Path, analysed: dict[Path, AnalysedComparison]) -> Summary:
    if not analysed:
        raise InvalidArgument("a summary needs one comparison or more", field="sources")
    for source, each in analysed.items():
        if not each.results:
            raise InvalidArgument(f"nothing has been measured of random in {source} yet", field="sources")
    measures = _measures([each.results for each in analysed.values()])
    by_measure = {measure: _by(measure, analysed.values()) for measure in measures}
    return Summary(
        settings=tuple(_setting_results(folder, source, each) for source, each in analysed.items()),
        sentences={measure: recommendation_across(pairs) for measure, pairs in by_measure.items()},
        records={
            measure: (*records(pairs, RANDOM), *records(pairs, STRONG_RANDOM)) for measure, pairs in by_measure.items()
        },
        matrices={measure: win_matrix(pairs) for measure, pairs in by_measure.items()},
    )


def _measures(results: Sequence[Mapping[str, Results]]) -> list[str]:
    """Those that all comparisons have, then the others."""
    known = dict.fromkeys(measure for by_measure in results for measure in by_measure)
    return sorted(known, key=lambda measure: not all(measure in by_measure for by_measure in results))


def _by(measure: str, analysed: Iterable[AnalysedComparison]) -> list[Analysed]:
    return [(each.comparison, each.results[measure]) for each in analysed if measure in each.results]


def _setting_results(folder: Path, source: Path, analysed: AnalysedComparison) -> SettingResults:
    comparison = analysed.comparison
    return SettingResults(
        name=comparison.setting.name,
        page=Path(os.path.relpath(source / "compare.html", folder)).as_posix(),
        trials=len(comparison.trials),
        of_trials=len(comparison.strategies) * len(comparison.seeds),
        results=analysed.results,
        sentences=_sentences(analysed),
    )


def _sentences(analysed: AnalysedComparison) -> dict[str, tuple[str, ...]]:
    comparison = analysed.comparison
    return {measure: recommendation(comparison, results) for measure, results in analysed.results.items()}


@cache
def _adapter() -> TypeAdapter[AnalysedComparison]:
    return TypeAdapter(AnalysedComparison)
