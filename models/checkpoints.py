"""A fitted model in one file: safetensors with everything else as JSON in its metadata. Data only, never code."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from maskloop.errors import InvalidArgument, ModelNotFound
from maskloop.formats.files import write_atomically
from models.calibration import Calibrator
from models.fingerprints import digest
from models.network import AnnotationNetwork, build_network
from models.recipes import Recipe

FORMAT = "maskloop.model.1"


@dataclass(frozen=True)
class FittedModel:
    """A trained network with its head: all that predicting needs, and where it came from.

    Args:
        network: in eval mode.
        categories: the vocabulary's ids in the order of the network's class indices.
        calibrator: the product's head.
        seed: of the fit.
        snapshot: ids of the labeled images it learnt from, sorted.
        metrics: what the fit measured on images held out of it.
        names: of the categories, in their order; empty if nobody told them.
        pseudo: ids of the images with pseudo-labels it learnt from, sorted.
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

    def save(self, path: Path) -> None:
        """Write the model to `path`, whole or not at all.

        Raises:
            StorageFull: the disk is full; what was at `path` is kept.
        """
        tensors = {key: value.contiguous().cpu() for key, value in self.network.state_dict().items()}
        description = json.dumps(self._description())
        envelope = {"format": FORMAT, "sha256": digest(description, tensors), "model": description}
        # One entry: safetensors writes several in no certain order, and the same model shall give the same bytes.
        write_atomically(path, save(tensors, {"maskloop": json.dumps(envelope)}))

    @classmethod
    def load(cls, path: Path, device: torch.device) -> Self:
        """Read a model that `save` wrote onto `device`.

        Raises:
            ModelNotFound: there is no file at `path`.
            InvalidArgument: the file is damaged, or no model of ours.
        """
        if not path.is_file():
            raise ModelNotFound(f"there is no model at {path}", path=path)
        try:
            with safe_open(path, framework="pt") as file:
                envelope = json.loads((file.metadata() or {}).get("maskloop", "{}"))
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
            if envelope.get("format") != FORMAT:
                raise InvalidArgument(f"{path} is not a model of ours (format {FORMAT})", path=path)
            if envelope["sha256"] != digest(envelope["model"], tensors):
                raise InvalidArgument(f"{path} is damaged: its checksum does not fit", path=path)
            return cls._build(json.loads(envelope["model"]), tensors, device)
        except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise InvalidArgument(f"{path} is damaged or not a model of ours: {error}", path=path) from error

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
        }

    @classmethod
    def _build(cls, description: dict[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        recipe, categories = Recipe.from_dict(description["recipe"]), tuple(description["categories"])
        network = build_network(recipe, len(categories))
        network.load_state_dict(dict(tensors))
        network = network.to(device)
        if device.type == "cuda":
            network = network.to(memory_format=torch.channels_last)
        return cls(
            network.eval(),
            recipe,
            categories,
            Calibrator.from_dict(description["calibrator"]),
            description["seed"],
            tuple(description["snapshot"]),
            description["metrics"],
            tuple(description["names"]),
            tuple(description.get("pseudo", ())),  # models of earlier versions learnt from none
        )
