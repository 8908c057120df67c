"""One call that leaves the report in the work folder, after every round."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from maskloop.errors import NotFound
from maskloop.formats.files import write_atomically
from maskloop.report.figures import figures
from maskloop.report.page import to_html
from maskloop.report.pictures.chosen import BatchPicture, Pixels, save_hard_ood, save_pictures
from maskloop.report.pictures.corrections_pictures import CorrectionPicture, save_corrections
from maskloop.report.pictures.gallery_pictures import GalleryPicture, save_gallery
from maskloop.report.report import RunReport, from_json, to_json
from maskloop.report.student_network import PseudoPicture, save_pseudo_pictures
from maskloop.report.tables import to_csv


def write_report(
    workdir: Path,
    report: RunReport,
    pictures: Mapping[int, Sequence[BatchPicture]] | None = None,
    hard_ood: Mapping[int, Mapping[str, Pixels]] | None = None,
    pseudo: Sequence[PseudoPicture] = (),
    *,
    gallery: Sequence[GalleryPicture] = (),
    corrections: Sequence[CorrectionPicture] = (),
) -> None:
    """Write `report.json`, `report.csv`, the figures that have numbers (`curve-pq.svg`, `curve-ap50.svg`,
    `curve-mean-iou.svg`, `outlook.svg`, `spending.svg`, `review-steps.svg`, `reliability.svg`) and `report.html` into
    `workdir`; each file is replaced whole.

    Args:
        workdir: the campaign's folder, made if missing.
        report: everything known so far; call again after every round.
        pictures: by round, the batch's images in the order of the batch. Only those not given before are needed:
            thumbnails of the first `PICTURES_A_ROUND` stay in `workdir/pictures`, also for a resumed run.
        hard_ood: by round, candidate OoD images to show, (H, W, 3) uint8 by image id.
        pseudo: images of `report.student.shown`; theirs stay as well.
        gallery: images of `report.gallery`; theirs stay as well.
        corrections: of `report.reviews`; theirs stay as well.

    Raises:
        InvalidLabel: an object's category is none of `report.setup.categories`.
        StorageFull: the disk is full; files already there stay as they were.
    """
    for number, batch in (pictures or {}).items():
        save_pictures(workdir, number, report.setup.categories, batch)
    for number, candidates in (hard_ood or {}).items():
        save_hard_ood(workdir, number, candidates)
    save_pseudo_pictures(workdir, report.setup.categories, pseudo)
    if report.gallery:
        save_gallery(workdir, report.gallery.round, gallery)
    save_corrections(workdir, corrections)
    drawings = figures(report)
    for drawing in drawings:
        write_atomically(workdir / f"{drawing.name}.svg", drawing.svg.encode())
    write_atomically(workdir / "report.csv", to_csv(report))
    write_atomically(workdir / "report.html", to_html(workdir, report, drawings))
    write_atomically(workdir / "report.json", to_json(report))


def read_report(workdir: Path) -> RunReport:
    """The report `write_report` left in `workdir`.

    Raises:
        NotFound: there is none.
        InvalidArgument: `report.json` is not a report.
    """
    path = workdir / "report.json"
    if not path.is_file():
        raise NotFound(f"{path} is not there; a report is written after the first round")
    return from_json(path.read_bytes())
