"""Measures the encoders of `sizes.json`; nothing is computed, the shapes of what would be are enough.

    python -m models.encoders.measure_sizes [NAME...]

Without names it takes all of timm's, half an hour on one core, and writes the file anew.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from models.encoders.backbones import build_encoder
from models.encoders.names import ENCODERS, NARROW, TIMM, WIDE, timm_names
from models.encoders.pretrained import FINER_STRIDES, STRIDES
from models.encoders.sizes import FILE
from models.encoders.wideresnet import WideResNet38

SIDE = 256  # pixels of the square that is looked at
SMALL = 64  # that every encoder has to take


class _Widest(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Remembers the largest result of any operation, in values."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        self.most = max(self.most, sum(each.numel() for each in tree_leaves(made) if isinstance(each, Tensor)))
        return made


def size_of(name: str) -> list[float] | None:
    """Parameters, values kept a pixel, the widest result a pixel, whether it has a finer last tap; `None` where it does
    not give the taps."""
    try:
        network = _built(name)
        kept, widest = _seen(network.eval())
    except (AssertionError, RuntimeError, AttributeError, NotImplementedError, TypeError, ValueError):
        return None
    parameters = sum(parameter.numel() for parameter in network.parameters())
    return [parameters, round(kept, 2), round(widest, 2), int(not name.startswith(TIMM) or _is_finer(name))]


def _built(name: str) -> nn.Module:
    if not name.startswith(TIMM):
        with torch.device("meta"):
            return (
                WideResNet38(narrow=int(name.partition("/")[2] or 1)) if name.startswith(WIDE) else build_encoder(name)
            )
    network, reductions = _of_timm(name)
    if reductions[-len(STRIDES) :] != STRIDES:
        raise ValueError(f"{name} has taps at {reductions}")
    return network


def _of_timm(name: str, **options: Any) -> tuple[nn.Module, tuple[int, ...]]:
    import timm

    with torch.device("meta"):
        network: Any = timm.create_model(name.removeprefix(TIMM), pretrained=False, features_only=True, **options)
    return network, tuple(network.feature_info.reduction())


def _is_finer(name: str) -> bool:
    try:
        _, reductions = _of_timm(name, output_stride=FINER_STRIDES[-1])
    except (AssertionError, RuntimeError, AttributeError, NotImplementedError, TypeError, ValueError):
        return False
    return reductions[-len(FINER_STRIDES) :] == FINER_STRIDES


def _seen(network: nn.Module) -> tuple[float, float]:
    """Values that are kept for the way back, and those of the widest result, of one picture, a pixel of it."""
    known = {each.untyped_storage()._cdata for each in (*network.parameters(), *network.buffers())}
    kept: dict[int, Tensor] = {}

    def keep(value: Tensor) -> Tensor:
        kept[value.untyped_storage()._cdata] = value
        return value

    with torch.device("meta"):
        with torch.no_grad():
            network(torch.zeros(1, 3, SMALL, SMALL))
        saving = torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value)
        with saving, _Widest() as widest:
            network(torch.zeros(1, 3, SIDE, SIDE))
    count = sum(value.untyped_storage().nbytes() for key, value in kept.items() if key not in known)
    return count / 4 / SIDE**2, widest.most / SIDE**2


def main(names: list[str]) -> None:
    """Print the sizes of some encoders, or write those of all."""
    warnings.filterwarnings("ignore")
    logging.disable(logging.WARNING)
    own = [*ENCODERS, *(WIDE if narrow == 1 else f"{WIDE}/{narrow}" for narrow in NARROW)]
    every = names or [*own, *(TIMM + name for name in sorted(timm_names()))]
    sizes = {name: size for name in every if (size := size_of(name)) is not None}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(size)}" for name, size in sizes.items())
    if names:
        print(lines)
    else:
        FILE.write_text(f"{{\n{lines}\n}}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
