"""A network that is not ours, as a `Predictor`: what every one of them owes people who show it objects."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from maskloop.errors import FailedPrecondition, InvalidPrompt
from maskloop.masks import Mask
from maskloop.values import ObjectProposal, Prompt
from models.data.mask_pieces import cut_off
from models.data.recent import Recent
from models.data.samples import Example, ImageToScore, check_size
from models.foreign.heads import NO_HEAD, CrossFitted, evidence
from models.foreign.statistics import Floats, bounded, outline_statistics
from models.iou_head.calibrator import CalibrationSet
from models.iou_head.mask_statistics import CONFIDENCE
from models.predictor import Prediction, Predictor, PromptedImage, evaluating

Edges = tuple[float, float, float, float]
"""Left, upper, right and lower, in pixels of the image."""
SIZES = (0.1, 0.2, 0.4, 0.7)  # of boxes around points, in sides of the image
LARGEST = 30.0  # of a logit
MOST_OBJECTS = 20  # of a labeled image, that its network is measured on


@dataclass(frozen=True)
class Outline:
    """What a network draws for a prompt.

    Args:
        logits: (H, W) float32 of the image's own size, above zero inside. What is no number is outside, and none is
            beyond what a probability can tell.
        score: what it says of its mask, any number; `None` where it says nothing.
        category_id: of the object, 0 where it knows none.
    """

    logits: NDArray[np.float32]
    score: float | None = None
    category_id: int = 0

    def __post_init__(self) -> None:
        logits = np.nan_to_num(self.logits, nan=-LARGEST).clip(-LARGEST, LARGEST)
        object.__setattr__(self, "logits", logits)


@dataclass(frozen=True)
class Look:
    """An image that was looked at: its pixels (H, W, 3) uint8, what the network made of it, and the bytes of both."""

    pixels: NDArray[np.uint8]
    seen: Any
    size_bytes: int


@dataclass(frozen=True)
class Drawn:
    """A prompt's mask, what the head reads of it (nothing of an empty one), the network's score, and the category."""

    category_id: int
    mask: Mask
    statistics: Floats | None = None
    score: float = 0.0

    def proposal(self, head: CrossFitted, image_id: str) -> ObjectProposal:
        """With a predicted IoU: the head's, or the network's own score within bounds."""
        if self.statistics is None:
            return ObjectProposal(self.category_id, self.mask, 0.0, 0.0)
        fitted = head.of(image_id)
        iou = bounded(self.score) if fitted is None else float(fitted.predict(self.statistics))
        return ObjectProposal(self.category_id, self.mask, iou, bounded(self.statistics[CONFIDENCE]))


@dataclass(frozen=True, kw_only=True)
class ForeignNetwork(Predictor):
    """A network that is not ours.

    Args:
        name: told in messages, and in the place of a model version.
        categories: ids of the project's vocabulary.
        head: predicts IoU.
        recent: what was made of the images asked for last, by the hash of their file.
    """

    name: str
    categories: tuple[int, ...] = ()
    head: CrossFitted = NO_HEAD
    recent: Recent[Look] = field(default_factory=Recent, repr=False, compare=False)

    @property
    def takes_points(self) -> bool:
        """Whether it can be shown points; else it is shown boxes around them."""
        return True

    @property
    def needs_counts(self) -> bool:
        """As `Predictor.needs_counts`; nobody tells it."""
        return False

    @property
    def uncalibrated(self) -> bool:
        """Whether no head is fitted: predicted IoUs are then its own scores, which may mean anything."""
        return not self.head.is_fitted

    def of_project(self, categories: Sequence[int], head: CrossFitted) -> Self:
        """The same network for a project's vocabulary; weights and what it has seen are shared."""
        return replace(self, categories=tuple(categories), head=head)

    @abstractmethod
    def _look(self, pixels: NDArray[np.uint8]) -> tuple[Any, int]:
        """What it makes of an image (H, W, 3) uint8 whatever is asked of it, and the bytes that this takes."""

    @abstractmethod
    def _outline(self, look: Look, edges: Edges | None, prompt: Prompt) -> Outline:
        """Outline what is shown by a box, points, or both; `edges` are there where `takes_points` is not."""

    def _modules(self) -> Sequence[nn.Module]:
        """What of it has a mode."""
        return ()

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """As `Predictor.propose`; each prompt is answered in a pass of its own, so that others change nothing.

        Raises:
            InvalidImage: an image is not of the size that it is said to be of.
            InvalidPrompt: it names no category, the network knows none, and the vocabulary has several.
        """
        for image in images:
            for place, prompt in enumerate(image.prompts):
                self._check(prompt, place)
        looks: dict[str, Look] = {}
        with torch.inference_mode(), self._evaluating():
            return [
                tuple(
                    drawn.proposal(self.head, image.item.image_id)
                    for drawn in self._draw(self._seen(image, looks), image.prompts)
                )
                for image in images
            ]

    def measure(self, example: Example) -> CalibrationSet:
        """How good its masks are for boxes around a labeled image's objects, as rows for its head.

        Of an image with many objects some are asked for, evenly among them. Nothing of the image is kept.
        """
        every = -(-len(example.objects) // MOST_OBJECTS) or 1
        objects = [item for item in example.objects[::every] if item.mask.area]
        pixels = example.pixels
        prompts = [Prompt(item.category_id, item.mask.box) for item in objects]
        with torch.inference_mode(), self._evaluating():
            drawn = self._draw(Look(pixels, *self._look(pixels)), prompts) if prompts else []
        known = [
            (each.statistics, each.mask.iou(item.mask))
            for each, item in zip(drawn, objects, strict=True)
            if each.statistics is not None
        ]
        return evidence(example.image_id, [row for row, _ in known], [iou for _, iou in known], len(self.categories))

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        raise FailedPrecondition(f"{self.name} outlines what it is shown; it finds nothing by itself")

    def _evaluating(self) -> ExitStack:
        stack = ExitStack()
        for module in self._modules():
            stack.enter_context(evaluating(module))
        return stack

    def _seen(self, image: PromptedImage, looks: dict[str, Look]) -> Look:
        """Looked at once, however often it is asked for; `looks` are of this call."""
        item = image.item
        look = looks.get(item.image_id) or (self.recent.get(item.content) if item.content else None)
        if look is None:
            pixels = item.load()
            check_size(pixels.shape[:2], image.size)
            seen, size_bytes = self._look(pixels)
            look = Look(pixels, seen, size_bytes + pixels.nbytes)
            if item.content:
                self.recent.keep(item.content, look, look.size_bytes)
        check_size(look.pixels.shape[:2], image.size)
        looks[item.image_id] = look
        return look

    def _check(self, prompt: Prompt, place: int) -> None:
        if not (prompt.category_id or self._tells_categories() or len(self.categories) == 1):
            raise InvalidPrompt(
                f"prompt {place} names no category, and {self.name} knows none of the {len(self.categories)} there are",
                field="prompts.category_id",
            )

    def _tells_categories(self) -> bool:
        """Whether it knows of what category of the vocabulary an object is."""
        return False

    def _draw(self, look: Look, prompts: Sequence[Prompt]) -> list[Drawn]:
        return [self._drawn(look, self._best_outline(look, prompt), prompt) for prompt in prompts]

    def _best_outline(self, look: Look, prompt: Prompt) -> Outline:
        """Of a box or, where it takes them, points; else of boxes around the points what agrees with most of them."""
        if prompt.box is not None:
            x, y, width, height = prompt.box
            return self._outline(look, (x, y, x + width, y + height), prompt)
        if self.takes_points:
            return self._outline(look, None, prompt)
        size = look.pixels.shape[:2]
        among = [self._outline(look, edges, prompt) for edges in _around(prompt, (size[0], size[1]))]
        return min(among, key=lambda each: (_wrong(each, prompt), -(each.score or 0.0)))

    def _drawn(self, look: Look, outline: Outline, prompt: Prompt) -> Drawn:
        category_id = prompt.category_id or outline.category_id or self.categories[0]
        size = outline.logits.shape
        on, beside = (sorted({point.pixel(*size) for point in points}) for points in (prompt.on_object, prompt.beside))
        whole = Mask.from_array(outline.logits > 0)
        mask = cut_off(whole, on, beside)
        if not mask.area:
            return Drawn(category_id, Mask.empty(*size))
        logits = outline.logits
        if mask != whole:
            logits = np.where(mask.to_array() == (logits > 0), logits, -np.abs(logits)).astype(np.float32)
        return self._judged(look.pixels, replace(outline, logits=logits), mask, category_id)

    def _judged(self, pixels: NDArray[np.uint8], outline: Outline, mask: Mask, category_id: int) -> Drawn:
        """A mask that is not empty, with what the head reads of it."""
        if outline.score is None:
            inside = outline.logits[outline.logits > 0]
            score = float((1 / (1 + np.exp(-inside.astype(np.float64)))).mean())
        else:
            score = outline.score
        place = self.categories.index(category_id) if category_id in self.categories else -1
        statistics = outline_statistics(
            outline.logits, mask, pixels, score=score, place=place, categories=len(self.categories)
        )
        return Drawn(category_id, mask, statistics, score)


def _around(prompt: Prompt, size: tuple[int, int]) -> list[Edges]:
    """Boxes of several sizes that hold all points on the object."""
    across, down = [point.x for point in prompt.on_object], [point.y for point in prompt.on_object]
    height, width = size
    boxes = []
    for share in SIZES:
        x, y = share * width / 2, share * height / 2
        left, upper = max(0.0, min(across) - x), max(0.0, min(down) - y)
        right, lower = min(float(width), max(across) + x), min(float(height), max(down) + y)
        boxes.append((left, upper, right, lower))
    return boxes


def _wrong(outline: Outline, prompt: Prompt) -> int:
    """Points that say otherwise than an outline."""
    size = outline.logits.shape
    return sum((outline.logits[point.pixel(*size)] > 0) != point.on_object for point in prompt.points)
