"""What a campaign leaves behind for people: `report.json`, `report.csv`, curves as SVG, and one `report.html`."""

from maskloop.forecasting.learning_curve import Expected, LearningCurve, fit_learning_curve
from maskloop.report.hard_ood import HardImage, HardOodReport, shown_groups
from maskloop.report.outlook import with_outlooks
from maskloop.report.pictures import FIRST_BATCH, PICTURES_A_ROUND, BatchPicture, Pixels
from maskloop.report.reliability import shuffled_spearman, spearman
from maskloop.report.report import (
    Baseline,
    CheckedForecast,
    ChosenImage,
    EvaluatedScore,
    MachineSeconds,
    Outlook,
    RoundReport,
    RunReport,
    Setup,
    from_json,
    to_json,
)
from maskloop.report.student_network import PSEUDO_PICTURES, PseudoLabel, PseudoPicture, StudentNetwork
from maskloop.report.write import read_report, write_report

__all__ = [
    "FIRST_BATCH",
    "PICTURES_A_ROUND",
    "PSEUDO_PICTURES",
    "Baseline",
    "BatchPicture",
    "CheckedForecast",
    "ChosenImage",
    "EvaluatedScore",
    "Expected",
    "HardImage",
    "HardOodReport",
    "LearningCurve",
    "MachineSeconds",
    "Outlook",
    "Pixels",
    "PseudoLabel",
    "PseudoPicture",
    "RoundReport",
    "RunReport",
    "Setup",
    "StudentNetwork",
    "fit_learning_curve",
    "from_json",
    "read_report",
    "shown_groups",
    "shuffled_spearman",
    "spearman",
    "to_json",
    "with_outlooks",
    "write_report",
]
