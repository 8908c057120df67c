"""What a campaign leaves behind for people: `report.json`, `report.csv`, curves as SVG, and one `report.html`."""

from maskloop.report.hard_ood import HardImage, HardOodReport, shown_groups
from maskloop.report.outlook import with_outlooks
from maskloop.report.pictures.chosen import FIRST_BATCH, PICTURES_A_ROUND, BatchPicture, Pixels
from maskloop.report.pictures.gallery import Gallery, choose_images, judge_image
from maskloop.report.pictures.gallery_pictures import GalleryPicture
from maskloop.report.reliability import shuffled_spearman
from maskloop.report.report import (
    Baseline,
    ChosenImage,
    EvaluatedScore,
    MachineSeconds,
    RoundReport,
    RunReport,
)
from maskloop.report.setup import Setup
from maskloop.report.student_network import PSEUDO_PICTURES, PseudoLabel, PseudoPicture, StudentNetwork
from maskloop.report.write import read_report, write_report

__all__ = [
    "FIRST_BATCH",
    "PICTURES_A_ROUND",
    "PSEUDO_PICTURES",
    "Baseline",
    "BatchPicture",
    "ChosenImage",
    "EvaluatedScore",
    "Gallery",
    "GalleryPicture",
    "HardImage",
    "HardOodReport",
    "MachineSeconds",
    "Pixels",
    "PseudoLabel",
    "PseudoPicture",
    "RoundReport",
    "RunReport",
    "Setup",
    "StudentNetwork",
    "choose_images",
    "judge_image",
    "read_report",
    "shown_groups",
    "shuffled_spearman",
    "with_outlooks",
    "write_report",
]
