"""A trained network of deep seeded region growing, and what it says of pictures: at its own size, and at theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.encoders.taps import FrozenEncoder, join_taps
from models.refinement.crf.mean_field import DSRG, CrfSettings, mean_field
from models.refinement.crf.unaries import softmax_unary
from models.refinement.dsrg.data import encode
from models.refinement.dsrg.growing import softened
from models.refinement.dsrg.network import DsrgNetwork

MULTIPLE = 32  # of pixels: sides that encoders take
SCALES = (0.75, 1.0, 1.25)
"""Of the side that the network was trained at: the authors' 241, 321 and 401 of 321."""


@dataclass(frozen=True)
class FittedDsrg:
    """A trained network with what it looks at pictures through.

    Args:
        network: in eval mode.
        encoder: whose `image_size` the network was trained at.
    """

    network: DsrgNetwork
    encoder: FrozenEncoder

    @torch.no_grad()
    def maps(self, images: Sequence[NDArray[np.uint8]]) -> list[NDArray[np.float32]]:
        """(C + 1, h, w) float32 in [0, 1] of each picture (H, W, 3) uint8, the ground's first: pixels add up to 1.

        Pictures are squeezed into a square first: h and w are 1/8 of the encoder's `image_size`.
        """
        return [softened(self._logits(pixels, self.encoder.image_size))[0].cpu().numpy() for pixels in images]

    @torch.no_grad()
    def whole_maps(
        self,
        images: Sequence[NDArray[np.uint8]],
        scales: Sequence[float] = SCALES,
        crf: CrfSettings | None = DSRG,
    ) -> list[NDArray[np.float32]]:
        """(C + 1, H, W) float32 in [0, 1] of each picture (H, W, 3) uint8, as the authors draw masks from.

        Logits of the picture at several scales are enlarged, bilinearly between corners, and added; a dense CRF makes
        their softmax exact.

        Args:
            scales: of the side that the network was trained at, above 0; sides are rounded to multiples of 32.
            crf: at full size; `None` for the softmax as it is.
        """
        made: list[NDArray[np.float32]] = []
        for pixels in images:
            height, width = pixels.shape[:2]
            sides = [max(MULTIPLE, round(self.encoder.image_size * scale / MULTIPLE) * MULTIPLE) for scale in scales]
            enlarged = [
                F.interpolate(self._logits(pixels, side), (height, width), mode="bilinear", align_corners=True)[0]
                for side in sides
            ]
            logits: Tensor = torch.stack(enlarged).sum(dim=0)
            if crf is None:
                made.append(logits.softmax(dim=0).cpu().numpy())
            else:
                made.append(mean_field(softmax_unary(logits.cpu().numpy()), pixels, crf))
        return made

    def _logits(self, pixels: NDArray[np.uint8], side: int) -> Tensor:
        """(1, C + 1, side / 8, side / 8) float32."""
        (taps,) = encode([pixels], self.encoder, side)
        logits: Tensor = self.network(join_taps([taps], self.encoder.device)).float()
        return logits
