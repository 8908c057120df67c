"""Image files by the SHA-256 of their content: written once, never changed; or referred to where they lie."""

from __future__ import annotations

import errno
import hashlib
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from maskloop.errors import ImageFileChanged, InvalidConfig, NotFound, StorageFull, Unavailable
from maskloop.formats.files import write_all_atomically
from service.artifacts.places import places_untold
from service.artifacts.references import FileReference, references_from_json, references_to_json

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


class BlobStore:
    """Files below an fsspec url: a folder by default, S3 and others by their own scheme.

    Args:
        url: folder or fsspec url; made if it is not there.

    Raises:
        InvalidConfig: a scheme that nothing here reads, or a folder that cannot be made.
    """

    def __init__(self, url: str) -> None:
        self._referring = threading.Lock()
        scheme = url.partition("://")[0]  # no more of the url is told: it may hold a key
        try:
            self._files, self._root = fsspec.core.url_to_fs(url)
            self._files.makedirs(self._root, exist_ok=True)
        except ImportError as error:
            raise InvalidConfig(f"blobs_url of the scheme {scheme!r}: {error}", field="blobs_url") from error
        except ValueError as error:
            raise InvalidConfig(
                f"blobs_url has the scheme {scheme!r}, which fsspec does not know", field="blobs_url"
            ) from error
        except OSError as error:
            raise InvalidConfig(
                f"cannot make the folder of blobs_url: {error.strerror or type(error).__name__}", field="blobs_url"
            ) from error

    def put(self, data: bytes) -> str:
        """Keep `data`, durable when this returns. Returns its SHA-256 in hex; does nothing if there is a copy already.

        Raises:
            StorageFull: the disk is full; nothing was kept.
            Unavailable: it cannot be written for another reason.
        """
        return self.put_all([data])[0]

    def put_all(self, contents: Sequence[bytes]) -> list[str]:
        """Keep all of them as `put` does, in a fraction of the time.

        Raises:
            StorageFull, Unavailable: as `put`; some may be kept.
        """
        hashes = [hashlib.sha256(data).hexdigest() for data in contents]
        by_hash = dict(zip(hashes, contents, strict=True))
        self._keep({self.path(sha256): data for sha256, data in by_hash.items() if not self.holds(sha256)})
        return hashes

    def holds(self, sha256: str) -> bool:
        """Whether there is a copy of the content."""
        return bool(self._files.exists(self.path(sha256)))

    def refer(self, files: Sequence[tuple[str, FileReference]]) -> None:
        """Remember files that hold contents, each told by its SHA-256, in place of copies; several may hold one.

        Raises:
            StorageFull, Unavailable: as `put_all`.
        """
        known: dict[str, list[FileReference]] = {}
        with self._referring:  # what another import adds to the same content meanwhile would be lost
            for sha256, to in files:
                others = known.get(sha256) or self.references(sha256)
                known[sha256] = [*(other for other in others if other.path != to.path), to]
            self._keep({self._references_path(sha256): references_to_json(told) for sha256, told in known.items()})

    def references(self, sha256: str) -> list[FileReference]:
        """The files that are known to hold the content."""
        try:
            return references_from_json(self._files.cat_file(self._references_path(sha256)))
        except FileNotFoundError:
            return []

    def read(self, sha256: str) -> bytes:
        """The content, of a copy or else of a file that holds it.

        Raises:
            NotFound: there is neither.
            ImageFileChanged: no file that is referred to holds it any more; names one.
        """
        try:
            data: bytes = self._files.cat_file(self.path(sha256))
        except FileNotFoundError as error:
            references = self.references(sha256)
            if not references:
                raise NotFound(f"the file of image content {sha256[:16]} is gone") from error
            return _first_intact(references, sha256)
        return data

    def path(self, sha256: str) -> str:
        """Where the content is (or would be), in the file system of the url."""
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _references_path(self, sha256: str) -> str:
        return f"{self.path(sha256)}.references.json"

    def _keep(self, files: Mapping[str, bytes]) -> None:
        """By their places. A reader sees all of one or nothing: folders by renaming, object stores by their nature."""
        try:
            with places_untold():
                self._write(files)
        except OSError as error:
            kind = StorageFull if error.errno in _NO_ROOM else Unavailable
            raise kind(f"image files cannot be kept: {error.strerror or type(error).__name__}") from error

    def _write(self, files: Mapping[str, bytes]) -> None:
        if isinstance(self._files, LocalFileSystem):
            write_all_atomically({Path(place): data for place, data in files.items()})
        elif files:
            self._files.pipe(dict(files))


def _first_intact(references: Sequence[FileReference], sha256: str) -> bytes:
    *others, last = references
    for reference in others:
        try:
            return reference.read(sha256)
        except ImageFileChanged:
            continue
    return last.read(sha256)
