"""IRN's instances: pixels whose displacements lead to one place are one object.

Ahn, Cho, Kwak, *Weakly supervised learning of instance segmentation with inter-pixel relations*, CVPR 2019, section 5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.refinement.affinity.irn_network import IrnNetwork, see
from models.refinement.affinity.irn_walk import IrnWalk, check_maps, enlarged_scores, propagate, with_ground

Field = NDArray[np.float32]
Groups = NDArray[np.int64]


@dataclass(frozen=True)
class Grouping:
    """How pixels are grouped.

    Args:
        rounds: of refining where a cell's displacements lead.
        weak: cells with shorter displacements, in cells, are middles of objects.
        smallest: share of the image's pixels under which an object has the score 0.
    """

    rounds: int = 300
    weak: float = 2.5
    smallest: float = 0.01


@dataclass(frozen=True)
class Instance:
    """An object.

    Args:
        class_index: of its class.
        mask: (H, W) bool, connected by sides.
        score: in [0, 1], the largest of its class's walked map on it; 0 for an object that is too small.
    """

    class_index: int
    mask: NDArray[np.bool_]
    score: float


def instances(
    network: IrnNetwork,
    pixels: NDArray[np.uint8],
    classes: Sequence[int],
    maps: Tensor,
    options: tuple[IrnWalk, Grouping] | None = None,
) -> list[Instance]:
    """Objects of an image, those of score 0 among them; arguments and errors as of `irn_walk.refine`.

    Args:
        options: of the walk and of the groups.
    """
    walking, grouping = options or (IrnWalk(), Grouping())
    check_maps(pixels, classes, maps)
    edges, displacement = see(network, pixels, walking.frame)
    groups = group_cells(displacement.cpu().numpy(), grouping)
    scores = enlarged_scores(
        propagate(split_by_group(maps, groups), edges, walking), (pixels.shape[0], pixels.shape[1])
    )
    owners = with_ground(scores, walking.background).argmax(dim=0).cpu().numpy()
    each = len(scores) // len(classes)
    return cut_instances(scores.cpu().numpy(), owners, [index for index in classes for _ in range(each)], grouping)


def group_cells(displacement: Field, grouping: Grouping) -> Groups:
    """(2, h, w) displacements to (h, w) groups 0, 1, ...: which connected part of weak displacements a cell's lead to.

    Cells that are led to no such part are a group as well.
    """
    from scipy import ndimage  # takes a second to import

    weak = np.sqrt(displacement[0] ** 2 + displacement[1] ** 2) < grouping.weak
    parts, _ = ndimage.label(weak)
    rows, columns = find_centroids(displacement, grouping.rounds)
    _, groups = np.unique(parts[rows, columns], return_inverse=True)
    cells: Groups = groups.reshape(weak.shape).astype(np.int64)
    return cells


def find_centroids(displacement: Field, rounds: int) -> NDArray[np.int64]:
    """(2, h, w) whole cells where displacements lead: each round goes on by what lies, bilinearly, where one has come.

    Nobody leaves the grid. Places are kept in float32 and moved in float64, as the authors' program does it.
    """
    size = np.array(displacement.shape[1:]).reshape(2, 1, 1)
    places = np.indices(displacement.shape[1:]).astype(np.float32)
    for _ in range(rounds):
        low, high = np.floor(places).astype(np.int64), np.ceil(places).astype(np.int64)
        down, right = places.astype(np.float64) - low
        move = (
            displacement[:, high[0], high[1]] * down * right
            + displacement[:, high[0], low[1]] * down * (1 - right)
            + displacement[:, low[0], high[1]] * (1 - down) * right
            + displacement[:, low[0], low[1]] * (1 - down) * (1 - right)
        )
        places = np.clip((places + move).astype(np.float32), 0, size - 1).astype(np.float32)
    return np.round(places).astype(np.int64)


def split_by_group(maps: Tensor, groups: Groups) -> Tensor:
    """(n, h, w) maps to (n * m, h, w), each class's part in each of m groups, zero elsewhere."""
    kinds = torch.arange(int(groups.max()) + 1, device=maps.device).view(1, -1, 1, 1)
    own = torch.from_numpy(groups).to(maps.device) == kinds
    return (maps[:, None] * own).flatten(0, 1)


def cut_instances(scores: Field, owners: Groups, classes: Sequence[int], grouping: Grouping) -> list[Instance]:
    """Connected parts of what each class's group owns.

    Args:
        scores: (k, H, W) in [0, 1].
        owners: (H, W), 0 for ground, 1 + the place of a score.
        classes: index of the class of each score.
    """
    from scipy import ndimage  # takes a second to import

    least = grouping.smallest * owners.size
    found = []
    for place, class_index in enumerate(classes):
        parts, number = ndimage.label(owners == place + 1)
        for part in range(1, number + 1):
            mask = parts == part
            score = float(scores[place][mask].max()) if mask.sum() >= least else 0.0
            found.append(Instance(class_index, mask, score))
    return found
