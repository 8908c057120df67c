"""From photographs and class labels to masks, on a server: what was done before is not done again.

Images are known by their names, labels by their images, and long work by its request id, so that a run that was killed
anywhere goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from maskloop.class_labels.options import Kept, Options
from maskloop.class_labels.photos import Photos
from maskloop.client import Client
from maskloop.errors import InternalError
from maskloop.loop.importing import import_images
from maskloop.loop.progress import Progress
from maskloop.loop.record.request_ids import RequestIds
from maskloop.values import Image, ImageProposals, LabelDraft, ModelVersion

NAME = "propose"
LABELS_A_CALL = 500


@dataclass(frozen=True)
class Proposed:
    """What a network proposes.

    Args:
        project_id: of the project that holds it all.
        model: the network's version.
        images: all that could be read, by file name.
        proposals: of those that nobody outlined, by file name.
    """

    project_id: str
    model: ModelVersion
    images: Mapping[str, Image]
    proposals: Mapping[str, ImageProposals]


def propose(
    client: Client,
    photos: Photos,
    kept: Kept,
    *,
    progress: Progress,
    referred: Sequence[Path],
    trained: Callable[[], None],
) -> Proposed:
    """Bring the photographs in with their labels, train a network on them, and have it read the photographs.

    Args:
        client: the server.
        photos: what is known of them.
        kept: what is asked for, under whose id the server remembers what was done.
        progress: is told what goes on.
        referred: folders whose files the server refers to; others are copied.
        trained: told when there is a network.

    Raises:
        MaskloopError: the server will not do. What was done is kept, and the same call goes on with it.
    """
    requests, options = RequestIds(kept.run_id, NAME), kept.options
    project_id = f"{photos.data.name}-{kept.run_id[:8]}"
    progress.phase("open", f"project {project_id}")
    client.create_project(project_id=project_id, categories=photos.categories, request_id=requests.of("create_project"))
    brought = import_images(client, project_id, photos.data, is_lenient=True, progress=progress, referred=referred)
    images = {image.file_name: image for image in brought}
    _label(client, project_id, photos, images)
    model = _train(client, project_id, options, requests, progress)
    trained()
    progress.phase("score")
    asked = partial(client.score_pool, project_id=project_id, model_version=model.id)
    client.wait_operation(requests.begin(asked, "score_pool", model.id), progress.operation)
    ids = {image.id: name for name, image in images.items() if name not in photos.outlined}
    read = client.get_proposals(project_id=project_id, image_ids=sorted(ids), model_version=model.id)
    return Proposed(project_id, model, images, {ids[each.image_id]: each for each in read})


def _train(client: Client, project_id: str, options: Options, requests: RequestIds, progress: Progress) -> ModelVersion:
    """The network of these options; a training with other ones, which were asked for before, is stopped."""
    progress.phase("train")
    what: dict[str, Any] = {"recipe": options.recipe_name, "overrides": options.overrides(), "seed": options.seed}
    asked = partial(client.train_model, project_id=project_id, **what)
    begun = requests.begin(asked, "train_model", json.dumps(what, sort_keys=True))
    for other in client.list_operations(project_id=project_id):
        if other.kind is begun.kind and other.id != begun.id and not other.state.has_ended:
            client.cancel_operation(operation_id=other.id)
    model = client.wait_operation(begun, progress.operation).result
    if not isinstance(model, ModelVersion):
        raise InternalError(f"a training of project {project_id} answers no model version")
    return model


def _label(client: Client, project_id: str, photos: Photos, images: Mapping[str, Image]) -> None:
    """Hand in the labels that the server does not have yet."""
    there = {label.image_id for label in client.list_labels(project_id=project_id)}
    drafts = [
        LabelDraft(images[name].id, label)
        for name, label in sorted(photos.labels.items())
        if name in images and images[name].id not in there
    ]
    for start in range(0, len(drafts), LABELS_A_CALL):
        some = drafts[start : start + LABELS_A_CALL]
        client.submit_labels(project_id=project_id, annotator=NAME, labels=some)
