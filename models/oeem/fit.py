"""From the classes of patches, and outlines where there are any, to a network that outlines images of any size.

Outlines say what patches hold, and teach the network that learns masks as they are. The threshold of the ground is
swept on them, and the head that predicts IoU learns from the masks beside them. Where classes of other images suffice,
a held-out fit learns from these alone and decides both by what it makes of outlined images, which it has not seen. Else
the network itself decides, and its head is not trusted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.values import HeadState
from models.classification.data import ClassExample
from models.data.samples import Example, ImageToScore
from models.features.evidence import with_head
from models.iou_head.calibrator import Calibrator
from models.oeem.layout import Layout, Size
from models.oeem.learn import Learning
from models.oeem.material import Cutting, Material, joined
from models.oeem.model import FittedOeem
from models.oeem.recipe import OeemRecipe
from models.proposals.from_maps import NAMES, sweep
from models.proposals.known import enough_elsewhere
from models.proposals.true_labels import true_labels
from models.training.cache import NetworkCache
from models.training.determinism import Arithmetic
from models.training.holdout import MIN_IMAGES
from models.training.loop import Progress, part_of

HELD_OUT, LEARNT = 0.45, 0.9  # of the progress shown, where there is a held-out fit; without one only the latter
USUAL_THRESHOLD = 0.5  # of the ground, where no outline says better: a class is likelier than not


def fit(
    examples: Sequence[Example],
    categories: Sequence[int],
    recipe: OeemRecipe,
    *,
    seed: int,
    device: torch.device,
    checkpoint_dir: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    judged: Iterable[ClassExample] = (),
) -> FittedOeem:
    """Train on images of which it is known which classes they hold.

    Args:
        examples: outlined by people; none is needed.
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where an unfinished training finds its state, and the maps it has made, again; `None` for
            nowhere.
        progress: called with a fraction in [0, 1] and a message; may raise to stop the fit.
        cache: networks trained before, see `models.training.loop.run`.
        judged: other images, of which their classes are known; gone through twice where the recipe leaves the side of
            patches open.

    Raises:
        FailedPrecondition: the vocabulary is too large, or too small to name all there is.
        InvalidArgument: no image holds a category.
        InvalidLabel: a label's category is not of the vocabulary.
        StorageFull: a checkpoint or a map cannot be written.
    """
    recipe.check_vocabulary(len(categories))
    ordered = sorted(examples, key=lambda example: example.image_id)
    told = _Told(judged, frozenset(example.image_id for example in ordered))
    sizes = [] if recipe.side else [size_of(item) for item in told]
    layout = Layout.of(recipe, sizes, [example.size for example in ordered])
    cutting = Cutting(layout, tuple(categories), recipe, seed)
    elsewhere = cutting.told(told)
    material = joined(elsewhere, cutting.outlined(ordered))
    holding = [example for example in ordered if example.objects]
    outlined = {item.category_id for example in holding for item in example.objects}
    held_out = len(holding) >= MIN_IMAGES and enough_elsewhere(elsewhere.present, outlined)
    begin = HELD_OUT if held_out else 0.0

    def learnt(name: str, of: Material, shown: Progress) -> FittedOeem:
        folder = checkpoint_dir / name if checkpoint_dir else None
        learning = Learning(len(categories), layout, recipe, seed, device, folder, cache)
        network, tile = learning.learn(of, shown)
        return FittedOeem(
            network=network,
            recipe=recipe,
            categories=tuple(categories),
            calibrator=Calibrator.unfitted(len(NAMES)),
            seed=seed,
            snapshot=tuple(example.image_id for example in ordered),
            metrics={},
            head=HeadState.UNFITTED,
            arithmetic=Arithmetic.of(device),
            side=layout.side,
            tile=tile,
            threshold=recipe.threshold or USUAL_THRESHOLD,
        )

    before = learnt("held-out fit", elsewhere, part_of(progress, 0.0, begin, "held-out fit: ")) if held_out else None
    fitted = learnt("training", material, part_of(progress, begin, LEARNT))
    decided = _decided(before or fitted, holding, device, part_of(progress, LEARNT, 1.0), trust=held_out)
    return replace(decided, network=fitted.network, tile=fitted.tile)


def size_of(example: ClassExample) -> Size:
    """Height and width of an image."""
    return example.pixels.shape[0], example.pixels.shape[1]


class _Told:
    """Images whose classes people named and that nobody outlined, as often as they are gone through."""

    def __init__(self, judged: Iterable[ClassExample], outlined: frozenset[str]) -> None:
        self._judged = list(judged) if iter(judged) is judged else judged
        self._outlined = outlined

    def __iter__(self) -> Iterator[ClassExample]:
        return (item for item in self._judged if item.image_id not in self._outlined)


def _decided(
    asking: FittedOeem, holding: Sequence[Example], device: torch.device, progress: Progress, *, trust: bool
) -> FittedOeem:
    """With threshold and head by what it makes of outlined images.

    Args:
        trust: whether the head may be trusted.
    """
    if not holding:
        return asking
    if asking.recipe.ground and not asking.recipe.threshold:
        asking = replace(asking, threshold=_swept(asking, holding, progress))
    return with_head(asking, holding, len(NAMES), device=device, trust=trust)


def _swept(asking: FittedOeem, holding: Sequence[Example], progress: Progress) -> float:
    """The threshold of largest mean IoU on outlined images, told which classes they hold."""
    categories = asking.categories

    def pairs() -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        for done, example in enumerate(holding, start=1):
            present = sorted({categories.index(item.category_id) for item in example.objects})
            seen = asking.mapped(ImageToScore.of(example, counted=False), present=present)
            maps = np.zeros((len(categories), *seen.maps.shape[1:]), np.float32)
            maps[list(seen.classes)] = seen.maps
            yield maps, true_labels(example, categories, maps.shape[1:])
            progress(done / len(holding), f"read {done} of {len(holding)} labeled images")

    return sweep(pairs())[0]
