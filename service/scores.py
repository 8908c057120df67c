"""Score tables: one Parquet file a model version, a row an image, written once and read memory-mapped.

Columns: image_id; score, the mean predicted IoU in [0, 1]; object_ious; features, the encoder's vector in float32;
not_decoded; and the proposals' category_ids, masks (COCO run-length strings at height x width) and confidences, one
entry an object. Choosing images reads the first two columns only.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
from numpy.typing import NDArray

from maskloop.errors import PoolNotScored
from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectProposal

ROWS_A_GROUP = 1024
SCHEMA = pa.schema(
    [
        ("image_id", pa.string()),
        ("score", pa.float64()),
        ("object_ious", pa.list_(pa.float64())),
        ("features", pa.list_(pa.float32())),
        ("not_decoded", pa.int32()),
        ("height", pa.int32()),
        ("width", pa.int32()),
        ("category_ids", pa.list_(pa.int32())),
        ("masks", pa.list_(pa.binary())),
        ("confidences", pa.list_(pa.float64())),
    ]
)

Scored = tuple[ImageProposals, NDArray[np.float32]]


def write_scores(path: Path, scored: Iterable[Scored]) -> int:
    """Write proposals and features (D,) as a table at `path`, whole or not at all. Returns the number of rows."""
    remaining, rows = iter(scored), 0
    partial = _beside(path)
    with pyarrow.parquet.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        while group := [_row(*item) for item in islice(remaining, ROWS_A_GROUP)]:
            writer.write_table(pa.Table.from_pylist(group, SCHEMA))
            rows += len(group)
    _keep(partial, path)
    return rows


def join_scores(path: Path, parts: Sequence[Path]) -> int:
    """Write the rows of all parts as one table at `path`, whole or not at all. Returns the number of rows."""
    rows, partial = 0, _beside(path)
    with pyarrow.parquet.ParquetWriter(partial, SCHEMA, compression="zstd") as writer:
        for part in parts:
            table = pyarrow.parquet.read_table(part, memory_map=True)
            writer.write_table(table, row_group_size=ROWS_A_GROUP)
            rows += table.num_rows
    _keep(partial, path)
    return rows


def read_scores(path: Path) -> tuple[list[str], NDArray[np.float64]]:
    """Image ids and their scores (n,), in the table's order.

    Raises:
        PoolNotScored: there is no table at `path`.
    """
    _check(path)
    table = pyarrow.parquet.read_table(path, columns=["image_id", "score"], memory_map=True)
    return table.column("image_id").to_pylist(), table.column("score").to_numpy()


def read_proposals(path: Path, image_ids: Sequence[str], model_version: str) -> list[ImageProposals]:
    """What `model_version` proposes for images, in the order asked for; those it has not scored are left out.

    Raises:
        PoolNotScored: there is no table at `path`.
    """
    _check(path)
    wanted = pyarrow.dataset.field("image_id").isin(pa.array(image_ids, pa.string()))
    rows = pyarrow.dataset.dataset(path).to_table(filter=wanted).to_pylist()
    found = {row["image_id"]: _proposals(row, model_version) for row in rows}
    return [found[image_id] for image_id in image_ids if image_id in found]


def _row(proposals: ImageProposals, features: NDArray[np.float32]) -> dict[str, Any]:
    objects = proposals.objects
    return {
        "image_id": proposals.image_id,
        "score": proposals.score,
        "object_ious": [item.predicted_iou for item in objects],
        "features": features,
        "not_decoded": proposals.not_decoded,
        "height": objects[0].mask.height if objects else 0,
        "width": objects[0].mask.width if objects else 0,
        "category_ids": [item.category_id for item in objects],
        "masks": [item.mask.rle for item in objects],
        "confidences": [item.confidence for item in objects],
    }


def _proposals(row: dict[str, Any], model_version: str) -> ImageProposals:
    columns = zip(row["category_ids"], row["masks"], row["object_ious"], row["confidences"], strict=True)
    objects = tuple(
        ObjectProposal(category_id, Mask(row["height"], row["width"], rle), iou, confidence)
        for category_id, rle, iou, confidence in columns
    )
    return ImageProposals(row["image_id"], model_version, row["score"], objects, row["not_decoded"])


def _check(path: Path) -> None:
    if not path.is_file():
        raise PoolNotScored(f"model version {path.parent.name} has not scored the pool", field="model_version")


def _beside(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(path.name + ".partial")


def _keep(partial: Path, path: Path) -> None:
    """Rename once the bytes are on the disk, so that a table that is there is complete."""
    with partial.open("rb") as file:
        os.fsync(file.fileno())
    partial.replace(path)
