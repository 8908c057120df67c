"""Features of images without looking for objects: by a trained model's encoder, or by one that has seen no label.

A trained encoder's features are those that scoring gives, the mean of its last tap. Random weights have learnt nothing
that is deep: there the mean and the deviation of the first two taps are kept, each tap scaled to unit length, which are
edges and colours at two scales. They tell images apart better than deeper taps do, and cost less; how well, and where
they do not, is in docs/results/cold_start.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from models.data.loading import Resize, load_batches
from models.data.samples import ImageToScore, image_tensor, normalise, resize_image
from models.encoders.backbones import Encoder, build_encoder
from models.training.loop import Progress

FIRST_TAPS = 2  # that random weights are read at


@dataclass(frozen=True)
class ImageEncoder:
    """What turns images into features.

    Args:
        encoder: in eval mode.
        image_size: side of the square it sees, in pixels, a multiple of 32.
        first_taps: of so many taps, from the finest on, mean and deviation are kept; 0 for the mean of the last alone.
        resize: makes a picture such a square.
    """

    encoder: Encoder
    image_size: int
    first_taps: int
    resize: Resize = resize_image

    def features(self, images: Tensor) -> Tensor:
        """(B, 3, S, S) normalised images to (B, D); D is the last tap's width, or twice the sum of the first taps'."""
        if not self.first_taps:
            last: Tensor = self.encoder(images)[-1].float().mean(dim=(2, 3))
            return last
        taps = self.encoder(images, self.first_taps)
        statistics = [torch.cat(torch.std_mean(tap.float(), dim=(2, 3), correction=0), dim=1) for tap in taps]
        return torch.cat([F.normalize(values, dim=1) for values in statistics], dim=1)


def cold_encoder(name: str, weights: str, image_size: int, seed: int) -> ImageEncoder:
    """An encoder that has seen none of the project's labels.

    Args:
        name: one of `models.encoders.names.ENCODERS`.
        weights: "" for random ones, drawn from `seed`; else as `models.encoders.backbones.build_encoder` takes them.
        image_size: side of the square it sees, in pixels, a multiple of 32.
        seed: of random weights.

    Raises:
        InvalidConfig: the weights do not exist or do not fit.
        Unavailable: torchvision's weights cannot be fetched.
    """
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        encoder = build_encoder(name, weights).eval()
    return ImageEncoder(encoder, image_size, first_taps=0 if weights else FIRST_TAPS)


def encode_images(
    source: ImageEncoder,
    images: Iterable[ImageToScore],
    *,
    device: torch.device,
    batch_size: int,
    progress: Progress | None = None,
) -> Iterator[tuple[str, NDArray[np.float32]]]:
    """Ids and features (D,) float32, in the images' order; counts are not looked at.

    Args:
        progress: called with the share that is done after every batch; may raise to stop.
    """
    waiting, done = list(images), 0
    source.encoder.to(device)
    for batch in load_batches(waiting, source.image_size, batch_size, source.resize):
        features = _encode(source, [loaded.small for loaded in batch], device)
        yield from zip((loaded.item.image_id for loaded in batch), features, strict=True)
        done += len(batch)
        if progress:
            progress(done / len(waiting), f"encoded {done} of {len(waiting)} images")


@torch.inference_mode()
def _encode(source: ImageEncoder, images: Sequence[NDArray[np.uint8]], device: torch.device) -> NDArray[np.float32]:
    pixels = normalise(image_tensor(images, device))
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=device.type == "cuda"):
        features: NDArray[np.float32] = source.features(pixels).float().cpu().numpy()
    return features
