"""Scores made elsewhere, beside a plain dictionary."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from maskloop.errors import PoolNotScored
from service.artifacts.imported_scores import add_imported, read_imported

SCORES = st.dictionaries(st.text("abcdef0123456789", min_size=1, max_size=3), st.floats(0, 1), min_size=1, max_size=9)


@given(st.lists(SCORES, min_size=1, max_size=4))
def test_later_scores_take_the_place_of_older_ones_in_order_of_the_ids(imports: list[dict[str, float]]) -> None:
    kept: dict[str, float] = {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "imported.parquet"
        for new in imports:
            kept |= new
            assert add_imported(path, new) == len(kept)
        found = read_imported(path)
    assert found == kept
    assert list(found) == sorted(kept)


def test_without_scores_it_is_said_how_they_come(tmp_path: Path) -> None:
    with pytest.raises(PoolNotScored, match="no scores were imported for model version m1; call ImportScores"):
        read_imported(tmp_path / "m1" / "imported.parquet")
