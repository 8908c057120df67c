"""IoU-W-RSIS, the annotation network: an image in, a mask and its predicted IoU for each object out.

Count-conditioned, it is fed the class of each counted object (Bellver et al., Mask-guided sample selection for
semi-supervised instance segmentation, sections 3.2 and 3.3). Count-free, it is told nothing of an image and says itself
what each step drew, as RSIS does (Salvador et al., Recurrent neural networks for semantic instance segmentation,
section 3), with the same IoU branch. How a step finds its object is the affair of `models.annotation.decoders`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.annotation.centers import CENTER_PLANES, CenterState, DenseHead, DenseMaps, SeededMaskHead
from models.annotation.decoders.center_guided import CenterGuidedSteps
from models.annotation.decoders.convlstm import (
    ClassAndStopHeads,
    Decoder,
    MaskHead,
    Skips,
    hidden_widths,
    skip_widths,
)
from models.annotation.decoders.recurrent import RecurrentSteps
from models.annotation.decoders.step_decoder import Step, StepDecoder
from models.annotation.losses import iou_from_output
from models.annotation.recipe import Recipe
from models.encoders.backbones import Encoder, build_encoder


@dataclass(frozen=True)
class Encoded:
    """What is computed once for a batch, however often it is decoded.

    Args:
        skips: coarsest first, (B, D_k, S / 2^(5-k), S / 2^(5-k)).
        dense: what the dense head drew, `None` without seeds.
        features: (B, D) float32, the encoder's last tap, globally averaged.
    """

    skips: list[Tensor]
    dense: DenseMaps | None
    features: Tensor


@dataclass(frozen=True)
class Decoded:
    """What the network made of a batch, in float32. Rows of steps that are not there (class -1) are zero.

    Args:
        logits: (B, T, S, S) mask logits.
        states: (B, T, F) globally averaged hidden states of all levels, the IoU branch's input.
        iou_output: (B, T) the IoU branch as it was trained, in [0, 1] (the square root of an IoU by default).
        predicted_iou: (B, T) the same as an IoU in [0, 1].
        features: (B, D) the encoder's last tap, globally averaged.
        dense: what the dense head drew, `None` without seeds.
        seeds: (B, T, 2) x and y in image sides of each step's seed, given or chosen; `None` without seeds.
        classes: (B, T, C + 1) probabilities of what each step drew, by a network that is fed no class: index 0 is the
            end of the sequence, index c + 1 the vocabulary's class c. `None` where classes were fed.
        objectness: (B, T) logits of there being an object at all, `None` where classes were fed. RSIS calls it "stop",
            though it falls where the sequence ends.
    """

    logits: Tensor
    states: Tensor
    iou_output: Tensor
    predicted_iou: Tensor
    features: Tensor
    dense: DenseMaps | None = None
    seeds: Tensor | None = None
    classes: Tensor | None = None
    objectness: Tensor | None = None

    def likeliest(self) -> tuple[Tensor, Tensor]:
        """Probability in [0, 1] and index (int64) of the likeliest class of each step, (B, T) both.

        Raises:
            TypeError: classes were fed.
        """
        if self.classes is None:
            raise TypeError("this network is fed its classes")
        probability, classes = self.classes[:, :, 1:].max(dim=2)
        return probability, classes


class IoUBranch(nn.Module):
    """One fully connected layer and a sigmoid on the pooled hidden states."""

    def __init__(self, inputs: int) -> None:
        super().__init__()
        self.linear = nn.Linear(inputs, 1)

    def forward(self, states: Tensor) -> Tensor:
        """(..., F) to (...) in [0, 1]."""
        with torch.autocast(states.device.type, enabled=False):  # half precision would round IoUs to hundredths
            return torch.sigmoid(self.linear(states.float())).squeeze(-1)


class AnnotationNetwork(nn.Module):
    """Encoder, skips, decoder, mask head and IoU branch; with a dense head, a seed for each instance.

    Args:
        heads: RSIS's own, for a network without seeds that is fed no class.
    """

    def __init__(
        self,
        encoder: Encoder,
        skips: Skips,
        decoder: Decoder,
        *,
        dense: DenseHead | None,
        heads: ClassAndStopHeads | None,
        iou_target: str,
    ) -> None:
        super().__init__()
        self.encoder, self.skips, self.decoder, self.dense, self.heads = encoder, skips, decoder, dense, heads
        finest = decoder.widths[-1]
        self.mask_head: SeededMaskHead | MaskHead = SeededMaskHead(finest) if dense else MaskHead(finest)
        self.iou_branch = IoUBranch(sum(decoder.widths))
        self.iou_target = iou_target

    def forward(self, images: Tensor, classes: Tensor, seeds: Tensor | None = None) -> Decoded:
        """Decode one mask for each step.

        Args:
            images: (B, 3, S, S) float, normalised as `models.data.samples.normalise` does.
            classes: (B, T) int64 class indices, -1 after an image's last step; RSIS's own heads leave the decoder
                without a class, and this says no more than which steps there are.
            seeds: (B, T, 2) x and y in image sides, for networks with seeds; `None` lets the network choose them.
        """
        return self.decode(self.encode(images), classes, seeds)

    def encode(self, images: Tensor) -> Encoded:
        """(B, 3, S, S) to what every decoding of these images starts from."""
        return self.prepare(self.encoder(images))

    def prepare(self, taps: Sequence[Tensor]) -> Encoded:
        """The encoder's taps, finest first, to the same."""
        dense = self.dense(taps) if self.dense else None
        return Encoded(self.skips(taps), dense, taps[-1].float().mean(dim=(2, 3)))

    def decode(self, encoded: Encoded, classes: Tensor, seeds: Tensor | None = None) -> Decoded:
        """Decode one mask for each step; arguments as for `forward`."""
        there = classes >= 0
        most_first = there.sum(dim=1).argsort(descending=True, stable=True)
        steps = _fed_steps(
            self._start(encoded, most_first), classes[most_first], None if seeds is None else seeds[most_first]
        )
        return self._decoded(encoded, steps, there, most_first.argsort())

    def decode_freely(self, encoded: Encoded, most: int, least: float) -> Decoded:
        """Decode what the network itself says is there, for count-free networks.

        RSIS makes all steps. With seeds the highest centres left, of whatever class, are drawn one after the other,
        until none in the batch is as high as `least`.

        Args:
            encoded: of the images.
            most: steps made at most, 1 or more.
            least: objectness in [0, 1].
        """
        rows = torch.arange(len(encoded.features), device=encoded.features.device)
        steps = _free_steps(self._start(encoded, rows), most, least)
        return self._decoded(encoded, steps, rows.new_ones(len(rows), len(steps), dtype=torch.bool), rows)

    def _start(self, encoded: Encoded, order: Tensor) -> StepDecoder:
        """A decoder before its first step, the images put in `order`."""
        still = [maps[order] for maps in self.decoder.still(encoded.skips)]
        if isinstance(self.mask_head, MaskHead):
            return RecurrentSteps(self.decoder, self.mask_head, self.heads, still)
        if encoded.dense is None:
            raise TypeError("a network with seeds has a dense head")
        share = self.mask_head.still(encoded.dense.features)[order]
        return CenterGuidedSteps(self.decoder, self.mask_head, CenterState(encoded.dense.of(order), share), still)

    def _decoded(self, encoded: Encoded, steps: Sequence[Step], there: Tensor, order: Tensor) -> Decoded:
        """The steps side by side, the images put in `order`; `there` (B, T) says which steps they then have."""

        def beside(name: str, *shape: int) -> Tensor:
            nothing = encoded.features.new_zeros(*there.shape, *shape)
            return _side_by_side([getattr(step, name) for step in steps], nothing)[order]

        states, side = beside("states", sum(self.decoder.widths)), 32 * encoded.skips[0].shape[-1]
        output = self.iou_branch(states) * there
        said = steps[0].classes if steps else None
        return Decoded(
            beside("logits", side, side),
            states,
            output,
            iou_from_output(output, self.iou_target),
            encoded.features,
            encoded.dense,
            beside("seeds", 2) if encoded.dense else None,
            None if said is None else beside("classes", said.shape[1]),
            None if said is None else beside("objectness"),
        )


def _fed_steps(decoder: StepDecoder, classes: Tensor, seeds: Tensor | None) -> list[Step]:
    """All steps of images sorted by their number, most first, so that finished ones drop out at the end."""
    steps = []
    for step in range(classes.shape[1]):
        left = int((classes[:, step] >= 0).sum())
        if not left:
            break
        steps.append(decoder.step(classes[:left, step], None if seeds is None else seeds[:left, step]))
    return steps


def _free_steps(decoder: StepDecoder, most: int, least: float) -> list[Step]:
    """At most `most` steps of all images."""
    steps: list[Step] = []
    while len(steps) < most and (step := decoder.free_step(least)):
        steps.append(step)
    return steps


def _side_by_side(steps: Sequence[Tensor], nothing: Tensor) -> Tensor:
    """Rows (n, ...) of each step to (B, T, ...), and `nothing` where an image or a step is not there."""
    made = [torch.cat([rows, nothing[len(rows) :, place]])[:, None] for place, rows in enumerate(steps)]
    return torch.cat([*made, nothing[:, len(steps) :]], dim=1)


def build_network(recipe: Recipe, classes: int, *, weights: str = "") -> AnnotationNetwork:
    """The recipe's network for a vocabulary of `classes`, initialised from torch's global generator.

    Args:
        weights: of the encoder, see `models.encoders.backbones.build_encoder`; a network about to be loaded needs none.
    """
    encoder = build_encoder(recipe.encoder, weights)
    skips = skip_widths(recipe.hidden, recipe.min_hidden)
    hidden = hidden_widths(recipe.hidden, recipe.min_hidden)
    needs_counts, seeds = recipe.needs_counts, recipe.seeds
    decoder = Decoder(
        hidden,
        skips,
        classes=classes if seeds or needs_counts else 0,
        class_input=recipe.class_input,
        guides=CENTER_PLANES if seeds else 0,
    )
    dense = DenseHead(encoder.channels, classes) if seeds else None
    return AnnotationNetwork(
        encoder,
        Skips(encoder.channels, skips),
        decoder,
        dense=dense,
        heads=ClassAndStopHeads(hidden, classes + 1) if not needs_counts and not seeds else None,
        iou_target=recipe.iou_target,
    )
