"""RSIS's own way: each step remembers what earlier steps drew, and nothing else tells it which object is next.

Salvador et al., Recurrent neural networks for semantic instance segmentation, section 3. With classes fed at every
step it is the decoder of Bellver et al., Mask-guided sample selection for semi-supervised instance segmentation,
section 3.2; without, two heads say what a step drew and whether there was anything to draw.
"""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from models.annotation.decoders.convlstm import ClassAndStopHeads, Decoder, MaskHead, pooled_states
from models.annotation.decoders.step_decoder import Step, StepDecoder


class RecurrentSteps(StepDecoder):
    """Steps without centres.

    Args:
        heads: RSIS's class and stop heads; then no class reaches the decoder. `None` where classes are fed.
        still: what the skips give to each level's gates, coarsest first, (B, 4 * hidden, h, w).
    """

    def __init__(
        self, decoder: Decoder, mask_head: MaskHead, heads: ClassAndStopHeads | None, still: Sequence[Tensor]
    ) -> None:
        self.decoder, self.mask_head, self.heads, self.still = decoder, mask_head, heads, still
        self.states = decoder.zero_states(still)

    def step(self, classes: Tensor, seeds: Tensor | None) -> Step:
        """As `StepDecoder.step`; there are no centres to give, and heads leave the class aside."""
        n = len(classes)
        states = [(hidden[:n], cell[:n]) for hidden, cell in self.states]
        self.states = self.decoder([maps[:n] for maps in self.still], states, None if self.heads else classes)
        drawn, objectness = self.heads(self.states) if self.heads else (None, None)
        return Step(
            self.mask_head(self.states[-1][0]),
            pooled_states(self.states),
            classes=drawn,
            objectness=objectness,
        )

    def free_step(self, least: float) -> Step:
        """As `StepDecoder.free_step`; RSIS makes every step, and objectness may rise again after a low one."""
        images = self.still[0]
        return self.step(images.new_zeros(len(images)).long(), None)
