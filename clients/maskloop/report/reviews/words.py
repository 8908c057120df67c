"""What people made of proposals, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from maskloop.pages.wording import say_count, say_time
from maskloop.report.reviews.outcomes import BandShares, Reviewed, ReviewsReport

FIRST = "first batch"


@dataclass(frozen=True)
class SavedRow:
    """One way of counting the time saved: what it is called, of what it is, and the share."""

    name: str
    of: str
    share: str


def say_reviews(reviews: ReviewsReport) -> str:
    """How many proposals were looked at and what became of them, what was missed, and the share of time saved."""
    total = reviews.total
    return f"{_say_shown(total)} {_say_missed(total)} {say_saved(reviews)}".rstrip()


def say_saved(reviews: ReviewsReport | None) -> str:
    """What proposals saved of the time that drawing takes: measured where all labels were, else planned; "" where there
    was nothing to draw."""
    if reviews is None:
        return ""
    total = reviews.total
    is_measured = total.measured_labels == total.labels
    saved = total.measured_saved if is_measured else total.saved
    if saved is None:
        return ""
    plan = "" if is_measured else "By plan, "
    proposals = "Proposals" if is_measured else "proposals"
    if not round(100 * abs(saved)):
        return f"{plan}{proposals} saved nothing of the time that drawing takes."
    if saved < 0:
        return f"{plan}{proposals} cost {-saved:.0%} more time than drawing."
    return f"{plan}{proposals} saved {saved:.0%} of the time that drawing would have taken."


def saved_rows(reviews: ReviewsReport) -> list[SavedRow]:
    """The time saved, each way of counting it under its name."""
    total = reviews.total
    rows = []
    if total.saved is not None:
        rows.append(SavedRow("as planned", _instead(total.planned_s, total.drawing_s), say_share(total.saved)))
    if total.measured_saved is not None:
        instead = _instead(total.measured_s, total.measured_drawing_s)
        if total.measured_labels < total.labels:
            instead += f", {say_count(total.measured_labels, 'label')} of {total.labels:,}"
        rows.append(SavedRow("as measured", instead, say_share(total.measured_saved)))
    own = _band_rows("by bands", "object", "", reviews.own)
    return [*rows, *own, *_band_rows("by bands, boxes", "proposal", " for boxes", reviews.prompted)]


def round_rows(reviews: ReviewsReport) -> list[tuple[str, Reviewed]]:
    """The rounds under the names that the page gives them."""
    return [(str(number) if number else FIRST, part) for number, part in reviews.by_round.items()]


def method_rows(reviews: ReviewsReport) -> list[tuple[str, Reviewed]]:
    """Methods under their names, class by class where there are several; none where one method proposed alone."""
    if len(reviews.by_method) < 2:
        return []
    classes = sorted({name for parts in reviews.by_method.values() for name in parts})
    return [
        (f"{name}, {method}" if len(classes) > 1 else method, parts[name])
        for name in classes
        for method, parts in reviews.by_method.items()
        if name in parts
    ]


def say_share(share: float | None) -> str:
    """A share in percent; a dash for none."""
    return "–" if share is None else f"{share + 0.0:.0%}".replace("-", "\N{MINUS SIGN}")


def _say_shown(total: Reviewed) -> str:
    labels = say_count(total.labels, "label")
    if not total.shown:
        return f"In {labels} the network had nothing to propose."
    became = [
        f"{number:,} {verdict}"
        for number, verdict in ((total.accepted, "accepted"), (total.mended, "mended"), (total.rejected, "rejected"))
        if number
    ]
    return f"People looked at {say_count(total.shown, 'proposal')} in {labels}: {_list(became)}."


def _say_missed(total: Reviewed) -> str:
    if not total.missed:
        return "The network missed no object." if total.objects else "The images hold no object."
    if not total.boxed:
        return f"They drew {say_count(total.missed, 'object')} that the network had missed."
    if total.drawn:
        missed = say_count(total.missed, "object")
        boxed = f"Of {missed} that the network had missed they boxed {total.boxed:,} and drew {total.drawn:,}"
    else:
        boxed = f"They boxed all {total.missed:,} objects" if total.missed > 1 else "They boxed the one object"
        boxed += " that the network had missed"
    if not total.boxes_rejected:
        return f"{boxed}."
    return f"{boxed}; {say_count(total.boxes_rejected, 'proposal')} for boxes came to nothing."


def _band_rows(name: str, what: str, kind: str, bands: BandShares | None) -> list[SavedRow]:
    if bands is None:
        return []
    classes = len(bands.by_class)
    rows = [SavedRow(f"{name}, micro", f"mean of {say_count(bands.objects, what)}{kind}", say_share(bands.micro))]
    if classes > 1:
        rows.append(SavedRow(f"{name}, macro", f"mean of {classes} classes", say_share(bands.macro)))
    return rows


def _instead(seconds: float, drawing_s: float) -> str:
    return f"{say_time(seconds)} in place of {say_time(drawing_s)}"


def _list(parts: Sequence[str]) -> str:
    return f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
