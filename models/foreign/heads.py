"""The IoU head of a network that is not ours: fitted on a project's labels, and never on the image that it judges.

Other people's scores are unbounded or mean something else than IoU. A network that has learnt from none of the
project's labels can be measured on all of them: it is shown the box of a labeled object, and its mask held against the
label. Predicted IoU is then our ridge regression on what the masks look like and on the network's own score
(`models.iou_head.calibrator`). An image with a label is judged by a head that was fitted without its fold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Self

import numpy as np

from models.foreign.statistics import count_statistics
from models.iou_head.calibrator import CalibrationSet, Calibrator, Exposure, Floats, fit_on_statistics
from models.training.holdout import MIN_IMAGES, deal_folds

FOLDS = 5
SEED = 0  # of the folds


@dataclass(frozen=True)
class CrossFitted:
    """A head, and others for the images that it was fitted on.

    Args:
        whole: fitted on all of them; `None` where there were too few.
        apart: by the id of an image, one that was fitted without it.
    """

    whole: Calibrator | None = None
    apart: Mapping[str, Calibrator] = field(default_factory=dict)

    @property
    def is_fitted(self) -> bool:
        """Whether what it gives is a predicted IoU."""
        return self.whole is not None

    def of(self, image_id: str) -> Calibrator | None:
        """The head that may judge an image; `None` where none is fitted."""
        return self.apart.get(image_id, self.whole)

    @classmethod
    def fit(cls, rows: CalibrationSet) -> Self:
        """Fit on masks of labeled images; with fewer than `MIN_IMAGES` images, none."""
        if rows.images < MIN_IMAGES:
            return cls()
        apart: dict[str, Calibrator] = {}
        for fold in deal_folds(np.unique(rows.image_ids).tolist(), FOLDS, SEED):
            head = fit_on_statistics(rows.only(~np.isin(rows.image_ids, fold)))
            apart.update(dict.fromkeys(fold, head))
        return cls(fit_on_statistics(rows), apart)


NO_HEAD = CrossFitted()


def evidence(image_id: str, statistics: Sequence[Floats], ious: Sequence[float], categories: int) -> CalibrationSet:
    """What was seen of one image: rows of `models.foreign.statistics`, and true IoUs."""
    number = len(ious)
    return CalibrationSet(
        np.array([image_id] * number, dtype=np.str_),
        np.array(statistics, dtype=np.float64).reshape(number, count_statistics(categories)),
        np.array(ious, dtype=np.float64),
        np.full(number, Exposure.HELD_OUT, dtype=np.int64),
    )
