"""An arm of a comparison: how images are chosen, and how people are helped to outline them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean
from maskloop.values import Assist, Strategy

ASSISTS = (*(each.value for each in Assist), "auto")
"""What may follow a strategy, as `--assist` spells it."""
CONTROL = "random*2"
CONTROL_TIMES = 2
"""How much more the positive control buys after the first batch."""


@dataclass(frozen=True)
class Arm:
    """A way of choosing and of labeling.

    `Arm.parse(str(arm)) == arm`. Trials, tables and files name an arm by `str(arm)`; all that its name means is asked
    of here.

    Args:
        strategy: how images are chosen; `check` tells whether there is such a one.
        assist: one of `ASSISTS`; "" for what the comparison's `--assist` says of all arms.
        is_control: whether it is the positive control: random images, `CONTROL_TIMES` as many in the same time.

    Raises:
        InvalidArgument: there is no such assistance, or the control is anything but random images.
    """

    strategy: Strategy
    assist: str = ""
    is_control: bool = False

    def __post_init__(self) -> None:
        if self.assist and self.assist not in ASSISTS:
            near = did_you_mean(self.assist, ASSISTS)
            raise InvalidArgument(
                f"{self.strategy}+{self.assist}: {self.assist!r} is none of {', '.join(ASSISTS)}{near}",
                field="strategy",
            )
        if self.is_control and (self.assist or str(self.strategy) != "random"):
            raise InvalidArgument(f"{self}: the only control is {CONTROL}", field="strategy")

    def __str__(self) -> str:
        help_ = f"+{self.assist}" if self.assist else ""
        return f"{self.strategy}{f'*{CONTROL_TIMES}' if self.is_control else ''}{help_}"

    @classmethod
    def parse(cls, text: str) -> Arm:
        """Read `STRATEGY[+ASSIST]` or `random*2`; names without a suffix are those of all earlier versions.

        Raises:
            InvalidArgument: it is not of that form, or names no assistance.
        """
        named, plus, assist = (part.strip() for part in text.partition("+"))
        if plus and not assist:
            raise InvalidArgument(f"{text!r} names no assistance after its +", field="strategy")
        name, times, factor = (part.strip() for part in named.partition("*"))
        if times and factor != str(CONTROL_TIMES):
            raise InvalidArgument(f"{text!r}: the only control is {CONTROL}", field="strategy")
        return cls(Strategy.parse(name), assist, bool(times))

    def under(self, shared: str) -> Arm:
        """The same arm, where all arms are helped as `shared` says: an assistance that it shares is not named."""
        return replace(self, assist="") if self.assist == shared else self

    @cached_property
    def is_oracle(self) -> bool:
        """Whether it chooses by scores made elsewhere, true IoUs as a rule: nothing that could be had in production."""
        return self.strategy.uses_imported_scores

    @property
    def is_usable(self) -> bool:
        """Whether anyone can work so: it is neither oracle nor control."""
        return not (self.is_oracle or self.is_control)

    @property
    def by_lot(self) -> Arm:
        """Random images with the help of this arm: what its way of choosing is to be held against."""
        return Arm(Strategy("random"), self.assist)
