"""What a plan of kinds goes by: networks that were measured, what is labeled, and what labels take."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

from maskloop.costs.cost_model import CostModel
from maskloop.values import Campaign, MeasuredNetwork, Project, Split, SupervisionKind
from selection.kinds.stock import Stock
from service.pool.expected_costs import LEAST_S, Helped, reviewed_cost_s, usual_cost_s
from service.store import Transaction
from service.store.batches import skips_of
from service.store.campaigns import full_label_totals
from service.store.images import image_ids
from service.store.labels.judged_images import images_by_kind
from service.store.labels.labels import images_without_need
from service.store.labels.timed_labels import latest_charged_s
from service.store.models import get_model, rounds_of_models
from service.store.operations import evaluations

FULL = SupervisionKind.FULL
LATEST = 30
"""Labels of a kind by which its seconds are told: the way people work changes, most of all once they are helped."""
TRUSTED = 5
"""So many labels weigh as much as the plan."""
LOOKED_AT = 500
"""Images of which it is worked out what reviewing them should take."""


def measured_networks(tx: Transaction, project_id: str) -> tuple[MeasuredNetwork, ...]:
    """The networks of a project that were measured on its test split, oldest first, by their latest evaluation.

    Those of another recipe than the active one follow another curve and are left out, and so are those that learnt from
    pseudo-labels, and evaluations of releases that did not measure recognition.
    """
    measured = {version: each.metrics for version, each in evaluations(tx, project_id, Split.TEST)}
    return tuple(
        MeasuredNetwork(
            version,
            images_by_kind(tx, project_id, get_model(tx, project_id, version).snapshot),
            measured[version]["rq"],
            measured[version]["sq"] if measured[version]["rq"] else None,
        )
        for version in rounds_of_models(tx, project_id)
        if "rq" in measured.get(version, {})
    )


def stock_of(
    tx: Transaction, project: Project, campaign: Campaign, weak: Sequence[SupervisionKind], helped: Helped | None
) -> Stock:
    """What is labeled of a project's images, and what more would take.

    Args:
        tx: reads it.
        project: the project.
        campaign: whose labels tell what they take, and whose images that were passed over do not come again.
        weak: the weaker kinds.
        helped: how people will be helped with outlines; `None` where the latest labels tell.
    """
    labeled = images_by_kind(tx, project.id)
    pool = set(image_ids(tx, project.id, Split.POOL)) - skips_of(tx, project.id, campaign.id)
    return Stock(
        tuple(weak),
        float(labeled[FULL]),
        np.array([labeled[kind] for kind in weak], np.float64),
        float(len(_open(tx, project.id, pool, FULL))),
        np.array([len(_open(tx, project.id, pool, kind)) for kind in weak], np.float64),
        _image_s(tx, project, campaign, FULL) if helped is None else _helped_s(tx, project, pool, helped),
        np.array([_image_s(tx, project, campaign, kind) for kind in weak], np.float64),
    )


def _open(tx: Transaction, project_id: str, pool: Collection[str], kind: SupervisionKind) -> set[str]:
    """Images of the pool that could still get a label of this kind."""
    return set(pool) - images_without_need(tx, project_id, kind)


def _image_s(tx: Transaction, project: Project, campaign: Campaign, kind: SupervisionKind) -> float:
    """Seconds that a label should take: as the latest ones did, and by plan as long as there are few."""
    planned_s = usual_cost_s(CostModel.of(project), kind, full_label_totals(tx, project.id))
    took_s = latest_charged_s(tx, campaign, kind, LATEST)
    return max(LEAST_S, (sum(took_s) + TRUSTED * planned_s) / (len(took_s) + TRUSTED))


def _helped_s(tx: Transaction, project: Project, pool: Collection[str], helped: Helped) -> float:
    """Mean seconds that reviewing should take, of images of the pool that nobody has outlined."""
    cost_s = reviewed_cost_s(tx, project, helped)
    looked_at = sorted(_open(tx, project.id, pool, FULL))[:LOOKED_AT]
    return float(np.mean([cost_s(image_id, None, 0.0) for image_id in looked_at])) if looked_at else LEAST_S
