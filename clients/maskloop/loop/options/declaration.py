"""An option is declared once: its default, help, range and panel stand beside the field of a frozen class.

The command line, the checks, the run file and the dry run are all made from that declaration.
"""

from __future__ import annotations

import math
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from maskloop.errors import InvalidArgument

KEY = "option"


@dataclass(frozen=True)
class Range:
    """The values that a number may have: from `low`, itself left out if `is_open`, to `high`."""

    low: float
    high: float = math.inf
    is_open: bool = False

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high and not (self.is_open and value == self.low)

    def __str__(self) -> str:
        return f"{'(' if self.is_open else '['}{self.low:g}, {self.high:g}]"

    def check(self, name: str, value: float) -> None:
        """Refuse a value that is outside, NaN too.

        Raises:
            InvalidArgument: it is; names the option.
        """
        if value in self:
            return
        if self == NOT_NEGATIVE:
            raise InvalidArgument(f"{flag_of(name)} {value} is negative", field=name)
        raise InvalidArgument(f"{flag_of(name)} {value:g} is outside {self}", field=name)


NOT_NEGATIVE = Range(0)


@dataclass(frozen=True)
class Declared:
    """What is said of an option beside its name, type and default.

    Args:
        help: a sentence for `--help`.
        panel: under which heading `--help` shows it.
        within: the range of a number; `None` where anything is checked elsewhere.
        alone: what the option means when it is given without a value; "" where it needs one.
        is_compared: whether trials of a comparison may share it.
    """

    help: str
    panel: str
    within: Range | None = None
    alone: str = ""
    is_compared: bool = False


def option(
    default: Any = MISSING,
    *,
    help: str,
    panel: str,
    within: Range | None = None,
    alone: str = "",
    is_compared: bool = False,
) -> Any:
    """A field of a frozen class of options; without a `default` it must be given. The rest is as in `Declared`."""
    return field(default=default, metadata={KEY: Declared(help, panel, within, alone, is_compared)})


def declared_of(options_field: Field[Any]) -> Declared:
    """What was declared of a field."""
    declared: Declared = options_field.metadata[KEY]
    return declared


def check_ranges(options: Any) -> None:
    """Check the numbers of a frozen class of options against their ranges.

    Raises:
        InvalidArgument: one is outside; names it.
    """
    for each in fields(options):
        within, value = declared_of(each).within, getattr(options, each.name)
        if within is not None and value is not None:
            within.check(each.name, value)


def flag_of(name: str) -> str:
    """How the command line spells an option: `max_rounds` is `--max-rounds`."""
    return f"--{name.replace('_', '-')}"
