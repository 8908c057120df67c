"""What a campaign leaves behind for people: `report.json`, `report.csv`, curves as SVG, and one `report.html`."""

from maskloop.report.hard_ood import HardImage, HardOodReport, shown_groups
from maskloop.report.outlook import with_outlooks
from maskloop.report.pictures.chosen import FIRST_BATCH, PICTURES_A_ROUND, BatchPicture, Pixels
from maskloop.report.pictures.corrections import Correction
from maskloop.report.pictures.corrections_pictures import CorrectionPicture
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
from maskloop.report.reviews.counting import count_reviews
from maskloop.report.reviews.outcomes import ReviewsReport
from maskloop.report.reviews.reviewed_label import ReviewedLabel
from maskloop.report.reviews.words import say_saved
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
    "Correction",
    "CorrectionPicture",
    "EvaluatedScore",
    "Gallery",
    "GalleryPicture",
    "HardImage",
    "HardOodReport",
    "MachineSeconds",
    "Pixels",
    "PseudoLabel",
    "PseudoPicture",
    "ReviewedLabel",
    "ReviewsReport",
    "RoundReport",
    "RunReport",
    "Setup",
    "StudentNetwork",
    "choose_images",
    "count_reviews",
    "judge_image",
    "read_report",
    "say_saved",
    "shown_groups",
    "shuffled_spearman",
    "with_outlooks",
    "write_report",
]
