"""Scores made elsewhere: one Parquet file a model version, image ids and IoUs in [0, 1]."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet

from maskloop.errors import PoolNotScored
from maskloop.formats.files import write_atomically

SCHEMA = pa.schema([("image_id", pa.string()), ("score", pa.float64())])


def add_imported(path: Path, new: Mapping[str, float]) -> int:
    """Add scores by image id, in place of older ones. Returns of how many images there is one now.

    Raises:
        StorageFull: the disk is full.
    """
    table = pa.table({"image_id": list(new), "score": list(new.values())}, schema=SCHEMA)
    if path.is_file():  # not as Python's objects: of a million scores those would take seconds
        old = pyarrow.parquet.read_table(path)
        is_old = pc.invert(pc.is_in(old["image_id"], value_set=table["image_id"].combine_chunks()))
        table = pa.concat_tables([old.filter(is_old), table])
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table.sort_by("image_id"), sink)
    write_atomically(path, sink.getvalue().to_pybytes())
    return int(table.num_rows)


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
