"""Scorings: what a model reads in images, as one table. Runs in the worker process.

A scoring that is killed goes on from the last chunk of images that was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from models.kinds.load import AnyModel, load_model
from models.proposals.shown_objects import as_shown
from models.training.loop import Progress
from service.artifacts.image_file import ImageFile
from service.artifacts.names import SCORES
from service.artifacts.score_table import ScoredRow, join_scores, write_scores
from service.device.context import JobContext
from service.device.job_files import ScoreJob

CHUNK = 1024  # images scored between two places to go on from
BATCH = 16


def score(job: ScoreJob, context: JobContext) -> dict[str, Any]:
    """Score the images chunk by chunk, those with most counted objects first; the outcome is their number."""
    model = load_model(job.checkpoint, context.device, context.features)
    ordered = sorted(job.images, key=_most_objects_first)
    parts = []
    for start in range(0, len(ordered), CHUNK):
        path = context.folder / f"scores-{start:09}.parquet"
        chunk = ordered[start : start + CHUNK]
        if not path.is_file():
            progress = context.part(start / len(ordered), (start + len(chunk)) / len(ordered))
            write_scores(path, _scored(model, chunk, context, progress))
        parts.append(path)
    return {"scored_images": join_scores(context.folder / SCORES, parts)}


def _most_objects_first(image: ImageFile) -> tuple[int, str]:
    return (-image.counts.objects if image.counts else 0), image.image_id


def _as_known(image: ImageFile, model: AnyModel) -> ImageFile:
    """With what is of the model's own vocabulary alone; the project's may have grown since it was trained."""
    known = tuple(category_id for category_id in image.present if category_id in model.categories)
    counts = None if image.counts is None else image.counts.within(model.categories)
    prompts = tuple(prompt for prompt in image.prompts if prompt.category_id in model.categories)
    return replace(image, counts=counts, present=known, prompts=prompts)


def _scored(
    model: AnyModel, images: Sequence[ImageFile], context: JobContext, progress: Progress
) -> Iterator[ScoredRow]:
    known = [_as_known(image, model) for image in images]
    shown = {image.image_id: image for image in known if image.prompts}
    waiting = [context.images.to_score(image) for image in known]
    for scored in model.predict(waiting, device=context.device, batch_size=BATCH, progress=progress):
        found = scored.proposals
        if image := shown.get(scored.image_id):
            found = as_shown(model, found, context.images.prompted(image))
        yield ScoredRow(found, scored.features, scored.uncertainty, scored.reference_score)
