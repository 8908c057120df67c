"""What torchvision's detectors look through: any encoder of this project below a feature pyramid.

Lin et al., *Feature pyramid networks for object detection*, CVPR 2017. The taps at 1/4 to 1/32 are brought to one
width, and a coarser level is pooled from the last. Norms always use the statistics that came with the weights. Those of
timm's encoders are folded into the convolutions before them, which saves a fifth of the time.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any, Self

from torch import Tensor, nn

from models.encoders.backbones import Encoder, TimmEncoder, build_encoder
from models.encoders.names import TIMM
from models.encoders.pretrained import build_pretrained

LEVELS = ("0", "1", "2", "3")
"""Names of the levels that regions are cut out of, at 1/4 to 1/32; anchors lie on a fifth, "pool", as well."""


class Pyramid(nn.Module):
    """Normalised images (B, 3, H, W), sides multiples of 32, to levels (B, width, h, w) by name, finest first.

    Args:
        encoder: with five taps, of which the finest is left out.
        width: channels of each level.
    """

    def __init__(self, encoder: Encoder, width: int) -> None:
        from torchvision.ops import FeaturePyramidNetwork
        from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

        super().__init__()
        self.encoder = encoder
        self.joined: nn.Module = FeaturePyramidNetwork(list(encoder.channels[1:]), width, LastLevelMaxPool())
        self.out_channels = width  # torchvision asks for it by this name

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        """See the class."""
        taps = self.encoder(images)[1:]
        levels: OrderedDict[str, Tensor] = self.joined(OrderedDict(zip(LEVELS, taps, strict=True)))
        return levels

    def train(self, mode: bool = True) -> Self:
        """As of any module, but norms stay in eval mode: batches are small."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


def build_pyramid(name: str, weights: str, width: int) -> Pyramid:
    """A pyramid on an encoder by name; arguments and errors as `models.encoders.backbones.build_encoder`.

    What `weights` does not give is from torch's global generator.
    """
    if name.startswith(TIMM):
        return Pyramid(TimmEncoder(build_pretrained(name.removeprefix(TIMM), weights or "random")), width)
    return Pyramid(build_encoder(name, weights), width)


def region_pool(side: int, anchor: int) -> Any:
    """Cuts regions out of the levels, each at side x side cells; one seven anchors long is cut out of the fourth."""
    from torchvision.ops import MultiScaleRoIAlign

    return MultiScaleRoIAlign(list(LEVELS), side, 2, canonical_scale=7 * anchor)
