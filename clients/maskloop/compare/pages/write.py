"""One call that leaves a comparison in its folder, after every trial; another reads it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.analysis.results import JudgedComparison, Judgement
from maskloop.compare.pages.csv import to_csv
from maskloop.compare.pages.figures import ALL_NAMES, figures
from maskloop.compare.pages.page import to_html
from maskloop.errors import InvalidArgument, NotFound
from maskloop.formats.files import write_atomically
from maskloop.pages.figures import Curve

FILE = "compare.json"


def write_comparison(folder: Path, comparison: Comparison, judgements: Mapping[str, Judgement]) -> None:
    """Write `compare.html`, `compare.json`, `compare.csv` and the figures that have numbers (by measure: `gate`,
    `curves`, `arms`, `end`, `area`, `seconds`, `targets`) into `folder`; each file is replaced whole.

    Args:
        folder: made if missing.
        comparison: as far as it has come; call again after every trial.
        judgements: by measure, the one to decide by first. None at all where nothing can be judged yet.

    Raises:
        StorageFull: the disk is full; files already there stay as they were.
    """
    judged = JudgedComparison(comparison, dict(judgements))
    drawn = {measure: figures(comparison, judgement) for measure, judgement in judgements.items()}
    _write_figures(folder, [one for by_name in drawn.values() for one in by_name.values()])
    write_atomically(folder / "compare.csv", to_csv(comparison))
    write_atomically(folder / "compare.html", to_html(judged, drawn))
    write_atomically(folder / FILE, _adapter().dump_json(judged, indent=1) + b"\n")


def read_comparison(folder: Path) -> JudgedComparison:
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


def _write_figures(folder: Path, drawn: Sequence[Curve]) -> None:
    """Those drawn, and none that an earlier state of the comparison left: what it said no longer holds."""
    for one in drawn:
        write_atomically(folder / f"{one.name}.svg", one.svg.encode())
    for name in ALL_NAMES - {one.name for one in drawn}:
        (folder / f"{name}.svg").unlink(missing_ok=True)


@cache
def _adapter() -> TypeAdapter[JudgedComparison]:
    return TypeAdapter(JudgedComparison)
