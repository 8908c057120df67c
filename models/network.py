"""IoU-W-RSIS, the annotation network: an image and the class of each counted object in, a mask and its IoU out.

Bellver et al., Mask-guided sample selection for semi-supervised instance segmentation, sections 3.2 and 3.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from models.decoder import Decoder, MaskHead, Skips, hidden_widths, pooled_states, skip_widths
from models.encoders import Encoder, build_encoder
from models.losses import iou_from_output
from models.recipes import Recipe
from models.seeds import GUIDES, DenseHead, DenseMaps, Guide, SeededMaskHead


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
        seeds: (B, T, 2) x and y in image sides of each step's seed, given or found; `None` without seeds.
    """

    logits: Tensor
    states: Tensor
    iou_output: Tensor
    predicted_iou: Tensor
    features: Tensor
    dense: DenseMaps | None = None
    seeds: Tensor | None = None


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
    """Encoder, skips, decoder, mask head and IoU branch; with a dense head, a seed for each instance."""

    def __init__(
        self, encoder: Encoder, skips: Skips, decoder: Decoder, dense: DenseHead | None, iou_target: str
    ) -> None:
        super().__init__()
        self.encoder, self.skips, self.decoder, self.dense = encoder, skips, decoder, dense
        finest = decoder.widths[-1]
        self.mask_head = SeededMaskHead(finest) if dense else MaskHead(finest)
        self.iou_branch = IoUBranch(sum(decoder.widths))
        self.iou_target = iou_target

    def forward(self, images: Tensor, classes: Tensor, seeds: Tensor | None = None) -> Decoded:
        """Decode one mask for each step.

        Args:
            images: (B, 3, S, S) float, normalised as `models.examples.normalise` does.
            classes: (B, T) int64 class indices, -1 after an image's last step.
            seeds: (B, T, 2) x and y in image sides, for networks with seeds; `None` lets the network find them.
        """
        return self.decode(self.encode(images), classes, seeds)

    def encode(self, images: Tensor) -> Encoded:
        """(B, 3, S, S) to what every decoding of these images starts from."""
        taps = self.encoder(images)
        dense = self.dense(taps) if self.dense else None
        return Encoded(self.skips(taps), dense, taps[-1].float().mean(dim=(2, 3)))

    def decode(self, encoded: Encoded, classes: Tensor, seeds: Tensor | None = None) -> Decoded:
        """Decode one mask for each step; arguments as for `forward`."""
        dense = encoded.dense
        most_first = (classes >= 0).sum(dim=1).argsort(descending=True, stable=True)
        guide = None
        if dense and isinstance(self.mask_head, SeededMaskHead):
            share = self.mask_head.still(dense.features)[most_first]
            guide = Guide(dense.of(most_first), share, None if seeds is None else seeds[most_first])
        still = [maps[most_first] for maps in self.decoder.still(encoded.skips)]
        logits, states = self._decode(still, classes[most_first], guide)
        back = most_first.argsort()
        logits, states = logits[back].float(), states[back].float()
        output = self.iou_branch(states) * (classes >= 0)
        return Decoded(
            logits,
            states,
            output,
            iou_from_output(output, self.iou_target),
            encoded.features,
            dense,
            _placed(guide, classes)[back] if guide else None,
        )

    def _decode(self, still: Sequence[Tensor], classes: Tensor, guide: Guide | None) -> tuple[Tensor, Tensor]:
        """All steps of images sorted by their number of steps, most first, so that finished ones drop out at the end.

        Returns:
            Mask logits (B, T, S, S) and pooled states (B, T, F).
        """
        batch, most = classes.shape
        side = 2 * still[-1].shape[-1]
        logits = [still[-1].new_zeros(batch, 0, side, side)]
        pooled = [still[-1].new_zeros(batch, 0, sum(self.decoder.widths))]
        states = self.decoder.zero_states(still)
        for step in range(most):
            left = int((classes[:, step] >= 0).sum())
            if not left:
                break
            states = [(hidden[:left], cell[:left]) for hidden, cell in states]
            fed, here = classes[:left, step], [maps[:left] for maps in still]
            if guide is None:
                states = self.decoder(here, states, fed)
                masks = self.mask_head(states[-1][0])
            else:
                planes = guide.planes(fed, step)
                states = self.decoder(here, states, fed, planes)
                masks = self.mask_head(states[-1][0], guide.share[:left], planes)
                guide.cover(masks)
            logits.append(_padded(masks, batch))
            pooled.append(_padded(pooled_states(states), batch))
        return _stacked(logits, most), _stacked(pooled, most)


def _padded(rows: Tensor, batch: int) -> Tensor:
    """(n, ...) to (batch, 1, ...), zeros after row n."""
    zeros = rows.new_zeros(batch - len(rows), *rows.shape[1:])
    return torch.cat([rows, zeros])[:, None]


def _stacked(steps: list[Tensor], most: int) -> Tensor:
    """Steps side by side on axis 1, zeros up to `most`."""
    made = torch.cat(steps[1:] or steps, dim=1)
    zeros = made.new_zeros(len(made), most - made.shape[1], *made.shape[2:])
    return torch.cat([made, zeros], dim=1)


def _placed(guide: Guide, classes: Tensor) -> Tensor:
    """(B, T, 2) of the seeds a guide has placed, zeros for steps that are not there."""
    batch, most = classes.shape
    steps = [_padded(places, batch) for places in guide.placed]
    return _stacked([guide.grid.new_zeros(batch, 0, 2), *steps], most)


def build_network(recipe: Recipe, classes: int, *, weights: str = "") -> AnnotationNetwork:
    """The recipe's network for a vocabulary of `classes`, initialised from torch's global generator.

    Args:
        weights: of the encoder, see `models.encoders.build_encoder`; a network about to be loaded needs none.
    """
    encoder = build_encoder(recipe.encoder, weights)
    skips = skip_widths(recipe.hidden, recipe.min_hidden)
    decoder = Decoder(
        hidden_widths(recipe.hidden, recipe.min_hidden),
        skips,
        classes=classes,
        class_input=recipe.class_input,
        guides=GUIDES if recipe.seeds else 0,
    )
    dense = DenseHead(encoder.channels, classes) if recipe.seeds else None
    return AnnotationNetwork(encoder, Skips(encoder.channels, skips), decoder, dense, recipe.iou_target)
