"""Prepared rankings: one Parquet file each, a row an image in the order of its rank.

Columns: image_id; by_id, value, which and score as `selection.ranking.RankedImages` tells them. The reasons and the
target IoU are JSON in the file's metadata.
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet

from maskloop.formats.files import write_atomically
from selection.ranking import RankedImages
from service.artifacts.score_table import fixed_width

META = b"maskloop"


def write_ranking(path: Path, ranked: RankedImages) -> None:
    """Write a ranking, whole or not at all.

    Raises:
        StorageFull: the disk is full.
    """
    columns = {"image_id": ranked.ids, "by_id": ranked.by_id, "value": ranked.values, "which": ranked.which}
    if ranked.scores is not None:
        columns["score"] = ranked.scores
    told = json.dumps({"reasons": ranked.reasons, "target_iou": ranked.target_iou})
    table = pa.table(columns).replace_schema_metadata({META: told.encode()})
    sink = pa.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="zstd")
    write_atomically(path, sink.getvalue().to_pybytes())


def read_ranking(path: Path) -> RankedImages:
    """The ranking that `write_ranking` wrote."""
    table = pyarrow.parquet.read_table(path, memory_map=True)
    told = json.loads(table.schema.metadata[META])
    return RankedImages(
        ids=fixed_width(table["image_id"].cast(pa.string()).combine_chunks()),
        by_id=table["by_id"].to_numpy(),
        values=table["value"].to_numpy(),
        reasons=tuple(told["reasons"]),
        which=table["which"].to_numpy(),
        scores=table["score"].to_numpy() if "score" in table.column_names else None,
        target_iou=told["target_iou"],
    )
