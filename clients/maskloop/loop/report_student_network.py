"""An arm's student network as the report shows it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np

from maskloop.formats.images import decode_image
from maskloop.loop.arms import ArmResult
from maskloop.loop.student_network import PseudoLabeledImage
from maskloop.report import PSEUDO_PICTURES, PseudoLabel, PseudoPicture, StudentNetwork


def student_network(result: ArmResult) -> StudentNetwork | None:
    """An arm's student network as the report tells it."""
    if result.second is None:
        return None
    second, quality = result.second, result.second.evaluation
    labeled = second.pseudo_labeled
    pseudo = second.model.pseudo
    return StudentNetwork(
        model_version=second.model.id,
        recipe=second.model.recipe,
        labeled_images=second.model.labeled_images,
        pseudo_images=second.model.pseudo_images,
        pseudo_objects=sum(len(one.objects) for one in labeled),
        min_predicted_iou=pseudo.min_predicted_iou if pseudo else 0.0,
        annotation_count_conditioned=json.loads(second.first.model.config_json)["classes"] == "fed",
        ap=quality.ap,
        ap50=quality.ap50,
        mean_iou=quality.mean_iou,
        metrics=dict(quality.metrics),
        score_s=second.score_s,
        train_s=second.train_s,
        evaluate_s=second.evaluate_s,
        shown=tuple(PseudoLabel(one.file_name, len(one.objects), one.mean_iou) for one in _shown(labeled)),
    )


def pseudo_pictures(result: ArmResult) -> list[PseudoPicture]:
    """Pictures of what an arm's student network is said to have learnt from."""
    annotator = result.annotator
    ids = {image.file_name: image.id for image in annotator.images.values()}
    return [
        PseudoPicture(
            one.file_name,
            decode_image(annotator.read_image(ids[one.file_name]), one.file_name).pixels,
            one.objects,
        )
        for one in (_shown(result.second.pseudo_labeled) if result.second else ())
    ]


def _shown(labeled: Sequence[PseudoLabeledImage]) -> list[PseudoLabeledImage]:
    """Some of them, evenly over the order of their predicted IoU, lowest first."""
    ordered = sorted(labeled, key=lambda one: (one.mean_iou, one.file_name))
    places = np.linspace(0, len(ordered) - 1, min(PSEUDO_PICTURES, len(ordered))).round().astype(int)
    return [ordered[place] for place in places]
