"""What people made of proposals in a campaign: the labels that say so, and pictures of the largest corrections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskloop.formats.images import decode_image
from maskloop.loop.outcomes import Arm
from maskloop.loop.reporting.gallery import ImageReader
from maskloop.report import FIRST_BATCH, Correction, CorrectionPicture, ReviewedLabel, ReviewsReport
from maskloop.report.pictures.corrections import single_objects
from maskloop.values import FullLabel, HeadState, Image, ModelVersion, Verdict


def reviewed_labels(
    arm: Arm, images: Mapping[str, Image], counts_paid_s: Mapping[str, float], models: Mapping[str, ModelVersion]
) -> tuple[ReviewedLabel, ...]:
    """The labels that an arm has bought to learn from, and that say what became of proposals, round by round.

    Args:
        arm: what was bought.
        images: by id.
        counts_paid_s: what an image's counts had cost, by its id.
        models: the model versions, by id; another network that answered prompts is none, and its name its method.
    """
    methods = {version: model.method for version, model in models.items()}
    fitted = {version for version, model in models.items() if model.head is not HeadState.UNFITTED}
    bought = [(FIRST_BATCH, arm.initial), *((each.measured.number, each.purchase) for each in arm.rounds)]
    return tuple(
        ReviewedLabel(
            round=number,
            image=label.image_id,
            file_name=images[label.image_id].file_name,
            content=label.content,
            seconds_spent=label.seconds_spent,
            counts_paid_s=counts_paid_s.get(label.image_id, 0.0),
            method=methods.get(label.content.review.model_version, label.content.review.model_version),
            head_fitted=label.content.review.model_version in fitted,
        )
        for number, purchase in bought
        for _, label in purchase.labeled
        if isinstance(label.content, FullLabel) and label.content.review is not None
    )


def correction_pictures(
    reader: ImageReader, reviews: ReviewsReport | None, labels: Sequence[ReviewedLabel]
) -> list[CorrectionPicture]:
    """What to draw of the corrections that `reviews` shows, of these labels."""
    if reviews is None:
        return []
    by_image = {label.image: label for label in labels}
    return [_picture(reader, each, by_image[each.image]) for each in reviews.corrections]


def _picture(reader: ImageReader, correction: Correction, label: ReviewedLabel) -> CorrectionPicture:
    return CorrectionPicture(
        correction,
        decode_image(reader.read_image(correction.image), correction.image).pixels,
        label.review.by_id[correction.proposal_id].mask,
        tuple(
            item.mask
            for item in single_objects(label)
            if correction.verdict is Verdict.REJECTED
            or (item.origin is not None and item.origin.proposal_id == correction.proposal_id)
        ),
    )
