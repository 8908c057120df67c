"""The prior head of networks on frozen features: how it is made, and how good it is on a set that it has not seen.

    python -m benchmarks prior_head [--write]

On every set and seed a network learns from 8 and from 20 labels and outlines images that it has not learnt from. A
ridge regression of true IoU on the masks' statistics, with as much weight for each set, is the prior; `--write` puts it
into the package. The table leaves one set out at a time: error and rank correlation of image scores by raw confidence,
by a prior fitted on the other sets, and by that prior refined by the residuals of ten of the set's own images, which is
what a first bought batch gives.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.data.photograph_sets import SETS, draw
from models.data.samples import ImageToScore
from models.features.evidence import rows_of
from models.features.recipe import PretrainedRecipe
from models.iou_head.calibrator import CalibrationSet
from models.iou_head.mask_statistics import CONFIDENCE
from models.metrics.agreement import mean_absolute_error, spearman
from models.pretrained.fit import fit
from models.pretrained.head import PENALTY, PRIOR_FILE, ridge
from models.pretrained.statistics import NAMES

LABELS, SEEDS, UNSEEN, OWN = (8, 20), (0, 1), 60, 10
LEAST_JUDGED = 20  # images with a mask, for a rank correlation to say anything
CPU = torch.device("cpu")
Floats = NDArray[np.float64]
Prior = tuple[Floats, Floats, Floats, float]


def main() -> None:
    """Print the table; write the prior if asked to."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks prior_head")
    parser.add_argument("--write", action="store_true", help="put the prior into the package")
    write = parser.parse_args().write
    rows = {name: CalibrationSet.join(*(observed(name, n, seed) for n in LABELS for seed in SEEDS)) for name in SETS}
    print("set | raw confidence | prior of the others | refined by ten own images  (rank correlation / mean error)")
    for name in SETS:
        print(f"{name} | {' | '.join(judged(rows, name))}", flush=True)
    if write:
        mean, deviation, weights, intercept = fit_prior(list(rows.values()))
        told = {
            "statistics": NAMES,
            "mean": mean.tolist(),
            "deviation": deviation.tolist(),
            "weights": weights.tolist(),
        }
        PRIOR_FILE.write_text(json.dumps({**told, "intercept": intercept}, indent=1) + "\n")


def observed(name: str, labels: int, seed: int) -> CalibrationSet:
    """What a network of so many labels makes of the set's test images."""
    setting = draw(name, labels, UNSEEN, seed)
    model = fit(
        setting.labeled,
        setting.categories,
        PretrainedRecipe(),
        seed=seed,
        device=CPU,
        checkpoint_dir=None,
        progress=lambda *_: None,
    )
    images = [ImageToScore.of(example, counted=False) for example in setting.unseen]
    predictions = list(model.predict(images, device=CPU, batch_size=16))
    rows = rows_of(predictions, {example.image_id: example.objects for example in setting.unseen})
    told = np.array([f"{labels} {seed} {image_id}" for image_id in rows.image_ids], dtype=np.str_)
    return CalibrationSet(told, rows.statistics, rows.ious, rows.exposure)


def fit_prior(sets: Sequence[CalibrationSet]) -> Prior:
    """A ridge regression on all rows, each set weighing as much as any other."""
    statistics = np.concatenate([rows.statistics for rows in sets])
    mean, deviation = statistics.mean(axis=0), statistics.std(axis=0) + 1e-6
    share = np.concatenate([np.full(len(rows.ious), len(statistics) / len(sets) / len(rows.ious)) for rows in sets])
    design = (statistics - mean) / deviation
    wanted = np.concatenate([rows.ious for rows in sets])
    centre, level = np.average(design, axis=0, weights=share), np.average(wanted, weights=share)
    apart = (design - centre) * np.sqrt(share)[:, None]
    weights = np.linalg.solve(
        apart.T @ apart + PENALTY * np.eye(len(NAMES)), apart.T @ ((wanted - level) * np.sqrt(share))
    )
    return mean, deviation, weights, float(level - centre @ weights)


def judged(rows: dict[str, CalibrationSet], name: str) -> list[str]:
    """Rank correlation and error of image scores on one set, by three heads that have not seen the images judged.

    Each network of the set is judged by itself, as networks of few and of many labels differ as a whole: what is told
    are means over its networks.
    """
    own = rows[name]
    prior = fit_prior([other for key, other in rows.items() if key != name])
    networks = np.array([" ".join(image_id.split(" ")[:2]) for image_id in own.image_ids])
    told = [
        measures
        for network in np.unique(networks)
        if (measures := of_network(own.only(networks == network), prior)) is not None
    ]
    if not told:
        return ["too few images"] * 3
    return [f"{rank:.2f} / {error:.3f}" for rank, error in np.mean(told, axis=0)]


def of_network(own: CalibrationSet, prior: Prior) -> list[tuple[float, float]] | None:
    """Rank correlation and error by confidence, prior, and the prior refined by the network's first `OWN` images."""
    mean, deviation, weights, intercept = prior
    images = np.random.default_rng(0).permutation(np.unique(own.image_ids))
    bought = np.isin(own.image_ids, images[:OWN])
    few, rest = own.only(bought), own.only(~bought)
    if rest.images < LEAST_JUDGED:
        return None

    def by_prior(part: CalibrationSet) -> Floats:
        predicted: Floats = (part.statistics - mean) / deviation @ weights + intercept
        return predicted

    more, shift = ridge((few.statistics - mean) / deviation, few.ious - by_prior(few), PENALTY)
    refined = by_prior(rest) + (rest.statistics - mean) / deviation @ more + shift
    true = rest.image_means(rest.ious)
    heads = (rest.statistics[:, CONFIDENCE], by_prior(rest), refined)
    scores = [rest.image_means(values.clip(0, 1)) for values in heads]
    return [(spearman(score, true) or 0.0, mean_absolute_error(score, true)) for score in scores]


if __name__ == "__main__":
    main()
