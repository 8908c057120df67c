"""How a run was measured, for the reader who wants to repeat it."""

from __future__ import annotations

import json
import os
import platform
from importlib.metadata import PackageNotFoundError, version

from maskloop.datasets.read import Data
from maskloop.loop.options import Options
from maskloop.loop.outcomes import Arm
from maskloop.report import Setup

PACKAGES = ("maskloop", "torch", "torchvision", "numpy", "pycocotools")


def setup_of(options: Options, data: Data, command: str, arm: Arm) -> Setup:
    """The settings of a run; `command` as the person typed it. What the recipe decided comes from the arm's models."""
    resolved = json.loads(arm.rounds[0].measured.model.config_json) if arm.rounds else {}
    return Setup(
        command=command,
        data=options.data,
        labeler=options.labeler,
        recipe=options.recipe,
        encoder=resolved.get("encoder", options.encoder),
        image_size=resolved.get("image_size", options.image_size),
        count_conditioned=arm.rounds[0].measured.model.needs_counts if arm.rounds else None,
        device=options.device if not options.server else f"that of {options.server}",
        machine=machine(),
        pool_images=len(data.pool),
        initial_images=len(arm.initial.labeled),
        test_images=len(data.test) + len(arm.test.labeled),
        categories=data.dataset.categories,
        outline_price=options.outline_price(),
        versions=versions(),
    )


def machine() -> str:
    """What this process runs on."""
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"


def versions() -> dict[str, str]:
    """Versions of the packages that numbers depend on, as far as they are installed."""
    return {name: found for name in PACKAGES if (found := _version(name))}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
