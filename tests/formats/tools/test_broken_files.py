"""Whatever is broken in a tool's file is told by an error of ours, never by a traceback."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maskloop.datasets.formats import FORMATS
from maskloop.errors import InvalidArgument
from maskloop.formats.bad_entries import OnBad
from tests.formats.tools.test_vendors import WRITTEN

VALUES = [None, True, -1, 0, 1.5, 1e308, 10**30, "", "x", "a.png", [], {}, [1], [[1, 2]], {"a": 1}, [None]]
WORDS = ["", "-1", "nan", "1e400", "x", "9" * 30, "0", '"', "<a/>", "[", ": ", "\x00"]
FILES = [
    ("datumaro", "datumaro", "annotations/train.json"),
    ("labelme", "labelme", "a.json"),
    ("labelstudio", "label-studio", "tasks.json"),
    ("cvat", "cvat", "train.xml"),
    ("yolo", "yolo_ultralytics", "labels/train/a.txt"),
    ("yolo", "yolo_ultralytics", "data.yaml"),
    ("voc", "voc_segmentation", "labelmap.txt"),
]


def places(document, path=()):
    """The path to every value of a JSON document."""
    yield path
    inner = (
        document.items() if isinstance(document, dict) else enumerate(document) if isinstance(document, list) else ()
    )
    for key, value in inner:
        yield from places(value, (*path, key))


def broken_json(text, data):
    """The document with another value in one place."""
    whole = json.loads(text)
    *way, last = data.draw(st.sampled_from([path for path in places(whole) if path]))
    inside = whole
    for key in way:
        inside = inside[key]
    inside[last] = data.draw(st.sampled_from(VALUES))
    return json.dumps(whole)


def broken_text(text, data):
    """The text with another word in one place."""
    words = re.split(r"(\W+)", text)
    words[data.draw(st.integers(0, len(words) - 1))] = data.draw(st.sampled_from(WORDS))
    return "".join(words)


@settings(max_examples=25)
@pytest.mark.parametrize(("name", "folder", "file"), FILES, ids=[f"{name}-{file}" for name, _, file in FILES])
@given(data=st.data())
def test_a_broken_file_is_told(name, folder, file, tmp_path_factory, data):
    place = tmp_path_factory.mktemp("broken") / folder
    shutil.copytree(WRITTEN / folder, place)
    text = (place / file).read_text()
    (place / file).write_text(broken_json(text, data) if file.endswith(".json") else broken_text(text, data))
    for on_bad in OnBad:
        with suppress(InvalidArgument):
            dataset = FORMATS[name].read(place, on_bad=on_bad)
            assert {*dataset.train, *dataset.test} <= set(dataset.by_name)
