"""The test images of one arm, and what is on them: they came with the data, or people label them first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from maskloop.values import Label, ObjectLabel

NO_TEST_IMAGES = "there are no labeled test images"
NO_OBJECTS = "no object of the vocabulary is on the test images"


class TestSet:
    """What labeled test images hold, by image id, up to where the loop has come.

    Args:
        given: what the data says of its test images.
    """

    __test__ = False  # for pytest, which takes every class of such a name for one of tests

    def __init__(self, given: Mapping[str, tuple[ObjectLabel, ...]]) -> None:
        self._truths = dict(given)

    @property
    def truths(self) -> Mapping[str, tuple[ObjectLabel, ...]]:
        """What the test images hold, by image id."""
        return self._truths

    def add(self, labels: Iterable[Label]) -> None:
        """Enter labels that people gave of test images, or corrected."""
        self._truths |= {label.image_id: label.objects for label in labels}

    @property
    def why_not(self) -> str:
        """Why no network can be measured on them, "" where one can."""
        if not self._truths:
            return NO_TEST_IMAGES
        return "" if any(self._truths.values()) else NO_OBJECTS
