"""Projects, their vocabulary and their images."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from maskloop.errors import InvalidArgument, InvalidLabel
from maskloop.values.limits import LONGEST_NAME, LONGEST_TITLE, MOST_CATEGORIES
from maskloop.values.outline_price import OUTLINE_FLAT, OutlinePrice
from maskloop.values.review_prices import REVIEWS, ReviewPrices

SHOWN = 20
"""Names of categories that an error lists."""
MOST_CATEGORY_ID = 2**31 - 1
_ID = re.compile(r"[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?")


def check_id(value: str, field_name: str) -> str:
    """Return `value` when it is a resource id: 1 to 63 of a-z, 0-9, '.', '_', '-', ends alphanumeric.

    Raises:
        InvalidArgument: it is not.
    """
    if not _ID.fullmatch(value):
        raise InvalidArgument(
            f"{field_name} {value!r} is not an id: 1 to 63 of a-z, 0-9, '.', '_' and '-', "
            "beginning and ending with a letter or digit",
            field=field_name,
        )
    return value


class Split(StrEnum):
    """What an image is for."""

    POOL = "pool"
    TRAIN = "train"
    TEST = "test"
    OOD = "ood"


@dataclass(frozen=True, order=True)
class Category:
    """One class of the project's vocabulary; `id` is from 1 to `MOST_CATEGORY_ID`, as in COCO.

    `added_at` is when it joined the vocabulary, `None` if it was there from the beginning. Nobody looked for it in
    images labeled before. Two classes are equal whenever they joined.
    """

    id: int
    name: str
    added_at: datetime | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        if self.id < 1:
            raise InvalidArgument(f"category {self.name!r} has id {self.id}; ids start at 1", field="categories.id")
        if self.id > MOST_CATEGORY_ID:
            raise InvalidArgument(
                f"category {self.name!r}: its id must be at most {MOST_CATEGORY_ID}, not {self.id}",
                field="categories.id",
            )
        if not self.name.strip():
            raise InvalidArgument(f"category {self.id} has no name", field="categories.name")
        if len(self.name) > LONGEST_NAME:
            raise InvalidArgument(
                f"category {self.id}: its name has {len(self.name):,} characters; at most {LONGEST_NAME} are taken",
                field="categories.name",
            )


def as_vocabulary(categories: Sequence[Category | str], known: Sequence[Category] = ()) -> tuple[Category, ...]:
    """Categories as they are; names get the ids 1, 2, 3, ... in their order.

    Beside a vocabulary that is `known`, a name of it stands for its category, and others get the ids that follow.

    Raises:
        InvalidArgument: they are neither all names nor all categories.
    """
    if not isinstance(categories, str):
        if all(isinstance(item, Category) for item in categories):
            return tuple(item for item in categories if isinstance(item, Category))
        if all(isinstance(item, str) for item in categories):
            by_name = {category.name: category for category in known}
            new = [str(name) for name in categories if name not in by_name]
            first = max((category.id for category in known), default=0) + 1
            numbered = {name: Category(number, name) for number, name in enumerate(new, first)}
            return tuple((by_name | numbered)[str(name)] for name in categories)
    raise InvalidArgument(
        f"categories are a list of names, such as ['crack', 'rust'], or of Category; here they are {categories!r}",
        field="categories",
    )


@dataclass(frozen=True)
class Project:
    """A set of images, its vocabulary (ordered by id), its labels and its models.

    The vocabulary may grow. It, `outline_price` and `review_prices` decide what a label is planned to cost.
    """

    id: str
    display_name: str
    categories: tuple[Category, ...]
    active_model: str = ""
    etag: str = ""
    created_at: datetime | None = None
    outline_price: OutlinePrice = OUTLINE_FLAT
    review_prices: ReviewPrices = REVIEWS

    def __post_init__(self) -> None:
        check_id(self.id, "project_id")
        if not self.categories:
            raise InvalidArgument(f"project {self.id} has no categories", field="categories")
        if len(self.display_name) > LONGEST_TITLE:
            raise InvalidArgument(
                f"project {self.id}: its display name has {len(self.display_name):,} characters; at most "
                f"{LONGEST_TITLE:,} are taken",
                field="display_name",
            )
        if len(self.categories) > MOST_CATEGORIES:
            raise InvalidArgument(
                f"project {self.id} has {len(self.categories)} categories; at most {MOST_CATEGORIES} are taken",
                field="categories",
            )
        for what, values in (("id", [c.id for c in self.categories]), ("name", [c.name for c in self.categories])):
            if len(set(values)) != len(values):
                raise InvalidArgument(f"project {self.id}: two categories share one {what}", field=f"categories.{what}")

    def category_id(self, name: str) -> int:
        """The id of the category of that name, for labels.

        Raises:
            InvalidLabel: there is none; names those that there are.
        """
        found = next((category.id for category in self.categories if category.name == name), None)
        if found is None:
            known = ", ".join(category.name for category in self.categories[:SHOWN])
            more = f" and {len(self.categories) - SHOWN} more" if len(self.categories) > SHOWN else ""
            raise InvalidLabel(f"project {self.id} has no category {name!r}; it has {known}{more}", field="category")
        return found


@dataclass(frozen=True)
class Image:
    """One picture, upright (EXIF rotation applied), known by an opaque id."""

    id: str
    project_id: str
    file_name: str
    uri: str
    width: int
    height: int
    sha256: str
    split: Split
