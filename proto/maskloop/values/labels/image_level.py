"""Image-level labels: which categories an image holds (Bellver et al., section 4.2; a second a category)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from maskloop.errors import InvalidLabel
from maskloop.values.labels.counts import Counts
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.projects import Category, Image


@dataclass(frozen=True)
class ImageLevelLabel(LabelContent):
    """Ids of the categories that an image holds, each once, ascending; none for an image that holds nothing."""

    kind = SupervisionKind.IMAGE_LEVEL
    done_by = (
        SupervisionKind.IMAGE_LEVEL,
        SupervisionKind.COUNTS,
        SupervisionKind.POINTS,
        SupervisionKind.SCRIBBLES,
        SupervisionKind.BOXES,
        SupervisionKind.FULL,
    )
    in_random_order = True

    present: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        ordered = tuple(sorted(set(self.present)))
        if len(ordered) < len(self.present):
            raise InvalidLabel(f"a category is named twice among {list(self.present)}", field="labels.image_level")
        object.__setattr__(self, "present", ordered)

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> ImageLevelLabel:
        """The categories of all objects and crowds."""
        return cls(tuple({item.category_id for item in objects}))

    @property
    def shown(self) -> Counts:
        """One object of each category, so far as anybody looked."""
        return Counts(dict.fromkeys(self.present, 1))

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Raises InvalidLabel where a category is none of the vocabulary."""
        known = {category.id for category in vocabulary}
        for category_id in self.present:
            if category_id not in known:
                raise InvalidLabel(
                    f"{where}: project {image.project_id} has no category {category_id}", field="labels.image_level"
                )


def in_every_image(categories: Sequence[Category], present: Iterable[Collection[int]]) -> tuple[str, ...]:
    """Names of the categories that every image holds: where their objects are, no class label tells.

    Args:
        categories: the vocabulary.
        present: of each image, the ids that it holds.
    """
    images = list(present)
    return tuple(category.name for category in categories if all(category.id in held for held in images))
