"""Outlines of some photographs, from a COCO file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from maskloop.formats.answers import read_object
from maskloop.formats.coco import read_finished_coco
from maskloop.formats.file_names import match_names
from maskloop.formats.problems import Problems
from maskloop.values import Category, FullLabel


def read_outlines(
    file: Path, sizes: Mapping[str, tuple[int, int]], categories: Sequence[Category]
) -> dict[str, FullLabel]:
    """The outlines of the photographs that a COCO file outlines, by file name; categories go by name.

    Photographs that it lists without an outline are left out: nobody knows whether they hold nothing.

    Args:
        file: its file names may be spelled as `match_names` allows.
        sizes: (width, height) in pixels of the photographs that there are, by file name.
        categories: the vocabulary.

    Raises:
        InvalidDataset: the file does not hold together, lists a photograph that there is not, boxes an object without
            an outline, or has one of a class outside the vocabulary; names up to ten.
    """
    problems = Problems(file)
    entries = read_object(file).get("images")
    images = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    matches = match_names(sizes, [str(entry.get("file_name")) for entry in images], "there is no such image")
    for name, why in matches.problems.items():
        problems.add(name, why)
    problems.raise_if_any()
    labels = read_finished_coco(file, {name: sizes[name] for name in matches.found.values()}, categories)
    outlined = {name: FullLabel(objects).without_review for name, objects in labels.items() if objects}
    if not outlined:
        problems.refuse("annotations", "no image is outlined")
    problems.raise_if_any()
    return outlined
