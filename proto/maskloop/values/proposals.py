"""What models offer people, masks, each with an identity of its own; and what people show them to ask for one."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from maskloop.errors import InvalidPrompt
from maskloop.masks import Mask
from maskloop.values.projects import Category, Image

ID_DIGITS = 16
MOST_PROMPTS = 100  # of one call
MOST_POINTS = 100  # of one prompt
ROUNDING_PX = 1e-6  # by which floats may leave the image


@dataclass(frozen=True)
class ObjectProposal:
    """A mask a model offers, with the IoU it predicts for it and its mean confidence inside, both in [0, 1].

    `id` names it among all proposals, "" until it is offered; see `with_ids`.
    """

    category_id: int
    mask: Mask
    predicted_iou: float
    confidence: float
    id: str = ""


@dataclass(frozen=True)
class ImageProposals:
    """A model's reading of one image. `score` is the mean predicted IoU over its objects (Bellver et al., eq. 2);
    `not_decoded` counts objects beyond the network's steps, as far as counts tell. Where they are `uncalibrated`, no
    head was fitted: score and predicted IoUs are raw confidence, and say nothing of IoU."""

    image_id: str
    model_version: str
    score: float
    objects: tuple[ObjectProposal, ...]
    not_decoded: int = 0
    uncalibrated: bool = False


def with_ids(model_version: str, image_id: str, objects: Iterable[ObjectProposal]) -> tuple[ObjectProposal, ...]:
    """The same proposals, each with its id: a hash of the model version, the image, the category and the mask.

    So nobody has to keep ids: the same version offers the same mask under the same one, today and after a restart. Of
    equal masks of one category each has an id of its own.
    """
    before: Counter[str] = Counter()
    named = []
    for item in objects:
        mask = item.mask
        what = f"{model_version}\n{image_id}\n{item.category_id}\n{mask.height} {mask.width}\n".encode() + mask.rle
        digest = hashlib.sha256(what).hexdigest()[:ID_DIGITS]
        before[digest] += 1
        again = f"-{before[digest]}" if before[digest] > 1 else ""
        named.append(replace(item, id=digest + again))
    return tuple(named)


@dataclass(frozen=True)
class PromptPoint:
    """A place that a person clicked.

    Args:
        x, y: pixels from the left and the upper edge of the upright image, 0 or more; edges lie between pixels.
        on_object: whether it lies on the object; else it lies beside it.

    Raises:
        InvalidPrompt: a number that is not finite or below 0.
    """

    x: float
    y: float
    on_object: bool = True

    def __post_init__(self) -> None:
        for name in ("x", "y"):
            object.__setattr__(self, name, float(getattr(self, name)))
        if not all(math.isfinite(value) and value >= 0 for value in (self.x, self.y)):
            raise InvalidPrompt(f"({self.x:g}, {self.y:g}) is no point of an image", field="prompts.points")

    def pixel(self, height: int, width: int) -> tuple[int, int]:
        """Row and column of the pixel that it lies in, of an image of that size; its far edges belong to the last."""
        return min(int(self.y), height - 1), min(int(self.x), width - 1)


@dataclass(frozen=True)
class Prompt:
    """What a person shows of one object, so that a network outlines it.

    Args:
        category_id: of the project's vocabulary; 0: the network says which it is.
        box: left and upper edge, width and height in pixels of the upright image; `None` for none.
        points: on the object and beside it, at most 100.

    Raises:
        InvalidPrompt: neither a box nor a point on the object, a box without width or height, a number that is not
            finite or below 0, or too many points.
    """

    category_id: int = 0
    box: tuple[float, float, float, float] | None = None
    points: tuple[PromptPoint, ...] = ()

    def __post_init__(self) -> None:
        if self.category_id < 0:
            raise InvalidPrompt(f"category {self.category_id} cannot be", field="prompts.category_id")
        if self.box is not None:
            object.__setattr__(self, "box", _checked_box(self.box))
        if len(self.points) > MOST_POINTS:
            raise InvalidPrompt(f"{len(self.points)} points; {MOST_POINTS} are the most", field="prompts.points")
        if self.box is None and not any(point.on_object for point in self.points):
            raise InvalidPrompt("it shows no object: it needs a box, or a point on the object", field="prompts")

    @property
    def on_object(self) -> tuple[PromptPoint, ...]:
        """The points on the object."""
        return tuple(point for point in self.points if point.on_object)

    @property
    def beside(self) -> tuple[PromptPoint, ...]:
        """The points that are not on the object."""
        return tuple(point for point in self.points if not point.on_object)

    def check(self, vocabulary: Sequence[Category], image: Image) -> None:
        """Check it against its image.

        Raises:
            InvalidPrompt: a category outside the vocabulary, something that is not inside the image, or a pixel that is
                said to be on the object and beside it.
        """
        if self.category_id and all(category.id != self.category_id for category in vocabulary):
            raise InvalidPrompt(
                f"project {image.project_id} has no category {self.category_id}", field="prompts.category_id"
            )
        size = f"the image of {image.width} x {image.height}"
        if self.box is not None:
            x, y, width, height = self.box
            if max(x + width - image.width, y + height - image.height) > ROUNDING_PX:
                raise InvalidPrompt(
                    f"a box of {width:g} x {height:g} pixels at ({x:g}, {y:g}) is not inside {size}",
                    field="prompts.box",
                )
        for point in self.points:
            if max(point.x - image.width, point.y - image.height) > ROUNDING_PX:
                raise InvalidPrompt(f"point ({point.x:g}, {point.y:g}) is not inside {size}", field="prompts.points")
        on, beside = ({p.pixel(image.height, image.width) for p in part} for part in (self.on_object, self.beside))
        if both := on & beside:
            row, column = min(both)
            raise InvalidPrompt(
                f"the pixel in column {column} of row {row} is said to be on the object and beside it",
                field="prompts.points",
            )


def check_prompts(prompts: Sequence[Prompt], vocabulary: Sequence[Category], image: Image) -> None:
    """Check all prompts of a call; messages name one by its place, from 0.

    Raises:
        InvalidPrompt: none, more than 100, or one that does not fit its image.
    """
    if not 1 <= len(prompts) <= MOST_PROMPTS:
        raise InvalidPrompt(f"{len(prompts)} prompts; 1 to {MOST_PROMPTS} are taken at once", field="prompts")
    for place, prompt in enumerate(prompts):
        try:
            prompt.check(vocabulary, image)
        except InvalidPrompt as error:
            raise InvalidPrompt(f"prompt {place}: {error.message}", field=error.field) from error


def _checked_box(box: Sequence[float]) -> tuple[float, float, float, float]:
    x, y, width, height = map(float, box)
    if not all(map(math.isfinite, (x, y, width, height))) or min(x, y) < 0 or min(width, height) <= 0:
        raise InvalidPrompt(
            f"{width:g} x {height:g} pixels at ({x:g}, {y:g}) is no box of an image", field="prompts.box"
        )
    return x, y, width, height


@dataclass(frozen=True)
class PromptedProposals:
    """What a model outlined for a call's prompts, in their order; `uncalibrated` as of `ImageProposals`."""

    proposals: tuple[ObjectProposal, ...]
    model_version: str
    uncalibrated: bool = False
