"""What every kind of label tells of itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from maskloop.values.projects import Category, Image, Split

if TYPE_CHECKING:
    from maskloop.values.labels.counts import Counts
    from maskloop.values.labels.objects import ObjectLabel
    from maskloop.values.labels.review import Origin, Rejection
    from maskloop.values.proposals import Prompt


class SupervisionKind(StrEnum):
    """What a person says of an image, cheapest first."""

    IMAGE_LEVEL = "image_level"
    COUNTS = "counts"
    POINTS = "points"
    SCRIBBLES = "scribbles"
    BOXES = "boxes"
    FULL = "full"
    OOD_CHECK = "ood_check"


class Prices(Protocol):
    """What labels cost; `maskloop.costs.cost_model.CostModel` is it."""

    def label_s(
        self, kind: SupervisionKind, categories_present: float, objects: float, outline_length: float | None = None
    ) -> float:
        """Planned seconds of a label of an image with so many categories and objects in it, and outlines so long."""

    def begun_s(self, origin: Origin, outline_length: float) -> float:
        """Planned seconds of an object that began as a proposal."""

    def rejected_s(self, rejection: Rejection) -> float:
        """Planned seconds of a proposal that was rejected."""


class LabelContent(ABC):
    """What one label says of its image. Each kind of label is one frozen class.

    Class attributes:
        kind: its name on the wire and in the store.
        done_by: the kinds of which one label of an image makes this kind needless, its own first.
        asked_of: the split whose images are handed out for it.
        in_random_order: whether they come in random order, because nothing is known of them yet.
        counted_by_budget: whether a budget of images counts it.
        builds_on_counts: whether it says what counts say, and more. Its price is known where an image was counted, less
            what the counts cost.
        tells_how_many: whether it says how many objects there are, so that an image known to hold nothing needs none.
        sorts_images: whether it may put an image into another split; see `puts_in`.
    """

    kind: ClassVar[SupervisionKind]
    done_by: ClassVar[tuple[SupervisionKind, ...]]
    asked_of: ClassVar[Split] = Split.POOL
    in_random_order: ClassVar[bool] = False
    counted_by_budget: ClassVar[bool] = False
    builds_on_counts: ClassVar[bool] = False
    tells_how_many: ClassVar[bool] = False
    sorts_images: ClassVar[bool] = False

    @classmethod
    @abstractmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> Self:
        """What a faithful person says of an image with these objects."""

    @property
    @abstractmethod
    def shown(self) -> Counts:
        """The objects it shows, in numbers."""

    @abstractmethod
    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check what is said of the image; messages begin with `where`.

        Raises:
            InvalidLabel: a category outside the vocabulary, or a count out of range.
            InvalidMask: a mask of another size than the image, or without a pixel.
        """

    def check_image(self, image: Image) -> None:  # noqa: B027 (most kinds may be said of every image)
        """Check that a first label of this kind may be said of the image.

        Raises:
            FailedPrecondition: it may not.
        """

    @property
    def puts_in(self) -> Split | None:
        """The split in which its image belongs by what is said; `None` where it stays."""
        return None

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """What shows a network each object, in the label's order; none of a kind that does not say where objects are,
        or outlines them."""
        return ()

    @property
    def marks(self) -> int:
        """How many things on the image it shows one by one: objects, points, strokes or boxes; 0 of other kinds."""
        return 0

    @property
    def outline_length(self) -> float:
        """How long all that it outlines is, in sides of a square of the image's area; 0 where it outlines nothing."""
        return 0.0

    @classmethod
    def price_s(
        cls,
        prices: Prices,
        categories_present: float,
        objects: float,
        counts_paid_s: float = 0.0,
        outline_length: float | None = None,
    ) -> float:
        """Planned seconds of a label of an image with so many categories and objects, never negative.

        Args:
            prices: of the project's vocabulary.
            categories_present: categories in the image.
            objects: objects in the image.
            counts_paid_s: what the image's counts have cost before.
            outline_length: of all objects together, in sides; `None` where nobody knows, for that of mean objects.
        """
        whole_s = prices.label_s(cls.kind, categories_present, objects, outline_length)
        return max(0.0, whole_s - counts_paid_s) if cls.builds_on_counts else whole_s

    def cost_s(self, prices: Prices, counts_paid_s: float = 0.0) -> float:
        """Planned seconds of this label, given what its image's counts have cost before."""
        shown = self.shown
        return self.price_s(prices, shown.categories, shown.objects, counts_paid_s, self.outline_length)
