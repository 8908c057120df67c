"""FickleNet's head: a convolution whose every window sees another random part of the features.

Lee et al., *FickleNet: weakly and semi-supervised semantic image segmentation using stochastic inference*, CVPR 2019
(Lee, *Label-efficient learning for object recognition*, Seoul National University 2023, chapter of FickleNet). Neither
has a program. All windows are laid side by side, so that dropping and convolving are two ordinary calls.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskloop.errors import InvalidArgument
from models.classification.network import OUTPUT_STRIDE, ImageClassifier, build_trunk
from models.classification.recipe import ClassifierRecipe
from models.encoders.backbones import Encoder


@dataclass(frozen=True)
class WindowDropout:
    """What windows do not see.

    Args:
        window: s, side of a window in features, odd.
        p: share of a window's places that is dropped, in [0, 1); all channels of a place together.
        keep_centre: whether a window's centre is never dropped.
        rescale: whether places that were kept by chance count 1 / (1 - p), so that a window's expected sum is that
            without dropout; a centre that is always kept counts 1. The paper does not say.

    Raises:
        InvalidArgument: an impossible value.
    """

    window: int = 9
    p: float = 0.9
    keep_centre: bool = True
    rescale: bool = True

    def __post_init__(self) -> None:
        if self.window < 1 or self.window % 2 == 0:
            raise InvalidArgument(f"window is {self.window}, not an odd number of 1 or more", field="window")
        if not 0 <= self.p < 1:
            raise InvalidArgument(f"p is {self.p}, not in [0, 1)", field="p")

    def masks(self, images: int, size: tuple[int, int], generator: torch.Generator) -> Tensor:
        """(B, s * s, h, w) float32 on the CPU: what each place of the window around each of h x w places counts.

        Args:
            generator: of the CPU, so that a seed means the same on every device.
        """
        places = self.window**2
        kept = (torch.rand(images, places, *size, generator=generator) >= self.p).float()
        masks = kept / (1 - self.p) if self.rescale else kept
        if self.keep_centre:
            masks[:, places // 2] = 1
        return masks


def expand(features: Tensor, window: int) -> Tensor:
    """(B, C, h, w) to (B, C, s * h, s * w), the s x s windows around all places side by side, zero outside.

    A convolution of kernel s and stride s over it is one of kernel s, stride 1 and padding s // 2 over the features.
    """
    windows = F.unfold(features, window, padding=window // 2)
    return F.pixel_shuffle(windows.view(len(features), -1, *features.shape[2:]), window)


class FickleClassifier(ImageClassifier):
    """A classifier whose head is a convolution of kernel s without bias; its maps' means are its logits.

    Args:
        encoder, classes, frozen_norm, output_stride: see `ImageClassifier`.
        dropout: of the windows.
    """

    def __init__(
        self,
        encoder: Encoder,
        classes: int,
        dropout: WindowDropout,
        *,
        frozen_norm: bool = False,
        output_stride: int = OUTPUT_STRIDE,
    ) -> None:
        super().__init__(encoder, classes, frozen_norm=frozen_norm, output_stride=output_stride)
        self.dropout = dropout
        side = dropout.window
        self.head = nn.Conv2d(encoder.channels[-1], classes, side, padding=side // 2, bias=False)

    def forward(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """Logits (B, C), see `maps`."""
        return self.maps(images, generator).float().mean(dim=(2, 3))

    def maps(self, images: Tensor, generator: torch.Generator | None = None) -> Tensor:
        """(B, C, H / stride, W / stride) class maps, not rectified.

        Args:
            generator: of what windows do not see; `None` for windows that see everything.
        """
        features: Tensor = self.encoder(images)[-1]
        if generator is None:
            whole: Tensor = self.head(features)
            return whole
        masks = self.dropout.masks(len(features), (features.shape[2], features.shape[3]), generator)
        return self.through(features, masks.to(features))

    def through(self, features: Tensor, masks: Tensor) -> Tensor:
        """Class maps (B, C, h, w) of features (B, D, h, w), seen through masks (B, s * s, h, w)."""
        side = self.dropout.window
        return F.conv2d(expand(features, side) * F.pixel_shuffle(masks, side), self.head.weight, stride=side)


def build_fickle(
    recipe: ClassifierRecipe, classes: int, dropout: WindowDropout, *, weights: str = "", seed: int = 0
) -> FickleClassifier:
    """The recipe's encoder below such a head, on the CPU; see `models.classification.network.build_classifier`.

    The paper's encoder is VGG-16 at stride 8. Here it is the recipe's. Of all but WideResNet-38 it is at stride 16, for
    which a window of 9 is wider.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder, stride = build_trunk(recipe.encoder, weights, seed)
        network = FickleClassifier(encoder, classes, dropout, frozen_norm=recipe.frozen_norm, output_stride=stride)
    if recipe.frozen_norm:
        network.encoder.freeze_stem()
    return network
