"""The nuclei of one look as a data set of its own: `python -m benchmarks nuclei_looks DATA/dsb2018_nuclei LOOK FOLDER`.

LOOK is one that annotations.json gives as an image's `modality`: fluorescence, colour_stain or brightfield_grey. The
images stay where they are, FOLDER points to them; train.txt and test.txt keep their sides. Crops are cut by `al-loop
--data coco:FOLDER --crop 64 --stretch --objects 1-8`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path


def main() -> None:
    """Write annotations.json, images/, train.txt and test.txt."""
    source, look, folder = Path(sys.argv[1]), sys.argv[2], Path(sys.argv[3])
    document = json.loads((source / "annotations.json").read_text())
    images = [image for image in document["images"] if image["modality"] == look]
    ids, names = {image["id"] for image in images}, {image["file_name"] for image in images}
    annotations = [one for one in document["annotations"] if one["image_id"] in ids]
    folder.mkdir(parents=True)
    (folder / "images").symlink_to((source / "images").resolve())
    (folder / "annotations.json").write_text(json.dumps({**document, "images": images, "annotations": annotations}))
    for name in ("train.txt", "test.txt"):
        listed = [line for line in (source / name).read_text().splitlines() if line in names]
        (folder / name).write_text("".join(f"{line}\n" for line in listed))


if __name__ == "__main__":
    main()
