"""Maps of many images are kept a few images at a time, and end the same after a kill."""

from typing import Any

import numpy as np
import pytest

from maskloop.errors import Cancelled
from models.bbam.explain import TOGETHER, explained
from models.boxes.bbam import Bbam
from tests.models.boxes.toys import linear_detector, pictures

METHOD = Bbam(jitters=200, most=4, iterations=3, ious=(0.5,))
IMAGES = pictures(TOGETHER + 2)


@pytest.fixture(scope="module")
def detector():
    return linear_detector(bias=3.0)


class Watch:
    """Remembers what it was told; ends the work when it is told the `after`-th time."""

    def __init__(self, after: int = 0) -> None:
        self.told: list[tuple[float, str]] = []
        self.after = after

    @property
    def worked(self) -> list[str]:
        """Messages of masks that were sought."""
        return [message for _, message in self.told if "pass" in message]

    def __call__(self, share: float, message: str) -> None:
        self.told.append((share, message))
        if len(self.told) == self.after:
            raise Cancelled("killed")


def made(detector, folder, watch=None, *, images=IMAGES, method=METHOD, seed=0):
    return explained(detector, images, method, seed=seed, folder=folder, progress=watch or Watch())


def assert_same(first, other):
    assert list(first) == list(other)
    for name, maps in first.items():
        assert (maps.positives, maps.seen, maps.image_id) == (other[name].positives, other[name].seen, name)
        for one, twin in zip(maps.maps, other[name].maps, strict=True):
            np.testing.assert_array_equal(one, twin)


def test_maps_are_those_of_the_images_a_few_at_a_time(detector):
    found = made(detector, None)
    assert any(maps.positives[0] for maps in found.values())
    for first in (0, TOGETHER):
        group = IMAGES[first : first + TOGETHER]
        alone = METHOD.maps(detector, group, seed=0, progress=Watch())
        assert_same({one.image_id: one for one in alone}, {one.image_id: found[one.image_id] for one in group})


def test_a_work_that_was_killed_goes_on_behind_what_is_done_and_ends_the_same(detector, tmp_path):
    whole, watch = made(detector, None), Watch()
    made(detector, tmp_path / "whole", watch)
    second = next(place for place, (_, message) in enumerate(watch.told) if message.startswith(f"explained {TOGETHER}"))
    with pytest.raises(Cancelled):
        made(detector, tmp_path / "killed", Watch(second + 3))
    rest = Watch()
    assert_same(whole, made(detector, tmp_path / "killed", rest))
    assert all(message.startswith(f"explained {TOGETHER} of {len(IMAGES)} images: ") for message in rest.worked)
    assert rest.worked
    again = Watch()
    assert_same(whole, made(detector, tmp_path / "killed", again))
    assert again.worked == []
    shares = [share for share, _ in watch.told]
    assert shares == sorted(shares)
    assert shares[-1] == pytest.approx(1)


@pytest.mark.parametrize("change", ["detector", "seed", "method", "pixels"])
def test_maps_of_another_work_are_not_taken(detector, tmp_path, change):
    made(detector, tmp_path)
    others: dict[str, dict[str, Any]] = {
        "detector": {"detector": linear_detector(bias=3.0, seed=1)},
        "seed": {"seed": 1},
        "method": {"method": Bbam(jitters=200, most=4, iterations=4, ious=(0.5,))},
        "pixels": {"images": pictures(TOGETHER + 2, seed=5)},
    }
    options = {"detector": detector, **others[change]}
    watch = Watch()
    assert_same(made(folder=tmp_path, watch=watch, **options), made(folder=None, **options))
    assert watch.worked


def test_a_damaged_file_is_made_anew(detector, tmp_path):
    whole = made(detector, tmp_path)
    for path in tmp_path.iterdir():
        path.write_bytes(path.read_bytes()[:-9])
    assert_same(whole, made(detector, tmp_path))
