"""`maskloop export-model`: a trained model as a file for other programs."""

from __future__ import annotations

from pathlib import Path

from maskloop.errors import InvalidArgument
from service.artifacts.model_file import check_model_file


def export_onnx(model: Path, file: Path) -> Path:
    """Write a model of the recipe `pretrained` as ONNX.

    Args:
        model: a trained model.
        file: to write, with its folder if that is not there.

    Raises:
        ModelNotFound, InvalidArgument: there is no model, it is damaged, or of a recipe that is not exported.
        FailedPrecondition: the packages of the extra `onnx` are missing.
        StorageFull: the disk is full.
    """
    check_model_file(model)
    if file.is_dir():
        raise InvalidArgument(f"{file} is a folder; name the file to write", field="onnx")
    import torch

    from models.features.model import FittedOnFeatures
    from models.kinds.load import load_model

    loaded = load_model(model, torch.device("cpu"))
    if not isinstance(loaded, FittedOnFeatures):
        raise InvalidArgument(
            f"this model's recipe is {loaded.recipe.name}; models of the recipe pretrained can be exported",
            field="model",
        )
    from models.export.write import write_onnx

    return write_onnx(loaded, file)
