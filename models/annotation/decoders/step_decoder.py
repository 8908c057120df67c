"""The face of all decoders of the annotation network: a batch of encoded images, decoded one object a step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True)
class Step:
    """What one step drew in each of n images.

    Args:
        logits: (n, S, S) mask logits.
        states: (n, F) globally averaged hidden states of all levels, the IoU branch's input.
        seeds: (n, 2) x and y in image sides of the centre that was drawn; `None` for decoders without centres.
        classes: (n, C + 1) probabilities of what was drawn, index 0 for the end of the sequence; `None` where a class
            was fed.
        objectness: (n,) logits of there being an object; `None` where a class was fed.
    """

    logits: Tensor
    states: Tensor
    seeds: Tensor | None = None
    classes: Tensor | None = None
    objectness: Tensor | None = None


class StepDecoder(ABC):
    """One batch while it is decoded: it keeps the states of the step before and owns no weight.

    A caller either feeds a class at every step (`step`) or lets the decoder choose (`free_step`), all the way through.
    """

    @abstractmethod
    def step(self, classes: Tensor, seeds: Tensor | None) -> Step:
        """Draw one object in each of the first n images; the images after them have ended.

        Args:
            classes: (n,) int64 class indices. n never grows from step to step.
            seeds: (n, 2) x and y in image sides of the objects' centres; `None` lets a decoder with centres choose.
        """

    @abstractmethod
    def free_step(self, least: float) -> Step | None:
        """Draw the next object in every image, of whatever class.

        Args:
            least: objectness in [0, 1] that an object needs.

        Returns:
            `None` where the decoder knows that no image of the batch has another such object.
        """
