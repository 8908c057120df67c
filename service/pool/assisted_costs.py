"""What labels are expected to cost when people are helped by a model's proposals.

Of each proposal that is shown: a look, what mending it by its predicted IoU takes, and its removal as likely as it is
wrong. A proposal is taken to show an object with a probability of its predicted IoU; what is missing of the usual
number of objects is drawn, or boxed first. All of it is then scaled by what the latest reviews took beside what was so
expected of them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from maskloop.costs.corrections import saved_share
from maskloop.costs.cost_model import CostModel
from maskloop.errors import PoolNotScored
from maskloop.values import Assist, Assistance, CorrectionForm, FullLabel, ReviewPrices
from selection.select import Quote
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import read_object_ious, stamp_of
from service.store.labels.timed_labels import ReviewedLabel
from service.store.tables.columns import whole_ms

GRID = 1000
"""Steps of the predicted IoU in which the share that a proposal saves is looked up."""
SAVED_BY_A_BOX = 0.5
"""Share of an outline that a mask for a box saves before any was reviewed; .43 to .72 in a prototype on four sets."""
TRUSTED_REVIEWS = 5
"""So many reviewed labels weigh as much as the expectation before any."""
TABLES_KEPT = 8

_Key = tuple[Path, tuple[int, int], float, CorrectionForm]
"""A score table, when it was written and how large it is, and what is shown of it: a version may score anew."""


@dataclass(frozen=True)
class Shown:
    """What a person sees of an image.

    Args:
        number: of proposals.
        found: objects that they should show, 0 to `number`.
        mended: outlines that mending them should take, 0 to `number`.
    """

    number: float
    found: float
    mended: float

    @classmethod
    def of(cls, predicted_ious: Sequence[float], form: CorrectionForm) -> Shown:
        """Proposals of these predicted IoUs."""
        mended = sum(1 - saved_share(iou, form) for iou in predicted_ious)
        return cls(len(predicted_ious), sum(predicted_ious), mended)

    def seconds(self, reviews: ReviewPrices, assist: Assist, objects: float, outline_s: float) -> float:
        """Expected seconds beside the class checks, of an image that should hold so many objects."""
        missed_s = outline_s
        if assist is Assist.BOXES:
            boxed_s = reviews.box_s + reviews.look_s + outline_s * (1 - SAVED_BY_A_BOX)
            missed_s = min(outline_s, boxed_s)
        looks_s = self.number * reviews.look_s + (self.number - self.found) * reviews.reject_s
        return looks_s + self.mended * outline_s + max(0.0, objects - self.found) * missed_s


@dataclass(frozen=True)
class ShownImages:
    """Of n images: ids (n,) in rising order, and the parts of `Shown`, (n,) each."""

    ids: NDArray[np.bytes_]
    number: NDArray[np.float64]
    found: NDArray[np.float64]
    mended: NDArray[np.float64]

    def of(self, image_id: str) -> Shown | None:
        """What is shown of an image; `None` where the model has not scored it."""
        name = image_id.encode()
        place = int(np.searchsorted(self.ids, name))
        if place == len(self.ids) or self.ids[place] != name:
            return None
        return Shown(float(self.number[place]), float(self.found[place]), float(self.mended[place]))


class AssistedCosts:
    """Knows what the model versions of a server propose, in numbers.

    Args:
        folder: where their score tables lie.
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._tables: OrderedDict[_Key, ShownImages] = OrderedDict()

    @property
    def folder(self) -> DataFolder:
        """Where the score tables lie."""
        return self._folder

    def has_scored(self, project_id: str, model_version: str) -> bool:
        """Whether the model version has scored the pool; not without one ("")."""
        return bool(model_version) and self._folder.scores(project_id, model_version).is_file()

    def check(self, project_id: str, model_version: str) -> None:
        """Raises PoolNotScored where the model version has not scored the pool."""
        if not self.has_scored(project_id, model_version):
            raise PoolNotScored(
                f"model version {model_version} has not scored the pool, so that nobody can be helped by its proposals",
                field="assistance",
            )

    def shown(self, project_id: str, assistance: Assistance, form: CorrectionForm) -> Callable[[str], Shown | None]:
        """What people are shown of each image, by its id; `None` of one that was not scored."""
        return self.load(project_id, assistance, form).of

    def knows(self, project_id: str, assistance: Assistance, form: CorrectionForm) -> bool:
        """Whether `shown` answers without reading a table first."""
        return self._key(project_id, assistance, form) in self._tables

    def load(self, project_id: str, assistance: Assistance, form: CorrectionForm) -> ShownImages:
        """What `shown` goes by, read unless it is known; the one read first goes first."""
        key = self._key(project_id, assistance, form)
        table = self._tables.get(key)
        if table is None:
            path, _, min_predicted_iou, form = key
            table = _read(path, min_predicted_iou, form)
            while len(self._tables) >= TABLES_KEPT:
                self._tables.popitem(last=False)
            self._tables[key] = table
        return table

    def _key(self, project_id: str, assistance: Assistance, form: CorrectionForm) -> _Key:
        path = self._folder.scores(project_id, assistance.model_version)
        return path, stamp_of(path), assistance.min_predicted_iou, form


def scale_of(
    reviewed: Sequence[ReviewedLabel], costs: CostModel, assist: Assist, objects: float, outline_s: float
) -> float:
    """By what the latest reviews took, as planned for what was found in them, beside what had been expected of them."""
    told_s = expected_s = 0.0
    for label in reviewed:
        shown = Shown.of(label.shown_ious, costs.reviews.correction)
        told_s += label.cost_s + label.counts_paid_s
        expected_s += costs.full(label.categories, 0) + shown.seconds(costs.reviews, assist, objects, outline_s)
    prior_s = TRUSTED_REVIEWS * expected_s / max(1, len(reviewed))
    return (told_s + prior_s) / (expected_s + prior_s) if expected_s else 1.0


def assisted_quote(
    costs: CostModel,
    shown: Shown,
    assist: Assist,
    *,
    categories: float,
    objects: float,
    outline_s: float,
    scale: float,
    counts_paid_s: float = 0.0,
) -> Quote:
    """What an image's label should take with these proposals; at the least the class checks.

    Args:
        costs: the project's cost model.
        shown: what people see of the image.
        assist: how people are helped.
        categories, objects: what the image should hold.
        outline_s: of one object.
        scale: as `scale_of` has it.
        counts_paid_s: what its counts have cost already.
    """
    checks_s = costs.full(categories, 0)
    whole_s = scale * (checks_s + shown.seconds(costs.reviews, assist, objects, outline_s))
    return Quote(whole_ms(max(0.0, whole_s - counts_paid_s)), whole_ms(FullLabel.price_s(costs, 0, 0, counts_paid_s)))


def _read(path: Path, min_predicted_iou: float, form: CorrectionForm) -> ShownImages:
    ids, lengths, ious = read_object_ious(path)
    mend = np.array([1 - saved_share(step / GRID, form) for step in range(GRID + 1)])
    image = np.repeat(np.arange(len(ids)), lengths)
    is_shown = ious >= min_predicted_iou
    image, ious = image[is_shown], ious[is_shown]

    def total(weights: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.bincount(image, weights, minlength=len(ids)).astype(np.float64)

    steps = np.clip(np.floor(ious * GRID + 1e-9), 0, GRID).astype(np.int64)
    order = np.argsort(ids, kind="stable")
    return ShownImages(ids[order], total(np.ones(len(ious)))[order], total(ious)[order], total(mend[steps])[order])
