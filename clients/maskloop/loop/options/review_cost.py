"""`--assist` and `--review-cost`: how people are helped, and what the steps of a review are planned to take."""

from __future__ import annotations

import re

from maskloop.errors import InvalidArgument
from maskloop.values import Assist, CorrectionForm, ReviewPrices
from maskloop.values.review_prices import MOST_SECONDS

AUTO = "auto"
STEPS = ("look", "reject", "reclassify", "box")


def parse_assist(text: str) -> Assist | None:
    """`none`, `proposals` or `boxes`; `None` for `auto`.

    Raises:
        InvalidArgument: it is none of these.
    """
    if text == AUTO:
        return None
    if text not in list(Assist):
        raise InvalidArgument(f"--assist {text!r} is none of {AUTO}, {', '.join(Assist)}", field="assist")
    return Assist(text)


def parse_review_cost(text: str) -> ReviewPrices:
    """Read `look=1.5,box=7,correction=continuous`; what is not named keeps its usual price.

    Raises:
        InvalidArgument: a step that is not known or named twice, or a price that cannot be.
    """
    told: dict[str, float | CorrectionForm] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        step, _, value = (word.strip() for word in part.partition("="))
        name = step if step == "correction" else f"{step}_s"
        if step not in (*STEPS, "correction") or name in told:
            known = ", ".join((*STEPS, "correction"))
            raise InvalidArgument(
                f"--review-cost {text!r}: {part!r} is none of {known}, once each", field="review_cost"
            )
        told[name] = _form(text, value) if step == "correction" else _seconds(text, part, value)
    return ReviewPrices(**told)  # type: ignore[arg-type]  # each under the name of its field


def _form(text: str, value: str) -> CorrectionForm:
    if value not in list(CorrectionForm):
        raise InvalidArgument(
            f"--review-cost {text!r}: correction is {' or '.join(CorrectionForm)}, not {value!r}", field="review_cost"
        )
    return CorrectionForm(value)


def _seconds(text: str, part: str, value: str) -> float:
    if not re.fullmatch(r"\d+(\.\d*)?|\.\d+", value) or float(value) > MOST_SECONDS:
        raise InvalidArgument(
            f"--review-cost {text!r}: {part!r} is no number of seconds up to {MOST_SECONDS:,.0f}", field="review_cost"
        )
    return float(value)
