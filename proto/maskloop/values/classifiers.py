"""Image classifiers, and the candidate OoD images that fool them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Classifier:
    """One trained image classifier, and what it made of the project's candidate OoD images.

    Args:
        id: opaque.
        project_id: the project.
        recipe: name of its recipe.
        seed: of the training.
        labeled_images: images it learnt from that hold something.
        empty_images: images it learnt from that hold nothing, hard OoD images among them.
        candidates: candidate OoD images without an answer that it has read.
        hard_images: those of them that it takes for a category, at a probability of 0.5 or more.
        clusters: into which these fall.
        metrics: what training measured, by name.
        created_at: when it was registered.
        config_json: the resolved recipe as JSON.
    """

    id: str
    project_id: str
    recipe: str
    seed: int
    labeled_images: int
    empty_images: int
    candidates: int
    hard_images: int
    clusters: int
    metrics: Mapping[str, float]
    created_at: datetime
    config_json: str = ""


@dataclass(frozen=True)
class HardCandidate:
    """A candidate OoD image that a classifier took for `category_id`, at a `probability` in [0.5, 1]; its cluster."""

    image_id: str
    category_id: int
    probability: float
    cluster: int
