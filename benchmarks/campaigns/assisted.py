"""What people's time buys when a network helps them: campaigns of random images on real sets, drawn and helped.

    python -m benchmarks assisted [--sets ...] [--seeds 0 1 2] [--arms drawn proposals boxes] [--out assisted.jsonl]

Every arm labels the same images in the same order. At 5, 10, 20 and 40 labels a network learns from the arm's own
labels and helps with the next ones; the first five are drawn. A simulated person works as people do: outlines agree
with the truth to an IoU of .91, a proposal is good enough from .85 on, boxes are off by a twentieth. An arm's labels
are its own: an accepted proposal is the label, mistakes and all.

Each line of the file is one network: its quality on test images that no arm labels, and what every object of its labels
took: verdict, IoU, length of its outline. `python -m benchmarks assisted_table` prices them. Lines that are there
already are not computed again, except that an arm that was cut off is begun anew.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from benchmarks.data.head_data import Setting
from benchmarks.data.photograph_sets import CROPPED, draw
from maskloop.labelers import Person
from maskloop.labelers.person import HUMAN_IOU
from maskloop.labelers.reviewing import Reviewer
from maskloop.values import Assist, Box, CorrectionForm, FullLabel, ObjectProposal, Prompt, Split, with_ids
from models.annotation.evaluate import evaluate
from models.data.samples import Example, ImageToScore
from models.encoders.feature_store import FeatureStore
from models.kinds.networks import fit
from models.kinds.recipes import resolve
from models.predictor import Predictor, PromptedImage
from models.pretrained.model import FittedPretrained
from models.thin.model import FittedDense
from models.training.cache import NetworkCache

SETS = ("balloons", "dsb2018_nuclei", "wbc_cells", "glas_glands", "building_facades")
SIDES = {**CROPPED, "dsb2018_nuclei": 128}
ARMS = {"drawn": Assist.NONE, "proposals": Assist.PROPOSALS, "boxes": Assist.BOXES}
LABELS = (5, 10, 20, 40)
UNSEEN, SHOWN_FROM, VERSION = 60, 0.5, "network"
CPU = torch.device("cpu")
Promptable = FittedPretrained | FittedDense


@dataclass(frozen=True)
class Campaign:
    """One arm on one set with one seed."""

    set_name: str
    seed: int
    arm: str
    accept_iou: float = 0.85
    outline_iou: float = HUMAN_IOU


@dataclass(frozen=True)
class Helper:
    """A network that helps people.

    Args:
        assist: the help that it gives.
        shown_from: predicted IoU from which on proposals are shown.
        told: whether it has been told which classes an image holds.
    """

    model: Predictor
    assist: Assist
    shown_from: float = SHOWN_FROM
    told: bool = False


@dataclass(frozen=True)
class Kept:
    """What the arms of a set and seed share: features, and the network of the labels that they have in common."""

    store: FeatureStore
    cache: NetworkCache


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks assisted")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", default=list(ARMS), choices=list(ARMS))
    parser.add_argument("--accept", type=float, default=0.85)
    parser.add_argument("--outlines", type=float, default=HUMAN_IOU)
    parser.add_argument("--out", type=Path, default=Path("assisted.jsonl"))
    asked = parser.parse_args()
    done = {
        tuple(line[key] for key in ("set", "seed", "arm", "accept", "outlines", "labels")) for line in lines(asked.out)
    }
    for seed in asked.seeds:
        for name in asked.sets:
            setting = draw(name, LABELS[-1], UNSEEN, seed, SIDES)
            last = min(LABELS[-1], len(setting.labeled))
            with TemporaryDirectory() as folder:
                kept = Kept(FeatureStore(Path(folder) / "f", 1 << 32), NetworkCache(Path(folder) / "n", 1 << 30))
                for arm in asked.arms:
                    if (name, seed, arm, asked.accept, asked.outlines, last) in done:
                        continue
                    for line in run(Campaign(name, seed, arm, asked.accept, asked.outlines), setting, kept):
                        append(asked.out, line)
                        print(*(line[key] for key in ("set", "seed", "arm", "labels", "pq", "ap50")), flush=True)


def lines(path: Path) -> list[dict[str, Any]]:
    """The file's lines; the last one of a network counts. A name that ends with `.gz` is read as gzip."""
    if not path.is_file():
        return []
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        return [json.loads(line) for line in file]


def append(path: Path, line: dict[str, Any]) -> None:
    """One more line at the file's end."""
    with gzip.open(path, "at") if path.suffix == ".gz" else path.open("a") as file:
        file.write(json.dumps(line) + "\n")


def run(campaign: Campaign, setting: Setting, kept: Kept) -> Iterator[dict[str, Any]]:
    """The networks of an arm, one after another."""
    model: Promptable | None = None
    labeled: list[Example] = []
    told: list[dict[str, Any]] = []
    for number in LABELS:
        for example in setting.labeled[len(labeled) : number]:
            label = said(campaign, example, Helper(model, ARMS[campaign.arm]) if model else None)
            labeled.append(replace(example, objects=label.without_review.objects))
            told.append(told_of(label, len(setting.categories)))
        began = time.process_time()
        model = trained(setting, labeled, campaign.seed, kept, model)
        yield line_of(campaign, setting, model, began, told)
        if len(labeled) >= len(setting.labeled):
            return


def line_of(
    campaign: Campaign, setting: Setting, model: Promptable, began: float, told: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    """A network in the file, measured on the images that no arm labels.

    Args:
        campaign, setting: what it is of.
        model: the network.
        began: the process's seconds when its training began.
        told: what each label took that it learnt from.
    """
    measured = evaluate(model, setting.unseen, Split.TEST, device=CPU, progress=lambda *_: None)
    return {
        "set": campaign.set_name,
        "seed": campaign.seed,
        "arm": campaign.arm,
        "accept": campaign.accept_iou,
        "outlines": campaign.outline_iou,
        "labels": len(told),
        "pq": measured.metrics["pq"],
        "ap50": measured.ap50,
        "mean_iou": measured.mean_iou,
        "processor_s": time.process_time() - began,
        "images": list(told),
    }


def trained(
    setting: Setting,
    labeled: Sequence[Example],
    seed: int,
    kept: Kept,
    previous: Promptable | None,
    *,
    pseudo: Sequence[Example] = (),
) -> Promptable:
    """The default network, of these labels and pseudo-labels."""
    model = fit(
        labeled,
        setting.categories,
        resolve("pretrained"),
        seed=seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
        store=kept.store,
        cache=kept.cache,
        previous=previous,
        pseudo=pseudo,
    )
    if not isinstance(model, FittedPretrained | FittedDense):
        raise SystemExit("the default recipe has no network on frozen features any more")
    return model.keeping(kept.store)


def said(campaign: Campaign, example: Example, helper: Helper | None) -> FullLabel:
    """What the person says of an image."""
    person = Person(campaign.outline_iou, campaign.accept_iou, campaign.seed)
    reviewer = Reviewer(person, example.image_id, CorrectionForm.BANDS)
    if helper is None or helper.assist is Assist.NONE:
        return reviewer.draw(example.objects)
    model = helper.model
    present = frozenset(each.category_id for each in example.objects) if helper.told else None
    item = ImageToScore(example.image_id, partial(getattr, example, "pixels"), None, example.image_id, present)
    (prediction,) = model.predict([item], device=CPU, batch_size=1)
    found = with_ids(VERSION, example.image_id, prediction.proposals.objects)
    shown = [one for one in found if one.mask.area and one.predicted_iou >= helper.shown_from]
    boxed = partial(propose, model, item, example.pixels.shape[:2]) if helper.assist is Assist.BOXES else None
    return reviewer.review(example.objects, shown, VERSION, boxed)


def propose(
    model: Predictor, item: ImageToScore, size: tuple[int, int], boxes: Sequence[Box]
) -> tuple[ObjectProposal, ...]:
    """The masks that the network proposes for boxes."""
    prompts = tuple(Prompt(box.category_id, (box.x, box.y, box.width, box.height)) for box in boxes)
    (answered,) = model.propose([PromptedImage(item, size, prompts)])
    return with_ids(VERSION, item.image_id, answered)


def told_of(label: FullLabel, categories: int) -> dict[str, Any]:
    """What a label took, so far as prices are asked of it."""
    objects = [
        {
            "category": item.category_id,
            "length": item.outline_length,
            **({} if item.origin is None else {**asdict(item.origin), "verdict": item.origin.verdict.value}),
        }
        for item in label.objects
        if not item.crowd
    ]
    for item in objects:
        item.pop("work", None)
        item.pop("proposal_id", None)
    rejected = [each.prompted for each in label.review.rejected] if label.review else []
    return {"absent": categories - label.shown.categories, "objects": objects, "rejected": rejected}


if __name__ == "__main__":
    main()
