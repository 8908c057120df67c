"""What the arms of a trial of choosing buy, of one draw (`python -m benchmarks one_round`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np

from benchmarks.campaigns.assisted import SHOWN_FROM, VERSION, Promptable, propose, told_of
from benchmarks.campaigns.assisted_table import USUAL, seconds_of
from benchmarks.data.head_data import Setting
from maskloop.labelers import Person
from maskloop.labelers.person import HUMAN_IOU
from maskloop.labelers.reviewing import Reviewer, pair
from maskloop.values import (
    REVIEWS,
    Assist,
    CorrectionForm,
    FullLabel,
    ObjectLabel,
    ObjectProposal,
    PseudoLabels,
    Strategy,
    with_ids,
)
from models.data.samples import Example, ImageToScore
from models.predictor import Prediction
from models.proposals.pseudo_labels import doubtful_regions, pseudo_objects
from selection.candidates import Candidates
from selection.pool import ObjectIous, Pool
from selection.strategies import rank_pool
from service.pool.assisted_costs import Shown

ARMS = (
    "random",
    "random*2",
    "fewest objects",
    "mask_guided",
    "oracle",
    "k_means",
    "expected_gain",
    "one_by_one",
    "pseudo",
)
TARGET = 0.3  # of mask_guided and its oracle: what it takes by itself at so few labels
TAKEN = PseudoLabels(min_predicted_iou=0.8)  # what the head is sure of
PSEUDO_PER_LABEL = 3


@dataclass(frozen=True)
class Bought:
    """What an arm learns from beside the first labels: images with labels, what these took, and pseudo-labels."""

    examples: tuple[Example, ...]
    seconds: float
    pseudo: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Trial:
    """One draw: the first labels, the pool, and what the first network makes of it.

    Args:
        setting: images in the order of the draw.
        seed: of the draw and of trainings.
        number: of first labels.
        model: that has learnt from them; `predictions` and `true_ious` of the pool's images, by their ids.
    """

    setting: Setting
    seed: int
    number: int
    model: Promptable
    predictions: dict[str, Prediction]
    true_ious: dict[str, float]

    @cached_property
    def pool(self) -> dict[str, Example]:
        """In the order of the draw."""
        return {example.image_id: example for example in self.setting.labeled[self.number :]}

    @cached_property
    def labels(self) -> dict[str, FullLabel]:
        """What the person has said so far."""
        return {}

    def said(self, image_id: str) -> tuple[FullLabel, float]:
        """The person's label of an image, and the seconds that it takes."""
        example = self.pool[image_id]
        if image_id not in self.labels:
            item = ImageToScore(image_id, lambda: example.pixels, None, image_id)
            boxed = partial(propose, self.model, item, example.size)
            self.labels[image_id] = self.reviewer(image_id).review(
                example.objects, self.shown(image_id, SHOWN_FROM), VERSION, boxed
            )
        label = self.labels[image_id]
        return label, seconds_of([told_of(label, len(self.setting.categories))], USUAL)

    def reviewed(self, image_id: str, items: Sequence[ObjectProposal]) -> tuple[FullLabel, float]:
        """The person's review of some proposals, as if the image held nothing else, and the seconds that it takes."""
        there = self.pool[image_id].objects
        places = pair([item.mask for item in items], [item.mask for item in there])
        meant = [there[place] for place in places if place is not None]
        label = self.reviewer(image_id).review(meant, items, VERSION)
        return label, seconds_of([told_of(label, len(self.setting.categories))], USUAL)

    def partly(self, image_id: str, items: Sequence[ObjectProposal]) -> Example:
        """An image of which some proposals were reviewed: the sure rest is as proposed, the doubtful rest ignored."""
        label, _ = self.reviewed(image_id, items)
        asked = {item.mask for item in items}
        proposals = self.predictions[image_id].proposals
        rest = replace(proposals, objects=tuple(item for item in proposals.objects if item.mask not in asked))
        taken = tuple(ObjectLabel(one.category_id, one.mask) for one in pseudo_objects(rest, TAKEN))
        objects = (*label.without_review.objects, *taken)
        return replace(self.pool[image_id], objects=objects, crowds=doubtful_regions(rest, TAKEN))

    def reviewer(self, image_id: str) -> Reviewer:
        return Reviewer(Person(HUMAN_IOU, 0.85, self.seed), image_id, CorrectionForm.BANDS)

    def shown(self, image_id: str, least: float) -> list[ObjectProposal]:
        found = with_ids(VERSION, image_id, self.predictions[image_id].proposals.objects)
        return [one for one in found if one.mask.area and one.predicted_iou >= least]

    def buy(self, order: Sequence[str], seconds: float) -> Bought:
        """Whole images in this order, until no more come nearer to the seconds."""
        bought, spent = [], 0.0
        for image_id in order:
            label, cost_s = self.said(image_id)
            if spent + cost_s / 2 > seconds:
                break
            bought.append(replace(self.pool[image_id], objects=label.without_review.objects))
            spent += cost_s
        return Bought(tuple(bought), spent)

    @cached_property
    def ids(self) -> list[str]:
        return sorted(self.pool)

    def ranked(self, strategy: str) -> list[str]:
        """The pool as the product ranks it."""
        ious = [[one.predicted_iou for one in self.shown(image_id, 0.0)] for image_id in self.ids]
        scores = {image_id: found.proposals.score for image_id, found in self.predictions.items()}
        pool = Pool(
            ids=np.array(self.ids, dtype=np.bytes_),
            scores=np.array([(self.true_ious if strategy == "oracle" else scores)[image_id] for image_id in self.ids]),
            object_ious=ObjectIous(np.array([len(of) for of in ious]), np.array([iou for of in ious for iou in of])),
            features=np.stack([self.predictions[image_id].features for image_id in self.ids]),
            costs_s=np.array([max(1.0, self.expected_s(of)) for of in ious]),
            labeled_images=self.number,
        )
        parsed = Strategy.parse(f"mask_guided:target={TARGET}" if strategy in {"mask_guided", "oracle"} else strategy)
        return [image_id for image_id, *_ in Candidates(rank_pool(pool, parsed, self.seed))]

    def expected_s(self, ious: Sequence[float]) -> float:
        """Seconds that an image should take, as the service plans it."""
        objects = np.mean([len(example.objects) for example in self.setting.labeled[: self.number]])
        shown = Shown.of([iou for iou in ious if iou >= SHOWN_FROM], CorrectionForm.BANDS)
        return shown.seconds(REVIEWS, Assist.BOXES, float(objects), USUAL.outline.fixed_s)


def buys(trial: Trial, arm: str) -> Bought:
    """What an arm buys."""
    order = list(trial.pool)
    random = trial.buy(order[: trial.number], np.inf)
    match arm:
        case "random":
            return random
        case "random*2":
            return trial.buy(order, 2 * random.seconds)
        case "fewest objects":
            return trial.buy(sorted(order, key=lambda key: len(trial.pool[key].objects))[: trial.number], np.inf)
        case "one_by_one":
            return one_by_one(trial, random.seconds)
        case "pseudo":
            return replace(random, pseudo=tuple(sure(trial, order[trial.number :])))
        case _:
            return trial.buy(trial.ranked(arm), random.seconds)


def sure(trial: Trial, order: Sequence[str]) -> Iterator[Example]:
    """Pseudo-labels of what the head is sure of; what it doubts is ignored."""
    left = PSEUDO_PER_LABEL * trial.number
    for key in order:
        proposals = trial.predictions[key].proposals
        objects = tuple(ObjectLabel(one.category_id, one.mask) for one in pseudo_objects(proposals, TAKEN))
        if objects and left:
            left -= 1
            yield replace(trial.pool[key], objects=objects, crowds=doubtful_regions(proposals, TAKEN))


def one_by_one(trial: Trial, seconds: float) -> Bought:
    """Single proposals, the most expected gain per second first, as long as the seconds last."""
    worth = []
    for key in trial.ids:
        for item in trial.shown(key, SHOWN_FROM):
            cost_s = Shown.of([item.predicted_iou], CorrectionForm.BANDS).seconds(
                REVIEWS, Assist.PROPOSALS, 0, USUAL.outline.fixed_s
            )
            worth.append((-item.predicted_iou * (1 - item.predicted_iou) / cost_s, key, item))
    asked: dict[str, list[ObjectProposal]] = {}
    spent = 0.0
    for _, key, item in sorted(worth, key=lambda each: (each[0], each[1], each[2].id)):
        before = trial.reviewed(key, asked.get(key, []))[1] if key in asked else 0.0
        _, after = trial.reviewed(key, [*asked.get(key, []), item])
        if spent + (after - before) / 2 > seconds:
            break
        spent += after - before
        asked.setdefault(key, []).append(item)
    return Bought(tuple(trial.partly(key, items) for key, items in asked.items()), spent)
