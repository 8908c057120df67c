"""JSON files that people write: one object, a key an image."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from maskloop.errors import InvalidDataset
from maskloop.formats.coco_parsing import read_text


def read_json_object(file: Path) -> Mapping[str, object]:
    """The file's object.

    Raises:
        InvalidDataset: it is no JSON object.
    """
    try:
        document = json.loads(read_text(file))
    except ValueError as error:
        raise InvalidDataset(f"{file} is no JSON: {error}", field=str(file)) from error
    if not isinstance(document, dict):
        raise InvalidDataset(f"{file} is no JSON object of file names", field=str(file))
    return document
