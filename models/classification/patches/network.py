"""The classifier of patches: the last three stages of an encoder, fused, averaged, and one linear layer with bias.

Li et al., *Online easy example mining for weakly-supervised gland segmentation from histology images*, MICCAI 2022,
section 3. Fusing is side by side: 512, 1024 and 4096 channels of a WideResNet-38 make 5632.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from models.classification.patches.recipe import PatchRecipe
from models.encoders.backbones import Encoder
from models.encoders.last_stages import STAGES, build_dense_encoder, last_stages


class PatchClassifier(nn.Module):
    """Images (B, 3, H, W), normalised, of any size, to one logit for each of C classes.

    Args:
        encoder: of which the last three taps are used.
        classes: C.
    """

    def __init__(self, encoder: Encoder, classes: int) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(sum(encoder.channels[-STAGES:]), classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits (B, C)."""
        logits: Tensor = self.head(self.features(images).float().mean(dim=(2, 3)))
        return logits

    def features(self, images: Tensor) -> Tensor:
        """(B, D, h, w) of the last three stages side by side, at the size of the finest."""
        return torch.cat(last_stages(self.encoder, images), dim=1)

    def maps(self, images: Tensor) -> Tensor:
        """(B, C, h, w) class scores: the linear layer at every place, its bias too, not rectified.

        Their means are the logits.
        """
        features = self.features(images).float()
        weights = self.head.weight[:, :, None, None]
        return nn.functional.conv2d(features, weights, self.head.bias)


def build_patch_classifier(recipe: PatchRecipe, classes: int, *, weights: str = "", seed: int = 0) -> PatchClassifier:
    """The recipe's network on the CPU.

    Args:
        weights: of the encoder.
        seed: of whatever `weights` does not give.

    Raises:
        InvalidConfig: the weights do not exist or do not fit.
        Unavailable: weights cannot be fetched.
    """
    encoder = build_dense_encoder(recipe.encoder, weights, recipe.last_dilation, seed)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PatchClassifier(encoder, classes)
