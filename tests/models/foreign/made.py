"""Small networks of other people's classes with random weights, in memory and as the files that they come in."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Callable
from functools import cache
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor, nn

from models.foreign.heads import NO_HEAD
from models.foreign.load import load_foreign
from models.foreign.maskrcnn import MaskRCNN
from models.foreign.names import ForeignName
from models.foreign.network import ForeignNetwork
from models.foreign.onnx_network import INPUTS, MASKS, OUTPUTS

CPU = torch.device("cpu")
SIDE = 64


def sam_folder(folder: Path, seed: int = 0) -> Path:
    """SAM, as transformers leaves it in a folder."""
    from transformers import SamConfig, SamImageProcessor, SamModel, SamProcessor

    vision = {
        "hidden_size": 16,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": SIDE,
        "patch_size": 8,
        "output_channels": 16,
        "mlp_dim": 32,
        "window_size": 4,
        "global_attn_indexes": [1],
        "num_pos_feats": 8,
    }
    prompts = {"hidden_size": 16, "image_size": SIDE, "patch_size": 8, "mask_input_channels": 4}
    config = SamConfig(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=_decoder(16))
    pictures = SamImageProcessor(
        size={"longest_edge": SIDE},
        pad_size={"height": SIDE, "width": SIDE},
        mask_size={"longest_edge": SIDE // 2},
        mask_pad_size={"height": SIDE // 2, "width": SIDE // 2},
    )
    return _saved(folder, SamModel, config, SamProcessor(pictures), seed)


def sam2_folder(folder: Path, seed: int = 0) -> Path:
    """SAM 2, as transformers leaves it in a folder."""
    from transformers import Sam2Config, Sam2ImageProcessor, Sam2Model, Sam2Processor, Sam2VisionConfig
    from transformers.models.sam2.configuration_sam2 import Sam2HieraDetConfig

    backbone = Sam2HieraDetConfig(
        hidden_size=8,
        num_attention_heads=1,
        image_size=[SIDE, SIDE],
        blocks_per_stage=[1, 1, 2, 1],
        embed_dim_per_stage=[8, 16, 32, 64],
        num_attention_heads_per_stage=[1, 1, 2, 2],
        window_size_per_stage=[4, 4, 4, 4],
        global_attention_blocks=[3],
    )
    vision = Sam2VisionConfig(
        backbone_config=backbone,
        backbone_channel_list=[64, 32, 16, 8],
        backbone_feature_sizes=[[16, 16], [8, 8], [4, 4]],
        fpn_hidden_size=32,
    )
    prompts = {"hidden_size": 32, "image_size": SIDE, "patch_size": 16, "mask_input_channels": 4}
    config = Sam2Config(vision_config=vision, prompt_encoder_config=prompts, mask_decoder_config=_decoder(32))
    pictures = Sam2ImageProcessor(size={"height": SIDE, "width": SIDE}, mask_size={"height": 16, "width": 16})
    return _saved(folder, Sam2Model, config, Sam2Processor(pictures), seed)


def _decoder(width: int) -> dict[str, int]:
    return {"hidden_size": width, "mlp_dim": 32, "num_attention_heads": 2, "iou_head_hidden_dim": 16}


def _saved(folder: Path, model, config, processor, seed: int) -> Path:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = model(config)
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
    network.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def maskrcnn_file(folder: Path, classes: int = 1) -> Path:
    """The real Mask R-CNN with random weights, told to look at small images."""
    from torchvision.models.detection import maskrcnn_resnet50_fpn_v2

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        network = maskrcnn_resnet50_fpn_v2(weights=None, weights_backbone=None, num_classes=classes + 1)
    path = folder.with_suffix(".safetensors")
    save_file(network.state_dict(), path, {"min_size": str(SIDE), "max_size": str(2 * SIDE)})
    return path


class _Levels(nn.Module):
    """A backbone of one level."""

    out_channels = 16

    def __init__(self) -> None:
        super().__init__()
        self.seen = nn.Conv2d(3, self.out_channels, 5, stride=4, padding=2)

    def forward(self, images: Tensor) -> OrderedDict[str, Tensor]:
        return OrderedDict([("0", self.seen(images).relu())])


def small_maskrcnn(categories: tuple[int, ...], classes: int | None = None) -> MaskRCNN:
    """torchvision's Mask R-CNN on a backbone of one convolution, whose maps go up and down."""
    from torchvision.models.detection import MaskRCNN as OfTorchvision
    from torchvision.models.detection.anchor_utils import AnchorGenerator
    from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
    from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
    from torchvision.ops import MultiScaleRoIAlign

    number = 1 + (len(categories) if classes is None else classes)
    width = _Levels.out_channels
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        network = OfTorchvision(
            _Levels(),
            min_size=SIDE,
            max_size=2 * SIDE,
            rpn_anchor_generator=AnchorGenerator(((16, 32),), ((0.5, 1.0, 2.0),)),
            rpn_post_nms_top_n_test=20,
            box_roi_pool=MultiScaleRoIAlign(["0"], 7, 2),
            box_head=TwoMLPHead(width * 49, 32),
            box_predictor=FastRCNNPredictor(32, number),
            box_detections_per_img=6,
            mask_roi_pool=MultiScaleRoIAlign(["0"], 14, 2),
            mask_head=MaskRCNNHeads(width, (width,), 1),
            mask_predictor=MaskRCNNPredictor(width, width, number),
        )
        with torch.no_grad():
            for parameter in network.parameters():
                parameter.add_(0.1 * torch.randn_like(parameter))
    return MaskRCNN(name="maskrcnn:small", network=network.eval(), categories=categories)


class BoxOutliner(nn.Module):
    """Outlines what is in boxes, roundish, and more where the picture is bright."""

    def __init__(self) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(2)
            self.seen = nn.Conv2d(3, 1, 3, padding=1)

    def forward(self, image: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """(1, 3, H, W) and (N, 4) to (N, H, W) logits and (N,) scores, which go beyond 1."""
        bright = self.seen(image)[0, 0]
        y = torch.arange(image.shape[2], dtype=torch.float32) + 0.5
        x = torch.arange(image.shape[3], dtype=torch.float32) + 0.5
        left, upper, right, lower = boxes[:, :, None, None].unbind(1)
        across, down = (2 * x - left - right) / (right - left), (2 * y[:, None] - upper - lower) / (lower - upper)
        logits = 3 * (1 - across**2 - down**2) + bright
        return logits, logits.sigmoid().mean(dim=(1, 2)) * 7 - 1


def onnx_file(folder: Path, probabilities: bool = False) -> Path:
    """A tiny network of the agreed shape, exported by torch."""
    path = folder.with_suffix(".onnx")
    path.write_bytes(_outliner(probabilities))
    return path


@cache
def _outliner(probabilities: bool) -> bytes:
    """Exported once a process, which takes seconds."""

    class Sure(BoxOutliner):
        def forward(self, image: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
            logits, scores = super().forward(image, boxes)
            return logits.sigmoid(), scores

    network = (Sure() if probabilities else BoxOutliner()).eval()
    return exported(network, {MASKS: "probabilities"} if probabilities else {})


def exported(network: nn.Module, told: dict[str, str]) -> bytes:
    """A network of an image and boxes as a file holds it, with metadata."""
    import onnx

    free = torch.export.Dim.DYNAMIC
    made = torch.onnx.export(
        network,
        (torch.zeros(1, 3, 40, 56), torch.tensor([[4.0, 4, 20, 30], [10, 2, 50, 38]])),
        dynamo=True,
        input_names=list(INPUTS),
        output_names=list(OUTPUTS),
        dynamic_shapes=({2: free, 3: free}, {0: free}),
        verbose=False,
    )
    assert made is not None
    model = made.model_proto
    onnx.helper.set_model_props(model, told)
    return model.SerializeToString()


WRITERS: dict[str, Callable[[Path], Path]] = {
    "sam": sam_folder,
    "sam2": sam2_folder,
    "maskrcnn": maskrcnn_file,
    "onnx": onnx_file,
}
BY_PROMPTS_ALONE = ("sam", "sam2", "onnx")
"""Kinds that find nothing by themselves."""


def written(kind: str, folder: Path) -> ForeignName:
    """A network of a kind with random weights, below `folder`."""
    return ForeignName(kind, str(WRITERS[kind](folder / f"small-{kind}")))


@cache
def foreign(kind: str, categories: tuple[int, ...] = (7,)) -> ForeignNetwork:
    """A small network of a kind, read from its files."""
    with tempfile.TemporaryDirectory() as folder:
        return load_foreign(written(kind, Path(folder)), CPU).of_project(categories, NO_HEAD)
