"""The panels that the options of a run stand in."""

BUDGET, DATA, SELECTION, LABELS = "Budget", "Data", "Selection", "Labels"
TRAINING, HARD_OOD, STUDENT, JUDGING, RUN = "Training", "Hard OoD", "Student network", "Judging", "Run"
PANELS = (BUDGET, DATA, SELECTION, LABELS, TRAINING, HARD_OOD, STUDENT, JUDGING, RUN)
"""The panels of `--help`, from top to bottom."""
