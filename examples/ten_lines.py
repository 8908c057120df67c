"""From a folder of photos to a batch with a network's proposals: ten lines of the SDK.

    maskloop serve
    python examples/ten_lines.py photos/

`outline` stands in for the page on which people draw: it takes for a crack what is darkest in a photo.
"""

from __future__ import annotations

import argparse
import io
import json
import sys

import numpy as np
from PIL import Image

from maskloop.address import DEFAULT_ADDRESS
from maskloop.client import Client
from maskloop.errors import MaskloopError
from maskloop.masks import Mask
from maskloop.values import FullLabel, LabelDraft, ObjectLabel


def outline(photo: bytes, category_id: int) -> FullLabel:
    """One object: the darkest twentieth of a photo."""
    grey = np.asarray(Image.open(io.BytesIO(photo)).convert("L"))
    return FullLabel((ObjectLabel(category_id, Mask.from_array(grey <= np.quantile(grey, 0.05))),))


def main(photos: str, address: str, recipe: str, overrides: dict[str, object]) -> None:
    """Create a project, label a first batch, train, and show what the network proposes for the next one."""
    client = Client(address)
    bridges = client.create_project(project_id="bridges", categories=["crack", "rust"], request_id="bridges")
    print(client.import_folder(photos, project_id="bridges"))
    batch = client.select_batch(project_id="bridges", annotator="ada", images=8)
    print(batch.fallback or f"{batch.strategy} chose.")
    files = {pick.image_id: client.read_image(project_id="bridges", image_id=pick.image_id) for pick in batch.picks}
    drafts = [LabelDraft(image_id, outline(file, bridges.category_id("crack"))) for image_id, file in files.items()]
    client.submit_labels(project_id="bridges", annotator="ada", batch_id=batch.id, labels=drafts)
    client.wait_operation(client.train_model(project_id="bridges", recipe=recipe, overrides=overrides))
    client.wait_operation(client.score_pool(project_id="bridges"))
    batch = client.select_batch(project_id="bridges", annotator="ada", images=8)
    for image_id, proposed in client.get_batch_proposals(batch).items():
        print(f"{image_id}: {len(proposed.objects)} proposals")
    client.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="From a folder of photos to a batch with proposals.")
    parser.add_argument("photos", help="folder of pictures")
    parser.add_argument("--server", default=DEFAULT_ADDRESS, help="HOST:PORT or unix:PATH")
    parser.add_argument("--recipe", default="", help="of the training; the server's default if not given")
    parser.add_argument("--overrides", type=json.loads, default={}, help="options of the recipe, as JSON")
    given = parser.parse_args()
    try:
        main(given.photos, given.server, given.recipe, given.overrides)
    except MaskloopError as error:
        sys.exit(f"error: {error.message}")
