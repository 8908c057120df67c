"""A Faster or Mask R-CNN of torchvision's looks at an image once; what it finds, and what it says of a box."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.bbam.material import boxes_at, brought_down
from models.boxes.boxed import BoxedImage, Floats
from models.boxes.positives import box_heads, heads_on
from models.data.proportions import Pixels

COARSEST = "3"  # level of the pyramid that features are the mean of
OTHERS = 64  # bytes of a look besides its arrays


@dataclass(frozen=True)
class Look:
    """An image as a network saw it.

    Args:
        pixels: (h, w, 3) uint8, at the size that masks are made at.
        size: height and width of the image itself.
        levels: of the pyramid.
        inner: torchvision's list of the one image, as the backbone took it.
    """

    pixels: Pixels
    size: tuple[int, int]
    levels: Mapping[str, Tensor]
    inner: Any

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width that masks are made at."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def seen(self) -> tuple[int, int]:
        """Height and width at which the network saw it."""
        sizes: list[tuple[int, int]] = self.inner.image_sizes
        return sizes[0]

    @property
    def features(self) -> NDArray[np.float32]:
        """(D,) the mean of the coarsest level."""
        return self.levels[COARSEST].float().mean(dim=(2, 3))[0].cpu().numpy()

    @property
    def size_bytes(self) -> int:
        """Of its arrays."""
        tensors = (*self.levels.values(), self.inner.tensors)
        taken: int = sum(each.numel() * each.element_size() for each in tensors)
        return OTHERS + self.pixels.nbytes + taken

    def boxed(self, boxes: Floats, classes: tuple[int, ...]) -> BoxedImage:
        """The picture with boxes (n, 4) in its pixels."""
        return BoxedImage("", self.pixels, boxes, classes)


@dataclass(frozen=True)
class Found:
    """What a network finds by itself, the surest first.

    Args:
        boxes: (n, 4) float32 in pixels of the picture that masks are made at.
        classes: n class indices.
        scores: (n,) float32 in [0, 1].
        cells: (n, S, S) float32 probabilities in the boxes; `None` of a network that draws no masks.
    """

    boxes: Floats
    classes: tuple[int, ...]
    scores: Floats
    cells: NDArray[np.float32] | None


@torch.no_grad()
def look(network: nn.Module, pixels: Pixels, longest: int) -> Look:
    """Look at an image (H, W, 3).

    Args:
        network: in eval mode.
        longest: side of the picture that masks are made at, pixels.
    """
    device = next(network.parameters()).device
    small = brought_down(pixels, longest)
    parts: Any = network
    given = torch.from_numpy(small.copy()).to(device).permute(2, 0, 1).float() / 255
    inner, _ = parts.transform([given])
    return Look(small, (pixels.shape[0], pixels.shape[1]), parts.backbone(inner.tensors), inner)


@torch.no_grad()
def detect(network: nn.Module, seen: Look) -> Found:
    """The objects that a network finds."""
    parts: Any = network
    regions, _ = parts.rpn(seen.inner, seen.levels, None)
    (found,), _ = parts.roi_heads(seen.levels, regions, seen.inner.image_sizes, None)
    boxes = boxes_at(found["boxes"].cpu().numpy(), seen.seen, seen.shape)
    classes = tuple(label - 1 for label in found["labels"].tolist())
    cells = found["masks"][:, 0].cpu().numpy() if "masks" in found else None
    return Found(boxes, classes, found["scores"].cpu().numpy(), cells)


@torch.no_grad()
def classes_in(network: nn.Module, seen: Look, box: Floats) -> NDArray[np.float32]:
    """(C,) probabilities of the classes of what is in a box (4,), the ground left out."""
    told = heads_on(network, seen.levels, [_inner(seen, box)], [seen.seen])
    return told.probabilities[0, 1:].float().cpu().numpy()


@torch.no_grad()
def cells_in(network: nn.Module, seen: Look, box: Floats, index: int) -> NDArray[np.float32]:
    """(S, S) probabilities of an object of a class in a box (4,), of a network that draws masks."""
    heads = box_heads(network)
    pooled = heads.mask_roi_pool(seen.levels, [_inner(seen, box)], [seen.seen])
    logits = heads.mask_predictor(heads.mask_head(pooled))
    drawn: NDArray[np.float32] = logits[0, index + 1].sigmoid().cpu().numpy()
    return drawn


def pasted(cells: NDArray[np.float32], box: Floats, size: tuple[int, int]) -> NDArray[np.float32]:
    """(h, w) probabilities of a picture of those (S, S) in a box (4,)."""
    from torchvision.models.detection.roi_heads import paste_masks_in_image

    given = torch.from_numpy(np.ascontiguousarray(cells))[None, None], torch.from_numpy(box)[None]
    whole: NDArray[np.float32] = paste_masks_in_image(*given, size)[0, 0].numpy()
    return whole


def _inner(seen: Look, box: Floats) -> Tensor:
    return torch.from_numpy(boxes_at(box[None], seen.shape, seen.seen)).to(seen.inner.tensors)
