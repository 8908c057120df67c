"""From dense maps to objects: centres, their boxes, masks drawn twice, classes, and which of them say the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from models.pretrained.network import Maps, PyramidNetwork, at_points
from models.pretrained.regions import put_back

LEAST_CENTRE = 0.05  # probability of a centre that is looked at
SAME = 0.5  # IoU from which on two masks are of one object
SIDE = 96  # cells along the square on which masks are compared


@dataclass(frozen=True)
class Candidates:
    """Objects of a batch, N in all, ascending by image and, within one, from the surest down.

    Args:
        images: (N,) int64 places in the batch.
        logits: (N, R, R) of their masks in the regions (N, 4).
        boxes: (N, 4) that the masks were drawn for.
        classes: (N, C) probabilities.
        centres: (N,) probability of the centre.
        first_iou: (N,) IoU of the masks before and after the box was refined, 1 where it was not.
        score: (N,) probability of the centre x mean probability inside the mask.
        cells: (N, SIDE, SIDE) bool, the masks in the whole image.
    """

    images: Tensor
    logits: Tensor
    regions: Tensor
    boxes: Tensor
    classes: Tensor
    centres: Tensor
    first_iou: Tensor
    score: Tensor
    cells: Tensor

    def of(self, chosen: Tensor) -> Candidates:
        """Some of them, by places (M,) or a mask (N,)."""
        return Candidates(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def find_objects(
    network: PyramidNetwork, maps: Maps, taps: Sequence[Tensor], most: int, least: Sequence[float]
) -> Candidates:
    """What the network itself sees.

    Args:
        taps: scaled.
        most: candidates looked at in one image.
        least: for each image, the score below which nobody asks for a mask: such candidates are drawn once, in the box
            that the network says first, the others again in the box around that first mask.
    """
    images, seeds, centres = _peaks(maps.centres, most)
    boxes = maps.boxes_at(images, seeds)
    again = centres >= centres.new_tensor(least)[images]  # no score is above that of the centre
    drawn = _drawn(network, maps, taps, images=images, seeds=seeds, boxes=boxes, centres=centres, again=again)
    kept = _distinct(images, drawn.cells, drawn.score) & (drawn.logits > 0).flatten(1).any(dim=1)
    order = torch.argsort(drawn.score, descending=True, stable=True)
    order = order[torch.argsort(images[order], stable=True)]
    return drawn.of(order[kept[order]])


def draw_seeds(
    network: PyramidNetwork,
    maps: Maps,
    taps: Sequence[Tensor],
    *,
    images: Tensor,
    seeds: Tensor,
    boxes: Tensor,
    given: Tensor,
) -> Candidates:
    """What the network draws where somebody says that there is an object; one for each seed, in the order given.

    Args:
        taps: scaled.
        images: (N,) int64 places in the batch, ascending.
        seeds: (N, 2) x, y; boxes: (N, 4); both in image sides.
        given: (N,) bool, whose boxes a person drew: there is a centre. The others are as sure as the network is of the
            seed, and are drawn again in the box around their first mask.
    """
    centres = at_points(maps.centres, images, seeds)[:, 0].sigmoid().masked_fill(given, 1.0)
    return _drawn(network, maps, taps, images=images, seeds=seeds, boxes=boxes, centres=centres, again=~given)


def _drawn(
    network: PyramidNetwork,
    maps: Maps,
    taps: Sequence[Tensor],
    *,
    images: Tensor,
    seeds: Tensor,
    boxes: Tensor,
    centres: Tensor,
    again: Tensor,
) -> Candidates:
    """Masks in their boxes; those of `again` (N,) bool are drawn again in the boxes around their masks."""
    logits, regions = network.masks(maps, images, seeds, boxes)
    cells = put_back(logits, regions, SIDE)
    first_iou = logits.new_ones(len(logits))
    if again.any():
        boxes = torch.where(again[:, None], mask_boxes(logits, regions, boxes), boxes)
        logits[again], regions[again] = network.masks(maps, images[again], seeds[again], boxes[again])
        first, cells[again] = cells[again], put_back(logits[again], regions[again], SIDE)
        both, either = (first & cells[again]).flatten(1).sum(1), (first | cells[again]).flatten(1).sum(1)
        first_iou[again] = both / either.clamp(min=1)
    classes = network.classes(maps, taps, images, boxes).softmax(dim=1)
    return Candidates(images, logits, regions, boxes, classes, centres, first_iou, centres * inside_mean(logits), cells)


def inside_mean(logits: Tensor) -> Tensor:
    """(N,) mean probability inside the mask of logits (N, R, R), 0 for an empty one."""
    shown, inside = logits.sigmoid(), logits > 0
    return (shown * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2)).clamp(min=1)


def _peaks(logits: Tensor, most: int) -> tuple[Tensor, Tensor, Tensor]:
    """Image, place (x, y) in image sides and probability of local maxima, the highest `most` of each image."""
    places, values = local_maxima(logits, most)
    images, ranks = (values >= LEAST_CENTRE).nonzero(as_tuple=True)
    return images, places[images, ranks], values[images, ranks]


def local_maxima(logits: Tensor, most: int) -> tuple[Tensor, Tensor]:
    """The highest N local maxima of each map (B, 1, s, s): places (B, N, 2) as x, y in image sides, and values (B, N).

    Where a map has fewer, those that are none have probability 0.
    """
    heat = logits[:, 0].sigmoid()
    side = heat.shape[-1]
    peaks = heat * (heat == F.max_pool2d(heat[:, None], 3, stride=1, padding=1)[:, 0])
    values, cells = peaks.flatten(1).topk(min(most, side * side), dim=1)
    places = (torch.stack([cells % side, cells // side], dim=-1) + 0.5) / side
    return places.to(heat.dtype), values


def mask_boxes(logits: Tensor, regions: Tensor, boxes: Tensor) -> Tensor:
    """(N, 4) boxes around the masks in their regions; an empty mask keeps the box it was drawn for."""
    solid = logits > 0
    cells = logits.shape[-1]
    across, down = solid.any(dim=1).float(), solid.any(dim=2).float()
    first = torch.stack([across.argmax(dim=1), down.argmax(dim=1)], dim=1) / cells
    last = 1 - torch.stack([across.flip(1).argmax(dim=1), down.flip(1).argmax(dim=1)], dim=1) / cells
    size = regions[:, 2:] - regions[:, :2]
    around = torch.cat([regions[:, :2] + first * size, regions[:, :2] + last * size], dim=1)
    return torch.where(solid.flatten(1).any(dim=1)[:, None], around, boxes)


def _distinct(images: Tensor, masks: Tensor, score: Tensor) -> Tensor:
    """(N,) bool: those that no surer mask (N, h, w) of the same image is the same as."""
    kept = torch.ones(len(images), dtype=torch.bool, device=images.device)
    solid = masks.flatten(1).float()
    for image in set(images.tolist()):
        (own,) = (images == image).nonzero(as_tuple=True)
        own = own[torch.argsort(score[own], descending=True, stable=True)]
        both = solid[own] @ solid[own].T
        area = solid[own].sum(dim=1)
        iou = both / (area[:, None] + area[None] - both).clamp(min=1)
        alive = torch.ones(len(own), dtype=torch.bool, device=images.device)
        for place in range(len(own)):
            if alive[place]:
                alive[place + 1 :] &= ~(iou[place, place + 1 :] > SAME)
        kept[own] = alive
    return kept
