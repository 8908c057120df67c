"""Networks of a campaign beside its own: trained on the same labels, and asked for proposals alone."""

from __future__ import annotations

from dataclasses import replace

from maskloop.errors import FailedPrecondition, InvalidArgument
from maskloop.loop.planning.plan import Plan
from maskloop.loop.session import CampaignSession
from maskloop.loop.training import Training
from maskloop.values import Assistance, ModelVersion

WHY = "why"


def train_unless_refused(session: CampaignSession, name: str, training: Training) -> tuple[ModelVersion | None, str]:
    """The network; or `None` and why the labels do not teach it, as it was when it was first asked for.

    Args:
        session: of the campaign; keeps the refusal.
        name: of the training.
        training: its recipe and seed.
    """
    refused = f"{name}-network-refused"
    if refused in session.decisions:
        return None, str(session.decisions.get(refused)[WHY])
    try:
        return session.train(name, training)[0], ""
    except (FailedPrecondition, InvalidArgument) as error:
        session.decisions.note(refused, {WHY: str(error)})
        return None, str(error)


def joined_by_others(number: int, help_: Assistance, session: CampaignSession, plan: Plan) -> Assistance:
    """The help of a round's network, and of networks of the plan's other recipes, which learn and score here.

    Of each image people are shown the proposals of one of them. A recipe that the labels teach nothing is told once,
    and left out.
    """
    if not help_.model_version or not plan.also_propose:
        return help_
    versions = [help_.model_version]
    for place, (recipe, overrides) in enumerate(plan.also_propose):
        name = f"{number}-beside-{place}"
        training = Training(recipe, overrides, session.training.seed, activate=False)
        model, why_not = train_unless_refused(session, name, training)
        told = f"beside-{place}-told"
        if model is None:
            if told not in session.decisions:
                session.progress.note(f"A network of {recipe} proposes nothing yet: {why_not}.")
                session.decisions.note(told, {WHY: why_not})
            continue
        session.score_pool(name, model)
        versions.append(model.id)
    return replace(help_, among=tuple(versions)) if len(versions) > 1 else help_
