"""What people show a network, as JSON."""

from __future__ import annotations

from typing import Any

from maskloop.values import Prompt, PromptPoint
from maskloop.web.documents.reading import Part

Document = dict[str, Any]
MOST_PROMPTS = 100


def read_prompt(part: Part) -> Prompt:
    """What a person shows of one object.

    Raises:
        InvalidArgument, InvalidPrompt: it cannot be read, or shows nothing; names the place.
    """
    box, points, category = part.fields("box", "points", "category")
    shown = box.maybe(_read_box)
    clicked = tuple(map(_read_point, points.items()))
    with part.named():
        return Prompt(category.integer(0), shown, clicked)


def prompt_document(prompt: Prompt) -> Document:
    """The same, as a browser would write it."""
    return {
        "box": None if prompt.box is None else list(prompt.box),
        "points": [[point.x, point.y, point.on_object] for point in prompt.points],
        "category": prompt.category_id,
    }


def _read_box(part: Part) -> tuple[float, float, float, float]:
    x, y, width, height = (side.number() for side in part.exactly(4))
    return x, y, width, height


def _read_point(part: Part) -> PromptPoint:
    x, y, on_object = part.exactly(3)
    with part.named():
        return PromptPoint(x.number(), y.number(), on_object.flag())
