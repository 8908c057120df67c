"""Before the first outline: labels that cost seconds, and a network that proposes masks by them alone.

A class label costs a second, a point two and a box seven where an outline costs a minute. With enough of them a network
shows where objects are, and the first batch is reviewed rather than drawn.
"""

from __future__ import annotations

from maskloop.labelers import Labeler
from maskloop.loop.buying import buy
from maskloop.loop.other_networks import train_unless_refused
from maskloop.loop.planning.plan import Plan
from maskloop.loop.session import CampaignSession
from maskloop.loop.training import Training
from maskloop.pages.wording import say_count, say_time
from maskloop.values import MARKS, UNAIDED, Assist, Assistance, SupervisionKind, in_every_image

LABELS = {SupervisionKind.IMAGE_LEVEL: "round-00-image-level"} | {kind: f"round-00-weak-{kind}" for kind in MARKS}
"""Names of the tasks."""
NETWORK = "weak"
LABEL = {
    SupervisionKind.IMAGE_LEVEL: "image-level label",
    SupervisionKind.BOXES: "box label",
    SupervisionKind.SCRIBBLES: "scribble label",
    SupervisionKind.POINTS: "point label",
}


def begin_weakly(session: CampaignSession, labeler: Labeler, plan: Plan, seed: int) -> Assistance:
    """Buy class labels or marks, train a network on them, and have it read the pool. Returns the help it gives:
    proposals, and masks for boxes where the plan asks for these.

    Args:
        session: of the campaign.
        labeler: who labels.
        plan: says how many seconds they may take, and by which recipe the network is trained.
        seed: of its training.
    """
    weak = plan.weak
    if weak is None:
        return UNAIDED
    bought = buy(LABELS[weak.kind], session, labeler, kind=weak.kind, goal=plan.weak_goal(weak))
    if session.is_over():
        return UNAIDED
    holding = sum(label.content.shown.objects > 0 for _, label in bought.labeled)
    if not holding:
        session.progress.note(f"People draw the first batch: no {LABEL[weak.kind]} says that an image holds anything.")
        return UNAIDED
    everywhere = in_every_image(session.categories, (label.content.shown.by_category for _, label in bought.labeled))
    if weak.kind is SupervisionKind.IMAGE_LEVEL and len(everywhere) == len(session.categories):
        session.progress.note(
            f"People draw the first batch: every labeled image holds {' and '.join(everywhere)}, and nothing shows "
            "what images without look like."
        )
        return UNAIDED
    model, why_not = train_unless_refused(session, NETWORK, Training(weak.recipe, weak.overrides, seed))
    if model is None:
        session.progress.note(f"People draw the first batch: {why_not}.")
        return UNAIDED
    session.score_pool(NETWORK, model)
    taken_s = sum(label.charged_s for _, label in bought.labeled)
    labels = say_count(len(bought.labeled), LABEL[weak.kind])
    some = "" if holding == len(bought.labeled) else f", {holding} of images that hold something"
    session.progress.note(
        f"The first batch begins with masks of a network that has learnt from {labels} in {say_time(taken_s)}{some}."
    )
    return Assistance(Assist.BOXES if plan.assist is Assist.BOXES else Assist.PROPOSALS, model.id, 0.0)
