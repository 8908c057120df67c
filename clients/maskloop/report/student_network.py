"""A student network, which learnt from pseudo-labels as well, as `report.json` holds it, and pictures of these.

The pictures lie under `WORKDIR/pictures/pseudo/`, drawn once, as those of the batches are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.formats.files import write_atomically
from maskloop.report.pictures.chosen import colours_of, outline, to_jpeg
from maskloop.values import Category, ObjectLabel

PSEUDO_PICTURES = 24


@dataclass(frozen=True)
class PseudoLabel:
    """An image with pseudo-labels: how many objects, and their mean predicted IoU in [0, 1]."""

    file_name: str
    objects: int
    predicted_iou: float


@dataclass(frozen=True)
class StudentNetwork:
    """A student network, measured on the same test images as the annotation network, if on any; it finds by itself.

    Args:
        labeled_images: it learnt from, outlined by people.
        pseudo_images, pseudo_objects: and from these, as the annotation network proposed them.
        min_predicted_iou: objects of a lower one were left out.
        annotation_count_conditioned: whether the annotation network is told classes and counts when it is measured.
        metrics: by the names that `maskloop.v1.Evaluation.metrics` documents.
        score_s, train_s, evaluate_s: wall-clock seconds of the machine.
        shown: some of the pseudo-labels, those of the lowest predicted IoU first.
    """

    model_version: str
    recipe: str
    labeled_images: int
    pseudo_images: int
    pseudo_objects: int
    min_predicted_iou: float
    annotation_count_conditioned: bool
    ap: float | None
    ap50: float | None
    mean_iou: float | None
    metrics: Mapping[str, float] = field(default_factory=dict)
    score_s: float = 0.0
    train_s: float = 0.0
    evaluate_s: float = 0.0
    shown: tuple[PseudoLabel, ...] = ()


@dataclass(frozen=True)
class PseudoPicture:
    """An image of `shown`: `pixels` (H, W, 3) uint8 RGB, its pseudo-labels' masks of H x W."""

    file_name: str
    pixels: NDArray[np.uint8]
    objects: tuple[ObjectLabel, ...]


def save_pseudo_pictures(workdir: Path, categories: Sequence[Category], pictures: Sequence[PseudoPicture]) -> None:
    """Draw pictures of pseudo-labels.

    Raises:
        StorageFull: the disk is full.
    """
    colours = colours_of(categories)
    for picture in pictures:
        drawn = outline(picture.pixels, [(item.mask, colours[item.category_id]) for item in picture.objects])
        write_atomically(pseudo_picture_file(workdir, picture.file_name), to_jpeg(drawn))


def pseudo_picture_file(workdir: Path, file_name: str) -> Path:
    """Where the picture of an image's pseudo-labels lies."""
    return workdir / "pictures" / "pseudo" / f"{hashlib.sha256(file_name.encode()).hexdigest()[:20]}.jpg"
