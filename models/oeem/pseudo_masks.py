"""Maps of tiles by a trained classifier of patches, and the labels that they come to.

Scores are summed over scales as in the paper (`models.classification.patches.maps`), which has no ground: each pixel is
of the class of the largest score among those that its image holds. Where no category names the ground, scores become
maps in [0, 1], and the ground is where none passes a threshold. Rectified scores are divided by the largest of the
tile, as class activation maps usually are; but by no less than what the middle tile that may hold the class comes to,
so that a tile of a large image without the class does not show one.

Maps are kept in files while a training lasts, so that one that is killed makes none of them twice.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.formats.files import write_atomically
from models.classification.patches.maps import PatchMaps
from models.metrics.semantic import UNKNOWN
from models.oeem.material import Labels, Tile
from models.proposals.from_maps import sweep
from models.training.fingerprint import digest
from models.training.loop import Progress

VERSION = 2
"""Of the maps; raised when a change makes other maps of the same tiles."""
USUAL_THRESHOLD = 0.3  # of the ground, where no outline says better
LEAST = 1e-6  # of a largest score
MOST_SWEPT = 20  # outlined tiles that say where it lies
Scores = NDArray[np.float16]
Maps = NDArray[np.float32]


@dataclass(frozen=True)
class TileMaps:
    """Maps of tiles.

    Args:
        maps: by the trained classifier, at its scales.
        folder: where they are kept; `None` for nowhere.
    """

    maps: PatchMaps
    folder: Path | None = field(default=None)

    def of(self, tiles: Sequence[Tile], progress: Progress) -> Iterator[Scores]:
        """Mean scores (C, h, w) float16 of each tile over the scales, in their order.

        Args:
            progress: called after each; may raise to stop.
        """
        for done, tile in enumerate(tiles, start=1):
            yield self._scores(tile)
            progress(done / len(tiles), f"maps of {done} of {len(tiles)} tiles")

    def _scores(self, tile: Tile) -> Scores:
        path = self.folder / f"{self._name(tile)}.npy" if self.folder else None
        if path is not None and path.is_file():
            kept: Scores = np.load(path, allow_pickle=False)
            return kept
        made = (self.maps.scores(tile.pixels) / len(self.maps.scales)).numpy().astype(np.float16)
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            buffer = io.BytesIO()
            np.save(buffer, made, allow_pickle=False)
            write_atomically(path, buffer.getvalue())
        return made

    def _name(self, tile: Tile) -> str:
        told = json.dumps([self._classifier, VERSION, self.maps.scales])
        return digest(told, {"pixels": torch.tensor(tile.pixels)})

    @cached_property
    def _classifier(self) -> str:
        fitted = self.maps.fitted
        return digest(json.dumps(fitted.recipe.to_dict()), fitted.network.state_dict())


@dataclass(frozen=True)
class Scaling:
    """What makes maps of scores: (C,) of each class the largest score in the middle tile that may hold it."""

    peaks: Maps

    @classmethod
    def of(cls, tiles: Sequence[Tile], scores: Sequence[Scores], classes: int) -> Scaling:
        """That of tiles with their scores.

        Args:
            classes: C.
        """
        largest = [one.max(axis=(1, 2)) for one in scores]
        told = [[row[index] for tile, row in zip(tiles, largest, strict=True) if index in tile.present]
                for index in range(classes)]  # fmt: skip
        return cls(np.array([np.median(peaks) if peaks else 0.0 for peaks in told], np.float32))

    def maps(self, tile: Tile, scores: Scores) -> Maps:
        """(C, h, w) float32 in [0, 1], 0 of classes that the tile's image does not hold."""
        present = list(tile.present)
        made = np.zeros(scores.shape, np.float32)
        kept = np.maximum(scores[present].astype(np.float32), 0)
        largest = np.maximum(kept.max(axis=(1, 2)), np.maximum(self.peaks[present], LEAST))
        made[present] = kept / largest[:, None, None]
        return made


def swept_threshold(outlined: Iterable[tuple[Maps, Labels]]) -> float:
    """The threshold of the ground that suits outlined tiles best; the usual one without any.

    Args:
        outlined: maps, and the true labels with the ground 0.
    """
    pairs = list(outlined)
    return sweep(pairs)[0] if pairs else USUAL_THRESHOLD


def largest_present(tile: Tile, scores: Scores) -> Labels:
    """(h, w) of a vocabulary that names all there is: the class of the largest score that the image holds; else 255."""
    if not tile.present:
        return np.full(scores.shape[1:], UNKNOWN, np.uint8)
    labels: Labels = np.array(tile.present, np.uint8)[scores[list(tile.present)].argmax(axis=0)]
    return labels
