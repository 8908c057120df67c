"""The file of a trained model, as a person names it."""

from __future__ import annotations

from pathlib import Path

from maskloop.errors import ModelNotFound

IN_A_WORKDIR = "model.safetensors"
"""Where `al-loop` leaves its best network."""


def check_model_file(path: Path) -> None:
    """Raises ModelNotFound where there is no file; tells a run's folder where its model is."""
    if path.is_file():
        return
    meant = path / IN_A_WORKDIR
    near = f", which is a folder; did you mean {meant}?" if meant.is_file() else ""
    raise ModelNotFound(f"there is no model at {path}{near}", path=path)
