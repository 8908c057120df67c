"""Mask R-CNN as torchvision has it: finds objects by itself, and outlines what is in a given box.

He et al., *Mask R-CNN*, 2017; the weights are of `maskrcnn_resnet50_fpn_v2`. For a box the region proposals are left
out: the mask head looks at the box itself, and the box head says what class is in it, and how surely.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from maskloop.errors import FailedPrecondition, InvalidConfig
from maskloop.masks import Mask
from maskloop.values import ImageProposals, Prompt
from models.data.samples import ImageToScore
from models.foreign.names import FIELD, ForeignName
from models.foreign.network import Drawn, Edges, ForeignNetwork, Look, Outline
from models.foreign.statistics import count_statistics, seen_around, surroundings
from models.iou_head.uncertainty import LARGEST, mask_uncertainty
from models.iou_head.uncertainty import NAMES as UNCERTAINTIES
from models.predictor import Prediction

SURE = 1e-4  # from 0 and 1, of a probability
CLASSES = "roi_heads.box_predictor.cls_score.weight"
SIZES = ("min_size", "max_size")  # in the file's metadata, where it was trained at others than torchvision's


class Seen(NamedTuple):
    """What the backbone made of an image: its levels, and the image as it saw it (`ImageList`), of one size."""

    levels: Mapping[str, Tensor]
    images: Any


@dataclass(frozen=True, kw_only=True)
class MaskRCNN(ForeignNetwork):
    """torchvision's Mask R-CNN.

    Args:
        network: of the class `torchvision.models.detection.MaskRCNN`; class 0 is the background.
    """

    network: nn.Module

    @property
    def takes_points(self) -> bool:
        """It takes boxes alone."""
        return False

    def _tells_categories(self) -> bool:
        """Where it has as many classes as the vocabulary: they are taken to be in the same order."""
        heads: Any = self.network.roi_heads
        return int(heads.box_predictor.cls_score.out_features) - 1 == len(self.categories)

    def _modules(self) -> tuple[nn.Module]:
        return (self.network,)

    def _look(self, pixels: NDArray[np.uint8]) -> tuple[Seen, int]:
        network: Any = self.network
        given = torch.from_numpy(pixels.copy()).permute(2, 0, 1).float().div(255).to(self._device)
        images, _ = network.transform([given])
        levels = network.backbone(images.tensors)
        size_bytes = sum(each.numel() * each.element_size() for each in (*levels.values(), images.tensors))
        return Seen(levels, images), size_bytes

    def _outline(self, look: Look, edges: Edges | None, prompt: Prompt) -> Outline:
        assert edges is not None
        seen, heads, size = look.seen, self._heads, (look.pixels.shape[0], look.pixels.shape[1])
        box = torch.tensor([edges], device=self._device)
        inner = [_resized(box, size, seen.images.image_sizes[0])]
        pooled = heads.box_roi_pool(seen.levels, inner, seen.images.image_sizes)
        classes = heads.box_predictor(heads.box_head(pooled))[0].softmax(dim=1)[0, 1:]
        tells = self._tells_categories()
        known = tells and prompt.category_id in self.categories
        place = self.categories.index(prompt.category_id) if known else int(classes.argmax())
        pooled = heads.mask_roi_pool(seen.levels, inner, seen.images.image_sizes)
        maps = heads.mask_predictor(heads.mask_head(pooled))[:, place + 1 : place + 2].sigmoid()
        logits = _in_image(maps, box, size)[0]
        return Outline(logits, float(classes[place]), self.categories[place] if tells else 0)

    def _predict(
        self, images: Sequence[ImageToScore], *, device: torch.device, batch_size: int
    ) -> Iterator[Prediction]:
        """One image at a time, so that others change nothing.

        Raises:
            FailedPrecondition: the vocabulary has several categories, and the network another number of classes.
        """
        if not self._tells_categories() and len(self.categories) != 1:
            classes = self._heads.box_predictor.cls_score.out_features - 1
            raise FailedPrecondition(
                f"{self.name} knows {classes} classes, and the project has {len(self.categories)} categories"
            )
        for item in images:
            with torch.inference_mode(), self._evaluating():
                yield self._prediction(item)

    def _prediction(self, item: ImageToScore) -> Prediction:
        network: Any = self.network
        pixels = item.load()
        size = (pixels.shape[0], pixels.shape[1])
        seen, _ = self._look(pixels)
        regions, _ = network.rpn(seen.images, seen.levels, None)
        (found,), _ = self._heads(seen.levels, regions, seen.images.image_sizes, None)
        boxes = _resized(found["boxes"], seen.images.image_sizes[0], size)
        maps = _in_image(found["masks"], boxes, size)
        drawn: list[Drawn] = []
        undecided: list[Tensor] = []
        for logits, label, score in zip(maps, found["labels"].tolist(), found["scores"].tolist(), strict=True):
            mask = Mask.from_array(logits > 0)
            if mask.area:
                category_id = self.categories[label - 1] if self._tells_categories() else self.categories[0]
                drawn.append(self._judged(pixels, Outline(logits, score), mask, category_id))
                undecided.append(seen_around(logits, surroundings(mask)))
        objects = tuple(each.proposal(self.head, item.image_id) for each in drawn)
        score = float(np.mean([each.predicted_iou for each in objects])) if objects else 0.0
        rows = [each.statistics for each in drawn if each.statistics is not None]
        width = count_statistics(len(self.categories))
        *_, coarsest = seen.levels.values()
        return Prediction(
            ImageProposals(item.image_id, "", score, objects, uncalibrated=self.uncalibrated),
            np.array(rows, dtype=np.float64).reshape(len(rows), width),
            None,
            coarsest.mean(dim=(2, 3))[0].cpu().numpy(),
            _uncertainty(undecided),
        )

    @property
    def _heads(self) -> Any:
        return self.network.roi_heads

    @property
    def _device(self) -> torch.device:
        return next(self.network.parameters()).device


def load_maskrcnn(name: ForeignName, device: torch.device) -> MaskRCNN:
    """Read the state dict of a `maskrcnn_resnet50_fpn_v2` from a safetensors file onto `device`.

    The number of classes is the file's, and so are `min_size` and `max_size` where its metadata has them: sides in
    pixels that images are resized to.

    Raises:
        InvalidConfig: the file is no such state dict.
    """
    from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

    weights, told = _read(name)
    if CLASSES not in weights:
        raise InvalidConfig(f"prompter {name} is no Mask R-CNN: it has no {CLASSES}", field=FIELD)
    try:
        sizes = {key: int(told[key]) for key in SIZES if key in told}
        network = maskrcnn_resnet50_fpn_v2(
            weights=None, weights_backbone=None, num_classes=len(weights[CLASSES]), **sizes
        )
        network.load_state_dict(weights)
    except (RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())[:200]
        raise InvalidConfig(f"prompter {name} is no maskrcnn_resnet50_fpn_v2: {reason}", field=FIELD) from error
    return MaskRCNN(name=name.short, network=network.to(device).eval())


def _read(name: ForeignName) -> tuple[dict[str, Tensor], Mapping[str, str]]:
    try:
        with safe_open(Path(name.source), framework="pt") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise InvalidConfig(f"prompter {name} cannot be read: {error}", field=FIELD) from error


def _resized(boxes: Tensor, size: tuple[int, int], to: tuple[int, int]) -> Tensor:
    """(N, 4) boxes of an image of (height, width) in one of another size."""
    down, across = to[0] / size[0], to[1] / size[1]
    return boxes * boxes.new_tensor([across, down, across, down])


def _in_image(maps: Tensor, boxes: Tensor, size: tuple[int, int]) -> NDArray[np.float32]:
    """(N, H, W) logits of an image of (height, width), of probabilities (N, 1, R, R) in boxes (N, 4)."""
    from torchvision.models.detection.roi_heads import paste_masks_in_image

    pasted = paste_masks_in_image(maps.cpu(), boxes.cpu(), size)[:, 0]
    logits: NDArray[np.float32] = pasted.clamp(SURE, 1 - SURE).logit().numpy()
    return logits


def _uncertainty(maps: Sequence[Tensor]) -> dict[str, float]:
    """Means over the objects, and the largest value where there is none."""
    if not maps:
        return dict(zip(UNCERTAINTIES, LARGEST, strict=True))
    logits = torch.stack(list(maps))[None]
    means = mask_uncertainty(logits, torch.zeros(logits.shape[:2], dtype=torch.int64))[0].mean(dim=0)
    return dict(zip(UNCERTAINTIES, means.tolist(), strict=True))
