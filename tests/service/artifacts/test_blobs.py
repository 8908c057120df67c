from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from maskloop.errors import NotFound
from service.artifacts.blobs import BlobStore


@pytest.fixture(params=["folder", "memory"])
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    return BlobStore(str(tmp_path / "blobs") if request.param == "folder" else f"memory://{tmp_path}")


def test_content_comes_back_under_its_sha256(blobs: BlobStore) -> None:
    assert blobs.put(b"picture") == hashlib.sha256(b"picture").hexdigest()
    assert blobs.read(hashlib.sha256(b"picture").hexdigest()) == b"picture"
    assert blobs.holds(blobs.put(b""))


def test_what_is_not_kept_is_not_found(blobs: BlobStore) -> None:
    with pytest.raises(NotFound, match="abababab"):
        blobs.read("ab" * 32)
    assert not blobs.holds("ab" * 32)


def test_the_same_content_written_by_many_at_once_is_kept_once(tmp_path: Path) -> None:
    blobs = BlobStore(str(tmp_path))
    data = b"x" * 1_000_000
    threads = [threading.Thread(target=blobs.put, args=(data,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [(path.name, path.read_bytes()) for path in files] == [(hashlib.sha256(data).hexdigest(), data)]


def test_a_second_store_over_the_same_folder_reads_what_the_first_kept(tmp_path: Path) -> None:
    kept = BlobStore(str(tmp_path)).put(b"picture")
    assert Path(BlobStore(str(tmp_path)).path(kept)).read_bytes() == b"picture"
