"""Names of the encoders that recipes choose from; apart from the encoders, which need torch."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from maskloop.errors import InvalidConfig
from maskloop.spelling import did_you_mean
from models.encoders.sizes import encoder_size

ENCODERS = ("compact", "resnet18", "resnet34", "resnet50", "resnet101")
TORCHVISION_WEIGHTS: Mapping[str, tuple[str, ...]] = {
    "compact": (),
    "resnet18": ("IMAGENET1K_V1",),
    "resnet34": ("IMAGENET1K_V1",),
    "resnet50": ("IMAGENET1K_V1", "IMAGENET1K_V2"),
    "resnet101": ("IMAGENET1K_V1", "IMAGENET1K_V2"),
}
"""Names of weights that torchvision has for each of these."""
TIMM = "timm:"
"""Stands before the name of one of timm's: `timm:tf_efficientnet_lite0`."""
PACKAGED = "tf_efficientnet_lite0"
"""The one of timm's whose weights come with a package."""
WIDE = "wideresnet38"
NARROW = (1, 2, 4, 8)
"""How many times fewer channels a WideResNet-38 may have."""
WIDE_NAMES = (WIDE, *(f"{WIDE}/{narrow}" for narrow in NARROW[1:]))
DENSE = (*WIDE_NAMES, *ENCODERS)
"""Names without `timm:` of encoders whose last stages are read together, see models/encoders/last_stages.py."""
TIMM_WEIGHTS = ("package", "timm", "random")
"""What an encoder of timm's may start from, beside a file."""
NAMED_WEIGHTS = (*TIMM_WEIGHTS, "IMAGENET1K_V1", "IMAGENET1K_V2")
"""All weights that have a name; which encoder has which, `check_encoder` knows."""
_REGISTERED = re.compile(r"^@register_model\ndef (\w+)\(", re.MULTILINE)


@cache
def timm_names() -> frozenset[str]:
    """Names of timm's models, read off its sources, which takes no torch."""
    found = find_spec("timm")
    if found is None or found.origin is None:
        return frozenset()
    sources = (Path(found.origin).parent / "models").glob("*.py")
    return frozenset(name for source in sources for name in _REGISTERED.findall(source.read_text(encoding="utf-8")))


def full_name(name: str, own: tuple[str, ...] = ()) -> str:
    """An encoder's name as recipes keep it: timm's with `timm:` before them, whether it was written or not.

    Args:
        own: names without `timm:` that mean other encoders.
    """
    return name if name in own or name.startswith(TIMM) else TIMM + name


def check_encoder(name: str, weights: str, own: tuple[str, ...] = ()) -> None:
    """Check that there is such an encoder, and such weights for it; what the weights hold is not looked at.

    Args:
        name: as `full_name` gives it.
        own: as for `full_name`.

    Raises:
        InvalidConfig: there is not; says what is like it.
    """
    if name in own:
        there = ("random", *TORCHVISION_WEIGHTS.get(name, ()))
        if weights not in ("", *there) and not Path(weights).is_file():
            near = did_you_mean(weights, there)
            raise InvalidConfig(
                f"weights {weights!r} are none of {name}'s, {', '.join(there)}, and no file{near}",
                field="weights",
            )
        return
    bare = name.removeprefix(TIMM)
    if bare != PACKAGED and bare not in timm_names():
        near = did_you_mean(bare, [*own, *timm_names()])
        choices = f"{', '.join(own)}, {TIMM}NAME" if own else f"timm's; they are named {TIMM}NAME"
        raise InvalidConfig(f"encoder is {bare!r}, none of {choices}{near}", field="encoder")
    if encoder_size(TIMM + bare) is None:
        raise InvalidConfig(
            f"encoder {bare} does not give taps at 1/4 to 1/32 of squares of any size, which networks here stand on",
            field="encoder",
        )
    check_weights(bare, weights)


def full_dense_name(name: str) -> str:
    """See `full_name`."""
    return full_name(name, DENSE)


def check_dense_encoder(name: str, weights: str) -> None:
    """Check that there is such an encoder, and such weights for it; "" for initial ones.

    Raises:
        InvalidConfig: there is not; says what is like it.
    """
    check_encoder(name, weights or "random", DENSE)
    size = encoder_size(name)
    if size is not None and not size.finer:
        raise InvalidConfig(f"encoder {name} has its last tap at 1/32, not at 1/16", field="encoder")


def check_weights(name: str, weights: str) -> None:
    """Check that there are such weights for an encoder of timm's, by timm's own name.

    Raises:
        InvalidConfig: there are not; says which there are.
    """
    if weights == "package" and name != PACKAGED:
        others = ", ".join(TIMM_WEIGHTS[1:])
        raise InvalidConfig(
            f"the packaged weights are {TIMM}{PACKAGED}'s, not {name}'s; weights may be {others}, or a file",
            field="weights",
        )
    if weights not in TIMM_WEIGHTS and not Path(weights).is_file():
        near = did_you_mean(weights, TIMM_WEIGHTS)
        raise InvalidConfig(
            f"weights {weights!r} are none of {', '.join(TIMM_WEIGHTS)}, and no file{near}", field="weights"
        )
