"""A model in one file: safetensors with everything else as JSON in its metadata. Data only, never code."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from maskloop.errors import InvalidArgument, ModelNotFound
from maskloop.formats.files import write_atomically
from models.training.fingerprint import digest

Model = TypeVar("Model")
Build = Callable[[dict[str, Any], dict[str, Tensor]], Model]


def write_model(path: Path, kind: str, description: Mapping[str, Any], weights: Mapping[str, Tensor]) -> None:
    """Write a model to `path`, whole or not at all; the same model gives the same bytes.

    Args:
        kind: name and version of the format, which the reader asks for.
        description: JSON-ready.

    Raises:
        StorageFull: the disk is full; what was at `path` is kept.
    """
    tensors = {key: value.contiguous().cpu() for key, value in weights.items()}
    told = json.dumps(description)
    envelope = {"format": kind, "sha256": digest(told, tensors), "model": told}
    # One entry: safetensors writes several in no certain order, and the same model shall give the same bytes.
    write_atomically(path, save(tensors, {"maskloop": json.dumps(envelope)}))


def model_format(path: Path) -> str:
    """The kind of model at `path`, as `write_model` was told it; "" for what is no model of ours.

    Raises:
        ModelNotFound: there is no file at `path`.
    """
    if not path.is_file():
        raise ModelNotFound(f"there is no model at {path}", path=path)
    try:
        with safe_open(path, framework="pt") as file:
            return str(json.loads((file.metadata() or {}).get("maskloop", "{}")).get("format", ""))
    except (SafetensorError, ValueError):
        return ""


def read_model(path: Path, kind: str, build: Build[Model]) -> Model:
    """What `build` makes of the description and the weights, on the CPU, that `write_model` wrote to `path`.

    Raises:
        ModelNotFound: there is no file at `path`.
        InvalidArgument: the file is damaged, or no model of ours of this kind.
    """
    if not path.is_file():
        raise ModelNotFound(f"there is no model at {path}", path=path)
    try:
        with safe_open(path, framework="pt") as file:
            envelope = json.loads((file.metadata() or {}).get("maskloop", "{}"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        if (found := envelope.get("format")) != kind:
            another = f"a model of another kind, {found}" if found else "not a model of ours"
            raise InvalidArgument(f"{path} is {another}; {kind} is needed", path=path)
        if envelope["sha256"] != digest(envelope["model"], tensors):
            raise InvalidArgument(f"{path} is damaged: its checksum does not fit", path=path)
        return build(json.loads(envelope["model"]), tensors)
    except (SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
        raise InvalidArgument(f"{path} is damaged or not a model of ours: {error}", path=path) from error


class InOneFile(ABC):
    """What was trained, and is kept in one file with all that using it needs."""

    FORMAT: ClassVar[str]
    """Name and version of the file's format."""

    def save(self, path: Path) -> None:
        """Write it to `path`, whole or not at all.

        Raises:
            StorageFull: the disk is full; what was at `path` is kept.
        """
        write_model(path, self.FORMAT, self._description(), self._tensors())

    @classmethod
    def load(cls, path: Path, device: torch.device) -> Self:
        """Read what `save` wrote onto `device`.

        Raises:
            ModelNotFound: there is no file at `path`.
            InvalidArgument: the file is damaged, or holds nothing of this kind.
        """
        return read_model(path, cls.FORMAT, lambda description, tensors: cls._build(description, tensors, device))

    @abstractmethod
    def _description(self) -> dict[str, Any]:
        """All but the weights, JSON-ready."""

    @abstractmethod
    def _tensors(self) -> dict[str, Tensor]:
        """The weights, by name."""

    @classmethod
    @abstractmethod
    def _build(cls, description: Mapping[str, Any], tensors: Mapping[str, Tensor], device: torch.device) -> Self:
        """The inverse of `_description` and `_tensors`, on `device`."""
