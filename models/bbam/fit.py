"""From boxes to a network that outlines: what it learns, thresholds, and a head.

Boxes of images that nobody outlined and the tight boxes of outlined objects are all that the detector learns from.
Where there are outlines, the thresholds of masks are chosen on them, the Mask R-CNN learns from them as well, and the
head that predicts IoU learns from the network's masks beside them. Without any, thresholds are the usual ones, and
predicted IoU is raw confidence.

A network does better on boxes and outlines that it has learnt. Where boxes of other images suffice, a held-out fit
therefore learns from these alone. What it makes of the outlined images decides thresholds and head, which may then be
trusted. Else the network itself decides, and its head is not trusted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import torch

from maskloop.values import HeadState
from models.bbam.learn import MOST_TRIED, Learning, Learnt
from models.bbam.making import Thresholds
from models.bbam.material import Material
from models.bbam.model import FittedBbam
from models.bbam.recipe import BbamRecipe
from models.data.samples import Example
from models.features.evidence import with_head
from models.iou_head.calibrator import Calibrator
from models.proposals.from_maps import NAMES
from models.proposals.known import LEAST_ELSEWHERE
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress, part_of

HELD_OUT, LEARNT = 0.45, 0.9  # of the progress shown, where there is a held-out fit; without one only the latter


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: BbamRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    empty: Iterable[Example] = (),
) -> FittedBbam:
    """Train on images whose objects are boxed or outlined.

    Args:
        examples: labeled by people; no outline is needed.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where unfinished work finds what is done again; `None` for nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        empty: other images, known to hold nothing.

    Raises:
        InvalidArgument: there is no box.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: what is done cannot be kept.
    """
    material = Material.of(examples, empty, categories, recipe, seed)
    outlined = sorted((example for example in examples if example.objects), key=lambda example: example.image_id)
    held_out = len(outlined) >= MIN_IMAGES and _suffices(material.elsewhere, material)
    tried = material.tried(MOST_TRIED)
    begin = HELD_OUT if held_out else 0.0

    def learning(name: str) -> Learning:
        folder = checkpoint_dir / name if checkpoint_dir else None
        return Learning(tuple(categories), recipe, seed, device, folder, cache)

    def model(learnt: Learnt) -> FittedBbam:
        return FittedBbam(
            network=learnt.network,
            recipe=recipe,
            categories=tuple(categories),
            calibrator=Calibrator.unfitted(len(NAMES)),
            seed=seed,
            snapshot=tuple(sorted(example.image_id for example in examples)),
            metrics=dict(learnt.metrics),
            head=HeadState.UNFITTED,
            arithmetic=Arithmetic.of(device),
            thresholds=learnt.thresholds,
        )

    before: Learnt | None = None
    if held_out:
        shown = part_of(progress, 0.0, begin, "held-out fit, ")
        before = learning("held-out fit").learn(material.elsewhere, tried, None, shown)
    known: Thresholds | None = before.thresholds if before else None
    learnt = learning("training").learn(material, tried, known, part_of(progress, begin, LEARNT))
    if not outlined:
        return model(learnt)
    shown = part_of(progress, LEARNT, 1.0, "for the head, ")
    judged = with_head(model(before or learnt), outlined, len(NAMES), device=device, trust=held_out, progress=shown)
    return replace(judged, network=learnt.network)


def _suffices(elsewhere: Material, material: Material) -> bool:
    """Whether networks can learn all classes that are outlined from images of which nothing is."""
    boxed = Counter(index for one in elsewhere.images for index in set(one.image.classes))
    outlined = {
        index
        for one in material.images
        for index, true in zip(one.image.classes, one.outlines, strict=True)
        if true is not None
    }
    return all(boxed[index] >= LEAST_ELSEWHERE for index in outlined)
