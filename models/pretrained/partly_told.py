"""What is told of a view of which nobody said of every cell what it is of: marked, or with its classes named.

Partial cross-entropy: no loss where nobody told anything (Lin et al., *ScribbleSup*, 2016; Tang et al., *Normalized cut
loss*, 2018). What is not in an image is nowhere in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.data.samples import KnownBy
from models.features.views import FINEST, SPREAD, LabeledView

Bools = NDArray[np.bool_]
Floats = NDArray[np.float32]
REACH = 0.6  # of a mark, in usual sides of the class: hardly farther away is the object's middle


def tell_partly(view: LabeledView, shares: Floats, semantic: Floats) -> Bools:
    """Put what strokes tell into a view's semantic targets, and give which cells are told, both (C + 1, s, s).

    Of a cell that strokes cross, the target is the share of these that are on objects of the class. Other cells are
    told of classes that are not in the image alone.

    Args:
        shares: (n, s, s) of the cells that each object covers, or its stroke.
        semantic: changed in place; the last channel is left to the caller.
    """
    assert view.present is not None
    side = len(view.known)
    ground = view.strokes_on_ground().reshape(side, FINEST, side, FINEST).mean(axis=(1, 3), dtype=np.float32)
    marked = view.known_by == KnownBy.MARK
    drawn = shares[view.known_by != KnownBy.BOX].sum(axis=0) + ground
    for index, share in zip(view.classes[marked], shares[marked], strict=True):
        np.maximum(semantic[index], share / np.maximum(drawn, 1e-9), out=semantic[index])
    told = np.zeros((len(semantic), side, side), dtype=np.bool_)
    told[:-1][~view.present] = True
    told[-1] = not view.present.any()
    told |= drawn > 0
    return told & view.known


@dataclass(frozen=True)
class Marks:
    """Of the objects of a batch, M in all.

    Args:
        images: (M,) int64 places in the batch.
        places: (M, 2) float32 x, y of the mark's middle, in image sides.
        sides: (M,) float32 of a usual object of its class, in image sides.
    """

    images: Tensor
    places: Tensor
    sides: Tensor

    @classmethod
    def of(cls, views: Sequence[LabeledView], sides: Floats, device: torch.device) -> Self:
        """Of the objects of views that are known by their marks alone."""
        marked = [view.known_by == KnownBy.MARK for view in views]
        images = np.repeat(np.arange(len(views)), [each.sum() for each in marked])
        places = np.concatenate([view.seeds[each] for view, each in zip(views, marked, strict=True)])
        usual = np.concatenate([sides[view.classes[each]] for view, each in zip(views, marked, strict=True)])
        return cls(*(torch.from_numpy(each).to(device) for each in (images, places, usual)))


def settle(centres: Tensor, told: Tensor, logits: Tensor, marks: Marks) -> tuple[Tensor, Tensor]:
    """Targets of the centres, and which cells are told of them, with the middles of marked objects.

    People mark an object somewhere. Its middle is taken to be where the network holds it most likely, the less so the
    farther from the mark: at its cell as long as the network holds nothing.

    Args:
        centres: (B, 1, s, s) of objects that are outlined or boxed; told: (B, s, s) bool.
        logits: (B, 1, s, s) of the network.
    """
    if not len(marks.images):
        return centres, told
    side = logits.shape[-1]
    cells = torch.arange(side, device=logits.device, dtype=logits.dtype)
    away = squares((cells + 0.5) / side, marks.places)
    reach = REACH * marks.sides[:, None, None] / 2
    near = logits.detach()[marks.images, 0].sigmoid() * torch.exp(-away / (2 * reach.square()))
    best = near.flatten(1).argmax(dim=1)
    settled = torch.stack([best % side, best // side], dim=1).to(logits.dtype)
    spread = (SPREAD * marks.sides[:, None, None] * side).clamp(min=0.7)
    bumps = torch.exp(-squares(cells, settled) / (2 * spread.square()))
    images = marks.images[:, None].expand(-1, side * side)
    highest = (
        torch.zeros_like(centres).flatten(1).scatter_reduce(0, images, bumps.flatten(1), "amax", include_self=True)
    )
    highest = highest.view_as(centres)
    return torch.maximum(centres, highest), told | (highest[:, 0] == 1)


def squares(axis: Tensor, places: Tensor) -> Tensor:
    """(M, s, s) squared distances of the cells at `axis` (s,), down and across, from places (M, 2) x, y."""
    across, down = ((axis - places[:, place, None]).square() for place in (0, 1))
    return across[:, None] + down[:, :, None]
