"""Instance masks from boxes alone: how well a Mask R-CNN outlines unseen photographs after masks that each way makes.

    python -m benchmarks boxes [--sets balloons wbc_cells] [--seeds 0] [--arms bbam ...] [--out boxes.jsonl]

Twenty images of a set have boxes around their objects. Every arm makes a mask of each box, from which the same Mask
R-CNN learns; it begins with what a Faster R-CNN has learnt from the boxes. Measured on 20 unseen images: average
precision at IoU .25, .5, .7 and .75, COCO's mean, and the average best overlap. `mask_iou` is the mean IoU of the masks
that were learnt from, `seconds` of the processor what making one of them took.

- bbam: BBAM's maps of the Faster R-CNN, saturated and cleaned by a CRF; what lies between its two masks is ignored.
- bbam_segments: the same, made of segments of the image as the authors make it of MCG's proposals.
- grab_cut, filled_box: GrabCut of OpenCV; the whole box.
- box_prompt: a network of the recipe `pretrained` that has learnt from eight other images' outlines is shown the boxes.
- full: the true masks.

Two arms make no masks and train no Mask R-CNN: a network of the recipe `pretrained` learns from the same images.

- pretrained_boxes: from their boxes. pretrained_outlines: from their true masks.

Photographs have at most eight objects, and networks see them at 128 pixels: the authors' numbers are for 480 to 800.
Lines that are there already are not computed again. A set and seed take about ten minutes on a core.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.campaigns.assisted import lines
from benchmarks.weak.box_trial import BoxTrial
from maskloop.values import ObjectProposal
from models.boxes.boxed import BoxMask, MaskedImage
from models.boxes.mask_rcnn import train_mask_rcnn
from models.boxes.rivals import filled_box, grab_cut
from models.boxes.segments import image_segments, snapped
from models.metrics.average_precision import detect
from models.metrics.overlap import average_best_overlap

SETS = ("balloons", "wbc_cells", "building_facades")
Masks = list[tuple[BoxMask, ...]]
"""Of every boxed image, one for each box."""


def bbam(trial: BoxTrial) -> Masks:
    return [trial.bbam_masks(place) for place in range(len(trial.boxed))]


def bbam_segments(trial: BoxTrial) -> Masks:
    made = []
    for image, masks in zip(trial.images, bbam(trial), strict=True):
        segments = image_segments(image.pixels)
        made.append(tuple(snapped(mask, box, segments) for mask, box in zip(masks, image.boxes, strict=True)))
    return made


def by_grab_cut(trial: BoxTrial) -> Masks:
    return [tuple(grab_cut(image.pixels, box) for box in image.boxes) for image in trial.images]


def filled(trial: BoxTrial) -> Masks:
    return [tuple(filled_box(image.pixels, box) for box in image.boxes) for image in trial.images]


def box_prompt(trial: BoxTrial) -> Masks:
    return [trial.prompted(example) for example in trial.boxed]


def full(trial: BoxTrial) -> Masks:
    return [tuple(BoxMask.certain(mask) for mask in trial.true_masks(example)) for example in trial.boxed]


ARMS: Mapping[str, Callable[[BoxTrial], Masks]] = {
    "bbam": bbam,
    "bbam_segments": bbam_segments,
    "grab_cut": by_grab_cut,
    "filled_box": filled,
    "box_prompt": box_prompt,
    "full": full,
}
DIRECT = {"pretrained_boxes": True, "pretrained_outlines": False}
"""Whether boxes are all that it learns from."""


def measure(trial: BoxTrial, arm: str) -> dict[str, Any]:
    """One line of the file, without set and seed."""
    if arm in DIRECT:
        return {"arm": arm, **measured(trial, trial.found_by(trial.learnt(boxes=DIRECT[arm])))}
    trial.ready(arm)
    began = time.process_time()
    masks = ARMS[arm](trial)
    seconds = (time.process_time() - began + trial.shared_seconds(arm)) / sum(map(len, masks))
    learnt = [MaskedImage(image, made) for image, made in zip(trial.images, masks, strict=True)]
    model = train_mask_rcnn(learnt, trial.categories, trial.mask_recipe, start=trial.detector, **trial.alone)
    return {
        "arm": arm,
        **measured(trial, {example.image_id: model.propose(trial.boxed_image(example)) for example in trial.unseen}),
        "mask_iou": mask_iou(trial, masks),
        "empty": sum(not mask.tight.any() for made in masks for mask in made),
        "objects": sum(map(len, masks)),
        "seconds": seconds,
    }


def measured(trial: BoxTrial, made: Mapping[str, Sequence[ObjectProposal]]) -> dict[str, float]:
    """What a network makes of unseen images, by their ids."""
    truths = {example.image_id: example.labels for example in trial.unseen}
    found = detect(truths, made)
    at = {f"ap{round(100 * iou)}": found.ap(iou) for iou in (0.25, 0.5, 0.7, 0.75)}
    return {**at, "ap": found.ap(), "abo": average_best_overlap(truths, made)}


def mask_iou(trial: BoxTrial, masks: Sequence[tuple[BoxMask, ...]]) -> float:
    """Mean over the boxed objects of the IoU of their tight masks with the truth."""
    ious = [
        (mask.tight & true).sum() / (mask.tight | true).sum()
        for example, made in zip(trial.boxed, masks, strict=True)
        for mask, true in zip(made, trial.true_masks(example), strict=True)
    ]
    return float(np.mean(ious))


def main() -> None:
    """Fill the file."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks boxes")
    parser.add_argument("--sets", nargs="+", default=list(SETS))
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2])
    parser.add_argument("--arms", nargs="+", default=[*ARMS, *DIRECT], choices=[*ARMS, *DIRECT])
    parser.add_argument("--out", type=Path, default=Path("boxes.jsonl"))
    parser.add_argument("--short", action="store_true", help="a few images and steps, to see that it runs")
    asked = parser.parse_args()
    done = {(line["set"], line["seed"], line["arm"]) for line in lines(asked.out)}
    for seed in asked.seeds:
        for name in asked.sets:
            arms = [arm for arm in asked.arms if (name, seed, arm) not in done]
            if not arms:
                continue
            trial = BoxTrial.drawn(name, seed, short=asked.short)
            for arm in arms:
                line = {"set": name, "seed": seed, **measure(trial, arm)}
                with asked.out.open("a") as file:
                    file.write(json.dumps(line) + "\n")
                print(*(f"{value:.3f}" if isinstance(value, float) else value for value in line.values()), flush=True)


if __name__ == "__main__":
    main()
