"""What a model version offers for images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from maskloop.client import Client
from maskloop.errors import PoolNotScored
from maskloop.values import ImageProposals


def offered(
    client: Client, project_id: str, image_ids: Sequence[str], model_version: str
) -> Mapping[str, ImageProposals]:
    """Proposals by image id; none without a model version, or by one that scored nothing, as no choice needed it."""
    if not model_version:
        return {}
    try:
        found = client.get_proposals(project_id=project_id, image_ids=image_ids, model_version=model_version)
    except PoolNotScored:
        return {}
    return {one.image_id: one for one in found}
