"""The oracle: images chosen by the true IoU of what the model offers (Bellver et al., section 4.4)."""

from __future__ import annotations

from maskloop.errors import InvalidArgument
from maskloop.labelers import Labeler
from maskloop.loop.session import CampaignSession
from maskloop.matching import image_iou
from maskloop.values import ImageProposals, ModelVersion, ObjectLabel, Split


def import_true_scores(session: CampaignSession, model: ModelVersion, labeler: Labeler) -> None:
    """Have images chosen by the true IoU of what the model offers.

    A model whose files were removed has chosen all that it ever will: nothing is done.

    Raises:
        InvalidArgument: only people know it.
    """
    if session.is_thinned(model):
        return
    pool = {image_id for image_id, image in session.images.items() if image.split is Split.POOL}
    session.progress.phase("score", "true IoUs")
    scores = {
        image_id: _true_score(proposals, labeler.known_objects(image_id))
        for image_id, proposals in session.proposals(sorted(pool - session.ledger.labeled), model.id).items()
    }
    session.client.import_scores(project_id=session.project_id, scores=scores, model_version=model.id)


def _true_score(proposals: ImageProposals, there: tuple[ObjectLabel, ...] | None) -> float:
    """Mean IoU over the objects (Bellver et al., eq. 2)."""
    if there is None:
        raise InvalidArgument("scores=imported: the labeler does not tell true IoUs", field="strategy")
    return image_iou(proposals.objects, there)
