"""The ways of choosing that there are: their names, their options, and what they need to know of the pool.

This is the one list of them. `selection.strategies` holds how each of them ranks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from maskloop.errors import InvalidArgument
from maskloop.spelling import LONGEST, did_you_mean


class Need(StrEnum):
    """What a strategy must know of the images."""

    SCORES = "scores"  # predicted IoU and uncertainty: a model has scored the pool
    OBJECT_IOUS = "object_ious"  # predicted IoU of every proposal
    COUNTS = "counts"  # objects of each category
    COSTS = "costs"  # expected seconds of a full label, reviewed or drawn
    FEATURES = "features"  # the vectors of the encoder that scored
    LABELED_FEATURES = "labeled_features"  # the same of the images that are labeled
    DROPOUT = "dropout"  # several stochastic readings
    COLD_FEATURES = "cold_features"  # the vectors of an encoder that has seen no label
    CLASSIFIER = "classifier"  # an image classifier has read the candidate OoD images


@dataclass(frozen=True)
class Option:
    """An option of a strategy: one of `words`, or any number in [0, 1] if `number`."""

    default: str
    summary: str
    words: tuple[str, ...] = ()
    number: bool = False

    def __post_init__(self) -> None:
        if not (self.words or self.number):
            raise TypeError("an option of a strategy says what it may be")

    def check(self, value: str, name: str) -> None:
        """Raises InvalidArgument unless `value` is allowed; `name` is the option's, for the message."""
        if value in self.words or (self.number and is_share(value)):
            return
        allowed = [*self.words, "a number in [0, 1]"] if self.number else self.words
        told = f"none of {', '.join(allowed)}{did_you_mean(value, self.words)}"
        raise InvalidArgument(f"{name} is {value[:LONGEST]!r}, {told}", field="strategy.options")


@dataclass(frozen=True)
class StrategyKind:
    """One way of choosing.

    Args:
        summary: a sentence for people.
        needs: what must be known of the images.
        options: by name.
        prepared: whether ranking takes so long that it must have been prepared before a batch is asked for.
    """

    summary: str
    needs: frozenset[Need] = frozenset()
    options: Mapping[str, Option] = field(default_factory=dict)
    prepared: bool = False


YES_NO = ("no", "yes")
TRUST = Option("required", "whether a fitted head that is not yet trusted may choose as well", ("required", "any"))
PER_SECOND = Option("no", "value per second: prefer what gives most for its expected cost", YES_NO)
SOFTRANK = Option("no", "draw by rank, the first with most weight, so that a batch is varied", YES_NO)
BY_UTILITY = {"per_second": PER_SECOND, "softrank": SOFTRANK}
SCORED = frozenset({Need.SCORES})

COLD_ENCODERS: Mapping[str, tuple[str, ...]] = {
    "compact": (),
    "resnet18": ("IMAGENET1K_V1",),
    "resnet34": ("IMAGENET1K_V1",),
    "resnet50": ("IMAGENET1K_V1", "IMAGENET1K_V2"),
    "resnet101": ("IMAGENET1K_V1", "IMAGENET1K_V2"),
}
"""Encoders that a cold start may look through, and torchvision's names of the weights that each may have."""
COLD_WEIGHTS = ("", "random", "IMAGENET1K_V1", "IMAGENET1K_V2")
"""Drawn from the seed where there is no name of any."""
SINGLE_KINDS: Mapping[str, StrategyKind] = {
    "mask_guided": StrategyKind(
        "images whose predicted IoU lies nearest a target",
        SCORED,
        {
            "target": Option("auto", "the target IoU, beta", ("auto", "median", "learned"), number=True),
            "scores": Option(
                "predicted",
                "whose IoU: the calibrated head's; that of the network's IoU branch, as published; or imported ones",
                ("predicted", "iou_branch", "imported"),
            ),
            "trust": TRUST,
            "diverse": Option("no", "spread the nearest over clusters of features", YES_NO),
            "random": Option(
                "auto",
                "share of every batch that is drawn at random; auto: a tenth with target=learned, else none",
                ("auto",),
                number=True,
            ),
            **BY_UTILITY,
        },
    ),
    "expected_gain": StrategyKind(
        "images whose proposals are most in doubt, all of them together, for the seconds that reviewing takes",
        SCORED | {Need.OBJECT_IOUS},
        {"trust": TRUST, **BY_UTILITY, "per_second": replace(PER_SECOND, default="yes")},
    ),
    "dropout": StrategyKind(
        "masks that change most when part of the encoder is dropped",
        SCORED | {Need.DROPOUT},
        {
            "prefer": Option("highest", "which deviation comes first", ("highest", "lowest", "nearest")),
            "quantile": Option("0.5", "of all deviations, for prefer=nearest", number=True),
            **BY_UTILITY,
        },
        prepared=True,
    ),
    "entropy": StrategyKind("masks of highest entropy", SCORED, BY_UTILITY),
    "margin": StrategyKind("masks with the least margin between object and ground", SCORED, BY_UTILITY),
    "least_confidence": StrategyKind("masks of least confidence", SCORED, BY_UTILITY),
    "core_set": StrategyKind(
        "k-center greedy: each next image is the one farthest from all that are labeled or chosen",
        SCORED | {Need.FEATURES, Need.LABELED_FEATURES},
        prepared=True,
    ),
    "k_means": StrategyKind(
        "the image nearest the centre of each of as many clusters as images are wanted",
        SCORED | {Need.FEATURES},
        prepared=True,
    ),
    "typicality": StrategyKind(
        "typical images of the clusters that hold fewest labels",
        SCORED | {Need.FEATURES, Need.LABELED_FEATURES},
        prepared=True,
    ),
    "cold_start": StrategyKind(
        "typical and spread-out images by an encoder that has seen no label; needs no model",
        frozenset({Need.COLD_FEATURES}),
        {
            "encoder": Option("compact", "the encoder's name", tuple(COLD_ENCODERS)),
            "weights": Option("", "of the encoder: torchvision's name, or none", COLD_WEIGHTS),
        },
        prepared=True,
    ),
    "random": StrategyKind("random images"),
    "stratified_random": StrategyKind(
        "random images in equal shares of each category and number of objects", frozenset({Need.COUNTS})
    ),
    "hard_ood": StrategyKind(
        "candidate OoD images that the classifier takes for a category, spread over clusters; for answers",
        frozenset({Need.CLASSIFIER}),
    ),
}
PARTS = tuple(name for name in SINGLE_KINDS if name not in {"cold_start", "hard_ood"})
"""Strategies that a mix may be of."""
STRATEGY_KINDS: Mapping[str, StrategyKind] = {
    **SINGLE_KINDS,
    "mix": StrategyKind(
        "two strategies in turn; options of either are written first.OPTION and second.OPTION",
        options={
            "first": Option("mask_guided", "a strategy", PARTS),
            "second": Option("random", "another strategy", PARTS),
            "share": Option("0.5", "share of the images that the first chooses", number=True),
        },
    ),
}


def is_share(text: str) -> bool:
    """Whether the text is a number in [0, 1]."""
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
