"""Image classifiers, and the candidates that fool them."""

from __future__ import annotations

from maskloop.convert.scalars import required_time, time_to_message
from maskloop.v1 import classifiers_pb2 as pb
from maskloop.values import Classifier, HardCandidate


def classifier_to_message(classifier: Classifier) -> pb.Classifier:
    """One classifier."""
    return pb.Classifier(
        id=classifier.id,
        project_id=classifier.project_id,
        recipe=classifier.recipe,
        seed=classifier.seed,
        labeled_images=classifier.labeled_images,
        empty_images=classifier.empty_images,
        candidates=classifier.candidates,
        hard_images=classifier.hard_images,
        clusters=classifier.clusters,
        metrics=classifier.metrics,
        config_json=classifier.config_json,
        created_at=time_to_message(classifier.created_at),
    )


def classifier_from_message(message: pb.Classifier) -> Classifier:
    """One classifier."""
    return Classifier(
        id=message.id,
        project_id=message.project_id,
        recipe=message.recipe,
        seed=message.seed,
        labeled_images=message.labeled_images,
        empty_images=message.empty_images,
        candidates=message.candidates,
        hard_images=message.hard_images,
        clusters=message.clusters,
        metrics=dict(message.metrics),
        created_at=required_time(message, "created_at"),
        config_json=message.config_json,
    )


def hard_candidate_to_message(candidate: HardCandidate) -> pb.HardCandidate:
    """One candidate."""
    return pb.HardCandidate(
        image_id=candidate.image_id,
        category_id=candidate.category_id,
        probability=candidate.probability,
        cluster=candidate.cluster,
    )


def hard_candidate_from_message(message: pb.HardCandidate) -> HardCandidate:
    """One candidate."""
    return HardCandidate(message.image_id, message.category_id, message.probability, message.cluster)
