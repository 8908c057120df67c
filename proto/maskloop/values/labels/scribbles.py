"""Scribbles: a stroke on every object of the vocabulary (Lin et al., *ScribbleSup*, CVPR 2016)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from maskloop.errors import InvalidLabel
from maskloop.values.labels.counts import Counts, check_number
from maskloop.values.labels.kind import LabelContent, SupervisionKind
from maskloop.values.labels.objects import ObjectLabel
from maskloop.values.projects import Category, Image
from maskloop.values.proposals import Prompt, PromptPoint

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BACKGROUND = 0
MOST_CORNERS = 1_000  # of one stroke
SHOWN_CORNERS = 5  # of which a network is shown so many


@dataclass(frozen=True)
class Scribble:
    """A stroke on one object, or on the ground.

    Args:
        category_id: of the project's vocabulary; 0 for a stroke on what holds no object.
        path: its corners x, y in drawing order, 1 to 1,000, pixels from the left and the upper edge of the upright
            image, 0 or more; edges lie between pixels. A stroke of one corner is a point.

    Raises:
        InvalidLabel: no corner or too many, or a number that is not finite or below 0.
    """

    category_id: int
    path: tuple[tuple[float, float], ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", tuple((float(x), float(y)) for x, y in self.path))
        if not 1 <= len(self.path) <= MOST_CORNERS:
            raise InvalidLabel(f"a stroke of {len(self.path)} corners: 1 to {MOST_CORNERS}", field="scribbles")
        if not all(math.isfinite(value) and value >= 0 for corner in self.path for value in corner):
            raise InvalidLabel("a stroke's corner is no point of an image", field="scribbles")

    @classmethod
    def on(cls, item: ObjectLabel) -> Self:
        """A stroke along the object: through the middle of its widest part in every few rows, or columns if it is wider
        than high. It stays on the object's pixels at its corners."""
        import numpy as np  # which takes long to import, and only simulated people draw

        solid = item.mask.to_array()
        upright = item.mask.box[3] >= item.mask.box[2]
        lines = solid if upright else solid.T
        filled = np.flatnonzero(lines.any(axis=1))
        chosen = filled[np.unique(np.linspace(0, len(filled) - 1, min(len(filled), 12)).round().astype(np.intp))]
        middles = [(_middle_of_longest_run(lines[line]) + 0.5, float(line) + 0.5) for line in chosen]
        return cls(item.category_id, tuple((a, b) if upright else (b, a) for a, b in middles))

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check it against its image; messages begin with `where`.

        Raises:
            InvalidLabel: too many of them, a category outside the vocabulary, or a corner that is not inside the image.
        """
        if self.category_id != BACKGROUND and all(category.id != self.category_id for category in vocabulary):
            raise InvalidLabel(
                f"{where}: project {image.project_id} has no category {self.category_id}", field="scribbles.category_id"
            )
        for x, y in self.path:
            if x > image.width or y > image.height:
                raise InvalidLabel(
                    f"{where}: ({x:g}, {y:g}) is not inside the image of {image.width} x {image.height}",
                    field="scribbles",
                )


def _on_object(corner: tuple[float, float]) -> PromptPoint:
    return PromptPoint(*corner)


def _middle_of_longest_run(line: NDArray[np.bool_]) -> float:
    """Of a line of pixels with at least one that is set; the first of several."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[False], line, [False]]).astype(np.int8)))
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return float((starts[longest] + ends[longest] - 1) // 2)


@dataclass(frozen=True)
class ScribblesLabel(LabelContent):
    """A stroke on each object of an image, and any number of strokes on the ground; without a stroke on an object it
    says that the image holds none."""

    kind = SupervisionKind.SCRIBBLES
    done_by = (SupervisionKind.SCRIBBLES, SupervisionKind.BOXES, SupervisionKind.FULL)
    in_random_order = True
    builds_on_counts = True
    tells_how_many = True

    scribbles: tuple[Scribble, ...] = ()

    @classmethod
    def of(cls, objects: tuple[ObjectLabel, ...]) -> ScribblesLabel:
        """A stroke along each of the objects; a crowd is none."""
        return cls(tuple(Scribble.on(item) for item in objects if not item.crowd))

    @property
    def on_objects(self) -> tuple[Scribble, ...]:
        """The strokes that are on objects, one each."""
        return tuple(item for item in self.scribbles if item.category_id != BACKGROUND)

    @property
    def prompts(self) -> tuple[Prompt, ...]:
        """Of each stroke on an object at most `SHOWN_CORNERS` corners, its ends among them."""
        return tuple(Prompt(each.category_id, points=tuple(map(_on_object, each.path))) for each in self._thinned())

    def _thinned(self) -> Iterator[Scribble]:
        for each in self.on_objects:
            last, shown = len(each.path) - 1, min(len(each.path), SHOWN_CORNERS)
            places = sorted({round(last * place / max(1, shown - 1)) for place in range(shown)})
            yield Scribble(each.category_id, tuple(each.path[place] for place in places))

    @property
    def marks(self) -> int:
        """How many there are."""
        return len(self.scribbles)

    @property
    def shown(self) -> Counts:
        """How many objects of each category have a stroke."""
        return Counts(Counter(item.category_id for item in self.on_objects))

    def check(self, vocabulary: Sequence[Category], image: Image, where: str) -> None:
        """Check each stroke; messages name it by its place, from 0.

        Raises:
            InvalidLabel: too many of them, a category outside the vocabulary, or a corner that is not inside the image.
        """
        check_number(len(self.scribbles), "scribbles", where)
        for place, item in enumerate(self.scribbles):
            item.check(vocabulary, image, f"{where}, stroke {place}")
