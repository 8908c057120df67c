"""Where a network on frozen features looks for what a person shows: in the window that holds it, or in several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from maskloop.values import Prompt
from models.data.windows import Window, windows
from models.encoders.taps import FrozenEncoder
from models.predictor import PromptedImage

Edges = tuple[float, float, float, float]
"""Left, upper, right and lower, in pixels of the image."""


@dataclass(frozen=True)
class PromptPart:
    """What one window shows of a prompt.

    Args:
        image, prompt: places of the image among those asked for, and of the prompt among its own.
        place: of the window among those that are looked at.
        window: itself.
        edges: of the box that lies in it, or of a stretch around the points on the object; in pixels of the image.
    """

    image: int
    prompt: int
    place: int
    window: Window
    edges: Edges


@dataclass(frozen=True)
class Asked:
    """All that is asked in one pass.

    Args:
        parts: of each image's prompts, in their order; several of one prompt where no window holds it.
        taps: of each window that is looked at, each (1, channels, h, w) float32 on the encoder's device.
    """

    parts: tuple[PromptPart, ...]
    taps: tuple[list[Tensor], ...]

    @classmethod
    def of(cls, images: Sequence[PromptedImage], encoder: FrozenEncoder) -> Asked:
        """Looks at every window once, however often it is asked for.

        Raises:
            InvalidImage: an image is not of the size that it is said to be of.
        """
        wanted: dict[tuple[str, str], dict[Window, int]] = {}  # by what names a picture, its windows and their places
        pictures: dict[tuple[str, str], PromptedImage] = {}
        parts, number = [], 0
        for row, image in enumerate(images):
            name = (image.item.image_id, image.item.content)
            own, _ = wanted.setdefault(name, {}), pictures.setdefault(name, image)
            among = windows(image.size, encoder.tile, encoder.image_size)
            for place, prompt in enumerate(image.prompts):
                for window, edges in shown_in(prompt, among):
                    if window not in own:
                        own[window], number = number, number + 1
                    parts.append(PromptPart(row, place, own[window], window, edges))
        taps: dict[int, list[Tensor]] = {}
        for name, own in wanted.items():
            looked = encoder.looked(pictures[name].item, pictures[name].size, list(own))
            taps |= {place: encoder.tensors([seen.taps]) for place, seen in zip(own.values(), looked, strict=True)}
        return cls(tuple(parts), tuple(taps[place] for place in range(number)))


def shown_in(prompt: Prompt, among: Sequence[Window]) -> list[tuple[Window, Edges]]:
    """The windows to answer a prompt from, each with what it shows of it.

    One alone, where one holds it: of several the one whose middle is nearest. Else those that show a part of it that no
    other shows.
    """
    edges = _edges(prompt)
    shown = [(window, part) for window in among if (part := _within(edges, window)) is not None]
    whole = [(window, part) for window, part in shown if part == edges]
    if whole:
        return [min(whole, key=lambda each: _away(each[0], edges))]
    return _at_points(prompt, shown) if prompt.box is None else _needed(shown)


def _at_points(prompt: Prompt, shown: Sequence[tuple[Window, Edges]]) -> list[tuple[Window, Edges]]:
    """The window nearest to each point on the object."""
    chosen: dict[Window, Edges] = {}
    for point in prompt.on_object:
        holding = [(window, part) for window, part in shown if _holds(window, point.x, point.y)]
        at = (point.x, point.y, point.x, point.y)
        window, part = min(holding, key=lambda each: _away(each[0], at))
        chosen[window] = part
    return list(chosen.items())


def _needed(shown: Sequence[tuple[Window, Edges]]) -> list[tuple[Window, Edges]]:
    """Without those of which another shows all, and more; of equals, the first stays."""
    return [
        (window, part)
        for place, (window, part) in enumerate(shown)
        if not any(
            _inside(part, other) and (part != other or before < place) for before, (_, other) in enumerate(shown)
        )
    ]


def _edges(prompt: Prompt) -> Edges:
    if prompt.box is not None:
        x, y, width, height = prompt.box
        return x, y, x + width, y + height
    across, down = [point.x for point in prompt.on_object], [point.y for point in prompt.on_object]
    return min(across), min(down), max(across), max(down)


def _within(edges: Edges, window: Window) -> Edges | None:
    left, upper = max(edges[0], window.left), max(edges[1], window.top)
    right, lower = min(edges[2], window.left + window.width), min(edges[3], window.top + window.height)
    flat = edges[0] == edges[2] or edges[1] == edges[3]  # of points
    outside = left > right or upper > lower if flat else left >= right or upper >= lower
    return None if outside else (left, upper, right, lower)


def _inside(part: Edges, other: Edges) -> bool:
    return part[0] >= other[0] and part[1] >= other[1] and part[2] <= other[2] and part[3] <= other[3]


def _holds(window: Window, x: float, y: float) -> bool:
    return window.left <= x <= window.left + window.width and window.top <= y <= window.top + window.height


def _away(window: Window, edges: Edges) -> float:
    """Pixels from the window's middle to that of the edges, along both sides together."""
    row, column = window.middle
    return abs((edges[0] + edges[2]) / 2 - column) + abs((edges[1] + edges[3]) / 2 - row)
