"""Where images lie in a classifier's last features: the mean of each class, and clusters of images that hold nothing.

Lee, Oh, Yun, Choe, Kim, Yoon, *Weakly supervised semantic segmentation using out-of-distribution data*, CVPR 2022 (Lee,
*Label-efficient learning for object recognition*, Seoul National University 2023, chapter of W-OoD).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.classification.network import ImageClassifier
from models.data.samples import image_tensor, normalise
from models.training.loop import Progress

ITERATIONS = 10  # of k-means, as the authors have it, whether it has settled or not


@torch.no_grad()
def image_features(
    network: ImageClassifier, images: Sequence[NDArray[np.uint8]], device: torch.device, progress: Progress
) -> Tensor:
    """(n, D) float32, the mean of the last features of each image as it is; nothing is drawn.

    Args:
        network: in eval mode.
        images: (H, W, 3) uint8 RGB each, of any sizes.
        progress: called after every image.
    """
    rows = []
    for done, pixels in enumerate(images, start=1):
        rows.append(network.features(normalise(image_tensor([pixels], device)))[0])
        progress(done / len(images), f"features of {done} of {len(images)} images")
    return torch.stack(rows)


def class_means(features: Tensor, classes: Tensor) -> Tensor:
    """(C, D) the mean of the features of the images of each class; an image of several classes enters several.

    Zero where no image is of a class.

    Args:
        features: (n, D) float.
        classes: (n, C) bool.
    """
    weights = classes.to(features)
    sums: Tensor = weights.T @ features
    return sums / weights.sum(dim=0).clamp(min=1)[:, None]


def k_means(points: Tensor, clusters: int) -> Tensor:
    """(K, D) centres of Lloyd's algorithm from the first K points after 10 iterations; Euclidean, nothing normalised.

    The order of the points therefore matters. A cluster that loses all its points keeps its centre; the authors'
    program divides by zero there.

    Args:
        points: (n, D) float.

    Raises:
        InvalidArgument: fewer points than clusters, or no cluster.
    """
    if not 1 <= clusters <= len(points):
        raise InvalidArgument(f"{len(points)} points cannot make {clusters} clusters", field="clusters")
    centres = points[:clusters].clone()
    for _ in range(ITERATIONS):
        nearest = torch.cdist(points, centres, compute_mode="donot_use_mm_for_euclid_dist").argmin(dim=1)
        members = nearest[:, None] == torch.arange(clusters, device=points.device)
        centres = torch.where(members.any(dim=0)[:, None], class_means(points, members), centres)
    return centres
