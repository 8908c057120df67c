"""The one face of every network that outlines objects: images in, predictions out.

`models.annotation.model.FittedModel` is one; whatever else outlines objects for people is another. Scoring, evaluation
and the service ask for nothing but this, and tests/models/test_predictor_contract.py asks it of every network. It lies
below every network's room: any of them may make predictions, and any may read them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from maskloop.errors import InvalidArgument, UnsupportedPrompts
from maskloop.values import ImageProposals, ObjectProposal, Prompt
from models.data.samples import ImageToScore
from models.training.loop import Progress

PROMPTABLE = "train one of the recipe `pretrained`, which does"


@dataclass(frozen=True)
class Prediction:
    """What a network makes of one image, n objects.

    Args:
        proposals: n objects in decoding order, masks at the image's own size, predicted IoU and confidence in [0, 1].
            They carry no model version, the caller knows it. The score is the mean predicted IoU (Bellver et al., eq.
            2), with nothing for objects that are known or thought to be missed; without an object, 1 where counts say
            that there is none, else 0.
        statistics: (n, K) float64 of the masks, what the head reads; K is the network's own.
        reference_ious: (n,) float64 in [0, 1], IoU as the paper's head predicts it; `None` of networks without it.
        features: (D,) float32 of the encoder; D is the network's own.
        uncertainty: "entropy", "margin" and "least_confidence" in [0, 1], larger where less is certain: means over
            the objects (see `models.iou_head.uncertainty`). Without an object, 0 where counts say that there is none,
            else the largest value.
    """

    proposals: ImageProposals
    statistics: NDArray[np.float64]
    reference_ious: NDArray[np.float64] | None
    features: NDArray[np.float32]
    uncertainty: Mapping[str, float]

    @property
    def image_id(self) -> str:
        """Of the image."""
        return self.proposals.image_id

    @property
    def reference_score(self) -> float | None:
        """The mean of `reference_ious` (Bellver et al., eq. 2), of an image without an object the proposals' score."""
        if self.reference_ious is None:
            return None
        return float(self.reference_ious.mean()) if len(self.reference_ious) else self.proposals.score


@dataclass(frozen=True)
class PromptedImage:
    """An image, and what a person shows in it.

    Args:
        item: the image; its counts are not looked at.
        size: its height and width, in pixels.
        prompts: checked against it, see `maskloop.values.check_prompts`.
    """

    item: ImageToScore
    size: tuple[int, int]
    prompts: tuple[Prompt, ...]


class Predictor(ABC):
    """A trained network with all that it needs to outline objects."""

    categories: tuple[int, ...]
    """Ids of the vocabulary, in the order of the network's class indices."""

    @property
    @abstractmethod
    def needs_counts(self) -> bool:
        """Whether it is count-conditioned: must be told how many objects of each category an image has."""

    @property
    def uses_counts(self) -> bool:
        """Whether counts change what it outlines, where an image has them."""
        return self.needs_counts

    def most_objects(self, size: tuple[int, int]) -> int | None:
        """How many objects it outlines at most in an image of (height, width); `None` for no such limit."""
        return None

    def propose(self, images: Sequence[PromptedImage]) -> list[tuple[ObjectProposal, ...]]:
        """Outline what people show: of each image a proposal for each prompt, in their order.

        All are answered in one pass, and an image may come several times. Whatever else is asked with it, a prompt gets
        the same proposal. Masks are at the image's own size. No pixel of a point beside the object is in one.
        A mask is empty, with a predicted IoU of 0, where the network sees nothing. A proposal is of the category that
        its prompt names; where that is 0, of the network's own. The network's mode is left as it was.

        Raises:
            UnsupportedPrompts: networks of this recipe take no prompts.
            InvalidImage: an image is not of the size that it is said to be of.
        """
        raise UnsupportedPrompts(f"this network takes no prompts; {PROMPTABLE}", field="model_version")

    @abstractmethod
    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        """As `predict`, of images that are checked; in any order."""

    def predict(
        self,
        images: Iterable[ImageToScore],
        *,
        device: torch.device,
        batch_size: int,
        progress: Progress | None = None,
    ) -> Iterator[Prediction]:
        """Outline the objects of every image; in the network's own order, ids say which is which.

        The network's mode and torch's global generators are left as they were.

        Args:
            images: with ids that differ; each is loaded once, a few batches ahead.
            device: where the network is.
            batch_size: images the network sees at once, 1 or more.
            progress: called with the share that is done after every image; may raise to stop.

        Raises:
            InvalidArgument: an image has no counts and they are needed, an id comes twice, or batch_size is below 1.
            InvalidLabel: a count's category is not of the vocabulary, where counts are used.
        """
        if batch_size < 1:
            raise InvalidArgument(f"a batch of {batch_size} images; 1 is the least", field="batch_size")
        waiting = list(images)
        check_images(waiting, needs_counts=self.needs_counts)
        predictions = self._predict(waiting, device=device, batch_size=batch_size)
        for done, prediction in enumerate(predictions, start=1):
            yield prediction
            if progress:
                progress(done / len(waiting), f"scored {done} of {len(waiting)} images")


def check_images(images: Sequence[ImageToScore], *, needs_counts: bool) -> None:
    """Raises InvalidArgument where an id comes twice, or an image has no counts and they are needed."""
    repeated = [image_id for image_id, times in Counter(item.image_id for item in images).items() if times > 1]
    if repeated:
        raise InvalidArgument(f"image {repeated[0]} comes twice", field="images")
    uncounted = [item.image_id for item in images if item.counts is None]
    if needs_counts and uncounted:
        raise InvalidArgument(f"image {uncounted[0]} was not counted, and this model must be told what to outline")


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """The network in eval mode; each of its modules is put back into the mode it was in."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
