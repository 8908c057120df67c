"""Names of the files that a job leaves, in its own folder and where its results are published."""

CHECKPOINT = "model.safetensors"
SCORES = "scores.parquet"
EVALUATED = "evaluated.parquet"
RANKING = "ranking.parquet"
CLASSIFIER = "classifier.safetensors"
HARD_OOD = "hard_ood.npz"
