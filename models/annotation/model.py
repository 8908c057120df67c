"""A fitted model in one file, see `models.training.model_file`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from maskloop.values import HeadState
from models.annotation.network import AnnotationNetwork, build_network
from models.annotation.predict import predict_images
from models.annotation.recipe import Recipe
from models.data.samples import ImageToScore
from models.encoders.features import ImageEncoder
from models.iou_head.calibrator import Calibrator
from models.predictor import Prediction, Predictor
from models.training.determinism import Arithmetic
from models.training.model_file import read_model, write_model

FORMAT = "maskloop.model.1"


@dataclass(frozen=True)
class FittedModel(Predictor):
    """A trained annotation network with its head: all that predicting needs, and where it came from.

    Args:
        network: in eval mode.
        categories: the vocabulary's ids in the order of the network's class indices.
        calibrator: the product's head.
        seed: of the fit.
        snapshot: ids of the labeled images it learnt from, sorted.
        metrics: what the fit measured on images held out of it.
        names: of the categories, in their order; empty if nobody told them.
        pseudo: ids of the images with pseudo-labels it learnt from, sorted.
        empty: ids of the images known to hold nothing that it learnt from, sorted.
        head: whether `calibrator` is to be trusted, by the held-out fit.
        arithmetic: of the process that trained it; `None` for models of versions that did not record it.
    """

    network: AnnotationNetwork
    recipe: Recipe
    categories: tuple[int, ...]
    calibrator: Calibrator
    seed: int
    snapshot: tuple[str, ...]
    metrics: Mapping[str, float]
    names: tuple[str, ...] = ()
    pseudo: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    head: HeadState = HeadState.UNTRUSTED
    arithmetic: Arithmetic | None = None

    @property
    def needs_counts(self) -> bool:
        """As `Predictor.needs_counts`; the recipe says so."""
        return self.recipe.needs_counts

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        return predict_images(
            self.network,
            self.categories,
            self.recipe,
            self.calibrator,
            images,
            device=device,
            batch_size=batch_size,
        )

    def save(self, path: Path) -> None:
        """Write the model to `path`, whole or not at all.

        Raises:
            StorageFull: the disk is full; what was at `path` is kept.
        """
        write_model(path, FORMAT, self._description(), self.network.state_dict())

    @classmethod
    def load(cls, path: Path, device: torch.device) -> Self:
        """Read a model that `save` wrote onto `device`.

        Raises:
            ModelNotFound: there is no file at `path`.
            InvalidArgument: the file is damaged, or no model of ours.
        """
        return read_model(path, FORMAT, lambda description, tensors: cls._build(description, tensors, device))

    def _description(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe.to_dict(),
            "categories": self.categories,
            "calibrator": self.calibrator.to_dict(),
            "seed": self.seed,
            "snapshot": self.snapshot,
            "metrics": dict(self.metrics),
            "names": self.names,
            "pseudo": self.pseudo,
            "empty": self.empty,
            "head": self.head.value,
            "arithmetic": self.arithmetic.to_dict() if self.arithmetic else None,
        }

    @classmethod
    def _build(cls, description: dict[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe, categories = Recipe.from_dict(description["recipe"]), tuple(description["categories"])
        network = build_network(recipe, len(categories))
        network.load_state_dict(dict(tensors))
        network = network.to(device)
        if device.type == "cuda":
            network = network.to(memory_format=torch.channels_last)
        head, metrics = _head_and_metrics(description)
        return cls(
            network.eval(),
            recipe,
            categories,
            Calibrator.from_dict(description["calibrator"]),
            description["seed"],
            tuple(description["snapshot"]),
            metrics,
            tuple(description["names"]),
            tuple(description.get("pseudo", ())),  # models of earlier versions learnt from none, nor from empty images
            tuple(description.get("empty", ())),
            head,
            Arithmetic.from_dict(description.get("arithmetic")),
        )


def model_encoder(model: FittedModel) -> ImageEncoder:
    """A trained model's encoder: its features are those of its predictions."""
    return ImageEncoder(model.network.encoder, model.recipe.image_size, first_taps=0)


def _head_and_metrics(description: Mapping[str, Any]) -> tuple[HeadState, dict[str, float]]:
    """Models of earlier versions have the head's state among their metrics."""
    metrics: dict[str, float] = description["metrics"]
    if "head" in description:
        return HeadState(description["head"]), metrics
    states = {state.metric for state in HeadState}
    return HeadState.of(metrics), {name: value for name, value in metrics.items() if name not in states}
