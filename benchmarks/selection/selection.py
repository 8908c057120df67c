"""SelectBatch beside an empty call through the same real server, at ten thousand to a million scored images.

Half of the images are labeled, and half of those that are left nearest the target are leased to others. Calls and
empty calls (health checks) alternate on one channel; a call is timed from the client, its commit included. Every
batch is compared with a slow and obvious selection.

A commit waits for the disk, and disks differ: beside the calls, a bare commit of one row to a file on the same disk,
as durable as the server's, is timed in turn.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import grpc
import numpy as np
from grpc_health.v1 import health_pb2, health_pb2_grpc
from numpy.typing import NDArray

from maskloop.v1 import campaigns_pb2, labels_pb2
from maskloop.v1.campaigns_pb2_grpc import CampaignServiceStub
from maskloop.values import Budget, Campaign, Category, ImageProposals, ModelVersion, Project, Strategy
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import UNCERTAINTY, ScoredRow, write_scores
from service.store import Database
from service.store.campaigns import insert_campaign
from service.store.models import ModelRecord, activate_model, insert_model
from service.store.projects import insert_project

SIZES = (10_000, 100_000, 1_000_000)
TARGET = 0.5
BATCH = 10
BATCHES = 200
WARM = 20
NEIGHBOURHOOD = 4_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
IN_A_CENTURY = "2126-01-01 00:00:00.000000"


def main() -> None:
    """Print one line for each size of pool."""
    print(f"SelectBatch of {BATCH} images, commit included; medians of {BATCHES} calls")
    print(
        "| scored images | first call, s | empty call, ms | bare commit, ms | SelectBatch, ms | ratio to empty call |"
    )
    print("|---|---|---|---|---|---|")
    for size in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            data = DataFolder(Path(folder))
            expected = fill(data, size)
            with serving(data.root) as address, grpc.insecure_channel(address) as channel:
                first_s, empty_ms, commit_ms, select_ms = race(channel, data.root / "beside.db", expected)
        print(
            f"| {size} | {first_s:.2f} | {empty_ms:.2f} | {commit_ms:.2f} | {select_ms:.2f} "
            f"| {select_ms / empty_ms:.1f} |",
            flush=True,
        )


def fill(data: DataFolder, size: int) -> Iterator[str]:
    """Write the server's files as weeks of labeling would leave them. Returns the images to come, in order."""
    rng = np.random.default_rng(size)
    scores = rng.random(size)
    ids = np.array([f"{place:016x}" for place in rng.permutation(size)])
    labeled = rng.permutation(size) < size // 2
    waiting = by_distance(ids, scores)
    waiting = waiting[~labeled[waiting]]
    leased = waiting[: min(NEIGHBOURHOOD, len(waiting) // 2) : 2]
    write_project(data)
    write_rows(data.root / "maskloop.db", ids, ids[labeled], ids[leased])
    by_id = np.argsort(ids)
    scored = (ScoredRow(ImageProposals(*row, ()), FEATURES, CERTAIN) for row in rows(ids[by_id], scores[by_id]))
    write_scores(data.scores("p", "m"), scored)
    given = set(leased.tolist())
    return iter([str(ids[place]) for place in waiting if place not in given])


FEATURES: NDArray[np.float32] = np.zeros(1, dtype=np.float32)
CERTAIN = dict.fromkeys(UNCERTAINTY, 0.0)


def rows(ids: NDArray[np.str_], scores: NDArray[np.float64]) -> Iterator[tuple[str, str, float]]:
    """(image id, model version, score) of every image."""
    return ((str(image_id), "m", float(score)) for image_id, score in zip(ids, scores, strict=True))


def by_distance(ids: NDArray[np.str_], scores: NDArray[np.float64]) -> NDArray[np.int64]:
    """The slow and obvious selection: places of all images, nearest the target first, ties by id."""
    return np.lexsort((ids, np.abs(scores - TARGET)))


def write_project(data: DataFolder) -> None:
    """A project, a campaign of a long budget, and an active model version."""
    database = Database(data.database_url)
    strategy = Strategy("mask_guided", {"target": str(TARGET)})
    with database.write() as tx:
        insert_project(tx, Project("p", "p", (Category(1, "crack"),), created_at=NOW))
        insert_campaign(tx, Campaign("c", "p", Budget(seconds=1e12), strategy, seed=0, created_at=NOW))
        version = ModelVersion(
            "m", "p", "compact", seed=0, labeled_images=100, metrics={"head_trusted": 1.0}, created_at=NOW
        )
        insert_model(tx, ModelRecord(version, (), "models/p/m"))
        activate_model(tx, "p", "m", NOW)
    database.close()


def write_rows(path: Path, ids: NDArray[np.str_], labeled: NDArray[np.str_], leased: NDArray[np.str_]) -> None:
    """Images, their counts, full labels and leases, in bulk."""
    label = (
        "INSERT INTO labels (id, project_id, image_id, kind, annotator, campaign_id, cost_s, counts, objects,"
        " categories_present, objects_present, supersedes, superseded_by, created_at)"
        " VALUES (?, 'p', ?, '{kind}', 'ann', 'c', {cost}, {said}, 1, 1, '', '', '2026-01-01 00:00:00.000000')"
    )
    with closing(sqlite3.connect(path)) as store, store:
        store.executemany(
            "INSERT INTO images (project_id, id, file_name, uri, width, height, sha256, split)"
            " VALUES ('p', ?, ?, '', 64, 64, '', 'pool')",
            ((image_id, image_id) for image_id in ids.tolist()),
        )
        counts = label.format(kind="counts", cost=2480, said="'{\"1\": 1}', NULL")
        store.executemany(counts, ((f"counts-{image_id}", image_id) for image_id in ids.tolist()))
        full = label.format(kind="full", cost=76520, said="NULL, '[]'")
        store.executemany(full, ((f"full-{image_id}", image_id) for image_id in labeled.tolist()))
        for number, image_id in enumerate(leased.tolist()):
            batch = (f"held-{number}", f"other-{number}", IN_A_CENTURY)
            store.execute(
                "INSERT INTO batches (id, project_id, campaign_id, annotator, kind, strategy, model_version,"
                " exhausted, expires_at, open) VALUES (?, 'p', 'c', ?, 'full', 'mask_guided', 'm', 0, ?, 1)",
                batch,
            )
            store.execute(
                "INSERT INTO picks (batch_id, position, project_id, image_id, reason, cost_s, state)"
                " VALUES (?, 0, 'p', ?, '', 76520, 'open')",
                (batch[0], image_id),
            )


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The real server over the folder; gives its address."""
    options = ["--data-dir", str(folder), "--address", f"unix:{folder / 'socket'}", "--exit-with-parent"]
    server = subprocess.Popen(
        [sys.executable, "-m", "service", "serve", *options, "--log-level", "ERROR"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        yield server.stdout.readline().strip().rpartition(" ")[2]
    finally:
        server.terminate()
        server.wait(60)


def race(channel: grpc.Channel, beside: Path, expected: Iterator[str]) -> tuple[float, float, float, float]:
    """(first SelectBatch in seconds; medians of an empty call, a bare commit, and SelectBatch in milliseconds).

    Each batch is what it must be.
    """
    health, campaigns = health_pb2_grpc.HealthStub(channel), CampaignServiceStub(channel)
    seconds: list[tuple[float, float, float]] = []
    with closing(durable(beside)) as store:
        for number in range(1 + WARM + BATCHES):
            empty_s, _ = timed(lambda: health.Check(health_pb2.HealthCheckRequest(), timeout=60))
            commit_s, _ = timed(lambda: store.execute("INSERT INTO rows VALUES (0)"))
            request = request_of(number)
            select_s, batch = timed(partial(campaigns.SelectBatch, request, timeout=600))
            assert [pick.image_id for pick in batch.picks] == [next(expected) for _ in range(BATCH)]
            seconds.append((empty_s, commit_s, select_s))
    empty_ms, commit_ms, select_ms = np.median(seconds[1 + WARM :], axis=0) * 1e3
    return seconds[0][2], empty_ms, commit_ms, select_ms


def durable(path: Path) -> sqlite3.Connection:
    """A database that commits each statement as the server commits: to the disk."""
    store = sqlite3.connect(path, isolation_level=None)
    for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "CREATE TABLE rows (value)"):
        store.execute(statement)
    return store


def request_of(number: int) -> campaigns_pb2.SelectBatchRequest:
    """One annotator's first request."""
    return campaigns_pb2.SelectBatchRequest(
        project_id="p",
        campaign_id="c",
        annotator=f"ann-{number}",
        kind=labels_pb2.SUPERVISION_KIND_FULL,
        images=BATCH,
        request_id=f"request-{number}",
    )


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    """(seconds, answer)."""
    begun = time.perf_counter()
    answer = call()
    return time.perf_counter() - begun, answer


if __name__ == "__main__":
    main()
