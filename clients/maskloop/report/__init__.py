"""What a campaign leaves behind for people: `report.json`, `report.csv`, curves as SVG, and one `report.html`."""

from maskloop.report.pictures import FIRST_BATCH, PICTURES_A_ROUND, BatchPicture
from maskloop.report.reliability import shuffled_spearman, spearman
from maskloop.report.values import (
    Baseline,
    ChosenImage,
    EvaluatedScore,
    MachineSeconds,
    RoundReport,
    RunReport,
    Setup,
    from_json,
    to_json,
)
from maskloop.report.write import read_report, write_report

__all__ = [
    "FIRST_BATCH",
    "PICTURES_A_ROUND",
    "Baseline",
    "BatchPicture",
    "ChosenImage",
    "EvaluatedScore",
    "MachineSeconds",
    "RoundReport",
    "RunReport",
    "Setup",
    "from_json",
    "read_report",
    "shuffled_spearman",
    "spearman",
    "to_json",
    "write_report",
]
