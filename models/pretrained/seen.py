"""What the network sees in one image: its candidates, from one window of it or from many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.masks import Mask
from models.data.samples import ImageToScore
from models.data.windows import Window
from models.encoders.taps import EncodedWindow, FrozenEncoder
from models.features.recipe import PretrainedRecipe
from models.iou_head.mask_statistics import CONFIDENCE
from models.iou_head.uncertainty import mask_uncertainty
from models.pretrained.decode import find_objects
from models.pretrained.network import PyramidNetwork
from models.pretrained.regions import full_size_mask
from models.pretrained.seams import Piece, join
from models.pretrained.statistics import region_statistics

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Seen:
    """n candidates, those of one window one after the other, the surest first.

    Args:
        looked: the windows that were looked at.
        windows: (n,) int64 places in `looked` of each candidate.
        logits: (n, R, R) of their masks in regions (n, 4), in sides of the window.
        classes: (n, C) probabilities.
        statistics: (n, K), see `models.pretrained.statistics`.
        doubts: (n, 3), see `models.iou_head.uncertainty`.
        features: (D,) of the encoder.
    """

    looked: tuple[Window, ...]
    windows: NDArray[np.int64]
    logits: NDArray[np.float32]
    regions: Floats
    classes: NDArray[np.float32]
    statistics: Floats
    doubts: Floats
    features: NDArray[np.float32]

    @property
    def confidence(self) -> Floats:
        """(n,) in [0, 1]."""
        return self.statistics[:, CONFIDENCE]

    @classmethod
    def of(cls, parts: Sequence[Seen]) -> Seen:
        """All that was seen of one image."""
        if len(parts) == 1:
            return parts[0]
        names = ("logits", "regions", "classes", "statistics", "doubts")
        joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        windows = np.concatenate([part.windows + place for place, part in enumerate(parts)])
        looked = tuple(part.looked[0] for part in parts)
        return cls(looked, windows, features=np.mean([part.features for part in parts], axis=0), **joined)

    def mask(self, place: int, size: tuple[int, int]) -> Mask:
        """Of a candidate, in the image of (height, width)."""
        return full_size_mask(self.logits[place], self.regions[place], self.looked[self.windows[place]], size)

    def objects(self, size: tuple[int, int], least: float) -> tuple[NDArray[np.int64], dict[int, Mask]]:
        """Candidates that are not of one object, the surest first, and masks of those that were put together.

        Where several windows were looked at, an object that lies in more than one is one candidate. Those below `least`
        confidence are not drawn: of such, the window counts whose middle is the nearest.
        """
        if len(self.looked) == 1:
            return np.arange(len(self.windows)), {}
        order = np.argsort(-self.confidence, kind="stable")
        drawn = [(place, self.mask(place, size)) for place in order.tolist() if self.confidence[place] >= least]
        drawn = [(place, mask) for place, mask in drawn if mask.area]
        pieces = [Piece(self.looked[self.windows[place]], mask, float(self.confidence[place])) for place, mask in drawn]
        masks = {drawn[piece][0]: mask for piece, mask in join(pieces)}
        faint = (self.confidence < least) & (self._nearest_windows() == self.windows)
        return np.array([place for place in order.tolist() if place in masks or faint[place]], dtype=np.int64), masks

    def _nearest_windows(self) -> NDArray[np.int64]:
        """(n,) of which window the middle is nearest to each candidate's."""
        middles = np.array([window.middle for window in self.looked])
        corners = np.array([(window.top, window.left, window.height, window.width) for window in self.looked])
        own = corners[self.windows]
        y = own[:, 0] + own[:, 2] * (self.regions[:, 1] + self.regions[:, 3]) / 2
        x = own[:, 1] + own[:, 3] * (self.regions[:, 0] + self.regions[:, 2]) / 2
        away = np.hypot(y[:, None] - middles[:, 0], x[:, None] - middles[:, 1])
        nearest: NDArray[np.int64] = away.argmin(axis=1)
        return nearest


@torch.inference_mode()
def look(
    network: PyramidNetwork,
    encoder: FrozenEncoder,
    batch: Sequence[EncodedWindow[ImageToScore]],
    recipe: PretrainedRecipe,
) -> list[Seen]:
    """What the network sees in each window of a batch."""
    raw = encoder.tensors([one.picture.taps for one in batch])
    taps = network.scaled(raw)
    maps = network(taps)
    least = [0.0 if one.item.counts else recipe.threshold for one in batch]  # of as many as were counted, any may be
    found = find_objects(network, maps, taps, recipe.most_objects, least)
    doubts = mask_uncertainty(found.logits[None], torch.zeros_like(found.images)[None])[0].cpu().double().numpy()
    statistics = region_statistics(found, maps).cpu().double().numpy()
    features = raw[-1].mean(dim=(2, 3)).cpu().numpy()
    images, regions, classes = (part.cpu().numpy() for part in (found.images, found.regions.double(), found.classes))
    logits = found.logits.float().cpu().numpy()
    seen = []
    for row, one in enumerate(batch):
        own = np.flatnonzero(images == row)
        windows = np.zeros(len(own), dtype=np.int64)
        shown = (logits[own], regions[own], classes[own], statistics[own], doubts[own])
        seen.append(Seen((one.window,), windows, *shown, features[row]))
    return seen
