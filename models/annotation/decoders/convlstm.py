"""The recurrent decoder: five ConvLSTM levels and a mask head, one mask a step.

RSIS (Salvador et al., Recurrent neural networks for semantic instance segmentation, section 3), with the class of
each step fed in (Bellver et al., Mask-guided sample selection for semi-supervised instance segmentation,
section 3.2). Levels are ordered from the coarsest (1/32) to the finest (1/2).
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


def skip_widths(hidden: int, least: int = 1) -> tuple[int, ...]:
    """Channels of the five skips: D, D, D/2, D/4, D/8, none below `least`."""
    return tuple(max(least, hidden // part) for part in (1, 1, 2, 4, 8))


def hidden_widths(hidden: int, least: int = 1) -> tuple[int, ...]:
    """Hidden channels of the five levels: D, D/2, D/4, D/8, D/16, none below `least`."""
    return tuple(max(least, hidden // part) for part in (1, 2, 4, 8, 16))


def resize(maps: Tensor, size: Sequence[int]) -> Tensor:
    """(B, C, h, w) to (B, C, *size), bilinear with aligned corners as in RSIS."""
    return F.interpolate(maps, size=tuple(size), mode="bilinear", align_corners=True)


class Skips(nn.Module):
    """A 3x3 convolution and BatchNorm on each tap, without activation; computed once an image."""

    def __init__(self, channels: Sequence[int], widths: Sequence[int]) -> None:
        super().__init__()
        self.levels = nn.ModuleList(
            nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs))
            for inputs, outputs in zip(reversed(channels), widths, strict=True)
        )

    def forward(self, taps: Sequence[Tensor]) -> list[Tensor]:
        """Taps, finest first, to skips, coarsest first."""
        return [level(tap) for level, tap in zip(self.levels, reversed(taps), strict=True)]


class StepConvolution(nn.Conv2d):
    """A 3x3 convolution of which a share of the inputs is the same at every step.

    Called on (still, moving) it would be a plain convolution; here `of_still` computes the still share and the bias
    once an image, and `of_moving` is added to it at every step.
    """

    def __init__(self, still: int, moving: int, outputs: int) -> None:
        super().__init__(still + moving, outputs, 3, padding=1)
        self.still_channels = still

    def of_still(self, still: Tensor) -> Tensor:
        """(B, still, h, w) to (B, outputs, h, w)."""
        return F.conv2d(still, self.weight[:, : self.still_channels], self.bias, padding=1)

    def of_moving(self, moving: Sequence[Tensor]) -> Tensor:
        """Maps of together `moving` channels to (n, outputs, h, w), without the bias."""
        return F.conv2d(torch.cat(list(moving), dim=1), self.weight[:, self.still_channels :], padding=1)


class ConvLSTMCell(nn.Module):
    """One convolution over (skip, below, planes, previous hidden) makes the gates: input, forget, output, candidate.

    c = f * c' + i * g and h = o * tanh(c).

    Args:
        skip: channels of the encoder's skip.
        below: channels that come up from the coarser level.
        planes: channels fed at every step (the class, guides).
        hidden: channels of the state.
    """

    def __init__(self, skip: int, below: int, planes: int, hidden: int) -> None:
        super().__init__()
        self.gates = StepConvolution(skip, below + planes + hidden, 4 * hidden)

    def still(self, skip: Tensor) -> Tensor:
        """The gates' share of the skip, (B, 4 * hidden, h, w)."""
        return self.gates.of_still(skip)

    def forward(self, moving: Sequence[Tensor], still: Tensor, state: State) -> State:
        """One step. `moving` holds what comes from below and the planes; `state` is (h, c) of the step before."""
        gates = self.gates.of_moving([*moving, state[0]]) + still
        hidden = gates.shape[1] // 4
        taken, kept, shown = torch.sigmoid(gates[:, : 3 * hidden]).chunk(3, dim=1)
        cell = kept * state[1] + taken * torch.tanh(gates[:, 3 * hidden :])
        return shown * torch.tanh(cell), cell


class Decoder(nn.Module):
    """Five ConvLSTM levels.

    Args:
        widths: hidden channels of the levels, coarsest first.
        skips: channels of the skips, coarsest first.
        classes: size of the vocabulary; 0 when no class is fed (plain RSIS).
        class_input: "one_hot" tiles the class over every level's input; "gate_bias" adds a learned bias of the class
            to every level's gates.
        guides: planes at 1/2 of the image that the caller gives at every step.
    """

    def __init__(
        self,
        widths: Sequence[int],
        skips: Sequence[int],
        *,
        classes: int = 0,
        class_input: str = "one_hot",
        guides: int = 0,
    ) -> None:
        super().__init__()
        self.one_hot = classes if class_input == "one_hot" else 0
        below = (0, *widths[:-1])
        self.cells = nn.ModuleList(
            ConvLSTMCell(skip, lower, self.one_hot + guides, width)
            for lower, skip, width in zip(below, skips, widths, strict=True)
        )
        self.biases = nn.ModuleList(
            nn.Embedding(classes, 4 * width) for width in widths if classes and class_input == "gate_bias"
        )
        self.widths = tuple(widths)

    def still(self, skips: Sequence[Tensor]) -> list[Tensor]:
        """What the skips (coarsest first) give to each level's gates, the same at every step."""
        cells = [cell for cell in self.cells if isinstance(cell, ConvLSTMCell)]
        return [cell.still(skip) for cell, skip in zip(cells, skips, strict=True)]

    def zero_states(self, still: Sequence[Tensor]) -> list[State]:
        """The state before the first step."""
        zeros = [maps.new_zeros(maps.shape[0], maps.shape[1] // 4, *maps.shape[2:]) for maps in still]
        return [(maps, maps) for maps in zeros]

    def pyramid(self, planes: Tensor) -> list[Tensor]:
        """Planes (n, guides, S/2, S/2) averaged to the size of every level, coarsest first."""
        levels = [planes]
        for _ in self.cells[1:]:
            levels.append(F.avg_pool2d(levels[-1], 2))
        return levels[::-1]

    def forward(
        self,
        still: Sequence[Tensor],
        states: Sequence[State],
        classes: Tensor | None = None,
        guides: Sequence[Tensor] | None = None,
    ) -> list[State]:
        """One step of n images, to their new states.

        Args:
            still: from `still`, rows of the n images.
            states: from the step before, rows of the n images.
            classes: (n,) int64 class indices.
            guides: at every level's size, from `pyramid`.
        """
        after: list[State] = []
        for level, (cell, fixed, state) in enumerate(zip(self.cells, still, states, strict=True)):
            size = fixed.shape[2:]
            moving = [resize(after[-1][0], size)] if after else []
            if classes is not None and self.one_hot:
                tiled = F.one_hot(classes, self.one_hot).to(fixed.dtype)[:, :, None, None]
                moving.append(tiled.expand(-1, -1, *size))
            if classes is not None and len(self.biases):
                fixed = fixed + self.biases[level](classes)[:, :, None, None]  # noqa: PLW2901
            if guides is not None:
                moving.append(guides[level])
            after.append(cell(moving, fixed, state))
        return after


class MaskHead(nn.Module):
    """The finest hidden map, at the image's size, through one 3x3 convolution."""

    def __init__(self, hidden: int) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(hidden, 1, 3, padding=1)

    def forward(self, hidden: Tensor) -> Tensor:
        """(n, hidden, S/2, S/2) to mask logits (n, S, S)."""
        logits: Tensor = self.convolution(resize(hidden, [2 * side for side in hidden.shape[2:]]))
        return logits.squeeze(1)


def pooled_states(states: Sequence[State]) -> Tensor:
    """Global average of every level's hidden map, concatenated: (n, sum of widths); the IoU branch's input."""
    return torch.cat([hidden.mean(dim=(2, 3)) for hidden, _ in states], dim=1)


class ClassAndStopHeads(nn.Module):
    """RSIS's own two heads on the global maximum of every level's hidden map, for a decoder that is fed no class.

    Args:
        widths: hidden channels of the levels.
        classes: number of classes, the end of the sequence (index 0) included.
    """

    def __init__(self, widths: Sequence[int], classes: int) -> None:
        super().__init__()
        self.classes = nn.Linear(sum(widths), classes)
        self.stop = nn.Linear(sum(widths), 1)

    def forward(self, states: Sequence[State]) -> tuple[Tensor, Tensor]:
        """Class probabilities (n, classes) and the raw objectness logit (n,)."""
        side = torch.cat([hidden.amax(dim=(2, 3)) for hidden, _ in states], dim=1)
        return self.classes(side).softmax(dim=1), self.stop(side).squeeze(1)
