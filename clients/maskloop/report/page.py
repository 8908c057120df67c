"""`report.html`: one file that opens from disk, prints, and needs nothing from anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from maskloop.costs import cost_model
from maskloop.forecasting.learning_curve import CONFIDENCE
from maskloop.pages import wording
from maskloop.pages.figures import Drawing
from maskloop.pages.html import KeyFigure, data_uri, environment, themed
from maskloop.report.costs import label_costs
from maskloop.report.figures import curve_name
from maskloop.report.final_metrics import final_ap50_by_category, final_measures
from maskloop.report.hard_ood import HardImage, say_hard_ood, shown_groups
from maskloop.report.kinds.divided import divided_batches, say_divided, say_estimate, say_gain
from maskloop.report.kinds.divided import say_share as say_kind_share
from maskloop.report.outlook import say_checks, say_outlook
from maskloop.report.pictures.chosen import FIRST_BATCH, colours_of, picture_file
from maskloop.report.pictures.gallery import say_gallery
from maskloop.report.pictures.gallery_pictures import OUTLINES, gallery_groups
from maskloop.report.report import ChosenImage, RoundReport, RunReport
from maskloop.report.reviews.section import review_section
from maskloop.report.reviews.words import say_share
from maskloop.report.student_network_table import MEASURES, network_rows, proposed_pictures, say_networks
from maskloop.report.summary import compare, images_to_learn_from, last_measured, summary
from maskloop.values.measures import largest_noise, measured

FEW_TEST_IMAGES = 10
"""Below so many, one image more or less changes what is measured by a tenth and more."""
PICTURES_A_PAGE = 240
"""Images shown with thumbnails; keeps the file of a long campaign below about 8 MB."""


@dataclass(frozen=True)
class Thumbnail:
    """A chosen image with its two pictures as data URIs."""

    chosen: ChosenImage
    label_uri: str
    proposal_uri: str


@dataclass(frozen=True)
class Tile:
    """A candidate OoD image and its thumbnail, "" where there is none."""

    image: HardImage
    src: str


@dataclass(frozen=True)
class HardOodGroups:
    """What the checks of candidate OoD images came to, and the latest groups of those, by name."""

    sentence: str
    groups: list[tuple[str, list[Tile]]]


@dataclass(frozen=True)
class RoundPictures:
    """A batch: its images with and without thumbnails, and the seconds it cost. The first batch has no round."""

    round: RoundReport | None
    shown: tuple[Thumbnail, ...]
    listed: tuple[ChosenImage, ...]
    cost_s: float

    @property
    def images(self) -> int:
        """How many images were chosen."""
        return len(self.shown) + len(self.listed)

    @property
    def target_iou(self) -> float | None:
        """Near which predicted IoU they were chosen, `None` for strategies without a target."""
        return None if self.round is None else self.round.target_iou


def to_html(workdir: Path, report: RunReport, drawings: Sequence[Drawing]) -> bytes:
    """The page, with the thumbnails found in `workdir/pictures`."""
    page = environment("maskloop.report")
    page.filters.update(outlook=lambda outlook, finished: say_outlook(outlook, finished=finished), checks=say_checks)
    page.filters.update(share=say_share)
    themed_figures = {drawing.name: themed(drawing) for drawing in drawings}
    text = page.get_template("report.html.j2").render(
        report=report,
        sentences=summary(report),
        budget=_budget(report),
        key_figures=key_figures(report),
        figures=themed_figures,
        evaluated=next((row for row in reversed(report.rounds) if row.evaluated or row.iou_mae is not None), None),
        unfitted=[row for row in report.rounds if row.head_fitted is False],
        distrusted=[row for row in report.rounds if row.head_trusted is False],
        batches=round_pictures(workdir, report),
        legend=_legend(report),
        settings=settings(report),
        costs=cost_model,
        tie=largest_noise(report.decided_by),
        curves=[name for name in map(curve_name, report.shown) if name in themed_figures],
        measured=measured,
        finals=final_measures(report),
        thin=any("length_found" in row.metrics for _, rounds in report.arms() for row in rounds),
        by_category=final_ap50_by_category(report),
        outlooks=report.outlooks,
        label_costs=label_costs(report),
        outline=wording.say_outline(report.setup.outline_price),
        network_rows=network_rows(report),
        network_measures=list(MEASURES.values()),
        say_networks=say_networks(report),
        proposed=proposed_pictures(workdir, report),
        confidence=f"{CONFIDENCE:.0%}",
        hard_ood=hard_ood(workdir, report),
        gallery=gallery_groups(workdir, report.gallery),
        say_gallery=say_gallery,
        outcomes=OUTLINES.values(),
        reviews=review_section(workdir, report.reviews),
        kinds=divided_batches(report),
        say_divided=say_divided,
        say_kind_share=say_kind_share,
        say_estimate=say_estimate,
        say_gain=say_gain,
        few_test_images=FEW_TEST_IMAGES,
    )
    return text.encode()


def key_figures(report: RunReport) -> list[KeyFigure]:
    """What the first screen shows in large type; only what was measured."""
    last = last_measured(report.rounds, report.decided_by) or (report.rounds[-1] if report.not_measured else None)
    if last is None:
        return []
    figures = [
        *([KeyFigure("quality", "not measured", report.not_measured)] if report.not_measured else ()),
        *(figure for name in report.shown if (figure := _quality(report.rounds[0], last, name)) is not None),
        *_lead(report),
        KeyFigure(report.time_name, wording.say_time(report.spent_s), _time_note(report)),
        KeyFigure("images labeled", f"{images_to_learn_from(report):,}", _labeled_note(report)),
    ]
    return figures if last.iou_spearman is None else [*figures, _head(last)]


def _time_note(report: RunReport) -> str:
    """Of which budget, and how much of it went into test images, or was measured."""
    measured_s = sum(report.measured_s_by_kind.values())
    parts = [
        f"of {_budget(report)}",
        f"{wording.say_time(report.test_s)} for test images" if report.test_s else "",
        f"{wording.say_time(measured_s)} measured" if measured_s and report.time_name == "annotator time" else "",
    ]
    return "; ".join(filter(None, parts))


def _labeled_note(report: RunReport) -> str:
    last = report.rounds[-1]
    parts = [
        f"in {wording.say_count(len(report.rounds), 'round')}",
        *([f"boxes of {last.boxed_images:,} more"] if last.boxed_images else []),
        *([f"marks of {last.marked_images:,} more"] if last.marked_images else []),
        *([f"and {len(report.test)} to test on"] if report.test else []),
    ]
    return ", ".join(parts)


def round_pictures(workdir: Path, report: RunReport, a_page: int = PICTURES_A_PAGE) -> list[RoundPictures]:
    """The first batch and the rounds that chose something; they share `a_page` pictures evenly, first chosen first."""
    batches = [(None, report.initial), *((row, row.batch) for row in report.rounds)]
    chosen = [(row, batch) for row, batch in batches if batch]
    most = max(1, a_page // max(1, len(chosen)))
    return [_batch(workdir, row, batch, most) for row, batch in chosen]


def hard_ood(workdir: Path, report: RunReport) -> HardOodGroups | None:
    """The latest round's groups of candidate OoD images, with the thumbnails found in `workdir/pictures`."""
    if not report.hard_ood:
        return None
    last = report.hard_ood[-1]

    def tile(image: HardImage) -> Tile:
        file = picture_file(workdir, last.round, image.image, "hard_ood")
        return Tile(image, data_uri(file) if file.is_file() else "")

    groups = [(group.name, list(map(tile, group.images))) for group in shown_groups(last)]
    return HardOodGroups(say_hard_ood(report.hard_ood), groups)


def settings(report: RunReport) -> list[tuple[str, str]]:
    """What a person needs to repeat the run; only what is known."""
    setup = report.setup
    pairs = [
        ("Command", setup.command),
        ("Started", setup.started_at),
        ("Data", setup.data),
        ("Images", _image_counts(report)),
        ("Strategy", wording.say_strategy(report.strategy)),
        ("Seed", str(report.seed)),
        ("Budget", _budget(report)),
        ("Ended because", report.stopped_because),
        ("Labels from", setup.labeler),
        ("Recipe", setup.recipe),
        ("Encoder", setup.encoder),
        ("Image size", f"{setup.image_size} px" if setup.image_size else ""),
        ("Device", setup.device),
        ("Machine", setup.machine),
        ("Versions", ", ".join(f"{name} {version}" for name, version in setup.versions.items())),
    ]
    return [(name, value) for name, value in pairs if value]


def _head(last: RoundReport) -> KeyFigure:
    """How well the head ranks the test images, and why that may not do to choose by it."""
    state = {None: "", True: ", trusted", False: ", not yet trusted"}[last.head_trusted]
    zeros, images = sum(score.true == 0 for score in last.evaluated), len(last.evaluated)
    reasons = [f"{zeros} of {images} have IoU 0"] if 0 < images <= 2 * zeros else []
    if last.head_trusted is False:
        reasons.append("unseen labels do not prove it")
    note = "; ".join(["Spearman on test images", *reasons]) if reasons else "Spearman: 1 perfect, 0 chance"
    return KeyFigure(f"IoU head{state}", wording.say_number(last.iou_spearman), note)


def _quality(start: RoundReport, last: RoundReport, name: str) -> KeyFigure | None:
    end = measured(last, name)
    title = {"ap50": "AP at IoU 0.5"}.get(name, wording.say_measure(name))
    return None if end is None else KeyFigure(title, wording.say_number(end), _from(measured(start, name), end))


def _from(start: float | None, end: float | None) -> str:
    return "" if start is None or start == end else f"{wording.say_number(start)} at the start"


def _lead(report: RunReport) -> list[KeyFigure]:
    """The distance to the baseline at the last time both have reached, and the time saved where there is any."""
    beside = compare(report)
    if beside is None or beside.baseline == report.strategy:
        return []
    saved = f"reached its end result {wording.say_time(beside.saved_s)} sooner"
    note = saved if beside.saved_s >= 60 and not beside.tied else f"{wording.say_measure(beside.measure)}, same time"
    return [KeyFigure(f"against {wording.say_arm(beside.baseline)}", wording.say_change(beside.lead), note)]


def _image_counts(report: RunReport) -> str:
    setup = report.setup
    parts = [
        (setup.pool_images, "in the pool"),
        (setup.initial_images, "to begin with"),
        (setup.test_images, "for testing"),
    ]
    return ", ".join(f"{number:,} {what}" for number, what in parts if number)


def _legend(report: RunReport) -> list[tuple[str, str]]:
    colours = colours_of(report.setup.categories)
    return [(category.name, colours[category.id]) for category in sorted(report.setup.categories)]


def _batch(workdir: Path, row: RoundReport | None, batch: Sequence[ChosenImage], most: int) -> RoundPictures:
    number = FIRST_BATCH if row is None else row.round
    pictures = [
        (chosen, _thumbnail(workdir, number, chosen) if place < most else None) for place, chosen in enumerate(batch)
    ]
    shown = tuple(thumbnail for _, thumbnail in pictures if thumbnail is not None)
    listed = tuple(chosen for chosen, thumbnail in pictures if thumbnail is None)
    return RoundPictures(row, shown, listed, sum(chosen.charged_s for chosen in batch))


def _thumbnail(workdir: Path, number: int, chosen: ChosenImage) -> Thumbnail | None:
    sides = [picture_file(workdir, number, chosen.image, side) for side in ("label", "proposal")]
    if not all(side.is_file() for side in sides):
        return None
    label, proposal = map(data_uri, sides)
    return Thumbnail(chosen, label, proposal)


def _budget(report: RunReport) -> str:
    return wording.say_budget(report.budget_s, report.budget_images)
