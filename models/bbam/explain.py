"""Maps of the boxes of many images, a few images at a time: what is done is kept, and found again after a kill.

A minute of work or less is between two files. Which images are done together follows from their ids alone, so that a
work that was broken off ends bit for bit as one that was not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from maskloop.formats.files import write_atomically
from models.boxes.bbam import Bbam, ObjectMaps
from models.boxes.boxed import BoxedImage
from models.boxes.detector import FittedDetector
from models.training.determinism import Arithmetic
from models.training.fingerprint import digest
from models.training.loop import Progress, part_of

VERSION = 2
"""Of BBAM's maps; raised when a change makes maps come to other values."""
TOGETHER = 4  # images


def explained(
    detector: FittedDetector,
    images: Sequence[BoxedImage],
    method: Bbam,
    *,
    seed: int,
    folder: Path | None,
    progress: Progress,
) -> dict[str, ObjectMaps]:
    """Maps of the boxes of each image, by its id.

    Args:
        detector: in eval mode.
        images: by their ids, ascending.
        seed: of the method's draws.
        folder: where maps are kept until all are there; `None` for nowhere.
        progress: told at every step of every mask, and after every few images; may raise to stop.

    Raises:
        StorageFull: maps cannot be kept.
    """
    made: dict[str, ObjectMaps] = {}
    of_detector = digest("detector", detector.network.state_dict()) if folder else ""
    for first in range(0, len(images), TOGETHER):
        group = images[first : first + TOGETHER]
        done, last = first / len(images), (first + len(group)) / len(images)
        shown = part_of(progress, done, last, f"explained {first} of {len(images)} images: ")
        path = folder / f"maps-{first // TOGETHER:06}.safetensors" if folder else None
        identity = _identity(of_detector, group, method, seed, detector.device) if path else ""
        maps = _kept(path, identity, group) if path else None
        if maps is None:
            maps = method.maps(detector, group, seed=seed, progress=shown)
            if path:
                _keep(path, identity, maps)
        made |= {one.image_id: one for one in maps}
        progress(last, f"explained {first + len(group)} of {len(images)} images")
    return made


def _identity(of_detector: str, group: Sequence[BoxedImage], method: Bbam, seed: int, device: torch.device) -> str:
    """Of all that decides the maps of a group; ids are none of it."""
    data: dict[str, Tensor] = {}
    for place, image in enumerate(group):
        data[f"{place} pixels"] = torch.from_numpy(image.pixels.copy())
        data[f"{place} boxes"] = torch.from_numpy(image.boxes.copy())
        data[f"{place} classes"] = torch.tensor(image.classes, dtype=torch.int64)
    told = {
        "detector": of_detector,
        "method": asdict(method),
        "seed": seed,
        "version": VERSION,
        "torch": torch.__version__,
        "arithmetic": Arithmetic.of(device).to_dict(),
    }
    return digest(json.dumps(told, sort_keys=True), data)


def _keep(path: Path, identity: str, maps: Sequence[ObjectMaps]) -> None:
    tensors = {
        f"{place} {row}": torch.from_numpy(found)
        for place, one in enumerate(maps)
        for row, found in enumerate(one.maps)
    }
    told = {"identity": identity, "positives": [one.positives for one in maps], "seen": [one.seen for one in maps]}
    write_atomically(path, save(tensors, {"maps": json.dumps(told)}))


def _kept(path: Path, identity: str, group: Sequence[BoxedImage]) -> list[ObjectMaps] | None:
    """The maps of a group's images; `None` where they are not there, or are of another work."""
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            told: Mapping[str, Any] = json.loads((file.metadata() or {}).get("maps", "{}"))
            if told.get("identity") != identity:
                return None
            return [
                ObjectMaps(
                    image.image_id,
                    tuple(file.get_tensor(f"{place} {row}").numpy() for row in range(len(image.classes))),
                    tuple(told["positives"][place]),
                    (told["seen"][place][0], told["seen"][place][1]),
                )
                for place, image in enumerate(group)
            ]
    except SafetensorError:  # damaged: made anew
        return None
