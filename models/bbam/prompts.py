"""Boxes that people show are outlined as if the network had found them; points pick one of the boxes that it found.

A box is explained as a detection of that box, of the class that is named or of the likeliest one in it. Points alone
are answered by the surest detection whose box holds all points on the object and none beside it. Where there is none,
the network sees nothing: it knows objects by their boxes, and a point says too little of one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from maskloop.errors import InvalidPrompt
from maskloop.masks import Mask
from maskloop.values import ObjectProposal, Prompt, PromptPoint
from models.bbam.looking import Look, classes_in, detect, look
from models.bbam.material import boxes_at
from models.bbam.outlining import outlined_in
from models.boxes.boxed import Floats
from models.data.mask_pieces import cut_off, within_box
from models.data.samples import check_size
from models.predictor import PromptedImage

if TYPE_CHECKING:
    from models.bbam.model import FittedBbam


def outline_prompts(model: FittedBbam, image: PromptedImage) -> tuple[ObjectProposal, ...]:
    """A proposal for each prompt, in their order; as `models.predictor.Predictor.propose`.

    Args:
        model: its network in eval mode.

    Raises:
        InvalidImage: the image is not of the size that it is said to be of.
        InvalidPrompt: a prompt names a category that the network has not learnt.
    """
    for place, prompt in enumerate(image.prompts):
        if prompt.category_id and prompt.category_id not in model.categories:
            raise InvalidPrompt(
                f"prompt {place} names category {prompt.category_id}, which this model version has not learnt; it was "
                "trained before the category was there",
                field="prompts.category_id",
            )
    seen = _seen(model, image)
    return tuple(_answer(model, seen, prompt) for prompt in image.prompts)


def _seen(model: FittedBbam, image: PromptedImage) -> Look:
    """Looked at once; kept in memory under the hash of the image's file."""
    item = image.item
    seen = model.recent.get(item.content) if item.content else None
    if seen is None:
        pixels = item.load()
        check_size(pixels.shape[:2], image.size)
        seen = look(model.network, pixels, model.recipe.longest)
        if item.content:
            model.recent.keep(item.content, seen, seen.size_bytes)
    check_size(seen.size, image.size)
    return seen


def _answer(model: FittedBbam, seen: Look, prompt: Prompt) -> ObjectProposal:
    asked = _boxed(seen, prompt) if prompt.box else _pointed(model, seen, prompt)
    if asked is None:
        return ObjectProposal(prompt.category_id or model.categories[0], Mask.empty(*seen.size), 0.0, 0.0)
    box, index = asked
    classes = classes_in(model.network, seen, box)
    named = model.categories.index(prompt.category_id) if prompt.category_id else index
    chosen = int(classes.argmax()) if named is None else named
    made = outlined_in(model, seen, box, chosen, float(classes[chosen]))
    on, beside = (sorted({point.pixel(*seen.size) for point in points}) for points in (prompt.on_object, prompt.beside))
    mask = cut_off(within_box(made.mask(seen.size), prompt.box), on, beside)
    category_id = model.categories[chosen]
    if not mask.area or not made.solid.any():
        return ObjectProposal(category_id, Mask.empty(*seen.size), 0.0, 0.0)
    row = made.statistics(1)
    return ObjectProposal(category_id, mask, float(model.calibrator.predict(row[None])[0]), float(row[0]))


def _boxed(seen: Look, prompt: Prompt) -> tuple[Floats, None]:
    """The box in the picture that masks are made at; which class it is, it does not say."""
    assert prompt.box is not None
    x, y, width, height = prompt.box
    return boxes_at(np.array([[x, y, x + width, y + height]], dtype=np.float32), seen.size, seen.shape)[0], None


def _pointed(model: FittedBbam, seen: Look, prompt: Prompt) -> tuple[Floats, int] | None:
    """The surest detection, of the category that is named, that fits the points; `None` for none."""
    found = detect(model.network, seen)
    for box, index in zip(found.boxes, found.classes, strict=True):
        fits = not prompt.category_id or model.categories[index] == prompt.category_id
        if (
            fits
            and all(_holds(box, seen, point) for point in prompt.on_object)
            and not any(_holds(box, seen, point) for point in prompt.beside)
        ):
            return box, index
    return None


def _holds(box: Floats, seen: Look, point: PromptPoint) -> bool:
    down, across = (had / wanted for had, wanted in zip(seen.shape, seen.size, strict=True))
    return bool(box[0] <= point.x * across <= box[2] and box[1] <= point.y * down <= box[3])
