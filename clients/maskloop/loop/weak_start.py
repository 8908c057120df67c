"""Before the first outline: image-level labels, and a network that proposes masks by them alone.

A class label costs a second where an outline costs a minute. With enough of them a classifier's maps show where
objects are, and the first batch is reviewed rather than drawn.
"""

from __future__ import annotations

from maskloop.errors import FailedPrecondition, InvalidArgument
from maskloop.labelers import Labeler
from maskloop.loop.buying import buy
from maskloop.loop.planning.plan import Plan
from maskloop.loop.session import CampaignSession
from maskloop.loop.training import Training
from maskloop.pages.wording import say_count
from maskloop.values import UNAIDED, Assist, Assistance, ModelVersion, SupervisionKind

LABELS, NETWORK = "round-00-image-level", "weak"
REFUSED, WHY = "weak-network-refused", "why"


def begin_weakly(session: CampaignSession, labeler: Labeler, plan: Plan, seed: int) -> Assistance:
    """Buy image-level labels, train a network on them, and have it read the pool. Returns the help it gives: proposals,
    and masks for boxes where the plan asks for these.

    Args:
        session: of the campaign.
        labeler: who labels.
        plan: says how many seconds they may take, and by which recipe the network is trained.
        seed: of its training.
    """
    goal, recipe = plan.image_level(), plan.weak
    if recipe is None:
        return UNAIDED
    bought = buy(LABELS, session, labeler, kind=SupervisionKind.IMAGE_LEVEL, goal=goal)
    if session.is_over():
        return UNAIDED
    holding = sum(label.content.shown.objects > 0 for _, label in bought.labeled)
    if not holding:
        session.progress.note("People draw the first batch: no image-level label says that an image holds anything.")
        return UNAIDED
    model, why_not = _train(session, Training(recipe.recipe, recipe.overrides, seed))
    if model is None:
        session.progress.note(f"People draw the first batch: {why_not}.")
        return UNAIDED
    session.score_pool(NETWORK, model)
    session.progress.note(
        f"The first batch begins with masks made of class maps: {say_count(len(bought.labeled), 'image-level label')} "
        f"at {session.costs.image_level():g} s each, {holding} of images that hold something."
    )
    return Assistance(Assist.BOXES if plan.assist is Assist.BOXES else Assist.PROPOSALS, model.id, 0.0)


def _train(session: CampaignSession, training: Training) -> tuple[ModelVersion | None, str]:
    """The network; or `None` and why these labels do not teach it, as it was when it was first asked for."""
    if REFUSED in session.decisions:
        return None, str(session.decisions.get(REFUSED)[WHY])
    try:
        return session.train(NETWORK, training)[0], ""
    except (FailedPrecondition, InvalidArgument) as error:
        session.decisions.note(REFUSED, {WHY: str(error)})
        return None, str(error)
