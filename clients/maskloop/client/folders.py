"""A folder of pictures, brought in as it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from maskloop.client.channel import MAX_MESSAGE_BYTES
from maskloop.client.projects import ProjectVerbs, packs
from maskloop.errors import AlreadyExists, InvalidArgument, InvalidDataset
from maskloop.formats.datasets import PassedOver
from maskloop.formats.photos import find_pictures
from maskloop.values import Image, ImageImport, Split

MAX_FILE_BYTES = MAX_MESSAGE_BYTES - 1024 * 1024
SHOWN = 5
"""Files that a printed result names."""


@dataclass(frozen=True)
class FolderImport:
    """What became of a folder: the images that the project has of it, and the files that were passed over, by name."""

    images: tuple[Image, ...]
    passed_over: tuple[PassedOver, ...]

    def __str__(self) -> str:
        taken = _number(len(self.images), "image")
        if not self.passed_over:
            return taken
        named = "; ".join(f"{item.name} ({item.why})" for item in self.passed_over[:SHOWN])
        more = "; ..." if len(self.passed_over) > SHOWN else ""
        return f"{taken}; {_number(len(self.passed_over), 'file')} passed over: {named}{more}"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


class FolderVerbs(ProjectVerbs):
    """`ProjectService`, by folders."""

    def import_folder(
        self,
        folder: Path | str,
        *,
        project_id: str,
        split: Split = Split.POOL,
        progress: Callable[[int, int], None] = lambda done, of: None,
    ) -> FolderImport:
        """Bring in every picture of a folder and of the folders below it; a bad file is passed over, and named.

        An image's name is its path below `folder`, with slashes. A repeated import changes nothing, so that a folder
        that has grown is imported again.

        Args:
            folder: where the pictures are.
            project_id: the project.
            split: what they are for.
            progress: told now and then how many files are done, of how many.

        Raises:
            InvalidDataset: there is no such folder, or no picture in it.
            ProjectNotFound: there is no such project.
        """
        top = Path(folder)
        paths = find_pictures(top)
        if not paths:
            raise InvalidDataset(f"there are no pictures in {top}", field=str(top))
        images: list[Image] = []
        passed_over: list[PassedOver] = []
        for pack in packs(_read_all(top, paths, split, passed_over)):
            brought = self.import_pictures(pack, project_id=project_id)
            images += brought.images
            passed_over += brought.passed_over
            progress(len(images) + len(passed_over), len(paths))
        progress(len(paths), len(paths))
        return FolderImport(tuple(images), tuple(sorted(passed_over, key=lambda item: item.name)))

    def import_pictures(self, pack: Sequence[ImageImport], *, project_id: str) -> FolderImport:
        """Bring in those of a few pictures that can be; the others are passed over, and named.

        A pack is taken whole or not at all; one that is refused is handed in image by image.

        Args:
            pack: at most `PACK_IMAGES` of `maskloop.client.projects`, and not more bytes than a message may have.
            project_id: the project.

        Raises:
            ProjectNotFound: there is no such project.
        """
        try:
            return FolderImport(self.import_images(project_id=project_id, images=pack), ())
        except (InvalidArgument, AlreadyExists) as error:
            if len(pack) == 1:
                why = error.message.removeprefix(f"image {pack[0].file_name}").lstrip(": ")
                return FolderImport((), (PassedOver(pack[0].file_name, why),))
        parts = [self.import_pictures([image], project_id=project_id) for image in pack]
        return FolderImport(
            tuple(image for part in parts for image in part.images),
            tuple(item for part in parts for item in part.passed_over),
        )


def _read_all(top: Path, paths: Sequence[Path], split: Split, passed_over: list[PassedOver]) -> Iterator[ImageImport]:
    """The files one after the other; what cannot be read is added to `passed_over`."""
    for path in paths:
        read = _read(path, path.relative_to(top).as_posix(), split)
        if isinstance(read, PassedOver):
            passed_over.append(read)
        else:
            yield read


def _read(path: Path, name: str, split: Split) -> ImageImport | PassedOver:
    try:
        name.encode()
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            return PassedOver(name, f"has {size} bytes; at most {MAX_FILE_BYTES} can be sent")
        return ImageImport(name, split, data=path.read_bytes())
    except UnicodeEncodeError:
        return PassedOver(name.encode(errors="backslashreplace").decode(), "its name is not UTF-8")
    except OSError as error:
        return PassedOver(name, error.strerror or str(error))
    except InvalidArgument as error:
        return PassedOver(name, error.message)
