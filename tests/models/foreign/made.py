"""Small networks of other people's classes with random weights, in memory and as the files that they come in."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

import torch

from models.foreign.heads import CrossFitted
from models.foreign.load import load_foreign
from models.foreign.names import ForeignName
from models.foreign.network import ForeignNetwork

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


WRITERS = {"sam": sam_folder, "sam2": sam2_folder}


def written(kind: str, folder: Path) -> ForeignName:
    """A small network of a kind below `folder`."""
    return ForeignName(kind, str(WRITERS[kind](folder / f"small-{kind}")))


@cache
def foreign(kind: str, categories: tuple[int, ...] = (7,)) -> ForeignNetwork:
    """A small network of a kind, read from its files."""
    with tempfile.TemporaryDirectory() as folder:
        return load_foreign(written(kind, Path(folder)), CPU).of_project(categories, CrossFitted())
