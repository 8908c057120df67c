"""Trainings of networks that outline objects. Runs in the worker process."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from models.kinds.load import load_model
from models.kinds.networks import fit
from models.kinds.recipes import recipe_from_dict
from service.artifacts.names import CHECKPOINT
from service.device.context import JobContext
from service.device.job_files import TrainJob


def train(job: TrainJob, context: JobContext) -> dict[str, Any]:
    """Fit a model and leave its checkpoint; the outcome is what training measured, and whose pseudo-labels it used."""
    images = context.images
    vocabulary = tuple(category.id for category in job.categories)
    start = load_model(job.start, context.device) if job.start else None
    model = fit(
        [images.example(image) for image in (*job.images, *job.weak)],
        list(vocabulary),
        recipe_from_dict(job.recipe),
        seed=job.seed,
        device=context.device,
        checkpoint_dir=context.folder / "training",
        progress=context.progress,
        cache=context.kept,
        store=context.features,
        start=start if start and start.categories == vocabulary else None,  # the vocabulary may have grown since
        previous=load_model(job.previous, context.device, context.features) if job.previous else None,
        pseudo=map(images.example, job.pseudo),
        empty=map(images.example, job.empty),
        judged=images.class_examples(job.judged),
    )
    names = tuple(category.name for category in job.categories)
    replace(model, names=names).save(context.folder / CHECKPOINT)
    return {"metrics": dict(model.metrics), "head": model.head.value, "pseudo_snapshot": model.pseudo}
