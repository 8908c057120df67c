"""What the models of a finished run measure when they are told the test images' counts, or must find.

`python -m benchmarks counts RUN DATA` prints a line for each model of a run of `al-loop --recipe compact,held_out=0`
in the working directory RUN; DATA is its COCO folder. A seeded network is trained alike either way, so its weights are
read both ways, each with a head fitted for it as `models.annotation.fit` does without a held-out fit. Told, the
numbers are those of the run's report, to the digit.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch

from maskloop.formats.coco import read_coco_folder
from maskloop.formats.datasets import Dataset
from maskloop.formats.images import decode_image
from maskloop.values import Evaluation, HeadState, Split
from models.annotation.calibration_data import calibration_set_from_views
from models.annotation.evaluate import evaluate
from models.annotation.model import FittedModel
from models.annotation.network import build_network
from models.data.samples import Example
from models.iou_head.calibrator import fit_calibrator

CPU = torch.device("cpu")


def main() -> None:
    """Print one line for each model, those with fewest labels first."""
    torch.set_num_threads(1)
    server, data = Path(sys.argv[1]) / "server", read_coco_folder(Path(sys.argv[2]))
    names = image_names(server)
    test = list(examples({name: name for name in data.test}, data))
    print("| project | labels | mean IoU told, found | AP50 told, found | AP told, found |")
    print("|---|---|---|---|---|")
    models = [
        (path.parent.parent.name, FittedModel.load(path, CPU)) for path in server.glob("models/*/*/*.safetensors")
    ]
    for project, model in sorted(models, key=lambda one: (one[0], len(one[1].snapshot))):
        labeled = list(examples({image_id: names[image_id] for image_id in model.snapshot}, data))
        told, found = (measure(model, classes, labeled, test) for classes in ("fed", "predicted"))
        pairs = ((told.mean_iou, found.mean_iou), (told.ap50, found.ap50), (told.ap, found.ap))
        cells = " | ".join(f"{one:.3f}, {other:.3f}" for one, other in pairs)
        print(f"| {project} | {len(labeled)} | {cells} |", flush=True)


def measure(model: FittedModel, classes: str, labeled: Sequence[Example], test: Sequence[Example]) -> Evaluation:
    """Evaluate a model's weights as those of a network whose classes are fed or predicted."""
    recipe = dataclasses.replace(model.recipe, classes=classes)
    network = build_network(recipe, len(model.categories))
    network.load_state_dict(model.network.state_dict())
    views = calibration_set_from_views(network, model.categories, recipe, labeled, seed=model.seed, device=CPU)
    head = fit_calibrator(views, HeadState.UNTRUSTED)
    read = dataclasses.replace(model, network=network.eval(), recipe=recipe, calibrator=head)
    return evaluate(read, test, Split.TEST, device=CPU, progress=lambda *_: None)


def image_names(server: Path) -> dict[str, str]:
    """File names of a server's images, by id."""
    with sqlite3.connect(f"file:{server / 'maskloop.db'}?mode=ro", uri=True) as store:
        return dict(store.execute("SELECT id, file_name FROM images"))


def examples(names: Mapping[str, str], data: Dataset) -> Iterator[Example]:
    """Images with their labels: file names by the ids they are to have."""
    for image_id, name in sorted(names.items()):
        image = data.by_name[name]
        yield Example(image_id, decode_image(image.path.read_bytes(), name).pixels, image.objects)


if __name__ == "__main__":
    main()
