"""Where imported images come from: the request itself, or files below the server's image roots."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import unquote_to_bytes, urlsplit

from maskloop.errors import InvalidArgument, InvalidImage, UriOutsideRoots
from maskloop.formats.images import ImageFacts, inspect_image
from maskloop.values import ImageImport
from service.artifacts.references import FileReference

MAX_IMAGE_BYTES = 32 * 1024 * 1024


class ImageSource:
    """Reads what an import names.

    Args:
        roots: folders below which `file:` uris may lie; none refuses all uris.
        max_bytes: size of the largest file that is taken.
    """

    def __init__(self, roots: Sequence[Path], max_bytes: int = MAX_IMAGE_BYTES) -> None:
        self._roots = tuple(root.resolve() for root in roots)
        self._max_bytes = max_bytes

    def inspect(self, image: ImageImport) -> ImageFacts:
        """Check that the image decodes, and tell its facts.

        Raises:
            InvalidImage: it is no whole picture of a format and size we take.
            UriOutsideRoots: its uri lies below none of the roots.
            InvalidArgument: its uri is of another scheme.
        """
        return inspect_image(self.read(image), image.file_name, max_bytes=self._max_bytes)

    def read(self, image: ImageImport) -> bytes:
        """The file's bytes; of a file that is too large, one byte more than is taken.

        Raises:
            InvalidImage: the file cannot be read.
            UriOutsideRoots, InvalidArgument: as `inspect`.
        """
        if image.data is not None:
            return image.data
        path = self._path(image)
        if not path.is_file():
            raise InvalidImage(f"image {image.file_name}: {image.uri} is no file", field="images.uri")
        try:
            with path.open("rb") as file:
                return file.read(self._max_bytes + 1)
        except OSError as error:
            raise InvalidImage(
                f"image {image.file_name}: {image.uri} cannot be read: {error.strerror}", field="images.uri"
            ) from error

    def refer(self, image: ImageImport, sha256: str) -> FileReference:
        """The file that an image's uri names, as it is while it holds the content of this hash.

        Raises:
            InvalidImage: it holds another, or cannot be read.
            UriOutsideRoots, InvalidArgument: as `inspect`.
        """
        try:
            reference = FileReference.to(self._path(image))  # before it is read: a later change shows in its time
        except OSError as error:
            raise InvalidImage(
                f"image {image.file_name}: {image.uri} cannot be read: {error.strerror}", field="images.uri"
            ) from error
        if hashlib.sha256(self.read(image)).hexdigest() != sha256:
            raise InvalidImage(f"image {image.file_name} changed while it was imported", field="images.uri")
        return reference

    def _path(self, image: ImageImport) -> Path:
        """The file's real place: links and `..` are followed before the roots are asked."""
        try:
            parts = urlsplit(image.uri)
            path = Path(os.fsdecode(unquote_to_bytes(parts.path))).resolve()
        except (ValueError, OSError) as error:
            raise InvalidArgument(
                f"image {image.file_name}: uri {image.uri!r} is unreadable", field="images.uri"
            ) from error
        if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
            raise InvalidArgument(
                f"image {image.file_name}: uri {image.uri!r} is not of the form file:///...", field="images.uri"
            )
        if not any(path.is_relative_to(root) for root in self._roots):
            raise UriOutsideRoots(
                f"image {image.file_name}: {image.uri} lies under none of this server's image roots", field="images.uri"
            )
        return path
