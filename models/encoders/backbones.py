"""Image encoders with five taps, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image.

torchvision's ResNets tapped as RSIS taps them: after the stem (before max pooling) and after each of the four
stages (Salvador et al., Recurrent neural networks for semantic instance segmentation). `compact` is the same
plan with one basic block a stage and half the width, for training from scratch.

torchvision is imported only when one of its networks is built: with it come torch's compiler and sympy, which take
longer than to outline a folder of pictures.
"""

from __future__ import annotations

import hashlib
import time
import urllib.request
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from maskloop.errors import InvalidConfig, Unavailable
from models.encoders.weights_file import read_weights

DOWNLOAD_DEADLINE_S = 600.0
DOWNLOAD_LIMIT_BYTES = 1 << 30


class Encoder(nn.Module):
    """A stem and four stages. `channels` are those of the five taps, finest first."""

    def __init__(self, stem: nn.Module, stages: list[nn.Module], channels: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = stem
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = nn.ModuleList(stages)
        self.channels = channels

    def forward(self, images: Tensor, most: int = 5) -> list[Tensor]:
        """(B, 3, S, S) float to taps (B, channels[k], S / 2^(k+1), S / 2^(k+1)), finest first, the first `most`."""
        taps = [self.stem(images)]
        features = self.pool(taps[0])
        for stage in self.stages[: most - 1]:
            features = stage(features)
            taps.append(features)
        return taps


class BasicBlock(nn.Module):
    """Two 3 x 3 convolutions beside a shortcut: He et al., *Deep residual learning for image recognition*, figure 5.

    Its parts have the names and the order of torchvision's, so that a seed and a file of weights mean the same.
    """

    def __init__(self, inputs: int, outputs: int, stride: int, shortcut: nn.Module | None) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = shortcut

    def forward(self, inputs: Tensor) -> Tensor:
        """(B, C, S, S) to (B, C', S / stride, S / stride)."""
        features = self.bn2(self.conv2(self.relu(self.bn1(self.conv1(inputs)))))
        features += inputs if self.downsample is None else self.downsample(inputs)
        activated: Tensor = self.relu(features)
        return activated


def build_encoder(name: str, weights: str = "", output_stride: int = 32) -> Encoder:
    """An encoder by name, with `weights` loaded: "" for none, a member of torchvision's enum, or a local file.

    Args:
        output_stride: of the last tap, 32 or 16; at 16 the last stage does not shrink (nor is it dilated).

    Raises:
        InvalidConfig: the weights do not exist or do not fit.
        Unavailable: torchvision's weights cannot be fetched.
    """
    encoder = _compact(weights) if name == "compact" else _resnet(name, weights)
    if output_stride == 16:
        for module in encoder.stages[-1].modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
    return encoder


def _compact(weights: str) -> Encoder:
    encoder = _compact_encoder(32)
    if weights:
        _load_into(encoder, read_weights(Path(weights)), weights)
    return encoder


def _resnet(name: str, weights: str) -> Encoder:
    from torchvision import models as zoo

    resnet = zoo.get_model(name, weights=None)
    if weights:
        _load_into(resnet, _named_weights(name, weights), weights)
    wide = 4 if name in ("resnet50", "resnet101") else 1
    return Encoder(
        nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu),
        [resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4],
        (64, 64 * wide, 128 * wide, 256 * wide, 512 * wide),
    )


def _compact_encoder(width: int) -> Encoder:
    stem = nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )
    channels = (width, width, 2 * width, 4 * width, 8 * width)
    stages = [_stage(channels[k], channels[k + 1], stride=1 if k == 0 else 2) for k in range(4)]
    encoder = Encoder(stem, stages, channels)
    for module in encoder.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return encoder


def _stage(inputs: int, outputs: int, stride: int) -> nn.Module:
    shortcut = None
    if stride != 1 or inputs != outputs:
        shortcut = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False), nn.BatchNorm2d(outputs))
    return BasicBlock(inputs, outputs, stride, shortcut)


def _load_into(module: nn.Module, state: dict[str, Any], weights: str) -> None:
    """Load everything but the classifier, which no tap needs."""
    wanted = {key for key in module.state_dict() if not key.startswith("fc.")}
    missing = sorted(wanted - state.keys())
    if missing:
        raise InvalidConfig(f"weights {weights} lack {missing[0]} and {len(missing) - 1} more", field="weights")
    try:
        module.load_state_dict({key: state[key] for key in wanted}, strict=False)
    except RuntimeError as error:
        raise InvalidConfig(f"weights {weights} do not fit the encoder: {error}", field="weights") from error


def _named_weights(name: str, weights: str) -> dict[str, Any]:
    if Path(weights).is_file():
        return read_weights(Path(weights))
    from torchvision import models as zoo

    enum = zoo.get_model_weights(name)
    if weights not in enum.__members__:
        raise InvalidConfig(
            f"weights {weights!r} are neither a file nor one of {', '.join(enum.__members__)}",
            field="weights",
        )
    url = enum[weights].url
    path = Path(torch.hub.get_dir()) / "checkpoints" / url.rsplit("/", 1)[1]
    if not path.is_file():
        _download(url, path)
    return read_weights(path)


def _download(url: str, path: Path) -> None:
    """Fetch `url`, whose name ends in the first digits of its SHA-256, as torchvision's weights do."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    digest, deadline, received = hashlib.sha256(), time.monotonic() + DOWNLOAD_DEADLINE_S, 0
    try:
        with urllib.request.urlopen(url, timeout=30) as source, partial.open("wb") as target:
            while chunk := source.read(1 << 20):
                received += len(chunk)
                if received > DOWNLOAD_LIMIT_BYTES or time.monotonic() > deadline:
                    raise Unavailable(f"weights at {url} are too large or too slow to fetch")
                digest.update(chunk)
                target.write(chunk)
    except OSError as error:
        raise Unavailable(f"weights cannot be fetched from {url}: {error}") from error
    if not digest.hexdigest().startswith(path.stem.rsplit("-", 1)[-1]):
        raise Unavailable(f"weights fetched from {url} are damaged")
    partial.replace(path)
