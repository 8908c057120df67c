"""What is left in the folder OUT: masks as a COCO file, pictures of them, and the network."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePosixPath

from maskloop.class_labels.photos import Photos, classes_in
from maskloop.class_labels.proposing import Proposed
from maskloop.client import Client
from maskloop.errors import ImageFileChanged
from maskloop.formats.coco import proposals_document
from maskloop.formats.files import write_atomically
from maskloop.formats.images import decode_image
from maskloop.formats.overlay import overlay
from maskloop.values import HeadState, LabelContent

PROPOSALS_FILE, PICTURES_FOLDER, MODEL_FILE = "proposals.json", "pictures", "model.safetensors"


def write_results(
    client: Client, photos: Photos, proposed: Proposed, out: Path, done: Callable[[int], None] = lambda pictures: None
) -> None:
    """Write OUT/model.safetensors, a picture of every image that has proposals, and last of all OUT/proposals.json.

    The same proposals give the same files. An image without a proposal is not listed there, unless people said that it
    holds nothing: tools take an image without an annotation for an empty one.

    Args:
        client: the server, which has the network.
        photos: what masks are drawn on.
        proposed: the masks.
        out: the folder; files of before are replaced.
        done: told how many pictures are drawn so far.

    Raises:
        InvalidDataset: a photograph cannot be read any more.
        ImageFileChanged: one is another picture by now.
        StorageFull: the disk is full.
    """
    client.read_model(project_id=proposed.project_id, model_version=proposed.model.id, path=out / MODEL_FILE)
    calibrated = proposed.model.head is not HeadState.UNFITTED
    names = sorted(proposed.proposals)
    objects = {name: proposed.proposals[name].objects for name in names}
    pictures = picture_names(names)
    for number, name in enumerate(names, 1):
        content = photos.data.by_name[name].read()
        if hashlib.sha256(content).hexdigest() != proposed.images[name].sha256:
            raise ImageFileChanged(
                f"{name} is another picture than the one that was brought in: put it back, or name another --out",
                field="folder",
            )
        pixels = decode_image(content, name).pixels
        drawn = overlay(pixels, objects[name], photos.categories, calibrated=calibrated, jpeg=True)
        write_atomically(out / PICTURES_FOLDER / pictures[name], drawn)
        done(number)
    listed = [proposed.images[name] for name in listed_names(objects, photos.labels)]
    document = proposals_document(photos.categories, listed, objects, calibrated=calibrated, made_by="maskloop propose")
    write_atomically(out / PROPOSALS_FILE, json.dumps(document).encode())


def listed_names(objects: Mapping[str, Sequence[object]], labels: Mapping[str, LabelContent]) -> list[str]:
    """File names of the images with proposals, and of those that people said hold nothing; sorted."""
    empty = {name for name, label in labels.items() if not classes_in(label)}
    return sorted(name for name, its in objects.items() if its or name in empty)


def picture_names(file_names: Sequence[str]) -> dict[str, str]:
    """What the picture of each image is called: `a/b.jpg` for `a/b.png`, and `a/b.png.jpg` where two images differ in
    no more than that."""
    folders = {str(parent).casefold() for name in file_names for parent in PurePosixPath(name).parents}
    long = {name: f"{name}.jpg" for name in file_names}
    short = {name: str(PurePosixPath(name).with_suffix(".jpg")) for name in file_names}
    bearers = Counter(each.casefold() for each in (*short.values(), *long.values()))
    bearers.update(folders)
    return {name: each if bearers[each.casefold()] == 1 else long[name] for name, each in short.items()}
