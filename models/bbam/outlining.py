"""What a network makes of a box in an image: by its mask heads, or by looking for what it sees in the box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from maskloop.masks import Mask
from models.bbam.looking import Found, Look, cells_in, pasted
from models.bbam.making import detector_of, outline
from models.boxes.boxed import Bools, Floats
from models.data.upsampling import enlarge
from models.proposals.from_maps import mask_statistics

if TYPE_CHECKING:
    from models.bbam.model import FittedBbam

HALF = 0.5


@dataclass(frozen=True)
class Outlined:
    """An object.

    Args:
        index: of its class.
        score: probability that the network gives the class.
        values: (h, w) float32 in [0, 1], what the mask was made of.
        solid: (h, w) bool, the mask at the size that masks are made at.
    """

    index: int
    score: float
    values: NDArray[np.float32]
    solid: Bools

    def statistics(self, number: int) -> NDArray[np.float64]:
        """What the head reads, as of maps; the mask is not empty.

        Args:
            number: of masks in the image.
        """
        return mask_statistics(self.values, self.solid, self.score, HALF, number)

    def mask(self, size: tuple[int, int]) -> Mask:
        """At an image's own size, its border smooth."""
        return enlarge(self.solid.astype(np.float32) - HALF, *size)


def outlined_at(model: FittedBbam, seen: Look, found: Found, place: int) -> Outlined:
    """One of the objects that the network found."""
    box, index, score = found.boxes[place], found.classes[place], float(found.scores[place])
    if found.cells is None:
        return explained_in(model, seen, box, index, score)
    values = pasted(found.cells[place], box, seen.shape)
    return Outlined(index, score, values, values > HALF)


def outlined_in(model: FittedBbam, seen: Look, box: Floats, index: int, score: float) -> Outlined:
    """What a box (4,) in pixels of `seen.pixels` holds of a class."""
    if not model.recipe.student:
        return explained_in(model, seen, box, index, score)
    values = pasted(cells_in(model.network, seen, box, index), box, seen.shape)
    return Outlined(index, score, values, values > HALF)


def explained_in(model: FittedBbam, seen: Look, box: Floats, index: int, score: float) -> Outlined:
    """By a mask of what the detector looks at, which takes seconds."""
    detector = detector_of(model.network, model.recipe, model.categories, model.seed)
    image = seen.boxed(box[None], (index,))
    return Outlined(index, score, *outline(detector, image, model.recipe, model.thresholds, model.seed))
