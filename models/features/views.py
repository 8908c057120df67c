"""Views of labeled images as the training takes them: the encoder's taps, and what the heads are to say of them.

A frozen encoder encodes every view once; of one that learns as well, a view holds the pixels. What a view
shows follows from the picture and the view's number alone: the next training that learns from the same label finds it
in the feature store.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.data import augmentation
from models.data.augmentation import random_move, recolour
from models.data.samples import KnownBy, Prepared, image_tensor
from models.encoders.feature_store import EncodedPicture, FeatureStore, Taps

VERSION = 1
"""Raised when a change makes trainings come to other weights."""
FINEST = 4  # pixels of the encoder's square along a cell of the dense maps
WHOLE = 2  # views, the first ones, that show all of the picture
SPREAD = 0.1  # deviation of a centre's bump, in square roots of the object's area


@dataclass(frozen=True)
class LabeledView:
    """One view of a labeled image with n objects; S is the encoder's square, s = S / 4.

    Args:
        taps: of the encoder, finest first; for one that learns, the picture itself, see `models.encoders.pixels`.
        masks: (n, S * S / 8) uint8, packed bits.
        classes: (n,) int64 class indices.
        known_by: (n,) uint8 of `KnownBy`.
        areas: (n,) float32, shares of the image.
        boxes: (n, 4) float32 x0, y0, x1, y1 in image sides.
        seeds: (n, 2) float32 x, y in image sides: the object's pixel that is nearest to its middle.
        known: (s, s) bool, what shows the picture and no crowd; the rest was made up to fill the square, or nobody
            knows what is there.
        ignored: (S * S / 8) uint8, packed bits: pixels of crowds; `None` for no pixel.
        present: (C,) bool, classes that the image may show where nobody said of a cell what it is of, and no other;
            `None` where outlines and boxes are all there is.
        ground: (S * S / 8) uint8, packed bits: strokes on the ground; `None` where nobody marked anything.
    """

    taps: Taps
    masks: NDArray[np.uint8]
    classes: NDArray[np.int64]
    known_by: NDArray[np.uint8]
    areas: NDArray[np.float32]
    boxes: NDArray[np.float32]
    seeds: NDArray[np.float32]
    known: NDArray[np.bool_]
    ignored: NDArray[np.uint8] | None = None
    present: NDArray[np.bool_] | None = None
    ground: NDArray[np.uint8] | None = None

    @property
    def boxed(self) -> NDArray[np.bool_]:
        """(n,) of which no more than the box is known."""
        boxed: NDArray[np.bool_] = self.known_by == KnownBy.BOX
        return boxed

    @property
    def told(self) -> NDArray[np.bool_]:
        """(s, s) what is known, and in no box of an object that nobody outlined."""
        told, side = self.known.copy(), len(self.known)
        for x0, y0, x1, y1 in self.boxes[self.boxed]:
            rows, columns = (slice(int(low * side), int(np.ceil(high * side))) for low, high in ((y0, y1), (x0, x1)))
            told[rows, columns] = False
        return told

    def solid(self, places: Sequence[int] | slice = slice(None)) -> NDArray[np.bool_]:
        """(m, S, S) masks of some of the objects."""
        side = self.known.shape[0] * FINEST
        bits = np.unpackbits(self.masks[places], axis=1, count=side * side)
        return bits.reshape(-1, side, side).astype(np.bool_)

    def crowded(self) -> NDArray[np.bool_]:
        """(S, S) pixels of crowds."""
        return self._pixels(self.ignored)

    def strokes_on_ground(self) -> NDArray[np.bool_]:
        """(S, S) pixels of strokes on the ground."""
        return self._pixels(self.ground)

    def _pixels(self, packed: NDArray[np.uint8] | None) -> NDArray[np.bool_]:
        side = self.known.shape[0] * FINEST
        if packed is None:
            return np.zeros((side, side), dtype=np.bool_)
        return np.unpackbits(packed, count=side * side).reshape(side, side).astype(np.bool_)


class ViewEncoder(Protocol):
    """What views are seen through: `models.encoders.taps.FrozenEncoder`, or `models.encoders.pixels.Pixels`."""

    @property
    def store(self) -> FeatureStore:
        """Of what it made before."""

    @property
    def device(self) -> torch.device:
        """Where it computes."""

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """Of what it makes of a picture."""

    def key(self, content: str, view: int = 0) -> str:
        """What a picture's view is kept under."""

    def encode(self, images: Tensor) -> list[Taps]:
        """(B, 3, S, S) in [0, 1] to what it makes of each picture."""


def labeled_views(example: Prepared, encoder: ViewEncoder, number: int) -> list[LabeledView]:
    """A label's views; the first is the picture as it is, the second its mirror image, the others are random."""
    content = hashlib.sha256(example.image.tobytes()).hexdigest()
    drawn = f"{content} {VERSION} {augmentation.VERSION}"  # random views show what this code draws
    keys = [encoder.key(content if place < WHOLE else drawn, place) for place in range(number)]
    kept = [encoder.store.read(key, encoder.shapes) for key in keys]
    shown = [_show(example, content, place, pixels=kept[place] is None) for place in range(number)]
    missing = [place for place in range(number) if kept[place] is None]
    if missing:
        pixels = torch.cat([image for place in missing if (image := shown[place].image) is not None])
        for place, taps in zip(missing, encoder.encode(pixels.to(encoder.device)), strict=True):
            made = EncodedPicture(taps, example.image.shape[:2])
            encoder.store.keep(keys[place], made)
            kept[place] = made
    return [
        _labeled(picture.taps, view, example.present)
        for picture, view in zip(kept, shown, strict=True)
        if picture is not None
    ]


@dataclass(frozen=True)
class _Shown:
    """A view before it is encoded: pixels (1, 3, S, S), masks (n, S, S), classes (n,), what people drew of them (n,),
    what shows the picture (S, S), and pixels of crowds and strokes on the ground (S, S), `None` for no pixel."""

    image: Tensor | None
    masks: NDArray[np.bool_]
    classes: NDArray[np.int64]
    known_by: NDArray[np.uint8]
    known: NDArray[np.bool_]
    ignored: NDArray[np.bool_] | None
    ground: NDArray[np.bool_] | None


def _show(example: Prepared, content: str, number: int, *, pixels: bool) -> _Shown:
    """A view; its picture only where it has to be encoded."""
    side = len(example.image)
    known = np.ones((side, side), dtype=np.bool_)
    image = image_tensor([example.image], torch.device("cpu")) if pixels else None
    if number < WHOLE:
        turned = slice(None, None, -1 if number else 1)
        flipped = image.flip(-1) if image is not None and number else image
        ignored, ground = (
            None if pixels_of is None else np.ascontiguousarray(pixels_of[:, turned])
            for pixels_of in (example.ignored, example.ground)
        )
        masks = np.ascontiguousarray(example.masks[:, :, turned])
        return _Shown(flipped, masks, example.classes, example.known_by, known, ignored, ground)
    rng = np.random.default_rng([number, int(content[:15], 16)])
    move = torch.from_numpy(random_move(True, rng)).float()[None]
    grid = F.affine_grid(move, [1, 1, side, side], align_corners=False)
    if image is not None:
        image = F.grid_sample(image, grid, padding_mode="reflection", align_corners=False)
        image = recolour(image, rng)
    inside = (grid[0].abs() <= 1).all(dim=-1).numpy()
    masks = _moved(example.masks, grid)
    left = masks.any(axis=(1, 2))
    ignored, ground = (
        None if pixels_of is None else _moved(pixels_of[None], grid)[0]
        for pixels_of in (example.ignored, example.ground)
    )
    return _Shown(image, masks[left], example.classes[left], example.known_by[left], inside, ignored, ground)


def _moved(masks: NDArray[np.bool_], grid: Tensor) -> NDArray[np.bool_]:
    """(n, S, S) as the view (1, S, S, 2) shows them; what comes in from outside is nothing."""
    if not len(masks):
        return masks
    solid = torch.from_numpy(masks).float()[None]
    return (F.grid_sample(solid, grid, mode="nearest", align_corners=False)[0] > 0.5).numpy().astype(np.bool_)


def _labeled(taps: Taps, view: _Shown, present: NDArray[np.bool_] | None) -> LabeledView:
    geometry = [_geometry(mask) for mask in view.masks]
    side = len(view.known)
    known = view.known if view.ignored is None else view.known & ~view.ignored
    return LabeledView(
        taps,
        np.packbits(view.masks.reshape(len(view.masks), side * side), axis=1),
        view.classes,
        view.known_by,
        view.masks.mean(axis=(1, 2), dtype=np.float32) if len(view.masks) else np.zeros(0, np.float32),
        np.array([box for box, _ in geometry], dtype=np.float32).reshape(-1, 4),
        np.array([seed for _, seed in geometry], dtype=np.float32).reshape(-1, 2),
        np.asarray(known.reshape(side // FINEST, FINEST, -1, FINEST).all(axis=(1, 3))),
        np.packbits(view.ignored) if view.ignored is not None and view.ignored.any() else None,
        present,
        None if view.ground is None else np.packbits(view.ground),
    )


def tensors_of(kinds: Iterable[Sequence[Sequence[LabeledView]]]) -> dict[str, Tensor]:
    """All that a training sees of its views, each tensor by a name of its own; not to be changed.

    Nothing is copied: taps stay in the files of the feature store, of which memory may hold a part.
    """
    parts: dict[str, NDArray[Any]] = {}
    for kind, labels in enumerate(kinds):
        for place, seen in enumerate(labels):
            for number, view in enumerate(seen):
                parts |= {f"{kind} {place} {number} {name}": each for name, each in _parts_of(view).items()}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The given NumPy array is not writable")
        return {name: torch.from_numpy(each) for name, each in parts.items()}


def _parts_of(view: LabeledView) -> dict[str, NDArray[Any]]:
    parts: dict[str, NDArray[Any]] = {"masks": view.masks, "classes": view.classes, "known": view.known}
    for name in ("ignored", "present", "ground"):
        if (value := getattr(view, name)) is not None:
            parts[name] = value
    if view.known_by.any():
        parts["known by"] = view.known_by
    return parts | {f"tap {level}": tap for level, tap in enumerate(view.taps)}


def tap_statistics(taken: Sequence[Taps]) -> tuple[list[Tensor], list[Tensor]]:
    """Mean and deviation of each tap's channels over some pictures."""
    means, scales = [], []
    for level in range(len(taken[0])):
        values = np.stack([taps[level] for taps in taken]).astype(np.float32)
        means.append(torch.from_numpy(values.mean(axis=(0, 2, 3))))
        scales.append(torch.from_numpy(values.std(axis=(0, 2, 3)) + 1e-3))
    return means, scales


def _geometry(mask: NDArray[np.bool_]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Box and seed of a mask (S, S) with a pixel, in image sides."""
    side = len(mask)
    rows, columns = mask.nonzero()
    box = (columns.min() / side, rows.min() / side, (columns.max() + 1) / side, (rows.max() + 1) / side)
    nearest = ((rows - rows.mean()) ** 2 + (columns - columns.mean()) ** 2).argmin()
    return box, ((columns[nearest] + 0.5) / side, (rows[nearest] + 0.5) / side)
