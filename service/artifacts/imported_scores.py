"""Scores made elsewhere: one Parquet file a model version, image ids and IoUs in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from maskloop.errors import PoolNotScored
from maskloop.formats.files import write_atomically


def add_imported(path: Path, new: Mapping[str, float]) -> int:
    """Add scores by image id, in place of older ones. Returns of how many images there is one now.

    Raises:
        StorageFull: the disk is full.
    """
    scores = {**(_read(path) if path.is_file() else {}), **new}
    ids = sorted(scores)
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(pa.table({"image_id": ids, "score": [scores[image_id] for image_id in ids]}), sink)
    write_atomically(path, sink.getvalue().to_pybytes())
    return len(ids)


def read_imported(path: Path) -> dict[str, float]:
    """The scores by image id.

    Raises:
        PoolNotScored: none were imported.
    """
    if not path.is_file():
        version = path.parent.name
        raise PoolNotScored(f"no scores were imported for model version {version}; call ImportScores", field="strategy")
    return _read(path)


def _read(path: Path) -> dict[str, float]:
    table = pyarrow.parquet.read_table(path)
    return dict(zip(table["image_id"].to_pylist(), table["score"].to_pylist(), strict=True))
