"""What the page shows of the proposals that people were helped by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from maskloop.report.pictures.corrections_pictures import MADE, PROPOSED, ShownCorrection, shown_corrections
from maskloop.report.pictures.gallery_pictures import Outline
from maskloop.report.reviews.outcomes import Reviewed, ReviewsReport
from maskloop.report.reviews.words import SavedRow, method_rows, round_rows, saved_rows, say_reviews
from maskloop.values import Verdict


@dataclass(frozen=True)
class Table:
    """One table: what its rows are, whether `each` of their times is a label's or an object's, and the rows by name."""

    title: str
    each: str
    rows: list[tuple[str, Reviewed]]


@dataclass(frozen=True)
class ReviewSection:
    """The section: its sentence, the time saved, tables by round, class and method, and pictures of corrections."""

    sentence: str
    saved: list[SavedRow]
    tables: list[Table]
    corrections: list[ShownCorrection]
    outlines: tuple[Outline, ...] = (PROPOSED, MADE)

    @property
    def several_methods(self) -> bool:
        """Whether networks of several methods proposed."""
        return any(table.title == "method" for table in self.tables)

    @property
    def rejected_shown(self) -> bool:
        """Whether a picture is of a rejected proposal."""
        return any(shown.correction.verdict is Verdict.REJECTED for shown in self.corrections)

    @property
    def predicted_shown(self) -> bool:
        """Whether a picture has a predicted IoU."""
        return any(shown.correction.predicted is not None for shown in self.corrections)


def review_section(workdir: Path, reviews: ReviewsReport | None) -> ReviewSection | None:
    """The section, with the pictures found in `workdir/pictures`; `None` where no label has a review."""
    if reviews is None:
        return None
    rounds = round_rows(reviews)
    if len(rounds) > 1:
        rounds.append(("together", reviews.total))
    tables = [
        Table("round", "label", rounds),
        Table("class", "object", list(reviews.by_class.items())),
        Table("method", "object", method_rows(reviews)),
    ]
    return ReviewSection(
        say_reviews(reviews),
        saved_rows(reviews),
        [table for table in tables if table.rows],
        shown_corrections(workdir, reviews.corrections),
    )
