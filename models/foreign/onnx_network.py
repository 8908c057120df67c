"""Any network in an ONNX file that outlines what is in given boxes.

The agreed shape, which is checked when a file is read:

- input `image`, (1, 3, H, W) float32: RGB in [0, 1], upright, of any size;
- input `boxes`, (N, 4) float32: left, upper, right and lower edge in pixels of the image;
- output `masks`, (N, H, W) float32: logits, above zero inside. They are probabilities, above .5 inside, where the
  file's metadata says `maskloop.masks` = `probabilities`;
- output `scores`, (N,) float32: what the network says of each mask, larger for better ones.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.values import Prompt
from models.foreign.names import FIELD, ForeignName
from models.foreign.network import Edges, ForeignNetwork, Look, Outline

INPUTS: Mapping[str, tuple[Any, ...]] = {"image": (1, 3, "H", "W"), "boxes": ("N", 4)}
OUTPUTS: Mapping[str, tuple[Any, ...]] = {"masks": ("N", "H", "W"), "scores": ("N",)}
FLOAT = "tensor(float)"
MASKS = "maskloop.masks"
FORMS = ("logits", "probabilities")
TRIAL = (40, 56)  # height and width of an image, with which a file is tried
SURE = 1e-4  # from 0 and 1, of a probability


@dataclass(frozen=True, kw_only=True)
class OnnxNetwork(ForeignNetwork):
    """A network of the agreed shape.

    Args:
        session: onnxruntime's.
        probabilities: whether its masks are; else they are logits.
    """

    session: Any
    probabilities: bool = False

    @property
    def takes_points(self) -> bool:
        """It takes boxes alone."""
        return False

    def _look(self, pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], int]:
        image = np.ascontiguousarray(pixels.transpose(2, 0, 1)[None], dtype=np.float32) / np.float32(255)
        return image, image.nbytes

    def _outline(self, look: Look, edges: Edges | None, prompt: Prompt) -> Outline:
        masks, scores = self.run(look.seen, np.array([edges], dtype=np.float32))
        logits = masks[0]
        if self.probabilities:
            sure = np.clip(logits, SURE, 1 - SURE)
            logits = np.log(sure / (1 - sure)).astype(np.float32)
        return Outline(logits, float(scores[0]))

    def run(
        self, image: NDArray[np.float32], boxes: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Masks (N, H, W) and scores (N,) of an image (1, 3, H, W) and boxes (N, 4).

        Raises:
            FailedPrecondition: it fails, or answers in another shape.
        """
        number, size = len(boxes), image.shape[2:]
        try:
            masks, scores = self.session.run(list(OUTPUTS), {"image": image, "boxes": boxes})
        except Exception as error:  # onnxruntime's errors have no base of their own
            reason = " ".join(str(error).split())[:200]
            raise FailedPrecondition(f"{self.name} fails at an image of {size[1]} x {size[0]}: {reason}") from error
        if masks.shape != (number, *size) or scores.shape != (number,):
            raise FailedPrecondition(
                f"{self.name} answers {number} boxes in an image of {size[1]} x {size[0]} with masks of {masks.shape} "
                f"and scores of {scores.shape}; these are to be {(number, *size)} and {(number,)}"
            )
        return masks, scores


def load_onnx(name: ForeignName, device: torch.device) -> OnnxNetwork:
    """Read a network, check its shape, and try it on an image.

    Raises:
        InvalidConfig: the file cannot be read, or the network is of another shape; says which part.
    """
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3
    there = onnxruntime.get_available_providers()
    wanted = ["CUDAExecutionProvider"] if device.type == "cuda" and "CUDAExecutionProvider" in there else []
    try:
        session = onnxruntime.InferenceSession(name.source, options, providers=[*wanted, "CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no base of their own
        reason = " ".join(str(error).split())[:200]
        raise InvalidConfig(f"prompter {name} cannot be read: {reason}", field=FIELD) from error
    _check(name, "input", session.get_inputs(), INPUTS)
    _check(name, "output", session.get_outputs(), OUTPUTS)
    form = session.get_modelmeta().custom_metadata_map.get(MASKS, FORMS[0])
    if form not in FORMS:
        raise InvalidConfig(f"prompter {name}: {MASKS} is {form!r}, none of {', '.join(FORMS)}", field=FIELD)
    network = OnnxNetwork(name=name.short, session=session, probabilities=form == FORMS[1])
    _try(name, network)
    return network


def _check(name: ForeignName, what: str, given: Sequence[Any], wanted: Mapping[str, tuple[Any, ...]]) -> None:
    """Names, types and axes, as far as the file tells them."""
    by_name = {each.name: each for each in given}
    for key, axes in wanted.items():
        shown = f"{key} ({', '.join(map(str, axes))}{',' if len(axes) == 1 else ''}) float32"
        if key not in by_name:
            raise InvalidConfig(
                f"prompter {name} has no {what} {shown}; it has {', '.join(by_name) or 'none'}", field=FIELD
            )
        found = by_name[key]
        told = list(found.shape or [None] * len(axes))
        fits = len(told) == len(axes) and all(
            not isinstance(there, int) or there == axis for there, axis in zip(told, axes, strict=True)
        )
        if not fits or found.type != FLOAT:
            raise InvalidConfig(
                f"prompter {name}: its {what} {key} is {found.type} of {tuple(told)}, not {shown}; letters are axes "
                "of any length",
                field=FIELD,
            )
    if what == "input" and (more := sorted(by_name.keys() - wanted.keys())):
        raise InvalidConfig(f"prompter {name} has another input, {more[0]}", field=FIELD)


def _try(name: ForeignName, network: OnnxNetwork) -> None:
    """One box and several, so that no axis is fixed inside."""
    height, width = TRIAL
    image = np.linspace(0, 1, 3 * height * width, dtype=np.float32).reshape(1, 3, height, width)
    boxes = np.array([[4, 4, 20, 30], [10, 2, 50, 38]], dtype=np.float32)
    for some in (boxes[:1], boxes):
        try:
            masks, _ = network.run(image, some)
        except FailedPrecondition as error:
            raise InvalidConfig(f"prompter {name}: {error.message}", field=FIELD) from error
        if network.probabilities and not (masks.min() >= 0 and masks.max() <= 1):
            raise InvalidConfig(
                f"prompter {name}: its masks are said to be probabilities, and go from {masks.min():g} to "
                f"{masks.max():g}",
                field=FIELD,
            )
