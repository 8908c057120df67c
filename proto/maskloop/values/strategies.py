"""A way of choosing images, with its options."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean
from maskloop.values.labels import LABEL_KINDS, SupervisionKind
from maskloop.values.projects import Split
from maskloop.values.strategy_kinds import COLD_ENCODERS, STRATEGY_KINDS, Need, StrategyKind, is_share

LEARNED_FROM = 0.1
"""Share of every batch that is drawn at random where a target is learnt: by others its gain cannot be judged."""


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
                near = did_you_mean(key, kind.options)
                message = f"strategy {self.name} has no option {key!r}; its options: {known}{near}"
                raise InvalidArgument(message, field="strategy.options")
            kind.options[key].check(value, f"option {key} of strategy {self.name}")
        for part in parts.values():
            part.check()
        if self.name == "cold_start":
            self._check_cold()

    def _check_cold(self) -> None:
        encoder, weights = self.option("encoder"), self.option("weights")
        own = COLD_ENCODERS[encoder]
        if weights not in ("", "random", *own):
            there = ", ".join(("random", *own))
            message = f"option weights of strategy cold_start is {weights!r}; those of {encoder} may be {there}"
            raise InvalidArgument(message, field="strategy.options")

    def check_chooses_for(self, kind: SupervisionKind) -> None:
        """Check that it chooses what such labels are asked of: candidate OoD images for answers, else the pool's.

        Raises:
            InvalidArgument: it does not.
        """
        of_candidates = Need.CLASSIFIER in self.needs
        if self.name != "random" and of_candidates != (LABEL_KINDS[kind].asked_of is Split.OOD):
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
            near = did_you_mean(self.name, STRATEGY_KINDS)
            raise InvalidArgument(f"there is no strategy {self.name!r}; there are {known}{near}", field="strategy.name")
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
    def uses_iou_branch(self) -> bool:
        """Whether it chooses by what the network's own IoU branch says, which the head's trust does not concern."""
        own = self.name == "mask_guided" and self.option("scores") == "iou_branch"
        return own or any(part.uses_iou_branch for _, part in self.parts())

    @property
    def uses_predicted_iou(self) -> bool:
        """Whether it chooses by predicted IoUs, trusted or not."""
        return self._ranks_by_head or any(part.uses_predicted_iou for _, part in self.parts())

    @property
    def _ranks_by_head(self) -> bool:
        if self.name == "mask_guided":
            return self.option("scores") == "predicted"
        return Need.OBJECT_IOUS in self.kind.needs

    @property
    def relies_on_head(self) -> bool:
        """Whether it may choose only by predicted IoUs that are trusted."""
        trusting = self._ranks_by_head and self.option("trust") == "required"
        return trusting or any(part.relies_on_head for _, part in self.parts())

    @property
    def is_prepared(self) -> bool:
        """Whether its ranking must have been prepared before a batch is asked for."""
        diverse = self.is_on("diverse")
        return self.kind.prepared or diverse or any(part.is_prepared for _, part in self.parts())

    @property
    def learns_target(self) -> bool:
        """Whether its target is learnt from the campaign's own rounds."""
        return self._target() == "learned" or any(part.learns_target for _, part in self.parts())

    @property
    def random_share(self) -> float:
        """The share of every batch that is drawn at random, in [0, 1], beside what a strategy with targets chooses."""
        if "random" not in self.kind.options:
            return 0.0
        if self.option("random") == "auto":
            return LEARNED_FROM if self.learns_target else 0.0
        return float(self.option("random"))

    def _target(self) -> str:
        return self.option("target") if "target" in self.kind.options else ""

    @property
    def target_iou(self) -> float | None:
        """The fixed target IoU, `None` where it is found by itself or there is none."""
        return float(self._target()) if is_share(self._target()) else None
