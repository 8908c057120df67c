"""A labeling tool of your own: what its page does with a batch, from the lease to the last label.

    maskloop serve
    python examples/ten_lines.py photos/
    python examples/labeling_tool.py bridges ada

It works on a project that is there, with a network's proposals where there are some. Stopped in the middle and started
again, it gets the same batch back.
"""

from __future__ import annotations

import argparse
import io
import sys
import time

import numpy as np
from PIL import Image as Picture

from maskloop.address import DEFAULT_ADDRESS, Endpoint
from maskloop.client import Client
from maskloop.errors import LeaseLost, MaskloopError
from maskloop.values import (
    Assist,
    Assistance,
    Batch,
    FullLabel,
    ImageProposals,
    LabelDraft,
    ObjectLabel,
    Rejection,
    Review,
    SkipReason,
)

LEASE_S = 900.0
HELP = Assistance(Assist.PROPOSALS, min_predicted_iou=0.5)


def draw(photo: bytes, proposed: ImageProposals | None) -> FullLabel | None:
    """Stands in for the person: accepts what covers more than a hundredth of the photo, and rejects the rest.

    Returns:
        The label; `None` for a photo on which nothing can be seen.
    """
    if np.asarray(Picture.open(io.BytesIO(photo)).convert("L")).std() < 2:
        return None
    if proposed is None:
        return FullLabel()
    good = [item for item in proposed.objects if item.mask.area * 100 > item.mask.height * item.mask.width]
    rejected = tuple(Rejection(item.id) for item in proposed.objects if item not in good)
    return FullLabel(tuple(map(ObjectLabel.accepted, good)), Review(proposed.model_version, rejected))


def work_through(client: Client, batch: Batch) -> None:
    """Go through a batch image by image; a label is safe as soon as the call returns."""
    own = {"project_id": batch.project_id, "annotator": batch.annotator, "batch_id": batch.id}
    proposals = client.get_batch_proposals(batch)
    for pick in batch.picks:
        client.renew_batch(**own, lease_s=LEASE_S)  # the person is still here
        begun = time.monotonic()
        label = draw(
            client.read_image(project_id=batch.project_id, image_id=pick.image_id), proposals.get(pick.image_id)
        )
        if label is None:
            client.skip_image(**own, image_id=pick.image_id, reason=SkipReason.UNUSABLE)
            print(f"{pick.image_id}: passed over")
            continue
        draft = LabelDraft(pick.image_id, label, seconds_spent=time.monotonic() - begun)
        client.submit_labels(**own, labels=[draft])
        print(f"{pick.image_id}: {len(label.objects)} objects ({pick.reason})")


def main(project_id: str, annotator: str, batches: int, address: str) -> None:
    """Work through some batches."""
    with Client.at(Endpoint(address).or_of()) as client:
        for _ in range(batches):
            batch = client.select_batch(
                project_id=project_id, annotator=annotator, images=4, lease_s=LEASE_S, assistance=HELP
            )
            if not batch.picks:
                print("no image is left that the budget affords")
                return
            try:
                work_through(client, batch)
            except LeaseLost as error:
                print(f"{error.message}: on to the next batch")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="A labeling tool of your own.")
    parser.add_argument("project", help="id of the project")
    parser.add_argument("annotator", help="who labels")
    parser.add_argument("--batches", type=int, default=1, help="how many to work through")
    parser.add_argument("--server", default=DEFAULT_ADDRESS, help="HOST:PORT or unix:PATH")
    given = parser.parse_args()
    try:
        main(given.project, given.annotator, given.batches, given.server)
    except MaskloopError as error:
        sys.exit(f"error: {error.message}")
