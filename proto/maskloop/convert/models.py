"""Model versions and evaluations."""

from __future__ import annotations

from maskloop.convert.scalars import (
    check_text,
    enum_from_message,
    enum_to_message,
    optional,
    required_time,
    time_to_message,
)
from maskloop.v1 import models_pb2 as pb
from maskloop.values import (
    EvaluatedImage,
    Evaluation,
    ImageScore,
    ModelVersion,
    PreparedSelection,
    PseudoLabels,
    Split,
)
from maskloop.values.pseudo_labels import MIN_AREA_SHARE


def model_to_message(model: ModelVersion) -> pb.ModelVersion:
    """One model version."""
    return pb.ModelVersion(
        id=model.id,
        project_id=model.project_id,
        recipe=model.recipe,
        seed=model.seed,
        labeled_images=model.labeled_images,
        metrics=model.metrics,
        config_json=model.config_json,
        active=model.active,
        scored_images=model.scored_images,
        created_at=time_to_message(model.created_at),
        head=enum_to_message(model.head),
        pseudo=None if model.pseudo is None else pseudo_to_message(model.pseudo),
        pseudo_images=model.pseudo_images,
        needs_counts=model.needs_counts,
        thinned=model.thinned,
    )


def model_from_message(message: pb.ModelVersion) -> ModelVersion:
    """One model version."""
    return ModelVersion(
        id=message.id,
        project_id=message.project_id,
        recipe=message.recipe,
        seed=message.seed,
        labeled_images=message.labeled_images,
        metrics=dict(message.metrics),
        created_at=required_time(message, "created_at"),
        config_json=message.config_json,
        active=message.active,
        scored_images=message.scored_images,
        pseudo=pseudo_from_message(message.pseudo) if message.HasField("pseudo") else None,
        pseudo_images=message.pseudo_images,
        needs_counts=message.needs_counts,
        thinned=message.thinned,
    )


def pseudo_to_message(pseudo: PseudoLabels) -> pb.PseudoLabels:
    """Which pseudo-labels to take."""
    return pb.PseudoLabels(
        model_version=pseudo.model_version,
        min_predicted_iou=pseudo.min_predicted_iou,
        min_area_share=pseudo.min_area_share,
        images=pseudo.images,
        seed=pseudo.seed,
    )


def pseudo_from_message(message: pb.PseudoLabels) -> PseudoLabels:
    """Which pseudo-labels to take.

    Raises:
        InvalidArgument: a value outside its range, by name.
    """
    share = optional(message, "min_area_share")
    return PseudoLabels(
        model_version=check_text(message.model_version, "pseudo.model_version"),
        min_predicted_iou=message.min_predicted_iou,
        min_area_share=MIN_AREA_SHARE if share is None else share,
        images=message.images,
        seed=message.seed,
    )


def image_score_to_message(score: ImageScore) -> pb.ImageScore:
    """A score made elsewhere."""
    return pb.ImageScore(image_id=score.image_id, score=score.score)


def image_score_from_message(message: pb.ImageScore) -> ImageScore:
    """A score made elsewhere.

    Raises:
        InvalidArgument: it is no number in [0, 1].
    """
    return ImageScore(check_text(message.image_id, "scores.image_id"), message.score)


def prepared_to_message(prepared: PreparedSelection) -> pb.PreparedSelection:
    """A pool that is ranked."""
    return pb.PreparedSelection(
        strategy=prepared.strategy, ranked_images=prepared.ranked_images, model_version=prepared.model_version
    )


def prepared_from_message(message: pb.PreparedSelection) -> PreparedSelection:
    """A pool that is ranked."""
    return PreparedSelection(message.strategy, message.ranked_images, message.model_version)


def evaluation_to_message(evaluation: Evaluation) -> pb.Evaluation:
    """Quality on a split."""
    return pb.Evaluation(
        model_version=evaluation.model_version,
        split=enum_to_message(evaluation.split),
        ap=evaluation.ap,
        ap50=evaluation.ap50,
        mean_iou=evaluation.mean_iou,
        iou_mae=evaluation.iou_mae,
        iou_spearman=evaluation.iou_spearman,
        iou_mae_reference=evaluation.iou_mae_reference,
        iou_spearman_reference=evaluation.iou_spearman_reference,
        images=[
            pb.EvaluatedImage(
                image_id=image.image_id,
                predicted_iou=image.predicted_iou,
                true_iou=image.true_iou,
                objects=image.objects,
                confidence=image.confidence,
            )
            for image in evaluation.images
        ],
        not_decoded=evaluation.not_decoded,
        metrics=evaluation.metrics,
        ap50_by_category=evaluation.ap50_by_category,
    )


def evaluation_from_message(message: pb.Evaluation) -> Evaluation:
    """Quality on a split."""
    return Evaluation(
        split=enum_from_message(Split, message.split, "split"),
        ap=message.ap,
        ap50=message.ap50,
        mean_iou=message.mean_iou,
        iou_mae=message.iou_mae,
        iou_spearman=optional(message, "iou_spearman"),
        images=tuple(
            EvaluatedImage(
                image.image_id,
                image.predicted_iou,
                image.true_iou,
                image.objects,
                optional(image, "confidence"),
            )
            for image in message.images
        ),
        iou_mae_reference=optional(message, "iou_mae_reference"),
        iou_spearman_reference=optional(message, "iou_spearman_reference"),
        model_version=message.model_version,
        not_decoded=message.not_decoded,
        metrics=dict(message.metrics),
        ap50_by_category=dict(message.ap50_by_category),
    )
