"""Three steps of learning: classes of patches, maps of tiles, and a network that learns the masks made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median_low
from typing import Any

import numpy as np
import torch

from maskloop.errors import InvalidArgument
from models.classification.patches.maps import PatchMaps
from models.classification.patches.model import FittedPatchClassifier
from models.classification.patches.recipe import PatchRecipe
from models.classification.patches.train import train_patches
from models.oeem.layout import Layout
from models.oeem.material import Labels, Material, Tile, with_textures
from models.oeem.pseudo_masks import MOST_SWEPT, Scaling, TileMaps, largest_present, swept_threshold
from models.oeem.recipe import BATCH, CELL, LAST_RATE, SCALES, OeemRecipe
from models.proposals.from_maps import label_map
from models.segmentation.network import SegmentationNetwork
from models.segmentation.recipe import SegmentationRecipe
from models.segmentation.train import train_segmentation
from models.segmentation.views import LabeledPixels
from models.training.cache import NetworkCache
from models.training.loop import Progress, part_of

CLASSIFIER, MAPS = 0.35, 0.6  # of the progress shown, at the end of each step
HEAD, MASK_HEAD = 3.0, 5.0  # times the rate, for what is not the encoder
MASK_BATCH = 8
SMALLEST, LARGEST = 0.75, 1.5  # scales of tiles; the paper's reach to 3, for many more iterations


@dataclass(frozen=True)
class Learning:
    """How networks learn: see `models.training.loop.run`.

    Args:
        classes: C, of the vocabulary.
        checkpoint_dir: where unfinished trainings leave their states, and maps are kept; `None` for nowhere.
    """

    classes: int
    layout: Layout
    recipe: OeemRecipe
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    cache: NetworkCache | None

    def learn(self, material: Material, progress: Progress) -> tuple[SegmentationNetwork, int]:
        """The network that outlines, in eval mode, and the side of its tiles.

        Raises:
            InvalidArgument: no patch holds a category.
            FailedPrecondition: a loss is no longer finite.
            StorageFull: a checkpoint or a map cannot be written.
        """
        classifier = self.classifier(material, part_of(progress, 0.0, CLASSIFIER, "patches: "))
        labeled = self._labeled(material.tiles, classifier, part_of(progress, CLASSIFIER, MAPS))
        side = tile_side([item.labels.shape for item in labeled])
        recipe = segmentation_recipe(self.recipe, side, self.recipe.iterations(len(labeled)))
        trained = part_of(progress, MAPS, 1.0, "masks: ")
        fitted = train_segmentation(
            labeled, self.classes + self.recipe.ground, recipe, **self._loop("masks"), progress=trained
        )
        return fitted.network, side

    def classifier(self, material: Material, progress: Progress) -> FittedPatchClassifier:
        """The first step: a classifier of patches; errors as `learn`."""
        recipe, patches = self.recipe, material.patches
        if not any(patch.present for patch in patches):
            raise InvalidArgument("there is no image that holds a category to learn from", field="judged")
        if recipe.ground:
            patches = with_textures(patches, self.classes, recipe.input_side, self.seed)
        own = patch_recipe(recipe, self.layout, recipe.iterations(len(patches)))
        return train_patches(patches, self.classes, own, **self._loop("patches"), progress=progress)

    def _labeled(
        self, tiles: Sequence[Tile], classifier: FittedPatchClassifier, progress: Progress
    ) -> list[LabeledPixels]:
        """Tiles with the labels that are known of them, or that maps give them."""
        known = [LabeledPixels(tile.name, tile.pixels, tile.labels) for tile in tiles if tile.labels is not None]
        unknown = [tile for tile in tiles if tile.labels is None]
        return [
            *known,
            *(
                LabeledPixels(tile.name, tile.pixels, labels)
                for tile, labels in zip(unknown, self._made(tiles, unknown, classifier, progress), strict=True)
            ),
        ]

    def _made(
        self, tiles: Sequence[Tile], unknown: Sequence[Tile], classifier: FittedPatchClassifier, progress: Progress
    ) -> list[Labels]:
        """Labels of tiles that are not known, by maps; the threshold of the ground suits those that are outlined."""
        recipe = self.recipe
        maps = TileMaps(PatchMaps(classifier, SCALES[recipe.map_scales]), self._folder("maps"))
        outlined = [tile for tile in tiles if tile.labels is not None and tile.present][:MOST_SWEPT]
        if not unknown or not recipe.ground or recipe.map_threshold:
            outlined = []
        both = [*outlined, *unknown]
        scores = list(maps.of(both, progress))
        if not recipe.ground:
            return [largest_present(tile, one) for tile, one in zip(unknown, scores, strict=True)]
        scaling = Scaling.of(both, scores, self.classes)
        seen = [scaling.maps(tile, one) for tile, one in zip(both, scores, strict=True)]
        pairs = zip(seen, outlined, strict=False)
        threshold = recipe.map_threshold or swept_threshold((m, t.labels) for m, t in pairs if t.labels is not None)
        return [label_map(one, threshold).astype(np.uint8) for one in seen[len(outlined) :]]

    def _loop(self, name: str) -> dict[str, Any]:
        """What every training is told."""
        folder = self._folder(name)
        path = folder / "training.pt" if folder else None
        return {"seed": self.seed, "device": self.device, "resume_path": path, "cache": self.cache}

    def _folder(self, name: str) -> Path | None:
        if self.checkpoint_dir is None:
            return None
        folder = self.checkpoint_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def tile_side(sizes: Sequence[tuple[int, ...]]) -> int:
    """Side of the crops that are learnt, and of the tiles that images are read by: that of the middle tile, rounded up
    to what encoders read; sizes are heights and widths."""
    return CELL * -(-median_low(map(max, sizes)) // CELL)


def patch_recipe(recipe: OeemRecipe, layout: Layout, iterations: int) -> PatchRecipe:
    """The classifier's own recipe."""
    return PatchRecipe(
        side=layout.patch,
        stride=layout.stride,
        encoder=recipe.encoder,
        weights=recipe.weights,
        statistics="imagenet",
        input_side=recipe.input_side,
        epochs=iterations,
        max_iterations=iterations,
        batch=BATCH,
        optimizer="adamw",
        rate=recipe.rate,
        head_factor=HEAD,
    )


def segmentation_recipe(recipe: OeemRecipe, tile: int, iterations: int) -> SegmentationRecipe:
    """That of the network that learns masks, and of reading by it."""
    return SegmentationRecipe(
        encoder=recipe.encoder,
        weights=recipe.weights,
        width=recipe.width,
        crop=tile,
        smallest=SMALLEST,
        largest=LARGEST,
        weight_map=recipe.weight_map,
        iterations=iterations,
        batch=MASK_BATCH,
        optimizer="adamw",
        rate=recipe.mask_rate,
        head_factor=MASK_HEAD,
        min_rate=LAST_RATE,
        weight_decay=1e-4,
        tile=tile,
        tile_stride=tile * 3 // 4,
        window=tile * 5 // 4,
        window_stride=tile,
    )
