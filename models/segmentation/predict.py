"""Labels of whole images: by tiles, each at many scales and mirrored, each of these by sliding windows.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
section 4.1, as in the authors' program. Bilinear resizing has corners unaligned.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from maskloop.errors import InvalidConfig
from models.data.samples import image_tensor, normalise
from models.data.sliding import average_windows, sliding_windows
from models.data.windows import Window
from models.segmentation.network import sized

SCALES = (0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
Logits = Callable[[Tensor], Tensor]
"""(B, 3, h, w) normalised images to (B, C, h', w') logits of any size."""


@dataclass(frozen=True)
class Reading:
    """How images are read.

    Args:
        scales: of a tile, above 0.
        flips: whether each is also read mirrored.
        tile, tile_stride: of the tiles that an image is cut into, pixels; 0 and 0 for one tile that is the image.
        window, window_stride: of the windows that a scaled tile is read by, pixels.

    Raises:
        InvalidConfig: an impossible value.
    """

    scales: tuple[float, ...] = SCALES
    flips: bool = True
    tile: int = 256
    tile_stride: int = 192
    window: int = 320
    window_stride: int = 256

    def __post_init__(self) -> None:
        if not self.scales or not all(0 < scale < float("inf") for scale in self.scales):
            raise InvalidConfig(f"scales are {list(self.scales)}; one or more are needed, above 0", field="scales")
        if not 0 <= self.tile_stride <= self.tile or (self.tile and not self.tile_stride):
            raise InvalidConfig(f"tiles of {self.tile} every {self.tile_stride} pixels leave gaps", field="tile_stride")
        if not 0 < self.window_stride <= self.window:
            raise InvalidConfig(
                f"windows of {self.window} every {self.window_stride} pixels leave gaps", field="window_stride"
            )


@torch.no_grad()
def window_logits(network: Logits, images: Tensor, side: int, stride: int) -> Tensor:
    """(B, C, H, W) logits of images of any size, by windows; where these overlap logits are averaged.

    Args:
        images: (B, 3, H, W) normalised.
        side, stride: of the windows, see `models.data.sliding.starts`.
    """
    size = (images.shape[2], images.shape[3])
    windows = sliding_windows(size, side, stride)
    return average_windows(size, ((window, _logits_of(network, images, window)) for window in windows))


@torch.no_grad()
def tile_probabilities(network: Logits, pixels: NDArray[np.uint8], reading: Reading, device: torch.device) -> Tensor:
    """(C, h, w) float32 on `device`, of a tile (h, w, 3) uint8: softmax at the tile's size, averaged over its views."""
    size, total, views = (pixels.shape[0], pixels.shape[1]), torch.zeros((), device=device), 0
    for scale in reading.scales:
        height, width = (max(1, round(length * scale)) for length in size)
        scaled = Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR)
        image = normalise(image_tensor([np.asarray(scaled, dtype=np.uint8)], device))
        both = torch.cat([image, image.flip(-1)]) if reading.flips else image
        logits = sized(window_logits(network, both, reading.window, reading.window_stride), size)
        shares = logits.softmax(dim=1)
        total = total + shares[0] + (shares[1].flip(-1) if reading.flips else 0)
        views += len(shares)
    return total / views


def image_probabilities(network: Logits, pixels: NDArray[np.uint8], reading: Reading, device: torch.device) -> Tensor:
    """(C, H, W) float32 on `device`, of an image (H, W, 3) uint8: of its tiles, averaged where they overlap."""
    size = (pixels.shape[0], pixels.shape[1])
    if not reading.tile:
        return tile_probabilities(network, pixels, reading, device)
    windows = sliding_windows(size, reading.tile, reading.tile_stride)
    return average_windows(
        size, ((window, tile_probabilities(network, window.of(pixels), reading, device)) for window in windows)
    )


def _logits_of(network: Logits, images: Tensor, window: Window) -> Tensor:
    """(B, C, h, w) of what a window shows of images (B, 3, H, W)."""
    shown = images[:, :, window.top : window.top + window.height, window.left : window.left + window.width]
    return sized(network(shown), shown.shape[2:])
