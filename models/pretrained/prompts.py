"""The network on frozen features outlines what people show: in a box, or around points.

A box is a region for the mask head. A point says where an object's middle may be: the network's own box there, some of
other sizes, and those of the centres nearby that hold all points are drawn. Of these the one counts that agrees with
the most points, and of several such the one that is the surest inside.

Every pass of the mask head draws as many regions, the last of them filled up: what is drawn for a prompt does not
depend on what is drawn with it, down to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.masks import Mask
from maskloop.values import ObjectProposal, Prompt, PromptPoint
from models.data.mask_pieces import Pixels, cut_off, held, middles, united
from models.data.windows import Window
from models.encoders.taps import FrozenEncoder
from models.features.prompted import Asked, PromptPart
from models.iou_head.calibrator import Calibrator
from models.iou_head.mask_statistics import CONFIDENCE
from models.predictor import PromptedImage, evaluating
from models.pretrained.decode import draw_seeds, local_maxima
from models.pretrained.network import Maps, PyramidNetwork
from models.pretrained.regions import full_size_mask
from models.pretrained.statistics import NAMES, statistics_beside

PASS = 4  # regions that are drawn at once
SIZES = (0.4, 0.6, 1.0, 1.6)  # of boxes at a point, times the network's own
MOST_STARTS = 4  # points of a prompt that boxes are drawn at
MOST_CENTRES = 3  # and centres beside them
REACH = 0.12  # of a point beside the object, in diagonals of its region: what it denies fades with distance
INSIDE = NAMES.index("inside")
Floats = NDArray[np.float64]
Box = tuple[float, float, float, float]
Seed = tuple[float, float]


@dataclass(frozen=True)
class Look:
    """A window that was looked at: its maps, and its coarsest two taps, scaled, which tell classes."""

    maps: Maps
    taps: list[Tensor]


@dataclass(frozen=True)
class Draft:
    """A region to be drawn: seed (x, y) and box, in sides of the window at `place`.

    Args:
        given: whether a person drew the box. Else it is drawn again in the box around its first mask, and is as sure as
            the network is of the seed.
    """

    place: int
    seed: Seed
    box: Box
    given: bool


@dataclass(frozen=True)
class Drawn:
    """What was drawn: logits (R, R) in the region (4,), class probabilities (C,), statistics (K,), predicted IoU."""

    logits: NDArray[np.float32]
    region: Floats
    classes: Floats
    statistics: Floats
    iou: float

    @property
    def inside(self) -> float:
        """Mean probability inside the mask."""
        return float(self.statistics[INSIDE])

    def mask(self, window: Window, size: tuple[int, int]) -> Mask:
        """In the image of (height, width)."""
        return full_size_mask(self.logits, self.region, window, size)

    def without(self, window: Window, on: Pixels, beside: Pixels) -> Drawn:
        """The same, less sure around pixels beside the object that it holds, where no pixel on the object is nearer."""
        sides, corner = np.tile([window.width, window.height], 2), np.tile([window.left, window.top], 2)
        left, upper, right, lower = self.region * sides + corner
        cells = len(self.logits)
        steps = (np.arange(cells) + 0.5) / cells
        y, x = upper + steps * (lower - upper), left + steps * (right - left)
        logits, reach = self.logits.copy(), REACH * float(np.hypot(right - left, lower - upper))
        own = np.min([np.hypot(y[:, None] - row, x - column) for row, column in middles(on)], axis=0, initial=np.inf)
        for row, column in middles(beside):
            at = logits[np.abs(y - row).argmin(), np.abs(x - column).argmin()]
            away = np.hypot(y[:, None] - row, x - column)
            if at > 0:
                logits -= (at + 1) * np.exp(-((away / reach) ** 2) / 2) * (away < own)
        return replace(self, logits=logits)


def propose(
    network: PyramidNetwork,
    encoder: FrozenEncoder,
    images: Sequence[PromptedImage],
    *,
    categories: Sequence[int],
    calibrator: Calibrator,
) -> list[tuple[ObjectProposal, ...]]:
    """As `models.predictor.Predictor.propose`.

    Args:
        calibrator: of the columns of `models.pretrained.statistics`.
    """
    asked = Asked.of(images, encoder)
    with torch.inference_mode(), evaluating(network):
        looks = [_look(network, taps) for taps in asked.taps]
        wanted = [_drafts(looks[part.place], part, _prompt(images, part)) for part in asked.parts]
        drawn = iter(_draw(network, looks, [draft for drafts in wanted for draft in drafts], calibrator))
    found: dict[tuple[int, int], list[tuple[Drawn, Mask]]] = {}
    for part, drafts in zip(asked.parts, wanted, strict=True):
        among, image = [next(drawn) for _ in drafts], images[part.image]
        chosen = _chosen(among, part.window, image.size, _prompt(images, part))
        found.setdefault((part.image, part.prompt), []).append(chosen)
    return [
        tuple(
            _proposal(found[row, place], image.size, prompt, categories) for place, prompt in enumerate(image.prompts)
        )
        for row, image in enumerate(images)
    ]


def _prompt(images: Sequence[PromptedImage], part: PromptPart) -> Prompt:
    return images[part.image].prompts[part.prompt]


def _look(network: PyramidNetwork, raw: Sequence[Tensor]) -> Look:
    taps = network.scaled(raw)
    return Look(network(taps), taps[-2:])


def _drafts(look: Look, part: PromptPart, prompt: Prompt) -> list[Draft]:
    """What is drawn in a window for a prompt."""
    window = part.window
    left, upper, right, lower = part.edges
    shown = [_in_sides(point.x, point.y, window) for point in prompt.on_object]
    points = [(x, y) for x, y in shown if 0 <= x <= 1 and 0 <= y <= 1]
    if prompt.box is not None:
        box = (*_in_sides(left, upper, window), *_in_sides(right, lower, window))
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        return [Draft(part.place, seed, box, given=True) for seed in (middle, *points[:MOST_STARTS])]
    starts = _boxes(look.maps, points[:MOST_STARTS])
    sized = [(seed, _resized(box, size)) for seed, box in starts for size in SIZES]
    return [Draft(part.place, seed, box, given=False) for seed, box in sized + _centres(look.maps, points)]


def _in_sides(x: float, y: float, window: Window) -> tuple[float, float]:
    return (x - window.left) / window.width, (y - window.top) / window.height


def _boxes(maps: Maps, seeds: Sequence[Seed]) -> list[tuple[Seed, Box]]:
    """Seeds with the boxes that the network says objects with them have."""
    places = torch.tensor(seeds, dtype=maps.boxes.dtype, device=maps.boxes.device).reshape(-1, 2)
    boxes = maps.boxes_at(torch.zeros(len(places), dtype=torch.int64, device=places.device), places)
    return [(seed, (x0, y0, x1, y1)) for seed, (x0, y0, x1, y1) in zip(seeds, boxes.tolist(), strict=True)]


def _resized(box: Box, size: float) -> Box:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    wide, high = (box[2] - box[0]) * size / 2, (box[3] - box[1]) * size / 2
    return x - wide, y - high, x + wide, y + high


def _centres(maps: Maps, points: Sequence[Seed]) -> list[tuple[Seed, Box]]:
    """The surest centres whose boxes hold all points."""
    places, values = local_maxima(maps.centres, maps.centres.shape[-1])
    found = [(x, y) for (x, y), value in zip(places[0].tolist(), values[0].tolist(), strict=True) if value > 0]
    holding = [
        (seed, box)
        for seed, box in _boxes(maps, found)
        if all(box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in points)
    ]
    return holding[:MOST_CENTRES]


def _draw(
    network: PyramidNetwork, looks: Sequence[Look], drafts: Sequence[Draft], calibrator: Calibrator
) -> list[Drawn]:
    """Of every draft, in their order; boxes that were given and others in passes of their own."""
    made: dict[int, Drawn] = {}
    for given in (True, False):
        own = [place for place, draft in enumerate(drafts) if draft.given == given]
        for start in range(0, len(own), PASS):
            some = own[start : start + PASS]
            drawn = _draw_some(network, looks, [drafts[place] for place in some], calibrator)
            made |= dict(zip(some, drawn, strict=True))
    return [made[place] for place in range(len(drafts))]


def _draw_some(
    network: PyramidNetwork, looks: Sequence[Look], drafts: Sequence[Draft], calibrator: Calibrator
) -> list[Drawn]:
    """In one pass: `PASS` regions, each with its window's maps, so that all shapes are the same in every pass.

    Args:
        drafts: at most `PASS`, whose boxes were all given, or none of them.
    """
    filled = [*drafts, *[drafts[-1]] * (PASS - len(drafts))]
    maps, taps = _joined([looks[draft.place] for draft in filled])
    device = maps.pyramid.device
    seeds, boxes = (maps.pyramid.new_tensor(each) for each in zip(*((d.seed, d.box) for d in filled), strict=True))
    given = torch.tensor([draft.given for draft in filled], device=device)
    images = torch.arange(PASS, device=device)
    found = draw_seeds(network, maps, taps, images=images, seeds=seeds, boxes=boxes, given=given)
    alone = found.score.new_zeros(PASS)  # a person says that there is an object; nothing is said of others
    statistics = statistics_beside(found, maps, alone, alone).cpu().double().numpy()
    logits, regions, classes = (part.float().cpu().numpy() for part in (found.logits, found.regions, found.classes))
    ious = calibrator.predict(statistics)
    return [
        Drawn(logits[row], regions[row].astype(np.float64), classes[row], statistics[row], float(ious[row]))
        for row in range(len(drafts))
    ]


def _joined(looks: Sequence[Look]) -> tuple[Maps, list[Tensor]]:
    """Windows as one batch, however often one comes."""
    names = ("pyramid", "semantic", "centres", "boxes")
    maps = Maps(*(torch.cat([getattr(look.maps, name) for look in looks]) for name in names))
    return maps, [torch.cat(level) for level in zip(*(look.taps for look in looks), strict=True)]


def _chosen(among: Sequence[Drawn], window: Window, size: tuple[int, int], prompt: Prompt) -> tuple[Drawn, Mask]:
    """What agrees with the most points, the best of such; and its mask, without what points deny."""
    on, beside = _pixels(prompt.on_object, size), _pixels(prompt.beside, size)
    masks = [drawn.mask(window, size) for drawn in among]
    holds = [held(mask, on) for mask in masks]
    wrong = [len(on) - sum(own) + sum(held(mask, beside)) for own, mask in zip(holds, masks, strict=True)]
    best = min(range(len(among)), key=lambda place: (wrong[place], -among[place].inside))
    pieces = [best]
    for number in range(len(on)):
        holding = [place for place in range(len(among)) if holds[place][number]]
        if holding and not any(holds[place][number] for place in pieces):
            pieces.append(min(holding, key=lambda place: (wrong[place], -among[place].inside)))
    if beside:
        anchors = on or _middle(prompt, size)
        masks = [among[place].without(window, anchors, beside).mask(window, size) for place in pieces]
    else:
        masks = [masks[place] for place in pieces]
    return among[best], cut_off(united(masks), (), beside)


def _middle(prompt: Prompt, size: tuple[int, int]) -> list[tuple[int, int]]:
    """The pixel in the middle of a box without a point on the object, where nobody says that it is beside it."""
    if prompt.box is None:
        return []
    x, y, width, height = prompt.box
    middle = PromptPoint(x + width / 2, y + height / 2).pixel(*size)
    return [] if middle in _pixels(prompt.beside, size) else [middle]


def _pixels(points: Sequence[PromptPoint], size: tuple[int, int]) -> list[tuple[int, int]]:
    return sorted({point.pixel(*size) for point in points})


def _proposal(
    found: Sequence[tuple[Drawn, Mask]], size: tuple[int, int], prompt: Prompt, categories: Sequence[int]
) -> ObjectProposal:
    """One mask of all parts; the largest speaks for it."""
    drawn, largest = max(found, key=lambda each: each[1].area)
    category_id = prompt.category_id or categories[int(drawn.classes.argmax())]
    if not largest.area:
        return ObjectProposal(category_id, Mask.empty(*size), 0.0, 0.0)
    mask = united([mask for _, mask in found])
    return ObjectProposal(category_id, mask, drawn.iou, float(drawn.statistics[CONFIDENCE]))
