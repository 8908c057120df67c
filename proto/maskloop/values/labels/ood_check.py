"""OoD checks: looking at a candidate out-of-distribution image (Lee, section 2.5.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.errors import FailedPrecondition
from maskloop.values.labels.counts import Counts
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.projects import Category, Image, Split


@dataclass(frozen=True)
class OodAnswer(LabelContent):
    """What a person says of a candidate out-of-distribution image: which category is there after all, 0 for none."""

    kind = SupervisionKind.OOD_CHECK
    done_by = (SupervisionKind.OOD_CHECK, SupervisionKind.FULL)
    asked_of = Split.OOD
    sorts_images = True

    category_id: int = 0

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> OodAnswer:
        """The category with most objects, the first of several, 0 if there is none: what a person sees first.

        Where there are only crowds, it is that with most crowds.
        """
        shown = Counts.of(objects).by_category or Counter(item.category_id for item in objects)
        return cls(max(shown, key=lambda category_id: (shown[category_id], -category_id), default=0))

    @property
    def is_ood(self) -> bool:
        """Whether the image holds nothing of the vocabulary, as it was believed."""
        return not self.category_id

    @property
    def shown(self) -> Counts:
        """One object of the category, so far as anybody looked."""
        return Counts({} if self.is_ood else {self.category_id: 1})

    @property
    def puts_in(self) -> Split:
        """The pool if it holds something, else among the OoD images."""
        return Split.OOD if self.is_ood else Split.POOL

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Raises InvalidLabel where the category is none of the vocabulary."""
        self.shown.check(vocabulary, image, where)

    def check_image(self, image: Image) -> None:
        """Raises FailedPrecondition where the image was never believed to be out of distribution."""
        if image.split is not Split.OOD:
            raise FailedPrecondition(
                f"image {image.id} is of split {image.split}; answers are said of candidates of split {Split.OOD}",
                field="labels.image_id",
            )
