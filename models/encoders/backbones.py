"""Image encoders with five taps, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the image.

torchvision's ResNets tapped as RSIS taps them: after the stem (before max pooling) and after each of the four
stages (Salvador et al., Recurrent neural networks for semantic instance segmentation). `compact` is the same
plan with one basic block a stage and half the width, for training from scratch. Any of timm's with taps at 1/4 to 1/32
goes on from its weights, which come in a package for the one that the recipe `recurrent` has. The last stage of all but
some of timm's can be told not to shrink.

torchvision is imported only when one of its networks is built: with it come torch's compiler and sympy, which take
longer than to outline a folder of pictures.
"""

from __future__ import annotations

import hashlib
import time
import urllib.request
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskloop.errors import InvalidArgument, InvalidConfig, Unavailable
from models.data.samples import IMAGENET_MEAN, IMAGENET_STD
from models.encoders.in_order import Painted, cut_behind, painted
from models.encoders.names import TIMM
from models.encoders.pretrained import PretrainedEncoder, load_pretrained
from models.encoders.weights_file import is_counter, read_weights

DOWNLOAD_DEADLINE_S = 600.0
DOWNLOAD_LIMIT_BYTES = 1 << 30
SAME_WITHIN = 1e-3
"""Largest difference between the last taps of an encoder and of its two parts, as a share of the largest value."""


class Encoder(nn.Module, ABC):
    """What gives five taps of an image. `channels` are theirs, finest first."""

    channels: tuple[int, ...]

    @abstractmethod
    def forward(self, images: Tensor, most: int = 5) -> list[Tensor]:
        """Taps of normalised images (B, 3, S, S) float, see `models.data.samples.normalise`.

        Args:
            most: so many are wanted, from the finest on.

        Returns:
            (B, channels[k], S / 2^(k+1), S / 2^(k+1)), finest first.
        """

    def freeze_stem(self) -> None:
        """Train no parameter of the part before the stages; an encoder that has no such part is left as it is."""

    def cut(self, stages: int) -> tuple[nn.Module, nn.Module]:
        """What comes early, of normalised images, and what makes the last tap of that; the modules are the encoder's.

        Args:
            stages: so many come early, of the four behind the stem; 2 cuts behind the tap at 1/8.

        Raises:
            InvalidArgument: the encoder cannot be cut there.
        """
        raise InvalidArgument(f"the encoder cannot be cut after {stages} stages", field="cut")


class StagedEncoder(Encoder):
    """A stem and four stages."""

    def __init__(self, stem: nn.Module, stages: list[nn.Module], channels: tuple[int, ...]) -> None:
        super().__init__()
        self.stem = stem
        self.pool = nn.MaxPool2d(3, stride=2, padding=1)
        self.stages = nn.ModuleList(stages)
        self.channels = channels

    def forward(self, images: Tensor, most: int = 5) -> list[Tensor]:
        """See `Encoder.forward`; later stages than are wanted are not computed."""
        taps = [self.stem(images)]
        features = self.pool(taps[0])
        for stage in self.stages[: most - 1]:
            features = stage(features)
            taps.append(features)
        return taps

    def freeze_stem(self) -> None:
        """See `Encoder.freeze_stem`."""
        self.stem.requires_grad_(requires_grad=False)

    def cut(self, stages: int) -> tuple[nn.Module, nn.Module]:
        """See `Encoder.cut`."""
        if not 0 <= stages <= len(self.stages):
            return super().cut(stages)
        return nn.Sequential(self.stem, self.pool, *self.stages[:stages]), nn.Sequential(*self.stages[stages:])


class TimmEncoder(Encoder):
    """One of timm's, to be trained further; where it has no tap at 1/2, four pixels of the image are one cell of it.

    Its norms always use the statistics that come with the weights: a few labeled images would wreck them. How it wants
    its images is part of its state, since a file of weights does not say it.

    Args:
        loaded: timm's network.
    """

    gain: Tensor
    shift: Tensor

    def __init__(self, loaded: PretrainedEncoder) -> None:
        super().__init__()
        self.trunk = loaded.trunk.requires_grad_()
        self.has_half = loaded.fine_channels > 0
        self.channels = (loaded.fine_channels or 12, *loaded.channels)
        mean, deviation = (torch.tensor(values).view(3, 1, 1) for values in (IMAGENET_MEAN, IMAGENET_STD))
        self.register_buffer("gain", deviation / loaded.scale)
        self.register_buffer("shift", (mean - loaded.mean) / loaded.scale)

    def forward(self, images: Tensor, most: int = 5) -> list[Tensor]:
        """See `Encoder.forward`."""
        pixels = painted(images, self.gain, self.shift)
        taps: list[Tensor] = self.trunk(pixels)
        return (taps[-5:] if self.has_half else [_in_fours(pixels), *taps[-4:]])[:most]

    def train(self, mode: bool = True) -> Self:
        """Norms stay as they are when they predict."""
        super().train(mode)
        self.trunk.eval()
        return self

    @torch.no_grad()
    def cut(self, stages: int) -> tuple[nn.Module, nn.Module]:
        """See `Encoder.cut`. A network can be cut that calls its parts one after the other; a picture tells."""
        info: Any = self.trunk.feature_info
        taps = info.module_name()[-5 if self.has_half else -4 :]
        place = stages if self.has_half else stages - 1  # the stem's tap is the one at 1/2
        parts = cut_behind(self.trunk, taps, place) if 0 <= place < len(taps) else None
        if parts is None:
            return super().cut(stages)
        early, late = nn.Sequential(Painted(self.gain, self.shift), parts[0]), parts[1]
        picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0)).to(self.gain)
        last = self(picture)[-1]
        try:
            same = torch.allclose(late(early(picture)), last, rtol=0, atol=SAME_WITHIN * float(last.abs().max()))
        except (AssertionError, AttributeError, RuntimeError, TypeError, ValueError):  # of parts that do not fit
            same = False
        return (early, late) if same else super().cut(stages)


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
    """An encoder by name, with `weights` loaded.

    Args:
        name: one of `models.encoders.names.ENCODERS`, or `timm:` and timm's name.
        weights: "" or "random" for none, a local file, or of torchvision's networks a member of its enum; of timm's as
            `models.encoders.pretrained.load_pretrained` takes them.
        output_stride: of the last tap, 32 or 16; at 16 the last stage does not shrink. It is not dilated either, save
            that of timm's, which timm dilates so that its weights see what they were trained to see.

    Raises:
        InvalidConfig: there is no such encoder, none of that stride, or the weights do not exist or do not fit.
        Unavailable: weights cannot be fetched.
    """
    if name.startswith(TIMM):
        return TimmEncoder(load_pretrained(name.removeprefix(TIMM), weights or "random", output_stride))
    weights = "" if weights == "random" else weights
    encoder = _compact(weights) if name == "compact" else _resnet(name, weights)
    if output_stride == 16:
        for module in encoder.stages[-1].modules():
            if isinstance(module, nn.Conv2d):
                module.stride = (1, 1)
    return encoder


def _in_fours(pixels: Tensor) -> Tensor:
    """(B, 3, H, W) to (B, 12, H / 2, W / 2), four pixels in a cell; where a side is odd, its last pixels come twice."""
    height, width = pixels.shape[2:]
    whole = F.pad(pixels, (0, width % 2, 0, height % 2), mode="replicate") if height % 2 or width % 2 else pixels
    return F.pixel_unshuffle(whole, 2)


def _compact(weights: str) -> StagedEncoder:
    encoder = _compact_encoder(32)
    if weights:
        _load_into(encoder, read_weights(Path(weights)), weights)
    return encoder


def _resnet(name: str, weights: str) -> StagedEncoder:
    from torchvision import models as zoo

    resnet = zoo.get_model(name, weights=None)
    if weights:
        _load_into(resnet, _named_weights(name, weights), weights)
    wide = 4 if name in ("resnet50", "resnet101") else 1
    return StagedEncoder(
        nn.Sequential(resnet.conv1, resnet.bn1, resnet.relu),
        [resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4],
        (64, 64 * wide, 128 * wide, 256 * wide, 512 * wide),
    )


def _compact_encoder(width: int) -> StagedEncoder:
    stem = nn.Sequential(
        nn.Conv2d(3, width, 7, stride=2, padding=3, bias=False), nn.BatchNorm2d(width), nn.ReLU(inplace=True)
    )
    channels = (width, width, 2 * width, 4 * width, 8 * width)
    stages = [_stage(channels[k], channels[k + 1], stride=1 if k == 0 else 2) for k in range(4)]
    encoder = StagedEncoder(stem, stages, channels)
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
    missing = sorted(key for key in wanted - state.keys() if not is_counter(key))
    if missing:
        raise InvalidConfig(f"weights {weights} lack {missing[0]} and {len(missing) - 1} more", field="weights")
    try:
        module.load_state_dict({key: state[key] for key in wanted & state.keys()}, strict=False)
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
