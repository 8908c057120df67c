"""A centre for each step: it says which object is next, so that neighbours of one class are told apart.

`models.annotation.centers` draws the maps of centres and explains them. Centres are given (in training, by the
labels), or each step takes the highest one that is left: of the class that it was fed, or of any class.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch.nn.functional as F
from torch import Tensor

from models.annotation.centers import CenterState, SeededMaskHead
from models.annotation.decoders.convlstm import Decoder, pooled_states
from models.annotation.decoders.step_decoder import Step, StepDecoder
from models.annotation.losses import EPSILON


class CenterGuidedSteps(StepDecoder):
    """Steps at centres.

    Args:
        centers: of the same batch: which centres are taken and which pixels covered.
        still: what the skips give to each level's gates, coarsest first, (B, 4 * hidden, h, w).
    """

    def __init__(
        self, decoder: Decoder, mask_head: SeededMaskHead, centers: CenterState, still: Sequence[Tensor]
    ) -> None:
        self.decoder, self.mask_head, self.centers, self.still = decoder, mask_head, centers, still
        self.states = decoder.zero_states(still)
        self.begun = False

    def step(self, classes: Tensor, seeds: Tensor | None) -> Step:
        """As `StepDecoder.step`; without seeds, at the highest centre of the class that is left."""
        places = self.centers.highest(classes) if seeds is None else seeds
        return Step(self._draw(classes, places), pooled_states(self.states), places)

    def free_step(self, least: float) -> Step | None:
        """As `StepDecoder.free_step`; at the highest centre that is left. The first step is always made."""
        classes, places, heights = self.centers.propose()
        if self.begun and not (heights >= least).any():
            return None
        self.begun = True
        probabilities = F.pad(heights / heights.sum(dim=1, keepdim=True), (1, 0))
        logits = self._draw(classes, places)
        objectness = heights.amax(dim=1).logit(eps=EPSILON)
        return Step(logits, pooled_states(self.states), places, probabilities, objectness)

    def _draw(self, classes: Tensor, places: Tensor) -> Tensor:
        """One object of `classes` (n,) at `places` (n, 2): mask logits (n, S, S)."""
        n = len(classes)
        states, still = [(hidden[:n], cell[:n]) for hidden, cell in self.states], [maps[:n] for maps in self.still]
        planes = self.centers.planes(classes, places)
        self.states = self.decoder(still, states, classes, self.decoder.pyramid(planes))
        logits: Tensor = self.mask_head(self.states[-1][0], self.centers.share[:n], planes)
        self.centers.cover(logits, classes)
        return logits
