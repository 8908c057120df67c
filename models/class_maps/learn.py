"""Everything learns, one after the other: the classifier, W-OoD's second part of it, and what refines its maps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from maskloop.errors import InvalidArgument, InvalidLabel
from models.class_maps.networks import DROPOUT, ClassMapNetworks
from models.class_maps.recipe import WITH_OTHERS, ClassMapsRecipe
from models.class_maps.refinements import REFINEMENTS, LearningSettings, Refinement, Seeded
from models.classification.data import ClassExample
from models.classification.network import ImageClassifier
from models.classification.train import train_classifier
from models.classification.views import keep_for_training
from models.classification.wood import WoodOptions, train_wood
from models.data.proportions import brought_to
from models.data.samples import resize_image
from models.localization.fickle_training import train_fickle
from models.training.cache import NetworkCache
from models.training.loop import Progress, part_of

MOST_SEEDED = 60  # pictures whose maps a refinement learns from: each is mapped and drawn by two CRFs
MOST_OTHERS = 20  # pictures that RIB looks at besides
CLASSIFIER, WOOD = 0.5, 0.2  # of the progress shown, where there is more to learn


@dataclass(frozen=True)
class Material:
    """Images of which it is known which classes they hold, in order of their ids.

    Args:
        squares: of all, as the classifier is trained on them.
        pictures: of some, drawn by the seed, in their own proportions, their longer side as maps are made of.
        apart: images that `elsewhere` is without.
        pictures_elsewhere: drawn among the others, as many.
    """

    squares: tuple[ClassExample, ...]
    pictures: tuple[ClassExample, ...]
    apart: frozenset[str] = frozenset()
    pictures_elsewhere: tuple[ClassExample, ...] = ()

    @classmethod
    def of(
        cls,
        examples: Iterable[ClassExample],
        categories: Sequence[int],
        recipe: ClassMapsRecipe,
        seed: int,
        apart: frozenset[str] = frozenset(),
    ) -> Material:
        """Examples at the sizes that are needed; they are read once, one picture in memory at a time.

        Raises:
            InvalidLabel: an image holds a category that is not of the vocabulary.
        """
        squares, pictures, others = list[ClassExample](), list[ClassExample](), list[ClassExample]()
        own, most = recipe.of_classifier(), MOST_SEEDED if recipe.refine in REFINEMENTS else 0
        for example in examples:
            unknown = sorted(example.present.difference(categories))
            if unknown:
                raise InvalidLabel(f"image {example.image_id}: category {unknown[0]} is not in the vocabulary")
            squares.append(replace(example, pixels=keep_for_training(example.pixels, own)))
            if most and example.present:
                brought = replace(example, pixels=brought_to(example.pixels, recipe.map_side))
                drawn = (pictures,) if example.image_id in apart else (pictures, others)
                for kept in drawn:
                    kept[:] = sorted([*kept, brought], key=partial(_draw, seed))[:most]
        return cls(_by_id(squares), _by_id(pictures), apart, _by_id(others))

    @property
    def elsewhere(self) -> Material:
        """The images that are not set apart."""
        return Material(
            tuple(item for item in self.squares if item.image_id not in self.apart), self.pictures_elsewhere
        )

    def others(self, seed: int) -> tuple[ClassExample, ...]:
        """Squares that hold something, drawn by the seed."""
        holding = [item for item in self.squares if item.present]
        return tuple(sorted(holding, key=partial(_draw, seed))[:MOST_OTHERS])


@dataclass(frozen=True)
class Learning:
    """How networks learn: see `models.training.loop.run`.

    Args:
        categories: the vocabulary's ids in the order of class indices.
        checkpoint_dir: where unfinished trainings leave their states; `None` for nowhere.
    """

    categories: tuple[int, ...]
    recipe: ClassMapsRecipe
    seed: int
    device: torch.device
    checkpoint_dir: Path | None
    cache: NetworkCache | None

    def learn(self, material: Material, progress: Progress) -> ClassMapNetworks:
        """All of the recipe's networks, in eval mode.

        Raises:
            InvalidArgument: no image holds a category; or none holds nothing, which W-OoD needs.
            FailedPrecondition: a loss is no longer finite.
            StorageFull: a checkpoint cannot be written.
        """
        recipe = self.recipe
        begun = CLASSIFIER if recipe.refine in REFINEMENTS else 1.0
        classifier = self._classifier(material, part_of(progress, 0.0, begun))
        networks = ClassMapNetworks(classifier, None, *self._others(material)).to(self.device).eval()
        if recipe.refine in REFINEMENTS:
            networks.refinement = self._refinement(networks, material, part_of(progress, begun, 1.0))
        return networks.eval()

    def _classifier(self, material: Material, progress: Progress) -> ImageClassifier:
        own, folder = self.recipe.of_classifier(), self._folder("classifier")
        trained: dict[str, Any] = {"seed": self.seed, "device": self.device, "cache": self.cache}
        if self.recipe.method == "ficklenet":
            return train_fickle(
                material.squares,
                self.categories,
                own,
                DROPOUT,
                resume_path=folder / "training.pt" if folder else None,
                progress=progress,
                **trained,
            )
        needs_more = self.recipe.ood == "wood"  # W-OoD's start has seen the empty images too, unlike the authors'
        if needs_more and not any(not item.present for item in material.squares):
            raise InvalidArgument("ood=wood learns from images that are known to hold nothing; none is", field="ood")
        first = part_of(progress, 0.0, 1.0 - WOOD) if needs_more else progress
        fitted = train_classifier(
            material.squares, self.categories, own, checkpoint_dir=folder, progress=first, **trained
        )
        if not needs_more:
            return fitted.network
        folder = self._folder("wood")
        return train_wood(
            fitted,
            material.squares,
            WoodOptions(),
            resume_path=folder / "training.pt" if folder else None,
            progress=part_of(progress, 1.0 - WOOD, 1.0),
            **trained,
        ).network

    def _others(self, material: Material) -> tuple[torch.Tensor, torch.Tensor] | tuple[()]:
        """What RIB looks at besides the picture that it maps."""
        if self.recipe.method not in WITH_OTHERS:
            return ()
        drawn, side = material.others(self.seed), self.recipe.of_classifier().image_size
        squares = [resize_image(item.pixels, side) for item in drawn]
        held = [[category in item.present for category in self.categories] for item in drawn]
        return torch.from_numpy(np.stack(squares)), torch.tensor(held)

    def _refinement(self, networks: ClassMapNetworks, material: Material, progress: Progress) -> Refinement:
        learning, method = REFINEMENTS[self.recipe.refine], networks.method(self.recipe, self.seed)
        seeded, shown = [], part_of(progress, 0.0, 0.5)
        for done, item in enumerate(material.pictures, start=1):
            classes = tuple(sorted(self.categories.index(category) for category in item.present))
            (maps,) = method.maps(networks.classifier, [item.pixels], [classes])
            seeded.append(Seeded(classes, learning.seeds(item.image_id, item.pixels, maps)))
            shown(done / len(material.pictures), f"seeds of {done} of {len(material.pictures)} images")
        folder = self._folder("refinement")
        settings = LearningSettings(
            classes=len(self.categories),
            side=self.recipe.map_side,
            iterations=self.recipe.refine_iterations,
            seed=self.seed,
            device=self.device,
            resume_path=folder / "training.pt" if folder else None,
            progress=part_of(progress, 0.5, 1.0),
            cache=self.cache,
        )
        return learning.learn(seeded, networks.classifier.encoder, settings)

    def _folder(self, name: str) -> Path | None:
        if self.checkpoint_dir is None:
            return None
        folder = self.checkpoint_dir / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def _by_id(examples: Iterable[ClassExample]) -> tuple[ClassExample, ...]:
    return tuple(sorted(examples, key=lambda example: example.image_id))


def _draw(seed: int, example: ClassExample) -> bytes:
    return hashlib.sha256(f"{seed}:{example.image_id}".encode()).digest()
