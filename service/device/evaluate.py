"""Evaluations: a model measured on labeled images. Runs in the worker process."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import TypeAdapter

from maskloop.values import Evaluation, Split
from models.annotation import evaluate as measures
from models.data.samples import Example
from models.kinds.load import load_model
from models.predictor import Prediction
from service.artifacts.names import EVALUATED
from service.artifacts.score_table import ScoredRow, write_scores
from service.device.context import JobContext
from service.device.job_files import EvaluateJob


def evaluate(job: EvaluateJob, context: JobContext) -> dict[str, Any]:
    """Measure a model on labeled images; the outcome is the evaluation. What it proposes for test images is kept."""
    model = load_model(job.checkpoint, context.device, context.features)
    read = 0
    made: list[Prediction] = []

    def examples() -> Iterator[Example]:
        nonlocal read
        for image in job.images:
            yield context.images.example(image)
            read += 1

    def report(_: float, message: str) -> None:
        context.progress(read / len(job.images), f"{message} of {len(job.images)}")

    evaluation = measures.evaluate(
        model, examples(), job.split, device=context.device, progress=report, keep=made.append
    )
    if job.split is Split.TEST:
        rows = (ScoredRow(each.proposals, each.features, each.uncertainty, each.reference_score) for each in made)
        write_scores(context.folder / EVALUATED, rows)
    told: dict[str, Any] = json.loads(TypeAdapter(Evaluation).dump_json(evaluation))
    return {"evaluation": {**told, "model_version": job.model_version}}
