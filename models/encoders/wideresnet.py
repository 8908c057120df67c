"""WideResNet-38: 17 wide residual blocks whose last three stages stay at 1/8 of the image.

Wu, Shen, van den Hengel, *Wider or deeper: revisiting the ResNet model for visual recognition*, model A1; laid out and
dilated as weakly supervised segmentation has it since Ahn, Kwak, *Learning pixel-level semantic affinity*, CVPR 2018.
Modules have the names that its weights are usually filed under, so that such a file can be read.

Norms always use the statistics that come with the weights, and are not trained.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskloop.errors import InvalidConfig
from models.encoders.backbones import Encoder
from models.encoders.names import NARROW
from models.encoders.weights_file import is_counter, read_weights

CHANNELS = (64, 128, 256, 512, 1024, 2048, 4096)
"""Of the first convolution, and of what stages b2 to b7 put out."""
BLOCKS = {"b2": 3, "b3": 3, "b4": 6, "b5": 3, "b6": 1, "b7": 1}
"""How many each stage has."""
TAPPED = ("b3", "b4", "b5", "b6")
STEM, STAGED = ("b2",), (("b3",), ("b4",), ("b5",), ("b6", "b7"))
"""What the first tap is behind, and each of the others."""
DROPPED = {"b6": 0.3, "b7": 0.5}
LAST_DILATION = 4
"""Of b7: 4 in affinity and segmentation networks; 2 in OEEM's classifier, by the authors' program."""


class WideResNet38(Encoder):
    """Five taps: activated inputs of b3, b4, b5 and b6, and the activated output of b7.

    They are at 1/2, 1/4, 1/8, 1/8 and 1/8 of the image, sides rounded up, of 128, 256, 512, 1024 and 4096 channels.

    Args:
        last_dilation: of b7.
        narrow: channels are divided by it; 1 for the published network, 2, 4 or 8 for small ones.

    Raises:
        InvalidConfig: `narrow` is another number.
    """

    def __init__(self, last_dilation: int = LAST_DILATION, narrow: int = 1) -> None:
        super().__init__()
        if narrow not in NARROW:
            raise InvalidConfig(f"channels are divided by {narrow}, none of {NARROW}", field="encoder")
        first, *widths = (channels // narrow for channels in CHANNELS)
        self.channels = (widths[0], widths[1], widths[2], widths[3], widths[5])
        self.conv1a = nn.Conv2d(3, first, 3, padding=1, bias=False)
        inputs = first
        for stage, width in zip(("b2", "b3", "b4"), widths[:3], strict=True):
            self._add(stage, [WideBlock(inputs, width, width, stride=2)])
            self._add(stage, [WideBlock(width, width, width) for _ in range(1, BLOCKS[stage])])
            inputs = width
        half, full = widths[2:4]
        self._add("b5", [WideBlock(half, half, full, dilations=(1, 2))])
        self._add("b5", [WideBlock(full, half, full, dilations=(2, 2)) for _ in range(1, BLOCKS["b5"])])
        self._add("b6", [NeckBlock(full, widths[4], 4, DROPPED["b6"])])
        self._add("b7", [NeckBlock(widths[4], widths[5], last_dilation, DROPPED["b7"])])
        self.bn7 = nn.BatchNorm2d(widths[5])
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.requires_grad_(requires_grad=False)

    def _add(self, stage: str, blocks: list[WideBlock] | list[NeckBlock]) -> None:
        """To the end of a stage, whose blocks are named b2, b2_1, b2_2 and so on."""
        before = len(self._blocks(stage))
        for number, block in enumerate(blocks, start=before):
            self.add_module(f"{stage}_{number}" if number else stage, block)

    def _blocks(self, stage: str) -> list[nn.Module]:
        return [module for name, module in self.named_children() if name.split("_")[0] == stage]

    def forward(self, images: Tensor, most: int = 5) -> list[Tensor]:
        """See `Encoder.forward`, but for the strides; later stages than are wanted are not computed."""
        features: Tensor = self.conv1a(not_channels_last(images))
        taps: list[Tensor] = []
        for stage in BLOCKS:
            for number, block in enumerate(self._blocks(stage)):
                assert isinstance(block, WideBlock | NeckBlock)
                activated = F.relu(block.bn_branch2a(features))
                if stage in TAPPED and not number:
                    taps.append(activated)
                    if len(taps) == most:
                        return taps
                features = block(features, activated)
        return [*taps, F.relu(self.bn7(features))]

    def cut(self, stages: int) -> tuple[nn.Module, nn.Module]:
        """See `Encoder.cut`: the four stages behind the stem end where the taps do, and 2 cuts behind b4, at 1/8."""
        if not 0 <= stages <= len(STAGED):
            return super().cut(stages)
        early, late = (
            [block for stage in part for block in self._blocks(stage)]
            for part in ((*STEM, *sum(STAGED[:stages], ())), sum(STAGED[stages:], ()))
        )
        end = (self.bn7, nn.ReLU())
        if stages == len(STAGED):
            return nn.Sequential(self.conv1a, _Chain(early), *end), nn.Sequential()
        return nn.Sequential(self.conv1a, _Chain(early)), nn.Sequential(_Chain(late), *end)

    def freeze_stem(self) -> None:
        """Train neither the first convolution nor b2."""
        for part in (self.conv1a, *self._blocks("b2")):
            part.requires_grad_(requires_grad=False)

    def train(self, mode: bool = True) -> Self:
        """As of any module, but norms stay in eval mode."""
        super().train(mode)
        for module in self.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eval()
        return self


class _Chain(nn.Module):
    """Blocks one after the other.

    Args:
        blocks: an encoder's own.
    """

    def __init__(self, blocks: list[nn.Module]) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(blocks)

    def forward(self, features: Tensor) -> Tensor:
        """(B, C, S, S) that no norm has seen yet, to the same."""
        features = not_channels_last(features)
        for block in self.blocks:
            assert isinstance(block, WideBlock | NeckBlock)
            features = block(features, F.relu(block.bn_branch2a(features)))
        return features


def not_channels_last(features: Tensor) -> Tensor:
    """As blocks want them, which images that were (H, W, 3) are not.

    The gradient of a shortcut of few channels, 1 x 1 at stride 2, otherwise writes beyond its memory on a CPU (torch
    2.15, oneDNN 3.13).
    """
    return features.contiguous()


class WideBlock(nn.Module):
    """Two 3 x 3 convolutions, each behind a norm and ReLU, beside the input.

    Where they change channels or size, a 1 x 1 convolution of the activated input is in the input's place.

    Args:
        middle: channels between the two convolutions.
        stride: of the first one.
        dilations: of both.
    """

    def __init__(
        self, inputs: int, middle: int, outputs: int, *, stride: int = 1, dilations: tuple[int, int] = (1, 1)
    ) -> None:
        super().__init__()
        first, second = dilations
        self.bn_branch2a = nn.BatchNorm2d(inputs)
        self.conv_branch2a = _three(inputs, middle, first, stride)
        self.bn_branch2b1 = nn.BatchNorm2d(middle)
        self.conv_branch2b1 = _three(middle, outputs, second)
        same = inputs == outputs and stride == 1
        self.conv_branch1 = None if same else nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)

    def forward(self, inputs: Tensor, activated: Tensor) -> Tensor:
        """The block's output, of its input and of what its first norm and ReLU make of that."""
        branch: Tensor = self.conv_branch2b1(F.relu(self.bn_branch2b1(self.conv_branch2a(activated))))
        return branch + (inputs if self.conv_branch1 is None else self.conv_branch1(activated))


class NeckBlock(nn.Module):
    """1 x 1, 3 x 3 and 1 x 1 convolutions of a quarter, a half and all of the output's channels, beside a 1 x 1 one.

    Args:
        dilation: of the 3 x 3 convolution.
        dropped: share of the channels that the last two convolutions do not see in training; they are dropped whole.
    """

    def __init__(self, inputs: int, outputs: int, dilation: int, dropped: float) -> None:
        super().__init__()
        quarter, half = outputs // 4, outputs // 2
        self.bn_branch2a = nn.BatchNorm2d(inputs)
        self.conv_branch1 = nn.Conv2d(inputs, outputs, 1, bias=False)
        self.conv_branch2a = nn.Conv2d(inputs, quarter, 1, bias=False)
        self.bn_branch2b1 = nn.BatchNorm2d(quarter)
        self.conv_branch2b1 = _three(quarter, half, dilation)
        self.bn_branch2b2 = nn.BatchNorm2d(half)
        self.conv_branch2b2 = nn.Conv2d(half, outputs, 1, bias=False)
        self.dropout = nn.Dropout2d(dropped)

    def forward(self, inputs: Tensor, activated: Tensor) -> Tensor:
        """As of `WideBlock`; the input itself is not used."""
        branch = self.dropout(F.relu(self.bn_branch2b1(self.conv_branch2a(activated))))
        branch = self.dropout(F.relu(self.bn_branch2b2(self.conv_branch2b1(branch))))
        made: Tensor = self.conv_branch2b2(branch) + self.conv_branch1(activated)
        return made


def build_wideresnet38(
    weights: str = "", *, last_dilation: int = LAST_DILATION, narrow: int = 1, seed: int = 0
) -> WideResNet38:
    """The network on the CPU.

    Args:
        weights: "" or "random" for initial ones, or a file of the same names; what else is in it is left there.
        seed: of initial weights.

    Raises:
        InvalidConfig: the weights do not exist or do not fit, or `narrow` is none of `NARROW`.
    """
    if weights in ("", "random"):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            network = WideResNet38(last_dilation, narrow)
            _initialise(network)
        return network
    path = Path(weights)
    if not path.is_file():
        raise InvalidConfig(f"weights {weights!r} are no file", field="weights")
    with torch.device("meta"):  # initial weights of a tenth of a billion would take seconds
        network = WideResNet38(last_dilation, narrow)
    state = read_weights(path)
    missing = sorted(name for name in network.state_dict().keys() - state.keys() if not is_counter(name))
    if missing:
        raise InvalidConfig(f"weights {weights} lack {missing[0]} and {len(missing) - 1} more", field="weights")
    network.to_empty(device="cpu")
    try:
        network.load_state_dict({name: state[name] for name in network.state_dict() if name in state}, strict=False)
    except RuntimeError as error:
        raise InvalidConfig(f"weights {weights} do not fit the encoder: {error}", field="weights") from error
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d) and module.num_batches_tracked is not None:
            module.num_batches_tracked.zero_()
    return network


def _three(inputs: int, outputs: int, dilation: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, stride=stride, padding=dilation, dilation=dilation, bias=False)


@torch.no_grad()
def _initialise(network: WideResNet38) -> None:
    """He et al., *Delving deep into rectifiers*, 2015, by inputs; and each block's last convolution smaller.

    Norms that measure nothing leave what residual blocks add up to as it is: of 17 blocks the variance would grow by
    2^17. With the last convolutions divided by the square root of 17 it grows e-fold.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
    for module in network.modules():
        if isinstance(module, WideBlock | NeckBlock):
            last = module.conv_branch2b1 if isinstance(module, WideBlock) else module.conv_branch2b2
            last.weight /= sum(BLOCKS.values()) ** 0.5
