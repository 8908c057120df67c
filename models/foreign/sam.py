"""Segment Anything and its successor, in transformers' own classes.

Kirillov et al., *Segment Anything*, 2023; Ravi et al., *SAM 2: Segment anything in images and videos*, 2024. An image
is encoded once; a box or points then take the small mask decoder alone. Of its three masks the one counts that it gives
the highest IoU, by a regression without bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from maskloop.errors import InvalidConfig, InvalidImage
from maskloop.values import Prompt
from models.foreign.names import FIELD, ForeignName
from models.foreign.network import Edges, ForeignNetwork, Look, Outline


class Seen(NamedTuple):
    """What the image encoder made of an image: its maps, and the sizes (H, W) of the image and of its place in the
    encoder's input."""

    maps: Any
    size: tuple[int, int]
    reshaped: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class SegmentAnything(ForeignNetwork):
    """SAM.

    Args:
        network: transformers' `SamModel` or `Sam2Model`.
        pictures: its processor's image processor.
    """

    network: nn.Module
    pictures: Any

    def _modules(self) -> tuple[nn.Module]:
        return (self.network,)

    def _look(self, pixels: NDArray[np.uint8]) -> tuple[Seen, int]:
        try:
            given = self.pictures(images=pixels, return_tensors="pt", input_data_format="channels_last")
        except ValueError as error:  # resized to SAM's size, it would have no pixel along its shorter side
            size = f"{pixels.shape[1]} x {pixels.shape[0]}"
            raise InvalidImage(f"{self.name} cannot look at an image of {size} pixels: {error}") from error
        network: Any = self.network
        maps = network.get_image_embeddings(given["pixel_values"].to(self._device))
        levels = [maps] if isinstance(maps, Tensor) else maps
        seen = Seen(maps, (pixels.shape[0], pixels.shape[1]), self._reshaped(given))
        return seen, sum(level.numel() * level.element_size() for level in levels)

    def _outline(self, look: Look, edges: Edges | None, prompt: Prompt) -> Outline:
        seen: Seen = look.seen
        across, down = seen.reshaped[1] / seen.size[1], seen.reshaped[0] / seen.size[0]
        given: dict[str, Any] = {}
        if edges is not None:
            scaled = [edges[0] * across, edges[1] * down, edges[2] * across, edges[3] * down]
            given["input_boxes"] = torch.tensor([[scaled]], device=self._device)
        if prompt.points:
            places = [[point.x * across, point.y * down] for point in prompt.points]
            given["input_points"] = torch.tensor([[places]], device=self._device)
            labels = [[[int(point.on_object) for point in prompt.points]]]
            given["input_labels"] = torch.tensor(labels, device=self._device)
        found = self.network(image_embeddings=seen.maps, multimask_output=True, **given)
        scores = found.iou_scores[0, 0].nan_to_num(nan=-torch.inf)
        best = int(scores.argmax())
        logits = self._enlarged([found.pred_masks[:, :1, best].float()], seen)
        return Outline(logits[0][0, 0].cpu().numpy(), float(found.iou_scores[0, 0, best]))

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device

    def _reshaped(self, given: Any) -> tuple[int, int]:
        """Height and width of the image in the encoder's input: its longer side fills it, the rest is padded."""
        height, width = given["reshaped_input_sizes"][0]
        return int(height), int(width)

    def _enlarged(self, maps: list[Tensor], seen: Seen) -> list[Tensor]:
        """(1, 1, h, w) logits to those of the image's own size."""
        made: list[Tensor] = self.pictures.post_process_masks(maps, [seen.size], [seen.reshaped], binarize=False)
        return made


@dataclass(frozen=True, kw_only=True)
class SegmentAnything2(SegmentAnything):
    """SAM 2."""

    def _reshaped(self, given: Any) -> tuple[int, int]:
        """The image fills the encoder's input, whatever its sides."""
        height, width = given["pixel_values"].shape[-2:]
        return int(height), int(width)

    def _enlarged(self, maps: list[Tensor], seen: Seen) -> list[Tensor]:
        made: list[Tensor] = self.pictures.post_process_masks(maps, [seen.size], binarize=False)
        return made


def load_sam(name: ForeignName, device: torch.device) -> SegmentAnything:
    """Read SAM or SAM 2 from a folder, or by its name from the Hugging Face hub, onto `device`.

    Weights are read from safetensors files alone, and no code of theirs is run.

    Raises:
        InvalidConfig: it cannot be read, or is another network.
    """
    import transformers
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    kinds: dict[str, tuple[Any, Any, type[SegmentAnything]]] = {
        "sam": (transformers.SamModel, transformers.SamProcessor, SegmentAnything),
        "sam2": (transformers.Sam2Model, transformers.Sam2Processor, SegmentAnything2),
    }
    model, processor, made = kinds[name.kind]
    try:
        network, told = model.from_pretrained(
            name.source, use_safetensors=True, trust_remote_code=False, dtype=torch.float32, output_loading_info=True
        )
        pictures = processor.from_pretrained(name.source, trust_remote_code=False).image_processor
    except Exception as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise InvalidConfig(f"prompter {name} cannot be loaded: {reason}", field=FIELD) from error
    if lacking := sorted(told["missing_keys"]):
        raise InvalidConfig(
            f"prompter {name} is no {name.kind}: {len(lacking)} of its weights are not there, such as {lacking[0]}",
            field=FIELD,
        )
    return made(name=name.short, network=network.to(device).eval(), pictures=pictures)
