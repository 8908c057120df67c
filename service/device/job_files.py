"""What the device is asked to do: jobs as files, so that a new process can take up what a killed one left.

A job's folder holds `job.json`, all that is needed to do it; then whatever it leaves behind to go on from; at last its
results and `outcome.json`. A job whose outcome is there is done.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, TypeAdapter

from maskloop.errors import OutOfMemory
from maskloop.formats.files import write_atomically
from maskloop.values import Category, Split
from models.kinds.sizes import what_to_lower
from service.artifacts.image_file import ImageFile
from service.artifacts.places import places_untold
from service.artifacts.pool_columns import PoolSources

_JOB = "job.json"
_OUTCOME = "outcome.json"


@dataclass(frozen=True)
class TrainJob:
    """Fit `recipe` (as its `to_dict` tells it) to the images; leaves a checkpoint.

    Args:
        images: labeled by people, with their objects.
        start: checkpoint of the model version that the training goes on from; `None` for initial weights.
        previous: checkpoint of the project's latest model version, which tells the head what it makes of the labels
            since; `None` where there is none.
        pseudo: images with pseudo-labels, to learn from as well.
        empty: images known to hold nothing, to learn from as well; their label is an answer or counts.
        judged: images without outlines of which labels say which categories they hold, as `present`, for recipes that
            learn from that.
        weak: images that nobody outlined, with what labels say of their objects, for recipes that learn from that. An
            earlier release knew boxes alone, and called them `boxed`.
    """

    recipe: dict[str, Any]
    seed: int
    categories: tuple[Category, ...]
    images: tuple[ImageFile, ...]
    start: Path | None = None
    pseudo: tuple[ImageFile, ...] = ()
    empty: tuple[ImageFile, ...] = ()
    previous: Path | None = None
    judged: tuple[ImageFile, ...] = ()
    weak: Annotated[tuple[ImageFile, ...], Field(validation_alias=AliasChoices("weak", "boxed"))] = ()
    kind: Literal["train"] = "train"


@dataclass(frozen=True)
class ScoreJob:
    """Read the images with the model at `checkpoint`, told their counts where it must be; leaves a score table."""

    checkpoint: Path
    images: tuple[ImageFile, ...]
    kind: Literal["score"] = "score"


@dataclass(frozen=True)
class EvaluateJob:
    """Measure the model at `checkpoint` on the labeled images of `split`; leaves an evaluation in its outcome."""

    checkpoint: Path
    model_version: str
    split: Split
    images: tuple[ImageFile, ...]
    kind: Literal["evaluate"] = "evaluate"


@dataclass(frozen=True)
class RankJob:
    """Rank a pool by a strategy; leaves a ranking.

    Args:
        strategy: as `str(Strategy)` spells it.
        sources: of the pool, as far as the strategy needs them.
        checkpoint: of the model that scored; `None`, as the sources' table, for strategies without one.
        labeled: what the model has learnt from, where the strategy looks at it.
    """

    strategy: str
    seed: int
    sources: PoolSources
    checkpoint: Path | None
    labeled: tuple[ImageFile, ...]
    kind: Literal["rank"] = "rank"


@dataclass(frozen=True)
class ClassifyJob:
    """Train the image classifier of `recipe` (as `ClassifierRecipe.to_dict` tells it) and find the hard candidates.

    Leaves the classifier, and `selection.hard_ood.HardOod` (`service.artifacts.hard_ood` reads it).

    Args:
        images: what it learns from; `present` in them is known.
        candidates: images believed to hold no category, none of them among `images`.
        clusters: of the hard ones, 1 or more; fewer where there are fewer.
    """

    recipe: dict[str, Any]
    seed: int
    categories: tuple[Category, ...]
    images: tuple[ImageFile, ...]
    candidates: tuple[ImageFile, ...]
    clusters: int
    kind: Literal["classify"] = "classify"


Job = TrainJob | ScoreJob | EvaluateJob | RankJob | ClassifyJob
_ADAPTER: TypeAdapter[Job] = TypeAdapter(Annotated[Job, Field(discriminator="kind")])


def out_of_memory(job: Job | None, detail: str = "") -> OutOfMemory:
    """What is said of a job for which the memory is too small: it names what would make the job smaller.

    Args:
        job: `None` for prompts.
        detail: how it showed, to stand behind a colon.
    """
    recipe = job.recipe if isinstance(job, TrainJob | ClassifyJob) else {}
    shown = f": {detail}" if detail else ""
    return OutOfMemory(f"the memory is too small for this work{shown}; a smaller {what_to_lower(recipe)} may fit")


def write_job(folder: Path, job: Job) -> None:
    """Put a job into its folder; one that is there already stays as it is.

    Raises:
        StorageFull: the disk is full.
    """
    if not is_prepared(folder):
        with places_untold():
            write_atomically(folder / _JOB, _ADAPTER.dump_json(job))


def is_prepared(folder: Path) -> bool:
    """Whether the folder holds a job."""
    return (folder / _JOB).is_file()


def read_job(folder: Path) -> Job:
    """The job of a folder."""
    return _ADAPTER.validate_json((folder / _JOB).read_bytes())


def write_outcome(folder: Path, outcome: Mapping[str, Any]) -> None:
    """Say that the job is done, and what came out.

    Raises:
        StorageFull: the disk is full.
    """
    write_atomically(folder / _OUTCOME, json.dumps(outcome).encode())


def is_done(folder: Path) -> bool:
    """Whether the job's outcome is there."""
    return (folder / _OUTCOME).is_file()


def read_outcome(folder: Path) -> dict[str, Any]:
    """What came out of a job that is done."""
    outcome: dict[str, Any] = json.loads((folder / _OUTCOME).read_bytes())
    return outcome
