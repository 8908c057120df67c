"""A trained network in one file with all that predicting needs, whatever its kind (`models.training.model_file`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from torch import Tensor, nn

from maskloop.values import HeadState
from models.iou_head.calibrator import Calibrator
from models.predictor import Predictor
from models.training.determinism import Arithmetic
from models.training.model_file import InOneFile
from models.training.recipe_options import JsonOptions

Network = TypeVar("Network", bound=nn.Module)
Recipe = TypeVar("Recipe", bound=JsonOptions)


@dataclass(frozen=True)
class FittedNetwork(InOneFile, Predictor, Generic[Network, Recipe]):
    """A trained network with its head: all that predicting needs, and where it came from.

    Args:
        network: in eval mode.
        categories: the vocabulary's ids in the order of the network's class indices.
        calibrator: the product's head.
        seed: of the fit.
        snapshot: ids of the labeled images it learnt from, sorted.
        metrics: what the fit measured on images it had not learnt from.
        names: of the categories, in their order; empty if nobody told them.
        pseudo: ids of the images with pseudo-labels it learnt from, sorted.
        empty: ids of the images known to hold nothing that it learnt from, sorted.
        head: whether `calibrator` is to be trusted.
        arithmetic: of the process that trained it; `None` for models of versions that did not record it.
    """

    network: Network
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

    def _tensors(self) -> dict[str, Tensor]:
        return self.network.state_dict()

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


@dataclass(frozen=True)
class FittedFromLess(FittedNetwork[Network, Recipe]):
    """One that learns from less than outlines. It never has to be told what there is, and goes by counts that are."""

    @property
    def needs_counts(self) -> bool:
        """As `Predictor.needs_counts`."""
        return False

    @property
    def uses_counts(self) -> bool:
        """As `Predictor.uses_counts`."""
        return True


def provenance(description: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `FittedNetwork` that every kind of network has, from its description."""
    head, metrics = _head_and_metrics(description)
    calibrator = Calibrator.from_dict(description["calibrator"])
    return {
        "categories": tuple(description["categories"]),
        "calibrator": calibrator,
        "seed": description["seed"],
        "snapshot": tuple(description["snapshot"]),
        "metrics": metrics,
        "names": tuple(description["names"]),
        "pseudo": tuple(description.get("pseudo", ())),  # models of earlier versions learnt from none, nor from empty
        "empty": tuple(description.get("empty", ())),
        "head": head if calibrator.is_fitted else HeadState.UNFITTED,  # earlier versions called both untrusted
        "arithmetic": Arithmetic.from_dict(description.get("arithmetic")),
    }


def _head_and_metrics(description: Mapping[str, Any]) -> tuple[HeadState, dict[str, float]]:
    """Models of earlier versions have the head's state among their metrics."""
    metrics: dict[str, float] = description["metrics"]
    if "head" in description:
        return HeadState(description["head"]), metrics
    states = {state.metric for state in HeadState}
    return HeadState.of(metrics), {name: value for name, value in metrics.items() if name not in states}
