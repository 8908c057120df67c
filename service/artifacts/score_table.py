"""Score tables: one Parquet file a model version, a row an image, written once and read memory-mapped.

Columns: image_id; score, the mean predicted IoU in [0, 1]; entropy, margin and least_confidence of the masks in
[0, 1], larger where less is certain; iou_branch, the mean of the network's IoU branch in [0, 1], NaN of networks that
have none; object_ious; features, the encoder's vector in little-endian float32, as long in every row; not_decoded; and
the proposals' category_ids, masks (COCO run-length strings at height x width) and
confidences, one entry an object. Choosing images reads whole columns, and only those it needs.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
from numpy.typing import NDArray

from maskloop.errors import PoolNotScored
from maskloop.masks import Mask
from maskloop.values import ImageProposals, ObjectProposal, with_ids

ROWS_A_GROUP = 1024
ROWS_A_READ = 1 << 16
UNCERTAINTY = ("entropy", "margin", "least_confidence")
IOU_BRANCH = "iou_branch"
OBJECTS = ("object_ious", "category_ids", "masks", "confidences")  # lists, one entry an object
PROPOSALS = ("image_id", "score", "not_decoded", "height", "width", *OBJECTS)
NO_ROW = 1  # length of the features in a table without a row: the format knows no length of zero


@dataclass(frozen=True)
class ScoredRow:
    """What a model makes of one image.

    Args:
        proposals: carry no model version, the table's place tells it.
        features: (D,) of the encoder, D >= 1.
        uncertainty: a number in [0, 1] for each of `UNCERTAINTY`.
        iou_branch: mean over the objects of what the network's IoU branch says, in [0, 1]; `None` without one.
    """

    proposals: ImageProposals
    features: NDArray[np.float32]
    uncertainty: Mapping[str, float]
    iou_branch: float | None = None


def stamp_of(path: Path) -> tuple[int, int]:
    """When a table was written, in nanoseconds, and its size: a version may score anew. (0, 0) of none."""
    try:
        status = path.stat()
    except OSError:  # whoever reads it tells that it is not there
        return 0, 0
    return status.st_mtime_ns, status.st_size


def write_scores(path: Path, scored: Iterable[ScoredRow]) -> int:
    """Write a table at `path`, whole or not at all; features are of one length. Returns the number of rows."""
    remaining, rows = iter(scored), 0
    first = list(islice(remaining, 1))
    remaining = chain(first, remaining)
    schema = _schema(first[0].features.size if first else NO_ROW)
    partial = _beside(path)
    with _writer(partial, schema) as writer:
        while group := [_row(item) for item in islice(remaining, ROWS_A_GROUP)]:
            writer.write_table(pa.Table.from_pylist(group, schema))
            rows += len(group)
    _keep(partial, path)
    return rows


def join_scores(path: Path, parts: Sequence[Path]) -> int:
    """Write the rows of all parts as one table at `path`, whole or not at all. Returns the number of rows."""
    rows, partial = 0, _beside(path)
    schema = pyarrow.parquet.read_schema(parts[0]) if parts else _schema(NO_ROW)
    with _writer(partial, schema) as writer:
        for part in parts:
            table = pyarrow.parquet.read_table(part, memory_map=True)
            writer.write_table(table, row_group_size=ROWS_A_GROUP)
            rows += table.num_rows
    _keep(partial, path)
    return rows


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Whole columns, rows in the table's order: a million images with 128 features in a fraction of a second.

    Args:
        columns: of one value an image, or of one an object, which give how many objects there are.

    Returns:
        `image_id` as (n,) bytes of a fixed width (ids are ASCII), `features` as (n, D) float32, numbers of objects as
        (n,) int32, others as (n,) of their own type.

    Raises:
        PoolNotScored: there is no table at `path`, or an earlier release wrote it without one of the columns.
    """
    check_scored(path)
    with pyarrow.parquet.ParquetFile(path, memory_map=True) as file:
        missing = [name for name in columns if name not in file.schema_arrow.names]
        if missing:
            raise PoolNotScored(
                f"model version {path.parent.name} was scored without {missing[0]}: score the pool again",
                field="model_version",
            )
        whole = [name for name in columns if name != "image_id"]
        values = {name: _empty(file.schema_arrow.field(name).type, file.metadata.num_rows) for name in whole}
        row = 0
        for batch in file.iter_batches(ROWS_A_READ, columns=whole) if whole else ():
            for name, column in zip(batch.schema.names, batch.columns, strict=True):
                values[name][row : row + len(column)] = _values(column)
            row += len(batch)
        if "image_id" in columns:
            values["image_id"] = fixed_width(file.read(["image_id"]).column(0).combine_chunks())
    return values


def read_object_ious(path: Path) -> tuple[NDArray[np.bytes_], NDArray[np.int32], NDArray[np.float64]]:
    """The predicted IoUs of all proposals in the table's order: image ids (n,), how many each image has (n,), and the
    IoUs one after another (sum of these,).

    Raises:
        PoolNotScored: there is no table at `path`.
    """
    check_scored(path)
    column = pyarrow.parquet.read_table(path, columns=["object_ious"], memory_map=True).column(0).combine_chunks()
    named = read_columns(path, ["image_id"])["image_id"]
    return named, column.value_lengths().to_numpy().astype(np.int32), column.flatten().to_numpy()


def _empty(kind: pa.DataType, rows: int) -> NDArray[Any]:
    if pa.types.is_fixed_size_binary(kind):
        return np.empty((rows, kind.byte_width // 4), dtype=np.float32)
    if pa.types.is_list(kind):
        return np.empty(rows, dtype=np.int32)
    return np.empty(rows, dtype=kind.to_pandas_dtype())


def _values(column: pa.Array) -> NDArray[Any]:
    """A column without a null as an array that shares its memory; of lists, their lengths."""
    if pa.types.is_list(column.type):
        lengths: NDArray[Any] = column.value_lengths().to_numpy()
        return lengths
    if not pa.types.is_fixed_size_binary(column.type):
        values: NDArray[Any] = column.to_numpy()
        return values
    width = column.type.byte_width // 4
    flat = np.frombuffer(column.buffers()[1], dtype="<f4", count=len(column) * width, offset=column.offset * width * 4)
    return flat.reshape(len(column), width)


def fixed_width(strings: pa.StringArray) -> NDArray[np.bytes_]:
    """(n,) bytes as wide as the longest string, shorter ones padded with zeros."""
    ends = np.frombuffer(strings.buffers()[1], dtype=np.int32, count=len(strings) + 1, offset=strings.offset * 4)
    lengths = np.diff(ends)
    width = max(1, int(lengths.max(initial=1)))
    text = np.frombuffer(strings.buffers()[2] or b"", dtype=np.uint8)[ends[0] : ends[-1]]
    if (lengths == width).all():
        return text.view(f"S{width}")
    padded = np.zeros((len(strings), width), dtype=np.uint8)
    padded[np.arange(width) < lengths[:, None]] = text
    return padded.view(f"S{width}")[:, 0]


def read_proposals(path: Path, image_ids: Sequence[str], model_version: str) -> list[ImageProposals]:
    """What `model_version` proposes for images, in the order asked for; those it has not scored are left out.

    Raises:
        PoolNotScored: there is no table at `path`.
    """
    check_scored(path)
    wanted = pyarrow.dataset.field("image_id").isin(pa.array(image_ids, pa.string()))
    rows = pyarrow.dataset.dataset(path).to_table(list(PROPOSALS), filter=wanted).to_pylist()
    proposals = {row["image_id"]: _proposals(row, model_version) for row in rows}
    return [proposals[image_id] for image_id in image_ids if image_id in proposals]


def read_expected_objects(path: Path, image_ids: Sequence[str], least: float) -> dict[str, dict[int, float]]:
    """How many objects of each category the proposals for images should show: sums of their predicted IoUs, by image
    id, of those from `least` on. Images that were not scored are left out.

    Raises:
        PoolNotScored: there is no table at `path`.
    """
    check_scored(path)
    wanted = pyarrow.dataset.field("image_id").isin(pa.array(image_ids, pa.string()))
    columns = ["image_id", "category_ids", "object_ious"]
    found: dict[str, dict[int, float]] = {}
    for row in pyarrow.dataset.dataset(path).to_table(columns, filter=wanted).to_pylist():
        expected: dict[int, float] = {}
        for category_id, iou in zip(row["category_ids"], row["object_ious"], strict=True):
            if iou >= least:
                expected[category_id] = expected.get(category_id, 0.0) + iou
        found[row["image_id"]] = expected
    return found


def _schema(dimensions: int) -> pa.Schema:
    return pa.schema(
        [
            ("image_id", pa.string()),
            ("score", pa.float64()),
            *((name, pa.float64()) for name in UNCERTAINTY),
            (IOU_BRANCH, pa.float64()),
            ("object_ious", pa.list_(pa.float64())),
            ("features", pa.binary(4 * dimensions)),
            ("not_decoded", pa.int32()),
            ("height", pa.int32()),
            ("width", pa.int32()),
            ("category_ids", pa.list_(pa.int32())),
            ("masks", pa.list_(pa.binary())),
            ("confidences", pa.list_(pa.float64())),
        ]
    )


def _writer(path: Path, schema: pa.Schema) -> pyarrow.parquet.ParquetWriter:
    """Only masks are worth compressing; numbers as they are can be read as fast as memory is copied."""
    return pyarrow.parquet.ParquetWriter(path, schema, compression={"masks.list.element": "zstd"}, use_dictionary=False)


def _row(scored: ScoredRow) -> dict[str, Any]:
    proposals, objects = scored.proposals, scored.proposals.objects
    return {
        "image_id": proposals.image_id,
        "score": proposals.score,
        **{name: scored.uncertainty[name] for name in UNCERTAINTY},
        IOU_BRANCH: math.nan if scored.iou_branch is None else scored.iou_branch,
        "object_ious": [item.predicted_iou for item in objects],
        "features": scored.features.astype("<f4").tobytes(),
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
    named = with_ids(model_version, row["image_id"], objects)
    return ImageProposals(row["image_id"], model_version, row["score"], named, row["not_decoded"])


def check_scored(path: Path) -> None:
    """Raises PoolNotScored unless there is a score table at `path`."""
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
