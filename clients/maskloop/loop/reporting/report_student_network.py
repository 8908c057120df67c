"""An arm's student network as the report shows it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from maskloop.formats.images import decode_image
from maskloop.loop.arms import ArmResult
from maskloop.loop.outcomes import told_metrics
from maskloop.loop.student_network import PseudoLabeledImage
from maskloop.report import PSEUDO_PICTURES, PseudoLabel, PseudoPicture, StudentNetwork


def student_network(result: ArmResult) -> StudentNetwork | None:
    """An arm's student network as the report tells it."""
    if result.student is None:
        return None
    student, quality = result.student, result.student.evaluation
    labeled = student.pseudo_labeled
    pseudo = student.model.pseudo
    return StudentNetwork(
        model_version=student.model.id,
        recipe=student.model.recipe,
        labeled_images=student.model.labeled_images,
        pseudo_images=student.model.pseudo_images,
        pseudo_objects=sum(len(image.objects) for image in labeled),
        min_predicted_iou=pseudo.min_predicted_iou if pseudo else 0.0,
        annotation_count_conditioned=student.first.model.needs_counts,
        ap=None if quality is None else quality.ap,
        ap50=None if quality is None else quality.ap50,
        mean_iou=None if quality is None else quality.mean_iou,
        metrics=told_metrics(student.model, quality),
        score_s=student.score_s,
        train_s=student.train_s,
        evaluate_s=student.evaluate_s,
        shown=tuple(PseudoLabel(image.file_name, len(image.objects), image.mean_iou) for image in _shown(labeled)),
    )


def pseudo_pictures(result: ArmResult) -> list[PseudoPicture]:
    """Pictures of what an arm's student network is said to have learnt from."""
    session = result.session
    ids = {image.file_name: image.id for image in session.images.values()}
    return [
        PseudoPicture(
            image.file_name,
            decode_image(session.read_image(ids[image.file_name]), image.file_name).pixels,
            image.objects,
        )
        for image in (_shown(result.student.pseudo_labeled) if result.student else ())
    ]


def _shown(labeled: Sequence[PseudoLabeledImage]) -> list[PseudoLabeledImage]:
    """Some of them, evenly over the order of their predicted IoU, lowest first."""
    ordered = sorted(labeled, key=lambda image: (image.mean_iou, image.file_name))
    places = np.linspace(0, len(ordered) - 1, min(PSEUDO_PICTURES, len(ordered))).round().astype(int)
    return [ordered[place] for place in places]
