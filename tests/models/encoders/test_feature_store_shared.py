"""One folder of features, several processes: they write, read and let go at once, and die in the middle of it."""

import logging
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from models.encoders.feature_store import EncodedPicture, FeatureStore, feature_key

SHAPES = [(3, 40, 40), (2, 20, 20)]
BYTES = 64 + 2 * (4800 + 800)
ROOM = 60  # pictures that fit in
PICTURES = 150
WORK = """
import sys
from pathlib import Path
import numpy as np
from tests.models.encoders.test_feature_store_shared import PICTURES, SHAPES, assert_right, key, picture, shared
store, rng = shared(Path(sys.argv[1])), np.random.default_rng(int(sys.argv[2]))
print('begun', flush=True)
found = 0
for turn in range(int(sys.argv[3])):
    place = int(rng.integers(PICTURES))
    read = store.read(key(place), SHAPES)
    if read is None:
        store.keep(key(place), picture(place))
    else:
        assert_right(read, place)
        found += 1
print(found)
"""


def key(place):
    return feature_key("shared picture", place)


def picture(place):
    rng = np.random.default_rng(place)
    return EncodedPicture(tuple(rng.normal(size=shape).astype(np.float16) for shape in SHAPES), (place + 1, 30))


def assert_right(read, place):
    assert read.size == (place + 1, 30)
    for tap, other in zip(read.taps, picture(place).taps, strict=True):
        np.testing.assert_array_equal(tap, other)


def shared(folder):
    return FeatureStore(folder, ROOM * BYTES)


def working(folder, seed, turns):
    command = [sys.executable, "-c", WORK, str(folder), str(seed), str(turns)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def bytes_in(folder):
    return sum(path.stat().st_size for path in folder.glob("*/*"))


def test_processes_that_write_read_let_go_and_die_at_once_spoil_nothing(tmp_path):
    survivors = [working(tmp_path, seed, 500) for seed in range(2)]
    for seed in range(2, 5):
        doomed = working(tmp_path, seed, 1_000_000)
        assert doomed.stdout.readline() == "begun\n"
        time.sleep(0.1)
        doomed.kill()
        doomed.communicate()
    for process in survivors:
        told, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "damaged" not in errors
        assert int(told.split()[-1]) > 0
    again = shared(tmp_path)
    found = {place: read for place in range(PICTURES) if (read := again.read(key(place), SHAPES))}
    for place, read in found.items():
        assert_right(read, place)
    assert len(found) > ROOM // 2


def test_the_folder_stays_within_its_bytes_whoever_fills_it(tmp_path):
    """Each process may have kept a sixteenth more than it knew of."""
    stores = [shared(tmp_path) for _ in range(4)]
    largest = 0
    for place in range(PICTURES):
        stores[place % 4].keep(key(place), picture(place))
        largest = max(largest, bytes_in(tmp_path))
    assert largest <= ROOM * BYTES * (1 + 4 / 16)
    assert largest >= ROOM * BYTES * 3 / 4


def refuse(*_, **__):
    raise PermissionError("not yours")


def test_files_that_may_not_be_touched_are_read(tmp_path, monkeypatch):
    """Somebody else's, in a folder that several people share."""
    shared(tmp_path).keep(key(1), picture(1))
    monkeypatch.setattr("models.encoders.feature_store.os.utime", refuse)
    assert_right(shared(tmp_path).read(key(1), SHAPES), 1)


def test_a_folder_full_of_what_may_not_be_removed_grows_no_further(tmp_path, monkeypatch, caplog):
    caplog.set_level(logging.ERROR)
    monkeypatch.setattr(Path, "unlink", refuse)
    store = shared(tmp_path)
    for place in range(ROOM + 3):
        store.keep(key(place), picture(place))
    assert bytes_in(tmp_path) <= ROOM * BYTES
    assert_right(store.read(key(1), SHAPES), 1)
    monkeypatch.undo()
    store.keep(key(ROOM), picture(ROOM))
    assert_right(store.read(key(ROOM), SHAPES), ROOM)
