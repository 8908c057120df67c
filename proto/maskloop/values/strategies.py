"""Ways of choosing images: their names, their options, and what they need to know of the pool.

This is the one list of them. `selection.strategies` holds how each of them ranks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from maskloop.errors import InvalidArgument
from maskloop.values.labels import SupervisionKind


class Need(StrEnum):
    """What a strategy must know of the images."""

    SCORES = "scores"  # predicted IoU and uncertainty: a model has scored the pool
    COUNTS = "counts"  # objects of each category
    COSTS = "costs"  # expected seconds of a full label
    FEATURES = "features"  # the vectors of the encoder that scored
    LABELED_FEATURES = "labeled_features"  # the same of the images that are labeled
    DROPOUT = "dropout"  # several stochastic readings
    COLD_FEATURES = "cold_features"  # the vectors of an encoder that has seen no label
    CLASSIFIER = "classifier"  # an image classifier has read the candidate OoD images


@dataclass(frozen=True)
class Option:
    """An option of a strategy: one of `words`, or any number in [0, 1] if `number`, or any text if neither is set."""

    default: str
    summary: str
    words: tuple[str, ...] = ()
    number: bool = False

    def check(self, value: str, name: str) -> None:
        """Raises InvalidArgument unless `value` is allowed; `name` is the option's, for the message."""
        if value in self.words or not (self.words or self.number) or (self.number and _is_share(value)):
            return
        allowed = [*self.words, "a number in [0, 1]"] if self.number else self.words
        raise InvalidArgument(f"{name} is {value!r}, none of {', '.join(allowed)}", field="strategy.options")


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
PER_SECOND = Option("no", "value per second: prefer what gives most for its expected cost", YES_NO)
SOFTRANK = Option("no", "draw by rank, the first with most weight, so that a batch is varied", YES_NO)
BY_WORTH = {"per_second": PER_SECOND, "softrank": SOFTRANK}
SCORED = frozenset({Need.SCORES})

STRATEGY_KINDS: Mapping[str, StrategyKind] = {
    "mask_guided": StrategyKind(
        "images whose predicted IoU lies nearest a target",
        SCORED,
        {
            "target": Option("auto", "the target IoU, beta", ("auto", "median", "learned"), number=True),
            "scores": Option("predicted", "whose IoU: the model's, or imported ones", ("predicted", "imported")),
            "trust": Option(
                "required", "whether a head that is not yet trusted may choose as well", ("required", "any")
            ),
            "diverse": Option("no", "spread the nearest over clusters of features", YES_NO),
            **BY_WORTH,
        },
    ),
    "dropout": StrategyKind(
        "masks that change most when part of the encoder is dropped",
        SCORED | {Need.DROPOUT},
        {
            "prefer": Option("highest", "which deviation comes first", ("highest", "lowest", "nearest")),
            "quantile": Option("0.5", "of all deviations, for prefer=nearest", number=True),
            **BY_WORTH,
        },
        prepared=True,
    ),
    "entropy": StrategyKind("masks of highest entropy", SCORED, BY_WORTH),
    "margin": StrategyKind("masks with the least margin between object and ground", SCORED, BY_WORTH),
    "least_confidence": StrategyKind("masks of least confidence", SCORED, BY_WORTH),
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
            "encoder": Option("compact", "the encoder's name"),
            "weights": Option("", "of the encoder: torchvision's name, or none"),
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
    "mix": StrategyKind(
        "two strategies in turn; options of either are written first.OPTION and second.OPTION",
        options={
            "first": Option("mask_guided", "a strategy"),
            "second": Option("random", "another strategy"),
            "share": Option("0.5", "share of the images that the first chooses", number=True),
        },
    ),
}


@dataclass(frozen=True)
class Strategy:
    """A way of choosing: its name, and those of its options that differ from their defaults.

    `Strategy.parse(str(strategy)) == strategy`. Whether there is such a strategy, `check` tells: a reader of campaigns
    may be older than the server.
    """

    name: str
    options: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        told = ",".join(f"{key}={self.options[key]}" for key in sorted(self.options))
        return f"{self.name}:{told}" if told else self.name

    def __hash__(self) -> int:
        return hash(str(self))

    @classmethod
    def parse(cls, text: str) -> Strategy:
        """Read `NAME[:OPTION=VALUE[,OPTION=VALUE]...]`.

        Raises:
            InvalidArgument: it is not of that form, or an option comes twice.
        """
        match = re.fullmatch(r"\s*([a-z_]+)\s*(?::(.*))?", text)
        if not match:
            raise InvalidArgument(f"strategy {text!r} is not NAME[:OPTION=VALUE,...]", field="strategy")
        options: dict[str, str] = {}
        for part in match[2].split(",") if match[2] else []:
            key, equals, value = (piece.strip() for piece in part.partition("="))
            if not (key and equals) or key in options:
                raise InvalidArgument(f"strategy {text!r}: {part!r} is not OPTION=VALUE, once", field="strategy")
            options[key] = value
        return cls(match[1], options)

    def check(self) -> None:
        """Raises InvalidArgument unless there is such a strategy with such options; names what is there."""
        kind, parts = self.kind, dict(self.parts())
        for key, value in self.options.items():
            if key.partition(".")[0] in parts and "." in key:
                continue
            if key not in kind.options:
                known = ", ".join(sorted(kind.options)) or "none"
                message = f"strategy {self.name} has no option {key!r}; its options: {known}"
                raise InvalidArgument(message, field="strategy.options")
            kind.options[key].check(value, f"option {key} of strategy {self.name}")
        for part in parts.values():
            if part.name in {"mix", "cold_start", "hard_ood"}:
                message = f"{part.name} cannot be part of a mix"
                raise InvalidArgument(message, field="strategy.options")
            part.check()

    def check_chooses_for(self, kind: SupervisionKind) -> None:
        """Check that it chooses what such labels are asked of: candidate OoD images for answers, else the pool's.

        Raises:
            InvalidArgument: it does not.
        """
        of_candidates, wanted = Need.CLASSIFIER in self.needs, kind is SupervisionKind.OOD_CHECK
        if self.name != "random" and of_candidates != wanted:
            which = "candidate OoD images" if of_candidates else "images of the pool"
            raise InvalidArgument(f"{self.name} chooses {which}, and {kind} is asked for", field="strategy")

    @property
    def kind(self) -> StrategyKind:
        """What there is to know of it.

        Raises:
            InvalidArgument: there is no strategy of that name.
        """
        if self.name not in STRATEGY_KINDS:
            known = ", ".join(sorted(STRATEGY_KINDS))
            raise InvalidArgument(f"there is no strategy {self.name!r}; there are {known}", field="strategy.name")
        return STRATEGY_KINDS[self.name]

    def option(self, key: str) -> str:
        """An option's value, its default if it was not set."""
        return self.options.get(key, self.kind.options[key].default)

    def is_on(self, key: str) -> bool:
        """Whether the strategy has this option, and it says yes."""
        return key in self.kind.options and self.option(key) == "yes"

    def parts(self) -> tuple[tuple[str, Strategy], ...]:
        """The strategies that a mix is of, by the name of their option; none for others."""
        if self.name != "mix":
            return ()
        return tuple((key, self._part(key)) for key in ("first", "second"))

    def _part(self, key: str) -> Strategy:
        own = {name.partition(".")[2]: value for name, value in self.options.items() if name.startswith(f"{key}.")}
        return Strategy(self.option(key), own)

    @property
    def needs(self) -> frozenset[Need]:
        """What must be known of the images, with these options."""
        needs = set(self.kind.needs)
        if self.is_on("per_second"):
            needs.add(Need.COSTS)
        if self.is_on("diverse"):
            needs.add(Need.FEATURES)
        return frozenset(needs).union(*(part.needs for _, part in self.parts()))

    @property
    def needs_scores(self) -> bool:
        """Whether a model must have scored the pool before."""
        return Need.SCORES in self.needs

    @property
    def uses_imported_scores(self) -> bool:
        """Whether it chooses by scores made elsewhere."""
        own = self.name == "mask_guided" and self.option("scores") == "imported"
        return own or any(part.uses_imported_scores for _, part in self.parts())

    @property
    def relies_on_head(self) -> bool:
        """Whether it may choose only by predicted IoUs that are trusted."""
        relies = self.name == "mask_guided" and self.option("scores") == "predicted"
        trusting = relies and self.option("trust") == "required"
        return trusting or any(part.relies_on_head for _, part in self.parts())

    @property
    def is_prepared(self) -> bool:
        """Whether its ranking must have been prepared before a batch is asked for."""
        diverse = self.is_on("diverse")
        return self.kind.prepared or diverse or any(part.is_prepared for _, part in self.parts())

    def _target(self) -> str:
        return self.option("target") if "target" in self.kind.options else ""

    @property
    def target_iou(self) -> float | None:
        """The fixed target IoU, `None` where it is found by itself or there is none."""
        return float(self._target()) if _is_share(self._target()) else None


def _is_share(text: str) -> bool:
    try:
        return 0 <= float(text) <= 1
    except ValueError:
        return False
