from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest

from maskloop.errors import MaskloopError, NotFound
from service.artifacts.blobs import BlobStore
from service.artifacts.references import FileReference


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


def test_a_pack_is_kept_whole_and_content_that_comes_twice_once(blobs: BlobStore) -> None:
    contents = [f"picture {place % 70}".encode() for place in range(100)]
    hashes = blobs.put_all(contents)
    assert hashes == [hashlib.sha256(data).hexdigest() for data in contents]
    assert [blobs.read(sha256) for sha256 in hashes] == contents


def test_files_of_one_content_are_all_remembered(tmp_path: Path, blobs: BlobStore) -> None:
    for name in "abc":
        (tmp_path / name).write_bytes(b"picture")
    first, second, third = (FileReference.to(tmp_path / name) for name in "abc")
    sha256, other = hashlib.sha256(b"picture").hexdigest(), "ab" * 32
    blobs.refer([(sha256, first), (other, first), (sha256, second)])
    blobs.refer([(sha256, third), (sha256, first)])
    assert blobs.references(sha256) == [second, third, first]
    assert blobs.references(other) == [first]
    (tmp_path / "b").unlink()
    assert blobs.read(sha256) == b"picture"


def test_a_file_that_cannot_be_kept_is_told_and_leaves_nothing_half(tmp_path: Path) -> None:
    blobs, contents = BlobStore(str(tmp_path)), [f"picture {place}".encode() for place in range(40)]
    blocked = hashlib.sha256(contents[7]).hexdigest()
    (tmp_path / blocked[:2]).write_bytes(b"a file where a folder should be")
    with pytest.raises(MaskloopError):
        blobs.put_all(contents)
    for path in tmp_path.rglob("*"):
        if path.is_file() and path.name != blocked[:2]:
            assert path.name == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_second_store_over_the_same_folder_reads_what_the_first_kept(tmp_path: Path) -> None:
    kept = BlobStore(str(tmp_path)).put(b"picture")
    assert Path(BlobStore(str(tmp_path)).path(kept)).read_bytes() == b"picture"
