import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from maskloop.compare.analysis.comparison import Comparison
from maskloop.compare.pages.write import read_comparison, write_comparison
from maskloop.errors import InvalidArgument, NotFound

Make = Callable[..., Comparison]


def test_what_is_written_is_read_back(tmp_path: Path, comparison: Make) -> None:
    write_comparison(tmp_path / "new", comparison(), {})
    assert read_comparison(tmp_path / "new").comparison == comparison()


def test_the_table_has_a_row_for_each_model_of_each_trial(tmp_path: Path, comparison: Make) -> None:
    made = comparison(seeds=2)
    write_comparison(tmp_path, made, {})
    with (tmp_path / "compare.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 2 * 5
    last, point = rows[-1], made.trials[-1].points[-1]
    assert (last["strategy"], last["seed"], last["round"]) == ("mask_guided", "1", "4")
    assert float(last["spent_full_s"]) == pytest.approx(point.spent_s_by_kind["full"])
    assert float(last["pq"]) == pytest.approx(point.pq, abs=1e-6)
    assert last["chosen_iou"] == ""


def test_a_missing_or_foreign_comparison_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"compare\.json"):
        read_comparison(tmp_path)
    (tmp_path / "compare.json").write_text('{"comparison": {"setting": 3}}')
    with pytest.raises(InvalidArgument, match=r"not a comparison: comparison\.setting"):
        read_comparison(tmp_path)
