"""What `--stop-when` says: a measure that is to be reached, or that going on is no longer worth it."""

from __future__ import annotations

from dataclasses import dataclass

from maskloop.errors import InvalidArgument
from maskloop.spelling import did_you_mean
from maskloop.values.measures import MEASURES

PLATEAU = "plateau"


@dataclass(frozen=True)
class StopRule:
    """One `--stop-when`; `value` is in (0, 1].

    One of `maskloop.values.measures.MEASURES` stops as soon as a round measures `value` or more on the test split.
    `plateau` stops when all that is left of the budget is expected to raise the measure to decide by by less.

    Raises:
        InvalidArgument: no such rule, or a value outside its range.
    """

    name: str
    value: float

    def __post_init__(self) -> None:
        known = (*MEASURES, PLATEAU)
        if self.name not in known:
            near = did_you_mean(self.name, known)
            raise InvalidArgument(f"--stop-when {self.name!r} is none of {', '.join(known)}{near}", field="stop_when")
        if not 0 < self.value <= 1:
            raise InvalidArgument(f"--stop-when {self.name}={self.value:g} is outside (0, 1]", field="stop_when")

    @classmethod
    def parse(cls, text: str) -> StopRule:
        """Read `pq=0.5` or `plateau=0.005`.

        Raises:
            InvalidArgument: it is neither.
        """
        name, _, value = text.partition("=")
        try:
            return cls(name.strip(), float(value))
        except ValueError:
            message = f"--stop-when {text!r} is not like pq=0.5 or plateau=0.005"
            raise InvalidArgument(message, field="stop_when") from None
