"""Five annotators at once, a label corrected, and an export.

    maskloop serve
    python examples/several_annotators.py photos/ labels.coco.json

No image is handed out twice: whoever asks for a batch holds its images until they are labeled or the lease runs out.
"""

from __future__ import annotations

import argparse
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from maskloop.address import DEFAULT_ADDRESS, Endpoint
from maskloop.client import Client
from maskloop.errors import MaskloopError
from maskloop.masks import Mask
from maskloop.values import FullLabel, Image, Label, LabelDraft, ObjectLabel, Project

TEAM = ("ada", "ben", "cleo", "dan", "eva")


def rectangle(project: Project, image: Image, margin: float) -> FullLabel:
    """Stands in for what a person draws: one crack, a rectangle that leaves a margin, a share of each side."""
    left, top = margin * image.width, margin * image.height
    right, bottom = image.width - left, image.height - top
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    mask = Mask.from_polygons([corners], height=image.height, width=image.width)
    return FullLabel((ObjectLabel(project.category_id("crack"), mask),))


def label_a_batch(client: Client, project: Project, annotator: str) -> tuple[Label, ...]:
    """Lease two images, outline them, hand the labels in with the seconds they took."""
    batch = client.select_batch(project_id=project.id, annotator=annotator, images=2)
    drafts = []
    for pick in batch.picks:
        image = client.get_image(project_id=project.id, image_id=pick.image_id)
        drafts.append(LabelDraft(image.id, rectangle(project, image, margin=0.25), seconds_spent=40.0))
    return client.submit_labels(project_id=project.id, annotator=annotator, batch_id=batch.id, labels=drafts)


def main(photos: str, out: Path, address: str) -> None:
    """Let the team label at once, mend the first label, and write all of them as one COCO file."""
    with Client.at(Endpoint(address).or_of()) as client, ThreadPoolExecutor(len(TEAM)) as threads:
        project = client.create_project(project_id="team", categories=["crack", "rust"], request_id="team")
        print(client.import_folder(photos, project_id=project.id))
        labels = [
            label for batch in threads.map(lambda name: label_a_batch(client, project, name), TEAM) for label in batch
        ]
        print(f"{len(labels)} labels of {len({label.image_id for label in labels})} images")

        first = labels[0]
        image = client.get_image(project_id=project.id, image_id=first.image_id)
        better = LabelDraft(image.id, rectangle(project, image, margin=0.1), seconds_spent=15.0, supersedes=first.id)
        (mended,) = client.submit_labels(project_id=project.id, annotator=first.annotator, labels=[better])
        print(f"label {first.id} of {image.file_name} is corrected by {mended.id}")

        out.write_bytes(client.export_labels(project_id=project.id))
        print(f"{out}: the labels as COCO instances")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Five annotators at once, a correction, an export.")
    parser.add_argument("photos", help="folder of pictures")
    parser.add_argument("out", type=Path, help="COCO file to write")
    parser.add_argument("--server", default=DEFAULT_ADDRESS, help="HOST:PORT or unix:PATH")
    given = parser.parse_args()
    try:
        main(given.photos, given.out, given.server)
    except MaskloopError as error:
        sys.exit(f"error: {error.message}")
