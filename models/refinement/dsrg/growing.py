"""Deep seeded region growing: seeds that grow while a network learns from them, and the two losses it learns by.

Huang, Wang, Wang, Liu, Wang, *Weakly-supervised semantic segmentation network with deep seeded region growing*, CVPR
2018; the constraint is that of Kolesnikov, Lampert, *Seed, expand and constrain*, ECCV 2016. Row 0 of what is (C + 1)
long is the ground, row 1 + c is class c. What is not said otherwise is as in the authors' program.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from maskloop.errors import InvalidArgument
from models.refinement.crf.mean_field import CrfSettings, Sums, mean_field

SURE_OF_OBJECT, SURE_OF_GROUND = 0.85, 0.99
LEAST = 1e-4  # of a probability, and of a number of seeds that is divided by
RATIOS = (0.05, 20.0)  # that the constraint tells apart
Constraint = Literal["all", "seeds"]
Energy = Literal["log", "probability"]


def softened(logits: Tensor) -> Tensor:
    """(B, C + 1, h, w) softmax with 1e-4 added everywhere, made to add up to 1 again."""
    probabilities = logits.float().softmax(dim=1) + LEAST
    return probabilities / probabilities.sum(dim=1, keepdim=True)


def refined(
    probabilities: Tensor,
    images: NDArray[np.uint8],
    settings: CrfSettings,
    sums: Sums = "lattice",
    energy: Energy = "log",
) -> Tensor:
    """What a dense CRF makes of probabilities: at least 1e-4, and adding up to 1. No gradient comes back.

    Args:
        probabilities: (B, C + 1, h, w) float, above 0.
        images: (B, h, w, 3) uint8 RGB, of the size of the maps.
        settings: of the CRF, `models.refinement.crf.mean_field.DSRG_TRAINING` for maps of 41 x 41.
        sums: see `models.refinement.crf.mean_field.mean_field`; exact ones are computed where the probabilities are.
        energy: what a label costs: "log" for -log p, as a CRF of probabilities has it; "probability" for -p, which the
            authors' program hands over.
    """
    seen = probabilities.detach().float()
    costs = -(seen.log() if energy == "log" else seen).cpu().numpy()
    found = [
        mean_field(cost, image, settings, sums=sums, device=probabilities.device)
        for cost, image in zip(costs, images, strict=True)
    ]
    clamped = torch.from_numpy(np.stack(found)).to(probabilities).clamp(min=LEAST)
    return clamped / clamped.sum(dim=1, keepdim=True)


def grow(
    cues: NDArray[np.bool_],
    probabilities: NDArray[np.float32],
    present: NDArray[np.bool_],
    sure_of_object: float = SURE_OF_OBJECT,
    sure_of_ground: float = SURE_OF_GROUND,
) -> NDArray[np.bool_]:
    """The seeds that original seeds have grown to, (C + 1, h, w); a pixel may be a seed of several classes.

    A pixel is a candidate of the likeliest of the image's classes and the ground, if that is likelier than its
    threshold. Else an original seed is a candidate of its own class. Candidates of a class that touch, also by corners,
    are one component; those that hold an original seed of the class become its seeds. Pixels that are original seeds of
    one other class alone join components, but do not become seeds.

    Args:
        cues: (C + 1, h, w) original seeds, which all stay.
        probabilities: (C + 1, h, w), refined.
        present: (C,) classes of the image; others do not grow.
    """
    from scipy import ndimage  # takes a second to import

    if cues.shape != probabilities.shape or len(present) != len(cues) - 1:
        raise InvalidArgument(
            f"seeds {cues.shape}, probabilities {probabilities.shape} and {len(present)} classes do not fit",
            field="cues",
        )
    growing = np.concatenate([[True], present])
    believed = np.where(growing[:, None, None], probabilities, -1)
    likeliest, likely = believed.argmax(axis=0), believed.max(axis=0)
    sure = likely > np.where(likeliest > 0, sure_of_object, sure_of_ground)
    candidates = np.full(likely.shape, -1)
    for row, seeds in enumerate(cues):
        candidates[seeds] = row
    candidates = np.where(sure, likeliest, candidates)
    grown = cues.copy()
    for row in np.flatnonzero(growing).tolist():
        components, _ = ndimage.label(candidates == row, np.ones((3, 3)))
        rooted = np.unique(components[cues[row]])
        others = (cues.sum(axis=0) == 1) & ~cues[row]
        grown[row] |= np.isin(components, rooted[rooted > 0]) & ~others
    return grown


def balanced_seed_loss(probabilities: Tensor, seeds: Tensor) -> Tensor:
    """-log p averaged over the seeds of the ground, plus the same over those of all classes together; a scalar.

    Each image counts the same.

    Args:
        probabilities: (B, C + 1, h, w), above 0.
        seeds: (B, C + 1, h, w) bool.
    """
    chosen = seeds.to(probabilities)
    found = (chosen * probabilities.log()).sum(dim=(2, 3))
    number = chosen.sum(dim=(2, 3))
    ground = found[:, 0] / number[:, 0].clamp(min=LEAST)
    classes = found[:, 1:].sum(dim=1) / number[:, 1:].sum(dim=1).clamp(min=LEAST)
    loss: Tensor = -(ground + classes).mean()
    return loss


def constraint_loss(
    probabilities: Tensor, log_refined: Tensor, *, over: Constraint = "all", seeds: Tensor | None = None
) -> Tensor:
    """How far probabilities p are from refined ones q: q log(q / p), the ratio clipped to 0.05 and 20; a scalar.

    Args:
        probabilities: (B, C + 1, h, w), above 0.
        log_refined: (B, C + 1, h, w), log q.
        over: "all" is the sum over classes and ground, averaged over pixels and images, as in the authors' program.
            "seeds" is the sum over each class's seeds, the ground's left out, averaged over images (Lee,
            *Label-efficient learning for object recognition*, 2023, equation 2.4).
        seeds: (B, C + 1, h, w) bool, for "seeds".

    Raises:
        InvalidArgument: "seeds" is asked for without any.
    """
    likely = log_refined.exp()
    apart = likely * (likely / probabilities).clamp(*RATIOS).log()
    if over == "all":
        return apart.sum(dim=1).mean()
    if seeds is None:
        raise InvalidArgument("a constraint over seeds needs seeds", field="seeds")
    return (apart * seeds)[:, 1:].sum(dim=(1, 2, 3)).mean()


def passed_through(log_probabilities: Tensor, likely: Tensor) -> Tensor:
    """log q, which hands a gradient g on to log p as (1 - q) g, as the authors' CRF layer does.

    Args:
        log_probabilities: (B, C + 1, h, w), log p.
        likely: (B, C + 1, h, w), q, what `refined` made of p.
    """
    made: Tensor = _Passed.apply(log_probabilities, likely)
    return made


class _Passed(torch.autograd.Function):
    """See `passed_through`: the gradient of a softmax by its own input alone, the CRF left out."""

    @staticmethod
    def forward(context: Any, log_probabilities: Tensor, likely: Tensor) -> Tensor:
        context.save_for_backward(likely)
        return likely.log()

    @staticmethod
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor, None]:
        (likely,) = context.saved_tensors
        return (1 - likely) * gradient, None
