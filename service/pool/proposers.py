"""Whose proposals people are shown of each image, where several model versions help."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from maskloop.costs.cost_model import CostModel
from maskloop.errors import ModelNotFound
from maskloop.values import Assistance, FullLabel, ObjectLabel, Project, Verdict
from selection.proposers import Reviewed, SavedShares, choose_proposer
from service.artifacts.data_folder import DataFolder
from service.artifacts.score_table import read_expected_objects
from service.store import Transaction
from service.store.labels.timed_labels import latest_reviewed
from service.store.models import get_model

REVIEWS_READ = 500
"""The latest ones, by which proposers are told apart."""


def choose_proposers(
    tx: Transaction,
    folder: DataFolder,
    project: Project,
    assistance: Assistance,
    image_ids: Sequence[str],
    *,
    seed: int,
) -> dict[str, str]:
    """The model version whose proposals are shown, by image id; images that none of them scored are left out.

    Versions of one method share what reviews tell of it.

    Args:
        assistance: names the versions, which have all scored the pool.
        seed: of the draws; one image has the same in every batch.
    """
    names = {version: get_model(tx, project.id, version).version.method for version in assistance.among}
    least = assistance.min_predicted_iou
    tables = {key: read_expected_objects(folder.scores(project.id, key), image_ids, least) for key in names}
    shares = SavedShares(_reviewed(tx, project))
    chosen: dict[str, str] = {}
    for image_id in image_ids:
        offered = {version: table[image_id] for version, table in tables.items() if image_id in table}
        if offered:
            chosen[image_id] = choose_proposer(image_id, offered, shares, names, seed)
    return chosen


def _reviewed(tx: Transaction, project: Project) -> Iterator[Reviewed]:
    """What the latest reviews tell of the methods that made the proposals, those of model versions."""
    costs = CostModel.of(project)
    methods: dict[str, str] = {}
    for label in latest_reviewed(tx, project.id, REVIEWS_READ):
        version = label.review.model_version if label.review is not None else ""
        if version not in methods:
            try:
                methods[version] = get_model(tx, project.id, version).version.method
            except ModelNotFound:
                methods[version] = ""
        if methods[version]:
            yield from reviewed_by_class(methods[version], label, costs)


def reviewed_by_class(method: str, label: FullLabel, costs: CostModel) -> Iterator[Reviewed]:
    """What one label tells, class by class.

    A proposal that a prompt asked for saves nothing here: without the prompt, the object was missed. Work that was
    measured counts as measured, else as planned.
    """
    objects: Counter[int] = Counter()
    drawing_s: defaultdict[int, float] = defaultdict(float)
    saved_s: defaultdict[int, float] = defaultdict(float)
    for item in label.objects:
        if not item.crowd:
            outline_s = costs.outline.fixed_s + costs.outline.length_s * _length(item, costs)
            objects[item.category_id] += 1
            drawing_s[item.category_id] += outline_s
            saved_s[item.category_id] += _saved_s(item, outline_s, costs)
    for category_id, seconds in _rejected_s(label, costs).items():
        saved_s[category_id] -= seconds
    for category_id, seconds in saved_s.items():
        yield Reviewed(method, category_id, objects[category_id], drawing_s[category_id], seconds)


def _length(item: ObjectLabel, costs: CostModel) -> float:
    """Sides that the outline is long; it is measured only where that has a price."""
    return item.outline_length if costs.outline.length_s else 0.0


def _saved_s(item: ObjectLabel, outline_s: float, costs: CostModel) -> float:
    origin = item.origin
    if origin is None or origin.verdict is Verdict.MISSED or origin.prompted:
        return 0.0
    if origin.work.seconds is not None:
        return outline_s - origin.work.seconds
    return outline_s - costs.begun_s(origin, _length(item, costs))


def _rejected_s(label: FullLabel, costs: CostModel) -> Mapping[int, float]:
    """Seconds that wrong proposals took, by category."""
    seconds: defaultdict[int, float] = defaultdict(float)
    if label.review is not None:
        categories = {each.id: each.category_id for each in label.review.proposals}
        for each in label.review.rejected:
            if not each.prompted and each.proposal_id in categories:
                took_s = costs.rejected_s(each) if each.work.seconds is None else each.work.seconds
                seconds[categories[each.proposal_id]] += took_s
    return seconds
