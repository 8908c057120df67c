"""A Mask R-CNN that learns from masks of which a part is known, and outlines objects by itself.

He, Gkioxari, Dollár, Girshick, *Mask R-CNN*, ICCV 2017, as torchvision has it. Only the mask's loss is another one, see
`models.boxes.growing`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from maskloop.errors import InvalidArgument
from maskloop.masks import Mask
from maskloop.values import ObjectProposal
from models.boxes.backbone import region_pool
from models.boxes.boxed import BoxedImage, MaskedImage
from models.boxes.detector import FittedDetector
from models.boxes.growing import grow_known, known_loss
from models.boxes.rcnn_task import RcnnTask, Target, build_faster_rcnn, drawn
from models.boxes.recipe import MaskRecipe
from models.training.cache import NetworkCache
from models.training.loop import Progress, run

REGION = 14  # cells along a side of a region that the mask head looks at; masks have twice as many
HALF = 0.5


class MaskHeads(nn.Module):
    """torchvision's heads, which learn masks from what is known of them.

    Args:
        heads: its `RoIHeads`, with a mask head.
        grow, sure_of_object, sure_of_ground: see `models.boxes.recipe.MaskRecipe`.
    """

    def __init__(self, heads: Any, recipe: MaskRecipe) -> None:
        super().__init__()
        self.heads = heads
        self._recipe = recipe

    def forward(
        self, levels: Any, regions: list[Tensor], sizes: list[tuple[int, int]], targets: list[Target] | None = None
    ) -> Any:
        """As torchvision's, but for the loss of masks; `targets` as `models.boxes.rcnn_task` makes them."""
        if not self.training or targets is None:
            return self.heads(levels, regions, sizes, targets)
        from torchvision.models.detection.roi_heads import fastrcnn_loss

        heads = self.heads
        regions, matched, labels, offsets = heads.select_training_samples(regions, targets)
        seen = heads.box_head(heads.box_roi_pool(levels, regions, sizes))
        of_class, of_box = fastrcnn_loss(*heads.box_predictor(seen), labels, offsets)
        on_object = [told > 0 for told in labels]
        boxes = [all_[kept] for all_, kept in zip(regions, on_object, strict=True)]
        objects = [all_[kept] for all_, kept in zip(matched, on_object, strict=True)]
        logits = heads.mask_predictor(heads.mask_head(heads.mask_roi_pool(levels, boxes, sizes)))
        classes = torch.cat([all_[kept] for all_, kept in zip(labels, on_object, strict=True)])
        own = logits[torch.arange(len(logits), device=logits.device), classes]
        masks = [target["masks"] for target in targets]
        return [], {"classes": of_class, "boxes": of_box, "masks": self._mask_loss(own, masks, boxes, objects)}

    def _mask_loss(self, logits: Tensor, masks: list[Tensor], boxes: list[Tensor], objects: list[Tensor]) -> Tensor:
        """Of logits (n, 28, 28), all images' regions one after the other."""
        side, recipe = logits.shape[-1], self._recipe
        tight, loose = (
            torch.cat([_cut(all_, inside, wanted + part * (len(all_) // 2), side) for all_, inside, wanted in cuts])
            for part, cuts in enumerate([list(zip(masks, boxes, objects, strict=True))] * 2)
        )
        if not recipe.grow:
            return known_loss(logits, tight, ~loose)
        known = grow_known(tight, loose, logits.detach().sigmoid(), recipe.sure_of_object, recipe.sure_of_ground)
        return known_loss(logits, *known)


def _cut(masks: Tensor, boxes: Tensor, rows: Tensor, side: int) -> Tensor:
    """(n, side, side) bool, what n boxes (n, 4) show of n rows of masks (m, H, W)."""
    from torchvision.ops import roi_align

    cut: Tensor = roi_align(
        masks[:, None].to(boxes), torch.cat([rows[:, None].to(boxes), boxes], dim=1), (side, side), 1.0
    )
    return cut[:, 0] >= HALF


@dataclass(frozen=True)
class FittedMaskRcnn:
    """A trained Mask R-CNN.

    Args:
        network: torchvision's `FasterRCNN` with mask heads, in eval mode.
        categories: the vocabulary's ids in the order of class indices.
    """

    network: nn.Module
    recipe: MaskRecipe
    categories: tuple[int, ...]
    seed: int
    snapshot: tuple[str, ...]

    @torch.no_grad()
    def propose(self, image: BoxedImage) -> tuple[ObjectProposal, ...]:
        """The masks that it finds, the surest first; the image's boxes are not looked at. Empty ones are left out."""
        (found,) = self.network([image.tensor(next(self.network.parameters()).device)])
        drawn_masks = found["masks"][:, 0].cpu().numpy() > HALF
        made = zip(drawn_masks, found["labels"].tolist(), found["scores"].tolist(), strict=True)
        return tuple(
            ObjectProposal(self.categories[label - 1], Mask.from_array(mask), score, score)
            for mask, label, score in made
            if mask.any()
        )


def build_mask_rcnn(
    recipe: MaskRecipe, classes: int, *, weights: str, seed: int, start: FittedDetector | None = None
) -> nn.Module:
    """The recipe's network on the CPU.

    Args:
        weights, seed: as of `models.boxes.rcnn_task.build_faster_rcnn`.
        start: a detector whose weights all but the mask head begins with.

    Raises:
        InvalidArgument: the detector is of another shape.
    """
    from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor

    network: Any = build_faster_rcnn(recipe, classes, weights=weights, seed=seed)
    if start is not None:
        try:
            network.load_state_dict(start.network.state_dict())
        except RuntimeError as error:
            raise InvalidArgument(f"the detector does not fit the recipe: {error}", field="start") from error
    with drawn(seed + 1, torch.device("cpu")):
        network.roi_heads.mask_roi_pool = region_pool(REGION, recipe.anchor)
        network.roi_heads.mask_head = MaskRCNNHeads(recipe.width, (recipe.width,) * 4, 1)
        network.roi_heads.mask_predictor = MaskRCNNPredictor(recipe.width, recipe.width, classes + 1)
    network.roi_heads = MaskHeads(network.roi_heads, recipe)
    made: nn.Module = network
    return made


def train_mask_rcnn(
    images: Sequence[MaskedImage],
    categories: Sequence[int],
    recipe: MaskRecipe,
    *,
    seed: int,
    device: torch.device,
    resume_path: Path | None,
    progress: Progress,
    cache: NetworkCache | None = None,
    start: FittedDetector | None = None,
) -> FittedMaskRcnn:
    """Train a Mask R-CNN on images' boxes and what is known of the masks in them.

    Args:
        start: see `build_mask_rcnn`. Others, and what is raised, as of `models.boxes.detector.train_detector`.
    """
    network = build_mask_rcnn(recipe, len(categories), weights=recipe.weights, seed=seed, start=start).to(device)
    task = RcnnTask.of(network, images, len(categories), recipe)
    trained = run(task, recipe.iterations, seed, resume_path=resume_path, cache=cache, progress=progress)
    snapshot = tuple(sorted(item.image.image_id for item in images))
    return FittedMaskRcnn(trained, recipe, tuple(categories), seed, snapshot)
