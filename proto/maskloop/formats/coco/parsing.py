"""A COCO file as checked values: its categories, its images and its annotations, before a picture is looked at.

Numbers may be written as `1.0` and ids as "1". Sizes may be missing: they stand in the pictures.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.files import read_text
from maskloop.formats.problems import Problems
from maskloop.masks import MAX_PIXELS

Entry = Mapping[str, object]
Id = int | str

WRITER = "Maskloop"
"""What files written here say of their writer."""
PROPOSAL = "proposal"
"""Where an annotation names the proposal that it is, or began as."""
_ONE_OF = {"categories": "category", "images": "image", "annotations": "annotation"}


@dataclass(frozen=True)
class CategoryEntry:
    """A category as the file names it; `supercategory` is "" where there is none."""

    name: str
    supercategory: str


@dataclass(frozen=True)
class ImageEntry:
    """An image as the file names it; `size` is (width, height) in pixels, `None` where the file does not say it."""

    file_name: str
    size: tuple[int, int] | None


@dataclass(frozen=True)
class CocoFile:
    """What a COCO file says.

    Args:
        categories, images: by id.
        doubtful: ids that several images bear: nobody knows whose the annotations are.
        listed_categories, listed_images: the ids that the file gives, also to entries that do not hold.
        annotations: each with its name for a person, not checked yet; `None` where the file has no such list: nobody
            has looked at its images.
        info: what the file says of itself.
    """

    categories: Mapping[Id, CategoryEntry]
    images: Mapping[Id, ImageEntry]
    doubtful: AbstractSet[Id]
    listed_categories: AbstractSet[Id]
    listed_images: AbstractSet[Id]
    annotations: Sequence[tuple[str, Entry]] | None
    info: Entry

    def categories_in_use(self) -> AbstractSet[Id]:
        """The ids that annotations name."""
        ids = (read_id(entry.get("category_id")) for _, entry in self.annotations or ())
        return {id_ for id_ in ids if id_ is not None}


def parse_coco(file: Path, problems: Problems) -> CocoFile:
    """Read `file`; each entry that does not hold is noted in `problems` and left out of the answer.

    Raises:
        InvalidDataset: the file cannot be read, is no JSON object, or lists neither images nor annotations.
    """
    document = _load(file)
    if "images" not in document and "annotations" not in document:
        raise InvalidDataset(f"{file} is no COCO file: it has no list of images", field=str(file))
    categories = _categories(document, problems)
    images: dict[Id, ImageEntry] = {}
    listed: set[Id] = set()
    doubtful: set[Id] = set()
    for name, entry in _entries(document, "images", problems):
        file_name = entry.get("file_name")
        with problems.about(name, file_name if isinstance(file_name, str) else ""):
            id_ = require_id(entry, "id")
            if id_ in listed:
                doubtful.add(id_)
                raise InvalidDataset("the id is there twice")
            listed.add(id_)
            images[id_] = _image(entry)
    annotations = None
    if document.get("annotations") is not None:
        annotations = list(_entries(document, "annotations", problems))
    info = document.get("info")
    return CocoFile(
        categories=categories,
        images=images,
        doubtful=doubtful,
        listed_categories=_ids(document, "categories"),
        listed_images=listed,
        annotations=annotations,
        info=info if isinstance(info, dict) else {},
    )


def read_id(value: object) -> Id | None:
    """A whole number or a text; the text of a whole number is that number. `None` for what is neither."""
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdecimal() and value == str(int(value[:20])) else value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def require_id(entry: Entry, key: str) -> Id:
    """The id at `key`.

    Raises:
        InvalidDataset: it is missing, or neither a whole number nor a text.
    """
    id_ = read_id(entry.get(key))
    if id_ is None:
        raise InvalidDataset(f"{key} is {entry.get(key)!r}, neither a whole number nor a text")
    return id_


def _load(file: Path) -> Entry:
    try:
        document = json.loads(read_text(file))
    except (ValueError, RecursionError) as error:
        raise InvalidDataset(f"{file} is not JSON: {error}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} holds a JSON {type(document).__name__}, not an object", field=str(file))
    return document


def _entries(document: Entry, key: str, problems: Problems) -> Iterator[tuple[str, Entry]]:
    """The objects of the list at `key`, each with its name for a person."""
    entries = document.get(key)
    if not isinstance(entries, list):
        problems.refuse(key, "the list is missing" if entries is None else "this is not a list")
        return
    for place, entry in enumerate(entries):
        if isinstance(entry, dict):
            id_ = read_id(entry.get("id"))
            yield f"{key}[{place}]" if id_ is None else f"{_ONE_OF[key]} {id_}", entry
        else:
            problems.add(f"{key}[{place}]", f"is a {type(entry).__name__}, not an object")


def _ids(document: Entry, key: str) -> set[Id]:
    entries = document.get(key)
    ids = (
        [read_id(entry.get("id")) for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    )
    return {id_ for id_ in ids if id_ is not None}


def _categories(document: Entry, problems: Problems) -> dict[Id, CategoryEntry]:
    """A vocabulary holds as a whole or not at all: labels mean nothing without it."""
    categories: dict[Id, CategoryEntry] = {}
    for name, entry in _entries(document, "categories", problems):
        with problems.about(name, is_vital=True):
            id_ = require_id(entry, "id")
            if id_ in categories:
                raise InvalidDataset("the id is there twice")
            above = entry.get("supercategory")
            categories[id_] = CategoryEntry(_text(entry, "name"), above if isinstance(above, str) else "")
    return categories


def _image(entry: Entry) -> ImageEntry:
    name = _text(entry, "file_name")
    if entry.get("width") is None or entry.get("height") is None:
        return ImageEntry(name, None)
    width, height = _whole(entry, "width"), _whole(entry, "height")
    if min(width, height) < 1 or width * height > MAX_PIXELS:
        raise InvalidDataset(f"it cannot have {width} x {height} pixels")
    return ImageEntry(name, (width, height))


def _whole(entry: Entry, key: str) -> int:
    value = entry.get(key)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise InvalidDataset(f"{key} is {value!r}, not a whole number")


def _text(entry: Entry, key: str) -> str:
    value = entry.get(key)
    if not isinstance(value, str) or not value.strip():
        raise InvalidDataset(f"{key} is {value!r}, not a text")
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of a character: a name in another encoding, or torn
        mend = "; rename the file" if key == "file_name" else ""
        raise InvalidDataset(f"the {key.replace('_', ' ')} {value!r} is not valid text{mend}") from error
    return value
