"""Image files by the SHA-256 of their content: written once, never changed; or referred to where they lie."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Sequence
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

from maskloop.errors import ImageFileChanged, InvalidConfig, NotFound, StorageFull, Unavailable
from maskloop.formats.files import write_atomically
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
                f"cannot make the folder of blobs_url: {error.strerror or error}", field="blobs_url"
            ) from error

    def put(self, data: bytes) -> str:
        """Keep `data`, durable when this returns. Returns its SHA-256 in hex; does nothing if there is a copy already.

        Raises:
            StorageFull: the disk is full; nothing was kept.
            Unavailable: it cannot be written for another reason.
        """
        sha256 = hashlib.sha256(data).hexdigest()
        if not self.holds(sha256):
            self._keep(self.path(sha256), sha256, data)
        return sha256

    def holds(self, sha256: str) -> bool:
        """Whether there is a copy of the content."""
        return bool(self._files.exists(self.path(sha256)))

    def refer(self, sha256: str, to: FileReference) -> None:
        """Remember a file that holds the content, in place of a copy; several files may hold it.

        Raises:
            StorageFull, Unavailable: as `put`.
        """
        others = [known for known in self.references(sha256) if known.path != to.path]
        self._keep(self._references_path(sha256), sha256, references_to_json([*others, to]))

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

    def _keep(self, place: str, sha256: str, data: bytes) -> None:
        try:
            self._write(place, data)
        except OSError as error:
            kind = StorageFull if error.errno in _NO_ROOM else Unavailable
            raise kind(f"image file {sha256[:16]} cannot be kept: {error.strerror or error}") from error

    def _write(self, place: str, data: bytes) -> None:
        """A reader sees all of it or nothing: folders by renaming, object stores by their nature."""
        if isinstance(self._files, LocalFileSystem):
            write_atomically(Path(place), data)
        else:
            self._files.pipe_file(place, data)


def _first_intact(references: Sequence[FileReference], sha256: str) -> bytes:
    *others, last = references
    for reference in others:
        try:
            return reference.read(sha256)
        except ImageFileChanged:
            continue
    return last.read(sha256)
