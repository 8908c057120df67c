"""Where test images come from, as `--test` says it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from maskloop.errors import InvalidArgument, InvalidBudget, InvalidDataset
from maskloop.values import Budget

if TYPE_CHECKING:
    from maskloop.formats.datasets import Dataset, DatasetImage

NONE = "none"


@dataclass(frozen=True)
class TestImages:
    """What `--test` asks for; nothing of it: those of the data or, where nobody has labeled any, a share of the budget.

    Args:
        amount: to be drawn from the pool and labeled before all else.
        are_none: whether there are to be none.
        spec: a data set whose labeled images they are, as `--data` spells it.
    """

    __test__ = False  # for pytest

    amount: Budget | None = None
    are_none: bool = False
    spec: str = ""

    @classmethod
    def parse(cls, text: str, workday_s: float) -> TestImages:
        """Read ``, `30images`, `2h`, `none` or `coco:DIR`.

        Raises:
            InvalidArgument: it is none of these.
        """
        text = text.strip()
        if not text:
            return cls()
        if text == NONE:
            return cls(are_none=True)
        if re.match(r"[a-z-]{2,}:", text):
            return cls(spec=text)
        try:
            return cls(amount=Budget.parse(f"{text}images" if text.isdecimal() else text, workday_s))
        except InvalidBudget:
            raise InvalidArgument(
                f"--test {text!r} is none of 30images, 2h, none, or a data set such as coco:DIR", field="test"
            ) from None

    @property
    def is_default(self) -> bool:
        """Whether nothing was asked for."""
        return self == TestImages()

    def of(self, dataset: Dataset, read: Callable[[str], Dataset]) -> Dataset:
        """The data set with the test images that are known before anybody labels.

        Args:
            dataset: whose own test images are taken, where nothing else is asked for and people have labeled them;
                else they join the pool.
            read: reads another data set, of the same vocabulary.

        Raises:
            InvalidDataset: the test images are labeled, and hold no object of the vocabulary; or another data set has
                images of the same names.
        """
        if self.spec:
            other = read(self.spec)
            return _beside(_all_in_pool(dataset), [image for image in other.images if image.is_labeled], self.spec)
        if not self.is_default or not any(image.is_labeled for image in dataset.images) or _holds_nothing(dataset):
            return _all_in_pool(dataset)
        unlabeled = {name for name in dataset.test if not dataset.by_name[name].is_labeled}
        test = tuple(name for name in dataset.test if name not in unlabeled)
        if test and not any(dataset.by_name[name].objects for name in test):
            names = ", ".join(category.name for category in dataset.categories)
            raise InvalidDataset(
                f"none of the {len(test)} test images holds an object ({names}), so nothing could be measured: name "
                "others in test.txt, or have some drawn from the pool by --test 30images",
                field="data",
            )
        return replace(dataset, train=(*dataset.train, *sorted(unlabeled)), test=test)


def _holds_nothing(dataset: Dataset) -> bool:
    return not any(image.objects for image in dataset.images)


def _all_in_pool(dataset: Dataset) -> Dataset:
    return replace(dataset, train=(*dataset.train, *dataset.test), test=())


def _beside(dataset: Dataset, test: list[DatasetImage], spec: str) -> Dataset:
    clash = next((image.file_name for image in test if image.file_name in dataset.by_name), None)
    if clash is not None:
        raise InvalidDataset(f"--test {spec}: --data has an image {clash} too; rename one", field="test")
    if not any(image.objects for image in test):
        raise InvalidDataset(f"--test {spec}: no labeled image holds an object of the vocabulary", field="test")
    names = tuple(image.file_name for image in test)
    return replace(dataset, images=(*dataset.images, *test), test=names, split_from=f"test images of {spec}")
