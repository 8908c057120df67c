"""What the server and the device's process say to each other, through one pipe."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from maskloop.errors import MaskloopError
from maskloop.values import ObjectProposal, Prompt
from service.artifacts.image_file import ImageFile


@dataclass(frozen=True)
class DeviceSettings:
    """Server to device, first of all: how jobs are done.

    Args:
        device: torch's name of the device; "auto" is the first GPU if there is one, else the CPU.
        threads: torch threads on the CPU, 1 or more; trainings of other numbers differ.
        blobs_url: where the images' contents are.
        networks: folder of trained networks to take again.
        networks_bytes: of all of them together at most.
        features: folder of what frozen encoders made of images before; `None` keeps nothing.
        features_bytes: of all of it together, about.
        memory_bytes: that jobs may take, see `service.device.memory.limit_memory`; 0 for no limit.
        prompter: a network that is not ours and answers prompts, as `models.foreign.names` reads it; "" for none.
        server_pid: the process that this one dies with; whichever makes the settings.
    """

    device: str
    threads: int
    blobs_url: str
    networks: Path
    networks_bytes: int
    features: Path | None = None
    features_bytes: int = 0
    memory_bytes: int = 0
    prompter: str = ""
    server_pid: int = field(default_factory=os.getpid)


@dataclass(frozen=True)
class DoJob:
    """Server to device: do the job of this folder."""

    folder: Path


@dataclass(frozen=True)
class StopJob:
    """Server to device: stop the job of this folder, if it is the one being done."""

    folder: Path


@dataclass(frozen=True)
class Ready:
    """Device to server: the process takes jobs now, or `error` says why it cannot."""

    error: MaskloopError | None = None


@dataclass(frozen=True)
class Report:
    """Device to server: share of the job that is done, in [0, 1], and seconds this process has spent on it."""

    share: float
    message: str
    seconds: float


@dataclass(frozen=True)
class Ended:
    """Device to server: the job is done (its outcome is in its folder), or failed with `error`."""

    seconds: float
    error: MaskloopError | None = None


@dataclass(frozen=True)
class Labeled:
    """What a network that is not ours is told of the project that it outlines for.

    Args:
        project_id: its id.
        categories: ids of its vocabulary, in the vocabulary's order.
        images: some labeled images, on which the network is measured.
    """

    project_id: str
    categories: tuple[int, ...]
    images: tuple[ImageFile, ...]


@dataclass(frozen=True)
class AskMasks:
    """A call's prompts in one image, checked against it.

    Args:
        checkpoint: file of the model; `None` for the network that is not ours.
        image: its file.
        size: its height and width, in pixels.
        prompts: what a person shows in it.
        labeled: what the network that is not ours is told of the project; `None` for a model.
    """

    checkpoint: Path | None
    image: ImageFile
    size: tuple[int, int]
    prompts: tuple[Prompt, ...]
    labeled: Labeled | None = None


@dataclass(frozen=True)
class Outlined:
    """A call's proposals in the order of its prompts, and whether no head was fitted that would predict their IoU."""

    proposals: tuple[ObjectProposal, ...]
    uncalibrated: bool


@dataclass(frozen=True)
class AnswerMasks:
    """Server to prompts' process: answer these calls, all of one model, in one pass."""

    calls: tuple[AskMasks, ...]


@dataclass(frozen=True)
class MasksAnswered:
    """Prompts' process to server: what each call gets, or why it gets nothing."""

    answers: tuple[Outlined | MaskloopError, ...]
