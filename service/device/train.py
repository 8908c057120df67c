"""Trainings of the annotation network. Runs in the worker process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.annotation.fit import fit
from models.annotation.model import FittedModel
from models.annotation.recipe import Recipe
from service.artifacts.names import CHECKPOINT
from service.device.context import JobContext
from service.device.job_files import TrainJob


def train(job: TrainJob, context: JobContext) -> dict[str, Any]:
    """Fit a model and leave its checkpoint; the outcome is what training measured, and whose pseudo-labels it used."""
    images = context.images
    model = fit(
        [images.example(image) for image in job.images],
        [category.id for category in job.categories],
        Recipe.from_dict(job.recipe),
        seed=job.seed,
        device=context.device,
        checkpoint_dir=context.folder / "training",
        progress=context.progress,
        cache=context.kept,
        start=FittedModel.load(job.start, context.device).network if job.start else None,
        pseudo=map(images.example, job.pseudo),
        empty=map(images.example, job.empty),
    )
    names = tuple(category.name for category in job.categories)
    replace(model, names=names).save(context.folder / CHECKPOINT)
    return {"metrics": dict(model.metrics), "head": model.head.value, "pseudo_snapshot": model.pseudo}
