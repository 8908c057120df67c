"""What models offer people: masks, each with an identity of its own."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from maskloop.masks import Mask

ID_DIGITS = 16


@dataclass(frozen=True)
class ObjectProposal:
    """A mask a model offers, with the IoU it predicts for it and its mean confidence inside, both in [0, 1].

    `id` names it among all proposals, "" until it is offered; see `with_ids`.
    """

    category_id: int
    mask: Mask
    predicted_iou: float
    confidence: float
    id: str = ""


@dataclass(frozen=True)
class ImageProposals:
    """A model's reading of one image. `score` is the mean predicted IoU over its objects (Bellver et al., eq. 2);
    `not_decoded` counts objects beyond the network's steps, as far as counts tell. Where they are `uncalibrated`, no
    head was fitted: score and predicted IoUs are raw confidence, and say nothing of IoU."""

    image_id: str
    model_version: str
    score: float
    objects: tuple[ObjectProposal, ...]
    not_decoded: int = 0
    uncalibrated: bool = False


def with_ids(model_version: str, image_id: str, objects: Iterable[ObjectProposal]) -> tuple[ObjectProposal, ...]:
    """The same proposals, each with its id: a hash of the model version, the image, the category and the mask.

    So nobody has to keep ids: the same version offers the same mask under the same one, today and after a restart. Of
    equal masks of one category each has an id of its own.
    """
    before: Counter[str] = Counter()
    named = []
    for item in objects:
        mask = item.mask
        what = f"{model_version}\n{image_id}\n{item.category_id}\n{mask.height} {mask.width}\n".encode() + mask.rle
        digest = hashlib.sha256(what).hexdigest()[:ID_DIGITS]
        before[digest] += 1
        again = f"-{before[digest]}" if before[digest] > 1 else ""
        named.append(replace(item, id=digest + again))
    return tuple(named)
