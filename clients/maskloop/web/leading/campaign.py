"""A campaign as its lead sees it: what was spent on what, what networks measured, what the rest should buy."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

import numpy as np

from maskloop.client import Client
from maskloop.costs.budget_end import end_of_budget_s
from maskloop.forecasting.measured_versions import MeasuredVersion, measured_versions
from maskloop.values import Campaign, Label, SupervisionKind
from maskloop.values.measures import SHOWN, decide_by, measured

MOST_STEPS = 240
"""Of the burn-down: more are not to be told apart on a screen."""


@dataclass(frozen=True)
class KindDocument:
    """What labels of one kind took: planned, measured where people's time is known, and charged. `test_s` of the
    charged seconds went into test images. `labels` are first labels; their corrections count in seconds alone."""

    kind: str
    labels: int
    planned_s: float
    measured_s: float
    charged_s: float
    test_s: float


@dataclass(frozen=True)
class CampaignDocument:
    """A campaign's numbers. Of budgets one of `budget_s` and `budget_images` is set, and so of what is left."""

    id: str
    strategy: str
    seed: int
    created_at: float | None
    budget_s: float | None
    budget_images: int | None
    spent_s: float
    reserved_s: float
    reserved_images: int
    left_s: float | None
    left_images: int | None
    labeled_images: int
    test_images: int
    test_spent_s: float
    kinds: tuple[KindDocument, ...]


@dataclass(frozen=True)
class StepDocument:
    """A moment of the burn-down: seconds since 1970, seconds charged and images fully labeled by then."""

    at: float
    spent_s: float
    labeled_images: int


@dataclass(frozen=True)
class NetworkDocument:
    """A measured network: after how many labels and charged seconds, and its measures by name."""

    model_version: str
    at: float
    labeled_images: int
    spent_s: float
    measures: dict[str, float]


@dataclass(frozen=True)
class ExpectedDocument:
    """What a network trained after `at_s` charged seconds should measure, in [0, 1]."""

    at_s: float
    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class OutlookDocument:
    """What the rest of the budget should bring. `words` say it, or why nothing can be said; `checks` how right earlier
    forecasts were. `ahead` is empty where nothing can be said."""

    measure: str
    words: str
    checks: str
    ahead: tuple[ExpectedDocument, ...]


def read_campaign(client: Client, project_id: str, campaign_id: str) -> dict[str, object]:
    """Everything of the campaign's section.

    Raises:
        ProjectNotFound, CampaignNotFound: there is none.
    """
    campaign = client.get_campaign(project_id=project_id, campaign_id=campaign_id)
    labels = list(client.list_labels(project_id=project_id, include_superseded=True))
    models = [each for each in client.list_models(project_id=project_id) if each.pseudo is None]
    networks = measured_versions(campaign_id, labels, models, list(client.list_operations(project_id=project_id)))
    return {
        "campaign": asdict(campaign_document(campaign, labels)),
        "steps": [asdict(step) for step in burn_down(campaign, labels)],
        "networks": [asdict(network_document(each)) for each in networks],
        "decided_by": decide_by([each.evaluation for each in networks]),
        "outlook": asdict(outlook_document(campaign, networks)),
    }


def campaign_document(campaign: Campaign, labels: Sequence[Label]) -> CampaignDocument:
    """A campaign's numbers.

    Args:
        campaign: which.
        labels: the project's, corrections included.
    """
    paid = [label for label in labels if label.campaign_id == campaign.id]
    return CampaignDocument(
        id=campaign.id,
        strategy=str(campaign.strategy),
        seed=campaign.seed,
        created_at=seconds_of(campaign.created_at),
        budget_s=campaign.budget.seconds,
        budget_images=campaign.budget.images,
        spent_s=campaign.spent_s,
        reserved_s=campaign.reserved_s,
        reserved_images=campaign.reserved_images,
        left_s=None if math.isinf(campaign.left_s) else campaign.left_s,
        left_images=None if math.isinf(campaign.left_images) else round(campaign.left_images),
        labeled_images=campaign.labeled_images,
        test_images=campaign.test_images,
        test_spent_s=campaign.test_spent_s,
        kinds=tuple(_kind(kind, campaign, paid) for kind in SupervisionKind if _is_used(kind, campaign, paid)),
    )


def _is_used(kind: SupervisionKind, campaign: Campaign, paid: Sequence[Label]) -> bool:
    return bool(campaign.spent_s_by_kind.get(kind)) or any(label.kind is kind for label in paid)


def _kind(kind: SupervisionKind, campaign: Campaign, paid: Sequence[Label]) -> KindDocument:
    return KindDocument(
        kind=kind.value,
        labels=sum(label.kind is kind and not label.supersedes for label in paid),
        planned_s=campaign.planned_s_by_kind.get(kind, 0.0),
        measured_s=campaign.measured_s_by_kind.get(kind, 0.0),
        charged_s=campaign.spent_s_by_kind.get(kind, 0.0),
        test_s=campaign.test_spent_s if kind is SupervisionKind.FULL else 0.0,
    )


def burn_down(campaign: Campaign, labels: Sequence[Label]) -> list[StepDocument]:
    """What had been charged after each label, oldest first; the last of each stretch where there are too many.

    Args:
        campaign: which.
        labels: the project's, oldest first, corrections included.
    """
    steps: list[StepDocument] = []
    spent, images = 0.0, 0
    for label in labels:
        if label.campaign_id != campaign.id:
            continue
        spent += label.charged_s
        images += label.kind is SupervisionKind.FULL and not label.supersedes
        steps.append(StepDocument(label.created_at.timestamp(), round(spent, 3), images))
    stride = -(-len(steps) // MOST_STEPS) or 1
    return steps[::-1][::stride][::-1]


def network_document(network: MeasuredVersion) -> NetworkDocument:
    """A measured network's numbers."""
    values = {name: measured(network.evaluation, name) for name in SHOWN}
    return NetworkDocument(
        model_version=network.model.id,
        at=network.begun_at.timestamp(),
        labeled_images=network.model.labeled_images,
        spent_s=network.spent_s,
        measures={name: value for name, value in values.items() if value is not None},
    )


def outlook_document(campaign: Campaign, networks: Sequence[MeasuredVersion]) -> OutlookDocument:
    """What the rest of the budget should bring, by the measure that decides."""
    from maskloop.report.outlook import outlook, say_checks, say_outlook, until_s  # what these import takes a second

    measure = decide_by([each.evaluation for each in networks])
    curve: dict[int, tuple[float, float]] = {}
    for number, network in enumerate(networks, start=1):
        value = measured(network.evaluation, measure)
        if value is not None and network.spent_s > 0:
            curve[number] = (network.spent_s, value)
    budget = campaign.budget
    end_s = end_of_budget_s(budget.seconds, budget.images, campaign.spent_s, campaign.labeled_images)
    finished = campaign.left_images < 1 or campaign.left_s <= 0
    to_s = until_s(campaign.spent_s, end_s, finished=finished)
    forecast = outlook(measure, curve, to_s, np.random.default_rng(campaign.seed))
    ahead = forecast.ahead if forecast else ()
    return OutlookDocument(
        measure,
        say_outlook(forecast, finished=finished),
        say_checks(forecast) if forecast else "",
        tuple(ExpectedDocument(each.at_s, each.mean, each.low, each.high) for each in ahead),
    )


def seconds_of(moment: datetime | None) -> float | None:
    """Seconds since 1970."""
    return moment.timestamp() if moment else None
