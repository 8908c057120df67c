"""A network for each category that somebody clicked on, and what they see of an image of any size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from models.classification.unet.network import Front, UnetClassifier, build_unet
from models.classification.unet.recipe import UnetRecipe
from models.data.samples import image_tensor, normalise
from models.encoders.backbones import Encoder
from models.localization.gradcam import TINY
from models.localization.tiled.advcam import TiledAdvCam
from models.localization.tiled.tiles import Tiling

Pixels = NDArray[np.uint8]
Map = NDArray[np.float32]


class UnetNetworks(nn.Module):
    """The networks of some categories, as one module.

    Args:
        by_category: each with one logit; one at least.
    """

    def __init__(self, by_category: Mapping[int, UnetClassifier]) -> None:
        super().__init__()
        self.by_category = nn.ModuleDict({str(key): by_category[key] for key in sorted(by_category)})

    @property
    def learnt(self) -> tuple[int, ...]:
        """Ids of the categories that have a network, ascending."""
        return tuple(int(key) for key in self.by_category)

    @property
    def device(self) -> torch.device:
        """Where they are."""
        return next(self.parameters()).device

    @property
    def front(self) -> Front:
        """What the first of them sees an image with."""
        return self.of(self.learnt[0]).unet.front

    def of(self, category_id: int) -> UnetClassifier:
        """The network of a category that was learnt."""
        network = self.by_category[str(category_id)]
        assert isinstance(network, UnetClassifier)
        return network


class FrontEncoder(Encoder):
    """A front as an encoder of three taps, at 1/1, 1/2 and 1/4 of the image.

    Args:
        front: of a network, whose module it stays.
    """

    def __init__(self, front: Front) -> None:
        super().__init__()
        self.front, self.channels = front, front.channels

    def forward(self, images: Tensor, most: int = 3) -> list[Tensor]:
        """See `Encoder.forward`."""
        return list(self.front(images))[:most]


def read_networks(
    recipe: UnetRecipe, learnt: Sequence[int], tensors: Mapping[str, Tensor], device: torch.device
) -> UnetNetworks:
    """Trained networks from their weights."""
    networks = UnetNetworks({category_id: build_unet(recipe, 1) for category_id in learnt})
    networks.load_state_dict(dict(tensors))
    return networks.requires_grad_(requires_grad=False).to(device).eval()


@torch.no_grad()
def scores_of(network: UnetClassifier, pixels: Pixels, tiling: Tiling) -> Map:
    """(H, W) what each pixel of an image (H, W, 3) adds to the mean that is the logit, the bias left out.

    Whatever the image's size, one tile of it is seen at a time.

    Args:
        network: of one category, in eval mode.
    """
    device, precision = network.head.weight.device, network.head.weight.dtype
    scores = np.empty(pixels.shape[:2], np.float32)
    for tile in tiling.tiles((pixels.shape[0], pixels.shape[1])):
        seen = network.maps(normalise(image_tensor([pixels[tile.seen]], device)).to(precision))[0, 0].float()
        scores[tile.core] = seen[tile.core_in_tile].cpu().numpy()
    return scores


def probability(scores: Map, bias: float, side: int) -> float:
    """That the category is somewhere in an image: the largest that any crop is given, in [0, 1].

    Crops are what the network learnt to tell apart. The mean over a large image says little of a small object.

    Args:
        scores: (H, W) of `scores_of`.
        bias: of the network's logit.
        side: of crops, in pixels; they begin half a side after one another, the last ones end with the image.
    """
    height, width = scores.shape
    largest = -np.inf
    columns, wide = _begins(width, side), min(side, width)
    for top in _begins(height, side):
        band = scores[top : top + side]
        sums = np.concatenate([[0.0], band.sum(axis=0, dtype=np.float64).cumsum()])
        means = (sums[columns + wide] - sums[columns]) / (len(band) * wide)
        largest = max(largest, float(means.max()))
    return float(torch.sigmoid(torch.tensor(largest + bias, dtype=torch.float64)))


def map_of(network: UnetClassifier, pixels: Pixels, scores: Map, steps: int, tiling: Tiling) -> Map:
    """(H, W) in [0, 1], the largest value 1: Grad-CAM, or AdvCAM of so many steps.

    Grad-CAM at the last layer is what `scores` are, where they are above 0.
    """
    if steps:
        (made,) = TiledAdvCam(steps=steps, tiling=tiling).maps(network, [pixels], [(0,)])
        climbed: Map = made.whole[0].cpu().numpy()
        return climbed
    seen: Map = np.maximum(scores, 0)
    seen /= max(float(seen.max()), TINY)
    return seen


def _begins(length: int, side: int) -> NDArray[np.intp]:
    last = max(0, length - side)
    return np.unique(np.append(np.arange(0, last + 1, max(1, side // 2)), last))
